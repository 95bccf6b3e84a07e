//! One customer at a time: another version of the app, another edition of the catalog.

use crate::error::{Error, ErrorKind};
use crate::request::SignedRequest;
use crate::tenant::Tenant;

impl Tenant {
    /// Takes the Connect-on-Forge version of a Connect app on this site alone, as when one
    /// customer's administrator has approved it: `installed` again, now with an installation ARI,
    /// and the Forge lifecycle event. Other sites stay on Connect.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let app = App::connect("com.example.app", "https://app.example.com")?;
    /// let (acme, other) = (host.tenant(&app, "acme")?, host.tenant(&app, "other")?);
    /// acme.install()?;
    /// other.install()?;
    /// let events = acme.migrate_to_forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
    /// assert!(events[0].json()["installationId"].is_string());
    /// assert!(acme.ui_context("panel").is_ok());
    /// assert!(other.ui_context("panel").is_err());
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed or is on Forge already, `invalid_id` when it is not a Forge
    /// app id.
    pub fn migrate_to_forge(&self, forge_id: &str) -> Result<Vec<SignedRequest>, Error> {
        const WHAT: &str = "migrate the installation";
        let refused = |why| Err(Error::from(ErrorKind::Move { what: WHAT, why }));
        if !self.is_installed() {
            return refused("it is not installed");
        }
        let app = self.app()?;
        if app.forge_id().is_some() {
            return refused("it is on Forge");
        }
        let app = app.with_forge(forge_id)?;
        self.host.change(|world| {
            world.tenant_mut(&self.site, &self.app)?.own_app = Some(app);
            Ok(())
        })?;
        let mut events = self.connect_events(&["installed"])?;
        events.extend(self.forge_lifecycle("avi:forge:installed:app")?);
        Ok(events)
    }

    /// Takes the version without Connect modules, as when the move to Forge is done: `uninstalled` of the
    /// Connect half, signed by the platform. The Forge half stays installed, and its license with it.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::connect("com.example.app", "https://app.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// assert!(acme.leave_connect().is_err(), "there is no Forge half yet");
    /// acme.migrate_to_forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
    /// assert_eq!(acme.leave_connect()?[0].name(), "uninstalled");
    /// assert!(acme.is_installed() && acme.ui_context("panel").is_ok());
    /// assert!(acme.page("/panel").is_err(), "no iframe of Connect is shown");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed, or does not have both halves.
    pub fn leave_connect(&self) -> Result<Vec<SignedRequest>, Error> {
        const WHAT: &str = "remove the Connect half";
        let refused = |why| Err(Error::from(ErrorKind::Move { what: WHAT, why }));
        if !self.is_installed() {
            return refused("it is not installed");
        }
        let mut app = self.app()?;
        if app.forge_id().is_none() {
            return refused("it has no Forge half");
        }
        if app.connect_key.is_none() {
            return refused("it has no Connect half");
        }
        let events = self.connect_events(&["uninstalled"])?;
        app.connect_key = None;
        self.host.change(|world| {
            world.tenant_mut(&self.site, &self.app)?.own_app = Some(app);
            Ok(())
        })?;
        Ok(events)
    }

    /// Takes the Free edition: what a free starter tier becomes where it is phased out. Nothing
    /// public says how the platform spells it; here it is an active license of type `FREE` with
    /// `capabilitySet` `capabilityFree`.
    ///
    /// ```
    /// use app_license::{Edition, State};
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.take_free_edition()?;
    /// assert_eq!(acme.snapshot().state, State::Active);
    /// assert_eq!(acme.snapshot().edition, Some(Edition::Free));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown` never, for a tenant made by [`MockHost::tenant`](crate::MockHost::tenant).
    pub fn take_free_edition(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, now| {
            entitlement.take_free(now);
            Ok(())
        })
    }
}
