//! Where statements about the license of a Connect customer come from: a request, the License API, the
//! store. Which of them counts is decided in the core ([`app_license::current_license`]); gate, hooks and
//! history follow the one answer.

use app_license::connect::LicenseApiResponse;
use app_license::current_license::LicenseApi;
use app_license::error::with_causes;
use app_license::{
    Capability, Decision, Event, Installation, InstallationKey, License, LicenseSource, Limit,
    UnixTime, Verified,
};
use app_license_store::{Delivery, Error};

use crate::connect_app::ConnectApp;
use crate::connect_request::VerifiedRequest;
use crate::decider::Question;
use crate::rejection::Rejection;

impl Question for (&ConnectApp, VerifiedRequest<'_>) {
    fn statement(&self) -> Verified<License> {
        self.1.license()
    }

    fn installation(&self) -> Option<&Installation> {
        Some(&self.1.tenant().installation)
    }

    fn stored_for(&self) -> Option<u64> {
        self.0.0.stored_for
    }

    /// The last answer of the License API that the store has.
    async fn stored(&self) -> Option<Verified<License>> {
        let key = InstallationKey::Connect(self.1.tenant().keys.client_key().clone());
        let source = LicenseSource::ConnectLicenseApi;
        let cached = self.0.0.store.license(&key, source).await;
        let cached = cached.inspect_err(|error| {
            tracing::warn!(code = error.code(), error = %with_causes(error), "the stored license cannot be read");
        });
        cached.ok()??.license().ok()
    }

    fn expect_newer(&self) -> bool {
        let api = self.0.0.license_api.as_ref();
        api.is_some_and(|api| api.expect_newer(self.1.tenant().keys.client_key()))
    }

    async fn ask(&self, since: UnixTime) -> (LicenseApi, Option<Rejection>) {
        let (inner, tenant) = (&self.0.0, self.1.tenant());
        let (Some(api), Some(base_url)) = (&inner.license_api, tenant.installation.base_url())
        else {
            return (LicenseApi::NotConfigured, None);
        };
        let base_url = match inner.verifier.hosts().check_site(base_url) {
            Ok(base_url) => base_url,
            Err(error) => return (LicenseApi::Failed, Some(error.into())),
        };
        let keys = &tenant.keys;
        let installed_at = tenant.installation.license_since(inner.decider.now());
        let (of, key) = (keys.client_key(), keys.current());
        let answer = match api.get_as_of(of, &base_url, key, since, installed_at).await {
            Ok(answer) => answer,
            Err(error) => return Rejection::no_statement(&error),
        };
        let license = match (answer.license(), answer.value()) {
            (Some(license), _) => license,
            // the site says that it does not have the app: nothing is licensed there
            (None, LicenseApiResponse::NotFound) => {
                let absent = License::absent(LicenseSource::ConnectLicenseApi);
                Verified::fetched(absent.at(answer.as_of()))
            }
            _ => return (LicenseApi::Failed, None),
        };
        let fault = answer.fault().map(Rejection::client);
        (LicenseApi::Stated(Box::new(license)), fault)
    }

    async fn note(&self, news: Event, now: UnixTime) -> Result<(), Error> {
        let (inner, client_key) = (&self.0.0, self.1.tenant().keys.client_key());
        let key = InstallationKey::Connect(client_key.clone());
        inner.store.apply(Delivery::new(key, news), now).await?;
        inner.tenants.forget(client_key);
        Ok(())
    }

    fn rejected(&self, rejection: Rejection) -> Rejection {
        self.1.rejected(rejection)
    }
}

impl ConnectApp {
    /// The license that counts for a request, of a URL or with a context token, in the order of
    /// [`app_license::current_license`].
    ///
    /// # Errors
    /// 503 when the License API could not be asked and nothing else spoke.
    pub async fn license<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
    ) -> Result<Verified<License>, Rejection> {
        self.0.decider.license(&(self, request.into())).await
    }

    /// Whether the license that counts for a request includes a capability, and why: for pages that
    /// show a feature or hide it. Where the whole route needs one, a gate is simpler.
    ///
    /// # Errors
    /// As [`ConnectApp::license`].
    pub async fn decision<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
        capability: impl Into<Capability>,
    ) -> Result<Decision, Rejection> {
        let (question, needs) = ((self, request.into()), capability.into());
        self.0.decider.decision(&question, needs).await
    }

    /// Whether the license that counts for a request includes a feature of the app's feature map,
    /// and why.
    ///
    /// # Errors
    /// As [`ConnectApp::license`]; 500 for a feature the map does not have.
    pub async fn feature_decision<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
        feature: &str,
    ) -> Result<Decision, Rejection> {
        let question = (self, request.into());
        self.0.decider.feature_decision(&question, feature).await
    }

    /// How many of something the customer may have, by the app's feature map.
    ///
    /// # Errors
    /// As [`ConnectApp::license`]; 500 for a limit the map does not have.
    pub async fn limit<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
        name: &str,
    ) -> Result<Limit, Rejection> {
        self.0.decider.limit(&(self, request.into()), name).await
    }

    /// The service level the customer gets, by the app's feature map; `None` when theirs has none.
    ///
    /// # Errors
    /// As [`ConnectApp::license`]; 500 for a service level the map does not have.
    pub async fn service_level<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
        name: &str,
    ) -> Result<Option<&str>, Rejection> {
        let question = (self, request.into());
        self.0.decider.service_level(&question, name).await
    }
}
