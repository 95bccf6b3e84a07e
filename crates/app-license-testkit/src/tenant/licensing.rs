//! Moves of the license.

use app_license::Edition;

use crate::app::Environment;
use crate::entitlement::{Entitlement, Hold};
use crate::error::{Error, ErrorKind};
use crate::request::SignedRequest;
use crate::snapshot::{AccessToken, Billing, Override};
use crate::tenant::Tenant;
use crate::world::World;

impl Tenant {
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
    /// assert_eq!(acme.snapshot().edition, Some(Edition::Advanced));
    /// host.clock().advance_days(30);
    /// assert_eq!(acme.snapshot().edition, Some(Edition::Standard));
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

    /// Suspends the license, as for an unpaid bill: not active, nothing lost.
    ///
    /// # Errors
    /// `move` when nothing was ever licensed.
    pub fn suspend(&self) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| entitlement.hold(Hold::Suspended))
    }

    /// Switches the license off.
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
    /// assert_eq!(acme.snapshot().state, State::Inactive);
    /// acme.resume()?;
    /// assert_eq!(acme.snapshot().state, State::Active);
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

    /// Sets the license by a Connect access token, type `DEVELOPER`, instead of sales.
    ///
    /// # Errors
    /// None of its own.
    pub fn use_access_token(&self, token: AccessToken) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| {
            entitlement.access_token = Some(token);
            Ok(())
        })
    }

    /// Overrides the license as `forge install --license` does. Heard outside production only.
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, Environment, MockHost, Override};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?
    ///     .environment(Environment::Development);
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.override_license(Override::Advanced)?;
    /// assert_eq!(acme.snapshot().edition, Some(Edition::Advanced));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` in production, as the command line of the platform refuses it.
    pub fn override_license(&self, value: Override) -> Result<Vec<SignedRequest>, Error> {
        if self.app()?.environment == Environment::Production {
            return Err(ErrorKind::Move {
                what: "override the license",
                why: "the environment is production",
            }
            .into());
        }
        self.license(|entitlement, _| {
            entitlement.override_to = Some(value);
            Ok(())
        })
    }

    /// Sells the license as another type than `COMMERCIAL`: `COMMUNITY`, `ACADEMIC`, …
    ///
    /// # Errors
    /// None of its own.
    pub fn set_kind(&self, kind: &str) -> Result<Vec<SignedRequest>, Error> {
        self.license(|entitlement, _| {
            kind.clone_into(&mut entitlement.kind);
            Ok(())
        })
    }

    pub(super) fn license(
        &self,
        change: impl FnOnce(&mut Entitlement, u64) -> Result<(), Error>,
    ) -> Result<Vec<SignedRequest>, Error> {
        let before = self.snapshot().edition;
        let now = self.host.clock().now().as_seconds();
        let resend = self.host.change(|world: &mut World| {
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            change(&mut tenant.entitlement, now)?;
            Ok(world.resend_on_edition_change)
        })?;
        if resend && self.is_installed() && self.snapshot().edition != before {
            return self.connect_events(&["installed"]);
        }
        Ok(Vec::new())
    }
}
