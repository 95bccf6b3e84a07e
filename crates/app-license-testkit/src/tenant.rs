//! One app on one site: who it is, and what stands. Its moves are in files of their own.

mod installing;
mod licensing;
mod migrating;
mod reporting;

use app_license::UnixTime;

use crate::app::App;
use crate::error::Error;
use crate::host::MockHost;
use crate::site::Site;
use crate::snapshot::{LicenseSnapshot, Stage};
use crate::world::{InstallationRecord, SiteRecord};

/// One app on one site. Its moves change the platform's mind and answer the events that the
/// platform then sends, in order; its makers build what the platform hands over.
///
/// A move that is not about the installation sends nothing: the platform tells nobody when a
/// license changes.
///
/// ```
/// use app_license::Edition;
/// use app_license_testkit::{App, MockHost, Stage};
///
/// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
/// let names: Vec<String> = acme.install()?.iter().map(|e| e.name().to_owned()).collect();
/// assert_eq!(names, ["installed", "enabled"]);
/// assert!(acme.buy(Edition::Standard)?.is_empty());
/// assert_eq!(acme.snapshot().stage, Stage::Subscribed);
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tenant {
    pub(crate) host: MockHost,
    pub(crate) site: String,
    pub(crate) app: String,
    pub(crate) user: Option<String>,
    pub(crate) access: Option<bool>,
}

/// What a maker needs, copied out of the world.
pub(crate) struct Facts {
    pub(crate) app: App,
    pub(crate) site: SiteRecord,
    pub(crate) base_url: String,
    pub(crate) installation: InstallationRecord,
    pub(crate) snapshot: LicenseSnapshot,
    pub(crate) support_number: String,
    pub(crate) has_entitlement: bool,
    pub(crate) spelling: crate::world::Spelling,
    pub(crate) now: UnixTime,
    pub(crate) token_time: UnixTime,
}

impl MockHost {
    /// The app on the site: the handle for moves and for everything the host says about it. App
    /// and site are registered when they are new; a new site runs Jira.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// assert_eq!(acme.site().name(), "acme");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid` when the site has no name for a host.
    pub fn tenant(&self, app: &App, site: &str) -> Result<Tenant, Error> {
        self.change(|world| world.add_tenant(app, site))?;
        Ok(Tenant::new(self.clone(), site, app.name()))
    }

    /// Every app on every site, in order of their names.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// assert_eq!(host.tenants().len(), 1);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn tenants(&self) -> Vec<Tenant> {
        let names: Vec<String> = self.world(|world| world.sites.keys().cloned().collect());
        names
            .iter()
            .flat_map(|site| self.tenants_of(site))
            .collect()
    }

    pub(crate) fn tenants_of(&self, site: &str) -> Vec<Tenant> {
        let apps: Vec<String> = self.world(|world| {
            let apps = world.tenants.get(site);
            apps.map(|apps| apps.keys().cloned().collect())
                .unwrap_or_default()
        });
        apps.iter()
            .map(|app| Tenant::new(self.clone(), site, app))
            .collect()
    }
}

impl Tenant {
    pub(crate) fn new(host: MockHost, site: &str, app: &str) -> Self {
        Self {
            host,
            site: site.to_owned(),
            app: app.to_owned(),
            user: Some("5b10a2844c20165700ede21g".to_owned()),
            access: None,
        }
    }

