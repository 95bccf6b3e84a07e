//! A Connect app: what verifies its requests, keeps its installations and decides.

mod builder;

use std::sync::Arc;

use app_license::connect::{
    KeyHosts, LifecycleKind, Request, RequestVerifierConfig, UnverifiedContextToken,
    UnverifiedRequestToken, token_from_header, token_from_request,
};
use app_license::{
    AppKey, Capability, ClientKey, ErrorKind, Event, FeatureMap, InstallationKey,
    InstallationStatus, Policy, UnixTime,
};
use app_license_client::{Clock, ConnectLicenseApi, InstallKeys};
use app_license_descriptor::connect::Descriptor;
use app_license_store::{Delivery, Store};
use http::request::Parts;

pub use builder::ConnectAppBuilder;
pub(crate) use builder::{warn_of_falling_limits, warn_of_test_keys};

use crate::client_address::ClientAddress;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::editions::NamedEditions;
use crate::gate::needs_of;
use crate::metrics::Metrics;
use crate::page_owner::PageOwner;
use crate::rejection::Rejection;
use crate::respond::Responder;
use crate::tenant::{Freshness, Tenant, Tenants};
use crate::wire::{authorization, route, target};

/// A Connect app. Cheap to clone; one a process.
///
/// See the crate's page for a whole app.
#[derive(Clone)]
pub struct ConnectApp(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) app_key: AppKey,
    pub(crate) expectations: RequestVerifierConfig,
    pub(crate) hosts: KeyHosts,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tenants: Tenants,
    pub(crate) install_keys: InstallKeys,
    pub(crate) license_api: Option<ConnectLicenseApi>,
    pub(crate) policy: Policy,
    pub(crate) stored_hint: Option<u64>,
    pub(crate) features: FeatureMap,
    pub(crate) descriptor: Descriptor,
    pub(crate) named_editions: NamedEditions,
    pub(crate) metrics: Metrics,
    pub(crate) client_address: ClientAddress,
    pub(crate) responder: Option<Responder>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ConnectApp {
    /// Begins an app: its key and its base URL, as in its descriptor.
    ///
    /// # Errors
    /// `invalid_id`, `invalid_base_url`.
    pub fn builder(app_key: &str, base_url: &str) -> Result<ConnectAppBuilder, app_license::Error> {
        ConnectAppBuilder::new(app_key, base_url)
    }

    /// The app's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        self.read_key_counters();
        &self.0.metrics
    }

    /// The descriptor that is served.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.0.descriptor
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    /// Verifies a URL-bound request: iframe, webhook. A rejection is counted and logged, and answered as
    /// the app answers, as by a gate and by the extractors.
    ///
    /// # Errors
    /// A [`Rejection`]: 401 when the proof is missing or does not hold, 403 when the app is switched
    /// off there (`tenant_disabled`) or blocked (`tenant_blocked`), 503 when it could not be checked.
    pub async fn verify(&self, parts: &Parts) -> Result<ConnectRequest, Rejection> {
        let verified = self.verify_request(parts).await;
        verified.map_err(|rejection| self.answer_rejected(rejection, parts))
    }

    pub(crate) async fn verify_request(&self, parts: &Parts) -> Result<ConnectRequest, Rejection> {
        let verified = self.verify_page(parts).await;
        PageOwner::found(parts, self, verified.as_ref().ok());
        verified.map_err(|rejection| rejection.on_route(route(parts)))
    }

    async fn verify_page(&self, parts: &Parts) -> Result<ConnectRequest, Rejection> {
        let verified = self.verify_proof(parts).await?;
        let issued_at = verified.token().issued_at();
        let installation = verified.installation();
        let Some(refusal) = installation.refusal() else {
            return Ok(verified);
        };
        let client_key = verified.client_key();
        if !installation.is_reopened(issued_at) {
            return Err(Rejection::of(refusal).of_tenant(client_key));
        }
        // the platform opens no page of an app that is switched off: `enabled` got lost
        let reopened = self.reopen(client_key, issued_at).await;
        let tenant = reopened.map_err(|rejection| rejection.of_tenant(client_key))?;
        Ok(verified.in_tenant(tenant))
    }

    async fn verify_proof(&self, parts: &Parts) -> Result<ConnectRequest, Rejection> {
        let target = target(parts);
        let request = Request::new(parts.method.as_str(), &target);
        let text = token_from_request(authorization(&parts.headers)?, request.query())?;
        self.verify_of(parts, &text, RequiredStatus::Installed)
            .await
    }

    /// Verifies a request that no route looked at, which changes nothing: it may be for no page.
    pub(crate) async fn prove_page(&self, parts: &Parts) -> Result<ConnectRequest, Rejection> {
        let verified = self.verify_proof(parts).await?;
        match verified.installation().refusal() {
            None => Ok(verified),
            Some(refusal) => Err(Rejection::of(refusal)),
        }
    }

    /// Takes a page for the `enabled` that got lost.
    async fn reopen(
        &self,
        client_key: &ClientKey,
        issued_at: UnixTime,
    ) -> Result<Arc<Tenant>, Rejection> {
        let now = self.now();
        let key = InstallationKey::Connect(client_key.clone());
        let delivery = Delivery::new(key, Event::PageOpened { issued_at });
        let applied = self.0.store.apply(delivery, now).await;
        let applied = applied.map_err(|e| Rejection::store(&e))?;
        self.0.tenants.forget(client_key);
        if !applied.changes.is_empty() {
            tracing::warn!(tenant = %client_key, "a page says that the app is switched on: `enabled` got lost");
        }
        let tenant = self.tenant(
            client_key,
            Freshness::FromStore,
            RequiredStatus::Installed,
            now,
        );
        let tenant = tenant.await?;
        match tenant.installation.refusal() {
            None => Ok(tenant),
            Some(refusal) => Err(Rejection::of(refusal)),
        }
    }

    /// Verifies an event that a tenant signs, and answers its token's text too. It is about being
    /// in use or not, so a tenant that is switched off may send it. Its token is in the header and
    /// nowhere else: an address may be logged, and be followed again.
    pub(crate) async fn verify_event<'p>(
        &self,
        kind: LifecycleKind,
        parts: &'p Parts,
    ) -> Result<(ConnectRequest, &'p str), Rejection> {
        let text = token_from_header(authorization(&parts.headers)?)?;
        // `disabled` may overtake or follow `uninstalled`
        let required = match kind {
            LifecycleKind::Disabled => RequiredStatus::Known,
            _ => RequiredStatus::Installed,
        };
        let verified = self.verify_of(parts, text, required).await?;
        Ok((verified, text))
    }

    #[tracing::instrument(name = "verify", level = "debug", skip_all, fields(tenant))]
    async fn verify_of(
        &self,
        parts: &Parts,
        text: &str,
        required: RequiredStatus,
    ) -> Result<ConnectRequest, Rejection> {
        let target = target(parts);
        let request = Request::new(parts.method.as_str(), &target);
        let now = self.now();
        let token = UnverifiedRequestToken::parse(text)?;
        let issuer = token.issuer();
        let verify =
            |tenant: &Tenant| token.verify(&tenant.keys, &request, &self.0.expectations, now);
        let proved = self.with_tenant(issuer, required, now, verify).await;
        let (tenant, token) = proved.map_err(|rejection| rejection.of_tenant(issuer))?;
        self.0.metrics.request("request");
        Ok(ConnectRequest::new(self, tenant, token, parts))
    }

    /// Verifies a request with a context token, `AP.context.getToken()`. A rejection is as that of
    /// [`ConnectApp::verify`].
    ///
    /// # Errors
    /// As [`ConnectApp::verify`].
    pub async fn verify_context(&self, parts: &Parts) -> Result<ConnectContextRequest, Rejection> {
        let verified = self.verify_context_request(parts).await;
        verified.map_err(|rejection| self.answer_rejected(rejection, parts))
    }

    pub(crate) async fn verify_context_request(
        &self,
        parts: &Parts,
    ) -> Result<ConnectContextRequest, Rejection> {
        let verified = self.verify_front_end(parts).await;
        PageOwner::found(parts, self, None);
        verified.map_err(|rejection| rejection.on_route(route(parts)))
    }

    #[tracing::instrument(name = "verify_context", level = "debug", skip_all, fields(tenant))]
    async fn verify_front_end(&self, parts: &Parts) -> Result<ConnectContextRequest, Rejection> {
        let target = target(parts);
        let request = Request::new(parts.method.as_str(), &target);
        let headers = authorization(&parts.headers)?;
        let text = token_from_request(headers, request.query())?;
        let now = self.now();
        let token = UnverifiedContextToken::parse(&text)?;
        let issuer = token.issuer();
        let verify = |tenant: &Tenant| token.verify(&tenant.keys, &self.0.expectations, now);
        let proved = self.with_tenant(issuer, RequiredStatus::Installed, now, verify);
        let (tenant, token) = proved.await.map_err(|it| it.of_tenant(issuer))?;
        // a page that was open before can renew its token: it brings no tenant back
        if let Some(refusal) = tenant.installation.refusal() {
            return Err(Rejection::of(refusal).of_tenant(issuer));
        }
        self.0.metrics.request("context");
        Ok(ConnectContextRequest::new(self, tenant, token, parts))
    }

    /// Finds the tenant of the issuer and verifies with its keys. The keys may have been kept in
    /// memory since before another replica was told of new ones: a signature that does not match
    /// is tried again with what the store has.
    async fn with_tenant<T>(
        &self,
        issuer: &ClientKey,
        required: RequiredStatus,
        now: UnixTime,
        verify: impl Fn(&Tenant) -> Result<T, app_license::Error>,
    ) -> Result<(Arc<Tenant>, T), Rejection> {
        let tenant = self
            .tenant(issuer, Freshness::Cached, required, now)
            .await?;
        // known, whether or not the token turns out to be its own
        tracing::Span::current().record("tenant", issuer.as_str());
        match verify(&tenant) {
            Ok(token) => Ok((tenant, token)),
            Err(error) if matches!(error.kind(), ErrorKind::Signature) => {
                let fresh = self
                    .tenant(issuer, Freshness::FromStore, required, now)
                    .await?;
                if fresh.installation == tenant.installation {
                    return Err(error.into());
                }
                let token = verify(&fresh)?;
                Ok((fresh, token))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn tenant(
        &self,
        issuer: &ClientKey,
        freshness: Freshness,
        required: RequiredStatus,
        now: UnixTime,
    ) -> Result<Arc<Tenant>, Rejection> {
        let has = |tenant: &Arc<Tenant>| required.includes(tenant.installation.status());
        let in_use = |tenant: &Arc<Tenant>| tenant.installation.status().is_in_use();
        let mut tenant = self.0.tenants.get(issuer, freshness, now).await?;
        // another replica may have been told that the tenant is back
        if freshness == Freshness::Cached && tenant.as_ref().is_some_and(|kept| !in_use(kept)) {
            let fresh = Freshness::FromStore;
            tenant = self.0.tenants.get(issuer, fresh, now).await?;
        }
        tenant.filter(has).ok_or_else(Rejection::unknown_tenant)
    }

    /// Ends the grace of the secret before the current one at once, for a secret that leaked. True
    /// when there was one. Replicas notice after [`ConnectAppBuilder::tenant_cache`] seconds.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn forget_previous_secret(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.wish(client_key, Event::ForgetPreviousSecret).await
    }

    /// Serves the site no more: its proved requests are answered 403, `tenant_blocked`, whatever the
    /// platform says and however often the app is installed there; its events are stored as before. False
    /// where it was blocked before, or nothing is known of it. Replicas notice after [`ConnectAppBuilder::tenant_cache`] seconds.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn block(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.wish(client_key, Event::Block).await
    }

    /// Serves a blocked site again. True when it was blocked.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn unblock(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.wish(client_key, Event::Unblock).await
    }

    async fn wish(&self, client_key: &ClientKey, event: Event) -> Result<bool, Rejection> {
        let key = InstallationKey::Connect(client_key.clone());
        let delivery = Delivery::new(key, event);
        let applied = self.0.store.apply(delivery, self.now()).await;
        let applied = applied.map_err(|e| Rejection::store(&e))?;
        self.0.tenants.forget(client_key);
        Ok(!applied.changes.is_empty())
    }

    pub(crate) fn needs_of(&self, feature: &str) -> Result<Capability, Rejection> {
        needs_of(&self.0.features, feature)
    }

    fn read_key_counters(&self) {
        self.0
            .metrics
            .keys("install_keys", &self.0.install_keys.stats());
    }

    /// Counts a rejection, writes it to the log, and has it answered in the app's own way.
    pub(crate) fn answer_rejected(&self, rejection: Rejection, parts: &Parts) -> Rejection {
        self.rejected(&rejection);
        rejection.answered_by(self.0.responder.as_ref(), || parts.clone())
    }

    /// Counts a rejection and writes it to the log.
    pub(crate) fn rejected(&self, rejection: &Rejection) {
        rejection.record(&self.0.metrics);
    }
}

/// What a tenant has to be for its token to be looked at.
#[derive(Clone, Copy)]
enum RequiredStatus {
    /// Installed, switched off or not.
    Installed,
    /// Installed, or uninstalled so lately that its secret still counts.
    Known,
}

impl RequiredStatus {
    fn includes(self, status: InstallationStatus) -> bool {
        match self {
            Self::Installed => status != InstallationStatus::Uninstalled,
            Self::Known => true,
        }
    }
}

impl std::fmt::Debug for ConnectApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectApp")
            .field("app_key", &self.0.app_key)
            .finish_non_exhaustive()
    }
}
