//! A Forge remote: invocations with a Forge Invocation Token.

mod block;
mod builder;
mod installations;
mod invocation;
mod lifecycle;
mod sweep;

use std::sync::Arc;

use app_license::answer::Refusal;
use app_license::current_license::{CurrentLicense, LicenseApi, Next};
use app_license::forge::{
    InvocationToken, InvocationVerifierConfig, UnverifiedInvocationToken, bearer_token,
};
use app_license::{
    Capability, Decision, ErrorKind, FeatureMap, ForgeAppId, Leeway, License, Limit, Policy,
    RequiredCapability, UnixTime, Verified,
};
use app_license_client::{Clock, ForgeKeys, ForgeLicenseApi, SystemToken};
use app_license_store::InstallationStore;
use http::request::Parts;

pub use builder::ForgeRemoteBuilder;
use installations::Installations;
pub use invocation::ForgeInvocation;

use crate::gate::needs_of;
use crate::license::unanswered;
use crate::metrics::Metrics;
use crate::rejection::Rejection;
use crate::respond::Responder;
use crate::tenant::Freshness;
use crate::wire::{authorization, route};

/// The header with the app's system token, when the manifest asks for it.
const SYSTEM_TOKEN: &str = "x-forge-oauth-system";

/// A Forge remote. Cheap to clone; one a process.
///
/// Which statement about the license counts is decided in the core, in the order of
/// [`app_license::current_license`]. The License API is asked where one is configured and the invocation
/// brings the app's system token, which is taken from calls that the platform or a function made, never
/// from one that a user's browser made: a browser may write what it likes into a header, and the API may
/// be called once in five minutes. For a remote that only pages call, a confirmed license is what a token
/// of production with an entitlement says.
///
/// With a store, the remote keeps its installations: lifecycle events and news of licenses go into the
/// history, from which hooks are fed, and a token of before an uninstall is refused after it. With the
/// store of the Connect app that it continues, its customers are that app's: see
/// [`ForgeInvocation::tenant`].
///
/// ```
/// use app_license_server::{Edition, ForgeInvocation, ForgeRemote, MemoryStore};
/// use axum::Router;
/// use axum::routing::post;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
///     .store(MemoryStore::new()) // one that lasts, in production
///     .build()?;
/// let router: Router = Router::new()
///     .route("/whose", post(async |it: ForgeInvocation| it.tenant().to_string()))
///     .route("/export", post(async || "Advanced").layer(remote.requires(Edition::Advanced)))
///     .with_state(remote.clone())
///     .merge(remote.lifecycle_routes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
#[derive(Clone)]
pub struct ForgeRemote(Arc<Inner>);

struct Inner {
    app_id: ForgeAppId,
    expectations: InvocationVerifierConfig,
    leeway: Leeway,
    keys: ForgeKeys,
    license_api: Option<ForgeLicenseApi>,
    installations: Option<Installations>,
    policy: Policy,
    features: FeatureMap,
    metrics: Metrics,
    responder: Option<Responder>,
    clock: Arc<dyn Clock>,
}

impl ForgeRemote {
    /// Begins a remote of the app with this id (an ARI, or the UUID in it).
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn builder(app_id: &str) -> Result<ForgeRemoteBuilder, app_license::Error> {
        ForgeRemoteBuilder::new(app_id)
    }