    /// The same tenant with requests made by another user.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// assert_eq!(acme.as_user("712020:1").user(), Some("712020:1"));
    /// assert_eq!(acme.anonymous().user(), None);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn as_user(&self, account_id: &str) -> Self {
        Self {
            user: Some(account_id.to_owned()),
            ..self.clone()
        }
    }

    /// The same tenant with requests made by nobody in particular.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            user: None,
            ..self.clone()
        }
    }

    /// The same tenant with requests made by a user whom the platform says to have access to the app, or
    /// to have none. It stands in the parameter `userAccess` of pages, and in the object `userAccess` of
    /// context tokens, contexts of the browser and invocations by a user. Unless this is called, nothing is
    /// said, as on sites where all users have access.
    ///
    /// ```
    /// use app_license_testkit::{App, Edition, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// acme.buy(Edition::Advanced)?;
    /// // the site has a license, this user has no access: the app answers 403, `no_user_access`
    /// let page = acme.user_access(false).page("/panel")?;
    /// assert!(page.target().contains("&lic=active&") && page.target().contains("&userAccess=false&"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn user_access(&self, has_access: bool) -> Self {
        Self {
            access: Some(has_access),
            ..self.clone()
        }
    }

    /// Puts the object `userAccess` into a context, where something is to be said.
    pub(crate) fn put_access(&self, context: &mut serde_json::Value) {
        if let (Some(has_access), Some(fields)) = (self.access, context.as_object_mut()) {
            let said = serde_json::json!({"enabled": true, "hasAccess": has_access});
            fields.insert("userAccess".to_owned(), said);
        }
    }

    /// The account that makes the requests.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Its site.
    #[must_use]
    pub fn site(&self) -> Site {
        Site {
            host: self.host.clone(),
            name: self.site.clone(),
        }
    }

    /// Its app.
    ///
    /// # Errors
    /// `unknown` never, for a tenant made by [`MockHost::tenant`].
    pub fn app(&self) -> Result<App, Error> {
        self.host
            .read(|world| world.app_of(&self.site, &self.app).cloned())
    }

    /// The name of its app.
    #[must_use]
    pub fn app_name(&self) -> &str {
        &self.app
    }

    /// Where its license stands at the clock's time.
    #[must_use]
    pub fn snapshot(&self) -> LicenseSnapshot {
        self.snapshot_at(self.host.clock().now())
    }

    /// Where its license stands, stood or will stand at another time, if nothing else happens to
    /// it.
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost, Stage};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.start_trial(Edition::Advanced, 30)?;
    /// let end = acme.snapshot().trial_end.unwrap();
    /// assert_eq!(acme.snapshot_at(end).stage, Stage::TrialEnded);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn snapshot_at(&self, time: UnixTime) -> LicenseSnapshot {
        self.host.world(|world| {
            let (Ok(app), Ok(tenant)) = (
                world.app_of(&self.site, &self.app),
                world.tenant(&self.site, &self.app),
            ) else {
                return LicenseSnapshot::silent(Stage::NeverLicensed);
            };
            tenant.entitlement.snapshot(app, time)
        })
    }

    /// Whether the app is installed.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.host.world(|world| {
            world
                .installation(&self.site, &self.app)
                .is_ok_and(|found| found.installed)
        })
    }

    /// The shared secret of the installation, also after it is gone. For the tests of an app, and
    /// for grepping logs.
    ///
    /// # Errors
    /// `not_installed` when there never was one.
    pub fn shared_secret(&self) -> Result<String, Error> {
        self.host.read(|world| {
            let found = world.installation(&self.site, &self.app)?;
            Ok(found.secret.clone())
        })
    }

    /// The secret before the last rotation or re-install.
    ///
    /// # Errors
    /// `not_installed` when there never was one.
    pub fn previous_secret(&self) -> Result<Option<String>, Error> {
        self.host.read(|world| {
            let found = world.installation(&self.site, &self.app)?;
            Ok(found.previous_secret.clone())
        })
    }

    /// The Forge installation ARI. Changes at every install.
    ///
    /// # Errors
    /// `not_installed` when there never was one.
    pub fn installation_ari(&self) -> Result<String, Error> {
        self.host.read(|world| {
            let found = world.installation(&self.site, &self.app)?;
            Ok(installation_ari(&found.id))
        })
    }

    pub(crate) fn facts(&self) -> Result<Facts, Error> {
        let now = self.host.clock().now();
        let token_time = self.host.clock().token_time();
        self.host.read(|world| {
            let app = world.app_of(&self.site, &self.app)?.clone();
            let site = world.site(&self.site)?.clone();
            let entitlement = &world.tenant(&self.site, &self.app)?.entitlement;
            Ok(Facts {
                base_url: self
                    .host
                    .base_url(&self.site, &site, world.loopback_base_urls),
                installation: world.installation(&self.site, &self.app)?.clone(),
                snapshot: entitlement.snapshot(&app, now),
                support_number: entitlement.support_number.clone(),
                has_entitlement: app.paid && entitlement.exists(),
                spelling: world.spelling,
                app,
                site,
                now,
                token_time,
            })
        })
    }
}

pub(crate) fn installation_ari(id: &str) -> String {
    format!("ari:cloud:ecosystem::installation/{id}")
}
