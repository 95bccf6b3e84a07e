//! Which license statement counts for an invocation: asked for here, decided in the core
//! ([`app_license::current_license`]).

use app_license::current_license::{CurrentLicense, LicenseApi, Next};
use app_license::{Capability, Decision, License, Limit, RequiredCapability, UnixTime, Verified};

use super::{ForgeInvocation, ForgeRemote};
use crate::feature_needs::needs_of;
use crate::rejection::Rejection;

impl ForgeRemote {
    /// The license that counts for an invocation, in the order of [`app_license::current_license`].
    ///
    /// # Errors
    /// 503 when the License API had to be asked and could not be.
    pub async fn license(
        &self,
        invocation: &ForgeInvocation,
    ) -> Result<Verified<License>, Rejection> {
        let license = self.license_of(invocation).await;
        license.map_err(|rejection| invocation.rejected(rejection))
    }

    /// Whether the license that counts for an invocation includes a capability, and why.
    ///
    /// # Errors
    /// As [`ForgeRemote::license`].
    pub async fn decision(
        &self,
        invocation: &ForgeInvocation,
        capability: impl Into<Capability>,
    ) -> Result<Decision, Rejection> {
        let license = self.license(invocation).await?;
        Ok(self.decide(&license, (&capability.into()).into()))
    }

    /// Whether the license that counts for an invocation includes a feature of the app's feature
    /// map, and why.
    ///
    /// # Errors
    /// As [`ForgeRemote::license`]; 500 for a feature the map does not have.
    pub async fn feature_decision(
        &self,
        invocation: &ForgeInvocation,
        feature: &str,
    ) -> Result<Decision, Rejection> {
        let needs = self
            .needs_of(feature)
            .map_err(|it| invocation.rejected(it))?;
        self.decision(invocation, needs).await
    }

    /// How many of something the customer may have, by the app's feature map.
    ///
    /// # Errors
    /// As [`ForgeRemote::license`]; 500 for a limit the map does not have.
    pub async fn limit(
        &self,
        invocation: &ForgeInvocation,
        name: &str,
    ) -> Result<Limit, Rejection> {
        let license = self.license(invocation).await?;
        let inner = &self.0;
        let limit = inner
            .features
            .limit(name, &license, &inner.policy, self.now());
        limit.map_err(|error| invocation.rejected(error.into()))
    }

    /// The service level the customer gets, by the app's feature map; `None` when theirs has none.
    ///
    /// # Errors
    /// As [`ForgeRemote::license`]; 500 for a service level the map does not have.
    pub async fn service_level(
        &self,
        invocation: &ForgeInvocation,
        name: &str,
    ) -> Result<Option<&str>, Rejection> {
        let license = self.license(invocation).await?;
        let inner = &self.0;
        let level = inner
            .features
            .service_level(name, &license, &inner.policy, self.now());
        level.map_err(|error| invocation.rejected(error.into()))
    }

    pub(crate) async fn license_of(
        &self,
        invocation: &ForgeInvocation,
    ) -> Result<Verified<License>, Rejection> {
        let license = self.find_license(invocation).await?;
        if let (Some(kept), Some(known)) = (&self.0.installations, invocation.installation()) {
            let of = invocation.installation_id();
            kept.observe(of, known, &license, self.now()).await;
        }
        Ok(license)
    }

    async fn find_license(
        &self,
        invocation: &ForgeInvocation,
    ) -> Result<Verified<License>, Rejection> {
        let known = invocation.installation();
        let mut current = CurrentLicense::new(invocation.license(), &self.0.policy)
            .installed_at(known.map_or(UnixTime::EPOCH, |it| it.license_since()))
            .known(known.and_then(|it| it.license()));
        let mut fault = None;
        loop {
            match current.next(self.now()) {
                Next::Ask { .. } => {
                    let (statement, rejection) = self.ask(invocation).await;
                    fault = rejection;
                    current.asked(statement);
                }
                // a remote's answers are kept by its License API
                Next::LoadStored => current.loaded(None),
                Next::AskNewer if self.expect_newer(invocation) => {
                    let (statement, rejection) = self.ask(invocation).await;
                    fault = rejection;
                    current.asked_newer(Some(statement));
                }
                Next::AskNewer => current.asked_newer(None),
                Next::Use(of) => return Ok(current.license(of)),
                Next::CouldNotCheck => return Err(fault.unwrap_or_else(Rejection::unanswered)),
            }
        }
    }

    fn expect_newer(&self, invocation: &ForgeInvocation) -> bool {
        let api = self.0.license_api.as_ref();
        api.is_some_and(|api| api.expect_newer(invocation.installation_id()))
    }

    /// What the License API states, and why it states nothing.
    async fn ask(&self, invocation: &ForgeInvocation) -> (LicenseApi, Option<Rejection>) {
        let (Some(api), Some(token)) = (&self.0.license_api, invocation.system_token()) else {
            return (LicenseApi::NotConfigured, None);
        };
        let of = invocation.installation_id();
        let known = invocation.installation();
        let installed_at = known.map_or(UnixTime::EPOCH, |it| it.license_since());
        let answer = match api.get_of_install(of, token, installed_at).await {
            Ok(answer) => answer,
            Err(error) => return Rejection::no_statement(&error),
        };
        let license = match answer.license(invocation.app_id()) {
            Ok(license) => license,
            Err(error) => {
                let message = "the License API could not tell";
                let rejection = Rejection::could_not_check(message, error.code());
                return (LicenseApi::Failed, Some(rejection));
            }
        };
        // the token says which environment the app is installed from; the API does not
        let license = match invocation.token().environment_type() {
            Some(environment) => license.in_environment(environment.clone()),
            None => license,
        };
        (LicenseApi::Stated(Box::new(license)), None)
    }

    fn needs_of(&self, feature: &str) -> Result<Capability, Rejection> {
        needs_of(&self.0.features, feature)
    }

    pub(crate) fn decide(
        &self,
        license: &Verified<License>,
        needs: RequiredCapability<'_>,
    ) -> Decision {
        let decision = license.decide(&self.0.policy, needs, self.now());
        self.0.metrics.decision(decision.code());
        decision
    }
}
