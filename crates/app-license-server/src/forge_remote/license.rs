//! Where statements about the license of an invocation come from: its token, and the License API, which keeps
//! its answers itself. Which of them counts is decided in the core ([`app_license::current_license`]).

use app_license::current_license::LicenseApi;
use app_license::{Capability, Decision, Event, Installation, License, Limit, UnixTime, Verified};
use app_license_store::{Delivery, Error};

use super::{ForgeInvocation, ForgeRemote};
use crate::app_request::AppRequest;
use crate::decider::Question;
use crate::rejection::Rejection;

impl Question for (&ForgeRemote, &ForgeInvocation) {
    fn statement(&self) -> Verified<License> {
        self.1.license()
    }

    fn installation(&self) -> Option<&Installation> {
        self.1.installation()
    }

    fn expect_newer(&self) -> bool {
        let (remote, invocation) = self;
        let api = remote.0.license_api.as_ref();
        api.is_some_and(|api| api.expect_newer(invocation.installation_id()))
    }

    async fn ask(&self, _since: UnixTime) -> (LicenseApi, Option<Rejection>) {
        let (remote, invocation) = self;
        let (Some(api), Some(token)) = (&remote.0.license_api, invocation.system_token()) else {
            return (LicenseApi::NotConfigured, None);
        };
        let of = invocation.installation_id();
        let known = invocation.installation();
        let now = remote.0.decider.now();
        let installed_at = known.map_or(UnixTime::EPOCH, |it| it.license_since(now));
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

    async fn note(&self, news: Event, now: UnixTime) -> Result<(), Error> {
        let (remote, invocation) = self;
        let (of, known) = (invocation.installation_id(), invocation.installation());
        if let (Some(installations), Some(known)) = (&remote.0.installations, known) {
            let delivery = Delivery::new(known.key().clone(), news);
            installations.apply(delivery, of, now).await?;
        }
        Ok(())
    }

    fn rejected(&self, rejection: Rejection) -> Rejection {
        self.1.rejected(rejection)
    }
}

impl ForgeRemote {
    /// The license that counts for an invocation, in the order of [`app_license::current_license`].
    ///
    /// # Errors
    /// 503 when the License API had to be asked and could not be.
    pub async fn license(
        &self,
        invocation: &ForgeInvocation,
    ) -> Result<Verified<License>, Rejection> {
        self.0.decider.license(&(self, invocation)).await
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
        let needs = capability.into();
        self.0.decider.decision(&(self, invocation), needs).await
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
        let question = (self, invocation);
        self.0.decider.feature_decision(&question, feature).await
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
        self.0.decider.limit(&(self, invocation), name).await
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
        let question = (self, invocation);
        self.0.decider.service_level(&question, name).await
    }
}
