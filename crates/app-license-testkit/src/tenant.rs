//! One app on one site: moves, and what stands.

use app_license::{Edition, UnixTime};

use crate::app::App;
use crate::entitlement::{Entitlement, Hold};
use crate::error::{Error, ErrorKind};
use crate::host::MockHost;
use crate::request::SignedRequest;
use crate::site::Site;
use crate::standing::{AccessToken, Billing, Override, Stage, Standing};
use crate::world::{InstallationRecord, SiteRecord, World};

/// One app on one site. Its moves change the platform's mind and answer the events that the
/// platform then sends, in order; its makers build what the platform hands over.
///
/// A move that is not about the installation sends nothing: the platform tells nobody when a
/// licence changes.
///
/// ```
/// use app_license::Edition;
/// use app_license_testkit::{App, MockHost, Stage};
///
/// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
/// let names: Vec<String> = acme.install()?.iter().map(|e| e.name().to_owned()).collect();
/// assert_eq!(names, ["installed", "enabled"]);
/// assert!(acme.buy(Edition::Standard)?.is_empty());
/// assert_eq!(acme.standing().stage, Stage::Subscribed);
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tenant {
    pub(crate) host: MockHost,
    pub(crate) site: String,
    pub(crate) app: String,
    pub(crate) user: Option<String>,
}

/// What a maker needs, copied out of the world.
pub(crate) struct Facts {
    pub(crate) app: App,
    pub(crate) site: SiteRecord,
    pub(crate) base_url: String,
    pub(crate) installation: InstallationRecord,
    pub(crate) standing: Standing,
    pub(crate) support_number: String,
    pub(crate) has_entitlement: bool,
    pub(crate) spelling: crate::world::Spelling,
    pub(crate) now: UnixTime,
    pub(crate) token_time: UnixTime,
}

