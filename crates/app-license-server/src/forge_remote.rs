//! A Forge remote: invocations with a Forge Invocation Token.
//!
//! Which word about the licence counts: what the token says; where it says nothing, or the policy
//! wants a confirmed licence, a fresh answer of the License API, if one is configured and the
//! invocation brings the app's system token. An inactive word is final.
//!
//! Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>

use std::sync::Arc;

use app_license::forge::{
    InvocationExpectations, InvocationToken, UnverifiedInvocationToken, token_from_header,
};
use app_license::{
    Capability, Decision, FeatureMap, ForgeAppId, InstallationAri, Leeway, License, Needs, Policy,
    State, UnixTime, Verified,
};
use app_license_client::{Clock, ForgeKeys, ForgeLicenseApi, SystemClock, SystemToken};
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::gate::needs_of;
use crate::metrics::Metrics;
use crate::rejection::Rejection;
use crate::wire::authorization;

/// The header with the app's system token, when the manifest asks for it.
const SYSTEM_TOKEN: &str = "x-forge-oauth-system";

/// A Forge remote. Cheap to clone; one a process.
///
/// See the crate's page for a whole remote.
#[derive(Clone)]
pub struct ForgeRemote(Arc<Inner>);

struct Inner {
    expectations: InvocationExpectations,
    keys: ForgeKeys,
    license_api: Option<ForgeLicenseApi>,
    policy: Policy,
    features: FeatureMap,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
}

impl ForgeRemote {
    /// Begins a remote of the app with this id (an ARI, or the UUID in it), its key set fetched by
    /// `keys`.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn builder(
        app_id: &str,
        keys: ForgeKeys,
    ) -> Result<ForgeRemoteBuilder, app_license::Error> {
        Ok(ForgeRemoteBuilder {
            expectations: InvocationExpectations::new(ForgeAppId::new(app_id)?),
            keys,
            license_api: None,
            policy: Policy::new(),
            features: FeatureMap::default(),
            clock: Arc::new(SystemClock),
        })
    }

    /// The remote's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        let keys = self.0.keys.stats();
        self.0.metrics.keys("forge_key_set", &keys);
        self.0
            .metrics
            .key_set_age(self.0.keys.age().unwrap_or_default());
        &self.0.metrics
    }

    fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    /// Verifies an invocation.
    ///
    /// # Errors
    /// A [`Rejection`]: 401 when the token is missing or does not hold, 503 when the key set is
    /// out of reach.
    pub async fn verify(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let headers = authorization(&parts.headers)?;
        let token = UnverifiedInvocationToken::parse(token_from_header(headers)?)?;
        let keys = self
            .0
            .keys
            .set_with(token.kid())
            .await
            .map_err(|e| Rejection::client(&e))?;
        let token = token.verify(&keys, &self.0.expectations, self.now())?;
        self.0.metrics.request("invocation");
        Ok(ForgeInvocation(Arc::new(token)))
    }

    pub(crate) async fn license_of(
        &self,
        parts: &Parts,
        invocation: &ForgeInvocation,
    ) -> Result<Verified<License>, Rejection> {
        let said = invocation.license();
        let confirm = self.0.policy.is_confirmed_only();
        if said.state() == State::Inactive || (said.state() == State::Active && !confirm) {
            return Ok(said);
        }
        let token = parts
            .headers
            .get(SYSTEM_TOKEN)
            .and_then(|t| t.to_str().ok());
        let (Some(api), Some(token)) = (&self.0.license_api, token) else {
            return Ok(said);
        };
        let could_not = |error: app_license_client::Error| Rejection::client(&error);
        let token = SystemToken::new(token).map_err(could_not)?;
        let answer = api
            .get(invocation.installation_id(), &token)
            .await
            .map_err(could_not)?;
        let license = answer.license(self.0.expectations.app()).map_err(|error| {
            Rejection::could_not_check("the License API could not tell", error.code())
        })?;
        // the token says which environment the app is installed from; the API does not
        Ok(match invocation.token().environment_type() {
            Some(environment) => license.in_environment(environment.clone()),
            None => license,
        })
    }

    pub(crate) fn needs_of(&self, feature: &str) -> Result<Capability, Rejection> {
        needs_of(&self.0.features, feature)
    }

    pub(crate) fn decide(&self, license: &Verified<License>, needs: Needs<'_>) -> Decision {
        let decision = license.decide(&self.0.policy, needs, self.now());
        self.0.metrics.decision(decision.code());
        decision
    }

    pub(crate) fn rejected(&self, rejection: &Rejection) {
        let status = rejection.status().as_u16();
        self.0.metrics.refusal(rejection.code(), status);
        tracing::info!(code = rejection.code(), status, "invocation rejected");
    }
}

impl std::fmt::Debug for ForgeRemote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForgeRemote").finish_non_exhaustive()
    }
}

/// Settings of a [`ForgeRemote`].
#[must_use]
pub struct ForgeRemoteBuilder {
    expectations: InvocationExpectations,
    keys: ForgeKeys,
    license_api: Option<ForgeLicenseApi>,
    policy: Policy,
    features: FeatureMap,
    clock: Arc<dyn Clock>,
}

impl ForgeRemoteBuilder {
    /// Asks the License API where a token says nothing, or where the policy wants a confirmed
    /// licence.
    pub fn license_api(mut self, api: ForgeLicenseApi) -> Self {
        self.license_api = Some(api);
        self
    }

    /// What decisions ask of a licence. By default an absent licence is denied.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The app's features, `editions.toml`.
    pub fn features(mut self, features: FeatureMap) -> Self {
        self.features = features;
        self
    }

    /// How far clocks may be apart; 30 s by default.
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.expectations = self.expectations.leeway(leeway);
        self
    }

    /// Another clock: for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The remote.
    #[must_use]
    pub fn build(self) -> ForgeRemote {
        ForgeRemote(Arc::new(Inner {
            expectations: self.expectations,
            keys: self.keys,
            license_api: self.license_api,
            policy: self.policy,
            features: self.features,
            metrics: Metrics::new(),
            clock: self.clock,
        }))
    }
}

impl std::fmt::Debug for ForgeRemoteBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForgeRemoteBuilder").finish_non_exhaustive()
    }
}

/// A verified invocation of a Forge remote. As an axum extractor it needs a state that a
/// [`ForgeRemote`] can be taken from; behind [`ForgeRemote::requires`] it is in the request's
/// extensions already.
#[derive(Debug, Clone)]
pub struct ForgeInvocation(Arc<Verified<InvocationToken>>);

impl ForgeInvocation {
    /// The token that proved it.
    #[must_use]
    pub fn token(&self) -> &Verified<InvocationToken> {
        &self.0
    }

    /// The installation of the app that invoked it.
    #[must_use]
    pub fn installation_id(&self) -> &InstallationAri {
        self.token().installation_id()
    }

    /// The licence the token states. It may be absent.
    #[must_use]
    pub fn license(&self) -> Verified<License> {
        self.token().license()
    }

    pub(crate) async fn verified(
        parts: &mut Parts,
        remote: &ForgeRemote,
    ) -> Result<Self, Rejection> {
        // a layer may have verified it already
        if let Some(verified) = parts.extensions.get::<Self>() {
            return Ok(verified.clone());
        }
        let verified = remote.verify(parts).await?;
        parts.extensions.insert(verified.clone());
        Ok(verified)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ForgeInvocation
where
    ForgeRemote: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let remote = ForgeRemote::from_ref(state);
        Self::verified(parts, &remote)
            .await
            .inspect_err(|rejection| remote.rejected(rejection))
    }
}
