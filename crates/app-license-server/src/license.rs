//! Which license statement counts for a Connect request: asked for, loaded and stored here, decided in
//! the core ([`app_license::current_license`]). Gate, hooks and history follow the one answer.

use app_license::connect::LicenseApiResponse;
use app_license::current_license::{CurrentLicense, LicenseApi, Next};
use app_license::error::with_causes;
use app_license::{
    Capability, Decision, Event, InstallationKey, License, LicenseSource, Limit,
    RequiredCapability, UnixTime, Verified,
};
use app_license_store::Delivery;

use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::rejection::Rejection;
use crate::tenant::Tenant;

/// A request that a [`ConnectApp`] verified, of a URL or with a context token: made of a reference to
/// either.
///
/// ```
/// use app_license_server::{ConnectApp, ConnectContextRequest, ConnectRequest, Rejection};
/// async fn both(
///     app: &ConnectApp,
///     page: &ConnectRequest,
///     call: &ConnectContextRequest,
/// ) -> Result<bool, Rejection> {
///     let of_page = app.feature_decision(page, "export").await?;
///     let of_call = app.feature_decision(call, "export").await?;
///     Ok(of_page.is_allowed() && of_call.is_allowed())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct VerifiedRequest<'r>(Kind<'r>);

#[derive(Debug, Clone, Copy)]
enum Kind<'r> {
    Url(&'r ConnectRequest),
    Context(&'r ConnectContextRequest),
    /// No request at all: a background task asks.
    Nobody(&'r Tenant),
}

impl<'r> From<&'r ConnectRequest> for VerifiedRequest<'r> {
    fn from(request: &'r ConnectRequest) -> Self {
        Self(Kind::Url(request))
    }
}

impl<'r> From<&'r ConnectContextRequest> for VerifiedRequest<'r> {
    fn from(request: &'r ConnectContextRequest) -> Self {
        Self(Kind::Context(request))
    }
}

impl<'r> VerifiedRequest<'r> {
    pub(crate) const fn of_nobody(tenant: &'r Tenant) -> Self {
        Self(Kind::Nobody(tenant))
    }

    fn proved(self) -> Verified<License> {
        match self.0 {
            Kind::Url(request) => request.license(),
            Kind::Context(request) => request.license(),
            // nothing is said, which grants nothing
            Kind::Nobody(_) => Verified::stored(License::absent(LicenseSource::ConnectLicenseApi)),
        }
    }

    fn tenant(self) -> &'r Tenant {
        match self.0 {
            Kind::Url(request) => request.tenant_record(),
            Kind::Context(request) => request.tenant_record(),
            Kind::Nobody(tenant) => tenant,
        }
    }

    fn rejected(self, rejection: Rejection) -> Rejection {
        match self.0 {
            Kind::Url(request) => request.rejected(rejection),
            Kind::Context(request) => request.rejected(rejection),
            Kind::Nobody(_) => rejection,
        }
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
        let request = request.into();
        let license = self.license_of(request).await;
        license.map_err(|rejection| request.rejected(rejection))
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
        let capability = capability.into();
        let license = self.license(request).await?;
        Ok(self.decide(&license, (&capability).into()))
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
        let request = request.into();
        let needs = self.needs_of(feature);
        let needs = needs.map_err(|rejection| request.rejected(rejection))?;
        self.decision(request, needs).await
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
        let request = request.into();
        let license = self.license(request).await?;
        let inner = &self.0;
        let limit = inner
            .features
            .limit(name, &license, &inner.policy, self.now());
        limit.map_err(|error| request.rejected(error.into()))
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
        let request = request.into();
        let license = self.license(request).await?;
        let inner = &self.0;
        let level = inner
            .features
            .service_level(name, &license, &inner.policy, self.now());
        level.map_err(|error| request.rejected(error.into()))
    }

    pub(crate) async fn license_of<'r>(
        &self,
        request: impl Into<VerifiedRequest<'r>>,
    ) -> Result<Verified<License>, Rejection> {
        let found = self.find_license(request.into()).await;
        found.map(|(license, _)| license)
    }

    /// The license that counts, and why the License API was asked and stated nothing newer.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn find_license(
        &self,
        request: VerifiedRequest<'_>,
    ) -> Result<(Verified<License>, Option<Rejection>), Rejection> {
        let tenant = request.tenant();
        let mut current = CurrentLicense::new(request.proved(), &self.0.policy)
            .stored_for(self.0.stored_for)
            .installed_at(tenant.installation.license_since())
            .known(tenant.installation.license());
        let mut fault = None;
        loop {
            match current.next(self.now()) {
                Next::Ask { since } => {
                    let (statement, rejection) = self.ask(tenant, since).await;
                    fault = rejection;
                    current.asked(statement);
                }
                Next::LoadStored => current.loaded(self.stored(tenant).await),
                Next::AskNewer if self.expect_newer(tenant) => {
                    let (statement, rejection) = self.ask(tenant, UnixTime::EPOCH).await;
                    fault = rejection;
                    current.asked_newer(Some(statement));
                }
                Next::AskNewer => current.asked_newer(None),
                Next::Use(of) => {
                    // what the License API states, where that is news, then what counts
                    let news = current.news(of);
                    let news = tenant.installation.is_news(news).then(|| news.clone());
                    let license = current.license(of);
                    self.observe(tenant, news.as_ref().unwrap_or(&license))
                        .await;
                    return Ok((license, fault));
                }
                Next::CouldNotCheck => return Err(fault.unwrap_or_else(Rejection::unanswered)),
            }
        }
    }

    fn expect_newer(&self, tenant: &Tenant) -> bool {
        let api = self.0.license_api.as_ref();
        api.is_some_and(|api| api.expect_newer(tenant.keys.client_key()))
    }

    /// What the License API states, about as new as `since` at the oldest if it can be had, and why
    /// it states nothing.
    async fn ask(&self, tenant: &Tenant, since: UnixTime) -> (LicenseApi, Option<Rejection>) {
        let (Some(api), Some(base_url)) = (&self.0.license_api, tenant.installation.base_url())
        else {
            return (LicenseApi::NotConfigured, None);
        };
        let base_url = match self.0.verifier.hosts().check_site(base_url) {
            Ok(base_url) => base_url,
            Err(error) => return (LicenseApi::Failed, Some(error.into())),
        };
        let keys = &tenant.keys;
        let installed_at = tenant.installation.license_since();
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

    /// The last answer of the License API that the store has.
    async fn stored(&self, tenant: &Tenant) -> Option<Verified<License>> {
        let key = InstallationKey::Connect(tenant.keys.client_key().clone());
        let source = LicenseSource::ConnectLicenseApi;
        let cached = self.0.store.license(&key, source).await;
        let cached = cached.inspect_err(|error| {
            tracing::warn!(code = error.code(), error = %with_causes(error), "the stored license cannot be read");
        });
        cached.ok()??.license().ok()
    }

    /// Remembers a statement that is news, so that hooks hear of changed editions. Losing one is no harm:
    /// the next request states it again.
    pub(crate) async fn observe(&self, tenant: &Tenant, license: &Verified<License>) {
        if !tenant.installation.is_news(license) {
            return;
        }
        let client_key = tenant.keys.client_key();
        let key = InstallationKey::Connect(client_key.clone());
        let delivery = Delivery::new(key, Event::from(License::clone(license)));
        match self.0.store.apply(delivery, self.now()).await {
            Ok(_) => self.0.tenants.forget(client_key),
            Err(error) => {
                tracing::warn!(code = error.code(), error = %with_causes(&error), "a changed license is not kept");
            }
        }
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