impl Tenant {
    pub(crate) fn new(host: MockHost, site: &str, app: &str) -> Self {
        Self {
            host,
            site: site.to_owned(),
            app: app.to_owned(),
            user: Some("5b10a2844c20165700ede21g".to_owned()),
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
        self.host.read(|world| world.app(&self.app).cloned())
    }

    /// The name of its app.
    #[must_use]
    pub fn app_name(&self) -> &str {
        &self.app
    }

    /// Where its licence stands at the clock's time.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let now = self.host.clock().now();
        self.host.world(|world| {
            let (Ok(app), Ok(tenant)) = (world.app(&self.app), world.tenant(&self.site, &self.app))
            else {
                return Standing::silent(Stage::NeverLicensed);
            };
            tenant.entitlement.standing(app, now)
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

    // ---- moves of the installation ----

    /// Installs the app: a new secret, a new installation id.
    ///
    /// # Errors
    /// `move` when it is installed.
    pub fn install(&self) -> Result<Vec<SignedRequest>, Error> {
        self.host.change(|world| {
            let secret = format!("TEST-SECRET-{}", world.ids.hex("secret"));
            let id = world.ids.uuid("installation");
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            if tenant.installation.as_ref().is_some_and(|it| it.installed) {
                return Err(ErrorKind::Move {
                    what: "install the app",
                    why: "it is installed",
                }
                .into());
            }
            tenant.installation = Some(InstallationRecord {
                id,
                secret,
                previous_secret: tenant.installation.take().map(|it| it.secret),
                installed: true,
                enabled: true,
            });
            Ok(())
        })?;
        self.events(&["installed", "enabled"], "avi:forge:installed:app")
    }

    /// Uninstalls the app. A subscription goes on until it is cancelled or ends.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.uninstall()?.len(), 2);
    /// assert!(!acme.is_installed());
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn uninstall(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("uninstall the app", |installation, _| {
            installation.installed = false;
            installation.enabled = false;
        })?;
        self.connect_events(&["disabled", "uninstalled"])
    }

    /// Uninstalls the app when it is installed, and installs it: all the events of both.
    ///
    /// # Errors
    /// As [`Tenant::install`].
    pub fn reinstall(&self) -> Result<Vec<SignedRequest>, Error> {
        let mut events = if self.is_installed() {
            self.uninstall()?
        } else {
            Vec::new()
        };
        events.extend(self.install()?);
        Ok(events)
    }

    /// Deletes the site, or loses it: the app is gone from it and nobody is told.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn vanish(&self) -> Result<(), Error> {
        self.on_installed("lose the site", |installation, _| {
            installation.installed = false;
        })
    }

    /// Rotates the shared secret: `installed` again, with the new one.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let old = acme.shared_secret()?;
    /// assert_eq!(acme.rotate_secret()?.len(), 1);
    /// assert_eq!(acme.previous_secret()?, Some(old));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn rotate_secret(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("rotate the secret", |installation, fresh| {
            let secret = format!("TEST-SECRET-{fresh}");
            installation.previous_secret =
                Some(std::mem::replace(&mut installation.secret, secret));
        })?;
        self.connect_events(&["installed"])
    }

    /// Upgrades the app to another version.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn upgrade(&self, version: &str) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("upgrade the app", |_, _| {})?;
        let forge = self.host.change(|world| {
            let app = world.apps.get_mut(&self.app);
            Ok(app.is_some_and(|app| {
                version.clone_into(&mut app.version);
                app.forge_id.is_some()
            }))
        })?;
        if forge {
            // Connect on Forge is not told about upgrades on its Connect side
            return self.forge_lifecycle("avi:forge:upgraded:app");
        }
        self.connect_events(&["installed", "enabled"])
    }

    /// Disables the app.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn disable(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("disable the app", |it, _| it.enabled = false)?;
        self.connect_events(&["disabled"])
    }

    /// Enables the app.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn enable(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("enable the app", |it, _| it.enabled = true)?;
        self.connect_events(&["enabled"])
    }

    // ---- moves of the licence ----

    /// Starts a trial of this many days; also of Advanced while Standard is paid for.
    ///
    /// # Errors
    /// `move` when that edition is paid for already, or is not sold.
    pub fn start_trial(&self, edition: Edition, days: u64) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| entitlement.start_trial(edition, days, now))
    }

    /// Buys an edition, billed by the month. A trial ends with it.
    ///
    /// # Errors
    /// `move` when the edition is not sold.
    pub fn buy(&self, edition: Edition) -> Result<Vec<SignedRequest>, Error> {
        self.buy_billed(edition, Billing::Monthly)
    }

    /// Buys an edition, billed as said.
    ///
    /// # Errors
    /// `move` when the edition is not sold.
    pub fn buy_billed(
        &self,
        edition: Edition,
        billing: Billing,
    ) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| entitlement.buy(edition, billing, now))
    }

    /// Changes the edition at once, of what is paid for or of the trial.
    ///
    /// # Errors
    /// `move` when nothing is licensed.
    pub fn change_edition(&self, edition: Edition) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| entitlement.change_edition(edition, now))
    }

    /// Changes the edition at the end of the paid period.
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.buy(Edition::Advanced)?;
    /// acme.downgrade_at_period_end(Edition::Standard)?;
    /// assert_eq!(acme.standing().edition, Some(Edition::Advanced));
    /// host.clock().advance_days(30);
    /// assert_eq!(acme.standing().edition, Some(Edition::Standard));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when nothing is paid for.
    pub fn downgrade_at_period_end(&self, edition: Edition) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| entitlement.downgrade(edition, now))
    }

    /// Cancels: active until the paid period ends.
    ///
    /// # Errors
    /// `move` when nothing is licensed.
    pub fn cancel(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| entitlement.cancel(now))
    }

    /// Ends trial and subscription now.
    ///
    /// # Errors
    /// `move` when nothing was ever licensed.
    pub fn expire(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(Entitlement::expire)
    }

    /// Suspends the licence, as for an unpaid bill: not active, nothing lost.
    ///
    /// # Errors
    /// `move` when nothing was ever licensed.
    pub fn suspend(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| entitlement.hold(Hold::Suspended))
    }

    /// Switches the licence off.
    ///
    /// # Errors
    /// `move` when nothing was ever licensed.
    pub fn deactivate(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| entitlement.hold(Hold::Inactive))
    }

    /// Takes a suspension back.
    ///
    /// ```
    /// use app_license::{Edition, State};
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.buy(Edition::Standard)?;
    /// acme.suspend()?;
    /// assert_eq!(acme.standing().state, State::Inactive);
    /// acme.resume()?;
    /// assert_eq!(acme.standing().state, State::Active);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// None of its own.
    pub fn resume(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| {
            entitlement.resume();
            Ok(())
        })
    }

    /// Sets the licence by a Connect access token, type `DEVELOPER`, instead of sales.
    ///
    /// # Errors
    /// None of its own.
    pub fn use_access_token(&self, token: AccessToken) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| {
            entitlement.access_token = Some(token);
            Ok(())
        })
    }

    /// Overrides the licence as `forge install --license` does. Heard outside production only.
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, Environment, MockHost, Override};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?
    ///     .environment(Environment::Development);
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.override_license(Override::Advanced)?;
    /// assert_eq!(acme.standing().edition, Some(Edition::Advanced));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` in production, as the command line of the platform refuses it.
    pub fn override_license(&self, value: Override) -> Result<Vec<SignedRequest>, Error> {
        if self.app()?.environment == crate::app::Environment::Production {
            return Err(ErrorKind::Move {
                what: "override the licence",
                why: "the environment is production",
            }
            .into());
        }
        self.license(|entitlement, _| {
            entitlement.override_to = Some(value);
            Ok(())
        })
    }

    /// Sells the licence as another type than `COMMERCIAL`: `COMMUNITY`, `ACADEMIC`, …
    ///
    /// # Errors
    /// None of its own.
    pub fn set_kind(&self, kind: &str) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| {
            kind.clone_into(&mut entitlement.kind);
            Ok(())
        })
    }

    // ---- shared parts ----

    fn license(
        &self,
        change: impl FnOnce(&mut Entitlement, u64) -> Result<(), Error>,
    ) -> Result<Vec<SignedRequest>, Error> {
        let before = self.standing().edition;
        let now = self.host.clock().now().as_seconds();
        let resend = self.host.change(|world: &mut World| {
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            change(&mut tenant.entitlement, now)?;
            Ok(world.resend_on_edition_change)
        })?;
        if resend && self.is_installed() && self.standing().edition != before {
            return self.connect_events(&["installed"]);
        }
        Ok(Vec::new())
    }

    fn on_installed(
        &self,
        what: &'static str,
        change: impl FnOnce(&mut InstallationRecord, &str),
    ) -> Result<(), Error> {
        self.host.change(|world| {
            let fresh = world.ids.hex("secret");
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            match tenant.installation.as_mut().filter(|it| it.installed) {
                Some(installation) => {
                    change(installation, &fresh);
                    Ok(())
                }
                None => Err(ErrorKind::Move {
                    what,
                    why: "it is not installed",
                }
                .into()),
            }
        })
    }

    fn events(&self, connect: &[&str], forge: &str) -> Result<Vec<SignedRequest>, Error> {
        let mut events = self.connect_events(connect)?;
        events.extend(self.forge_lifecycle(forge)?);
        Ok(events)
    }

    pub(crate) fn facts(&self) -> Result<Facts, Error> {
        let now = self.host.clock().now();
        let token_time = self.host.clock().token_time();
        self.host.read(|world| {
            let app = world.app(&self.app)?.clone();
            let site = world.site(&self.site)?.clone();
            let entitlement = &world.tenant(&self.site, &self.app)?.entitlement;
            Ok(Facts {
                base_url: self
                    .host
                    .base_url(&self.site, &site, world.loopback_base_urls),
                installation: world.installation(&self.site, &self.app)?.clone(),
                standing: entitlement.standing(&app, now),
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