    /// The remote's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        let keys = self.0.keys.stats();
        self.0.metrics.keys("forge_key_set", &keys);
        if let Some(seconds) = self.0.keys.age() {
            self.0.metrics.key_set_age(seconds);
        }
        &self.0.metrics
    }

    pub(crate) fn store(&self) -> Option<&dyn InstallationStore> {
        self.0.installations.as_ref().map(Installations::store)
    }

    /// The first of the apps that it serves.
    pub(crate) fn app_name(&self) -> &str {
        self.0.app_id.as_str()
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    /// Verifies an invocation. A rejection is counted and logged, and answered as the remote answers, as
    /// by a gate and by the extractor.
    ///
    /// # Errors
    /// A [`Rejection`]: 401 when the token is missing or does not hold, 503 when the key set is
    /// out of reach.
    pub async fn verify(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let verified = self.verify_request(parts).await;
        verified.map_err(|rejection| self.answer_rejected(rejection, parts))
    }

    pub(crate) async fn verify_request(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let verified = self.verify_invocation(parts).await;
        let served = verified.and_then(|invocation| match invocation.installation() {
            Some(known) if known.is_blocked() => {
                let rejection = Rejection::of(Refusal::TenantBlocked);
                Err(rejection.of_tenant(invocation.installation_id()))
            }
            _ => Ok(invocation),
        });
        served.map_err(|rejection| rejection.on_route(route(parts)))
    }

    /// Proves an event; whose it is, is looked up when its body was read. One of a blocked installation is
    /// stored as any other.
    async fn verify_event(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let verified = async {
            let token = self.verify_token(bearer_token(authorization(&parts.headers)?)?);
            let token = token.await?;
            self.0.metrics.request("invocation");
            Ok(ForgeInvocation::new(self, token, None, None, parts))
        };
        let verified: Result<_, Rejection> = verified.await;
        verified.map_err(|rejection| rejection.on_route(route(parts)))
    }

    #[tracing::instrument(name = "verify", level = "debug", skip_all, fields(installation))]
    async fn verify_invocation(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let headers = authorization(&parts.headers)?;
        let token = self.verify_token(bearer_token(headers)?).await?;
        let installation = token.installation_id().as_str();
        tracing::Span::current().record("installation", installation);
        let system_token = parts.headers.get(SYSTEM_TOKEN);
        let system_token = system_token.and_then(|t| SystemToken::new(t.to_str().ok()?).ok());
        let installation = match &self.0.installations {
            Some(known) => {
                let admitted = known.admit(&token, Freshness::Cached, self.now()).await;
                admitted.map_err(|rejection| rejection.of_tenant(token.installation_id()))?
            }
            None => None,
        };
        self.0.metrics.request("invocation");
        Ok(ForgeInvocation::new(
            self,
            token,
            system_token,
            installation,
            parts,
        ))
    }

    async fn verify_token(&self, text: &str) -> Result<Verified<InvocationToken>, Rejection> {
        let could_not = |error| Rejection::client(&error);
        let expectations = &self.0.expectations;
        let token = UnverifiedInvocationToken::parse(text)?;
        let kid = token.kid();
        let keys = self.0.keys.set_with(kid).await.map_err(could_not)?;
        match token.verify(&keys, expectations, self.now()) {
            Err(error) if matches!(error.kind(), ErrorKind::Signature) => {
                // the platform may have replaced the key under this id
                let again = self.0.keys.refresh(kid).await.map_err(could_not)?;
                if Arc::ptr_eq(&keys, &again) {
                    return Err(error.into());
                }
                Ok(token.verify(&again, expectations, self.now())?)
            }
            verified => Ok(verified?),
        }
    }

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
        if let Some(known) = &self.0.installations {
            known.observe(invocation, &license, self.now()).await;
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
                Next::CouldNotCheck => return Err(fault.unwrap_or_else(unanswered)),
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
            Err(error) => {
                let statement = if error.is_token_refused() {
                    LicenseApi::TokenRefused
                } else {
                    LicenseApi::Failed
                };
                return (statement, Some(Rejection::client(&error)));
            }
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

    pub(crate) fn responder(&self) -> Option<&Responder> {
        self.0.responder.as_ref()
    }

    pub(crate) fn features(&self) -> &FeatureMap {
        &self.0.features
    }

    pub(crate) fn needs_of(&self, feature: &str) -> Result<Capability, Rejection> {
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

    /// Counts a rejection, writes it to the log, and has it answered in the remote's own way.
    pub(crate) fn answer_rejected(&self, rejection: Rejection, parts: &Parts) -> Rejection {
        self.rejected(&rejection);
        rejection.answered_by(self.responder(), || parts.clone())
    }

    pub(crate) fn rejected(&self, rejection: &Rejection) {
        rejection.record(&self.0.metrics);
    }
}

impl std::fmt::Debug for ForgeRemote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForgeRemote").finish_non_exhaustive()
    }
}
