//! Proving requests of a tenant: URL-bound ones, those with a context token, its own events.

use std::sync::Arc;

use app_license::connect::{
    EventSender, LifecycleKind, RequestLine, UnverifiedContextToken, UnverifiedRequestToken,
    UnverifiedTenantEvent, token_from_request,
};
use app_license::{ClientKey, ErrorKind, Event, InstallationKey, InstallationStatus, UnixTime};
use app_license_store::Delivery;
use http::request::Parts;

use super::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::page_owner::PageOwner;
use crate::rejection::Rejection;
use crate::tenant::{Freshness, Tenant};
use crate::wire::{authorization, route, target};

impl ConnectApp {
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
        let request = RequestLine::new(parts.method.as_str(), target(parts));
        let text = token_from_request(authorization(&parts.headers)?, request.query())?;
        self.verify_token(&text, &request, parts).await
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

    #[tracing::instrument(name = "verify", level = "debug", skip_all, fields(tenant))]
    async fn verify_token(
        &self,
        text: &str,
        request: &RequestLine<'_>,
        parts: &Parts,
    ) -> Result<ConnectRequest, Rejection> {
        let now = self.now();
        let token = UnverifiedRequestToken::parse(text)?;
        let issuer = token.issuer();
        let config = self.0.verifier.config();
        let verify = |tenant: &Tenant| token.verify(&tenant.keys, request, config, now);
        let proved = self.with_tenant(issuer, RequiredStatus::Installed, now, verify);
        let (tenant, token) = proved.await.map_err(|it| it.of_tenant(issuer))?;
        self.0.decider.metrics.request("request");
        Ok(ConnectRequest::new(self, tenant, token, parts))
    }

    /// Verifies who sent an event that a tenant signs. It is about being in use or not, so a tenant that is
    /// switched off may send it.
    #[tracing::instrument(name = "verify", level = "debug", skip_all, fields(tenant))]
    pub(crate) async fn verify_event<'t>(
        &self,
        event: &UnverifiedTenantEvent<'t>,
        parts: &Parts,
        now: UnixTime,
    ) -> Result<EventSender<'t>, Rejection> {
        // `disabled` may overtake or follow `uninstalled`
        let required = match event.kind() {
            LifecycleKind::Disabled => RequiredStatus::Known,
            _ => RequiredStatus::Installed,
        };
        let request = RequestLine::new(parts.method.as_str(), target(parts));
        let verify = |tenant: &Tenant| event.verify(&tenant.keys, &request, now);
        let (_, sender) = self
            .with_tenant(event.issuer(), required, now, verify)
            .await?;
        self.0.decider.metrics.request("request");
        Ok(sender)
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
        let request = RequestLine::new(parts.method.as_str(), target(parts));
        let headers = authorization(&parts.headers)?;
        let text = token_from_request(headers, request.query())?;
        let now = self.now();
        let token = UnverifiedContextToken::parse(&text)?;
        let issuer = token.issuer();
        let config = self.0.verifier.config();
        let verify = |tenant: &Tenant| token.verify(&tenant.keys, config, now);
        let proved = self.with_tenant(issuer, RequiredStatus::Installed, now, verify);
        let (tenant, token) = proved.await.map_err(|it| it.of_tenant(issuer))?;
        // a page that was open before can renew its token: it brings no tenant back
        if let Some(refusal) = tenant.installation.refusal() {
            return Err(Rejection::of(refusal).of_tenant(issuer));
        }
        self.0.decider.metrics.request("context");
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
