//! Proving requests of a tenant: URL-bound ones, those with a context token, its own events.

use std::sync::Arc;

use app_license::answer::Refusal;
use app_license::connect::{
    EventSender, RequestLine, UnverifiedContextToken, UnverifiedRequestToken,
    UnverifiedTenantEvent, token_from_request,
};
use app_license::{Admission, ClientKey, ConnectCall, Event, InstallationKey, UnixTime};
use app_license_store::Delivery;
use http::request::Parts;

use super::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::page_owner::PageOwner;
use crate::rejection::Rejection;
use crate::tenant::Tenant;
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
        let client_key = verified.client_key();
        match verified
            .installation()
            .admission(ConnectCall::Page, issued_at)
        {
            Admission::Serve => Ok(verified),
            Admission::Refuse(refusal) => Err(Rejection::of(refusal).of_tenant(client_key)),
            Admission::Reopen => {
                let reopened = self.reopen(client_key, issued_at).await;
                let tenant = reopened.map_err(|rejection| rejection.of_tenant(client_key))?;
                Ok(verified.in_tenant(tenant))
            }
        }
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
        let tenant = self
            .0
            .tenants
            .load(client_key, ConnectCall::Page, now)
            .await?;
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
        let proved = self.with_tenant(issuer, ConnectCall::Page, now, verify);
        let (tenant, token) = proved.await.map_err(|it| it.of_tenant(issuer))?;
        self.0.decider.metrics.request("request");
        Ok(ConnectRequest::new(self, tenant, token, parts))
    }

    /// Verifies who sent an event that a tenant signs, by what the store has of it.
    #[tracing::instrument(name = "verify", level = "debug", skip_all, fields(tenant))]
    pub(crate) async fn verify_event<'t>(
        &self,
        event: &UnverifiedTenantEvent<'t>,
        parts: &Parts,
        now: UnixTime,
    ) -> Result<EventSender<'t>, Rejection> {
        let (issuer, call) = (event.issuer(), ConnectCall::Event(event.kind()));
        let tenant = self.0.tenants.load(issuer, call, now).await?;
        tracing::Span::current().record("tenant", issuer.as_str());
        let request = RequestLine::new(parts.method.as_str(), target(parts));
        let sender = event.verify(&tenant.keys, &request, now)?;
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
        let call = ConnectCall::FrontEnd;
        let proved = self.with_tenant(issuer, call, now, verify);
        let (tenant, token) = proved.await.map_err(|it| it.of_tenant(issuer))?;
        let refusal = match tenant.installation.admission(call, token.issued_at()) {
            Admission::Serve => None,
            // the core has no token of a front end bring anything back
            Admission::Reopen => Some(Refusal::TenantDisabled),
            Admission::Refuse(refusal) => Some(refusal),
        };
        if let Some(refusal) = refusal {
            return Err(Rejection::of(refusal).of_tenant(issuer));
        }
        self.0.decider.metrics.request("context");
        Ok(ConnectContextRequest::new(self, tenant, token, parts))
    }

    /// Finds the tenant of the issuer and verifies with its keys. These may have been kept in memory since
    /// before another replica was told of new ones.
    async fn with_tenant<T>(
        &self,
        issuer: &ClientKey,
        call: ConnectCall,
        now: UnixTime,
        verify: impl Fn(&Tenant) -> Result<T, app_license::Error>,
    ) -> Result<(Arc<Tenant>, T), Rejection> {
        let tenants = &self.0.tenants;
        let kept = tenants.kept(issuer, now);
        let is_kept = kept.is_some();
        let tenant = match kept {
            Some(tenant) => tenant,
            None => tenants.load(issuer, call, now).await?,
        };
        // known, whether or not the token turns out to be its own
        tracing::Span::current().record("tenant", issuer.as_str());
        match verify(&tenant) {
            Ok(token) => Ok((tenant, token)),
            Err(error) if is_kept && error.may_be_of_another_key() => {
                let fresh = tenants.load(issuer, call, now).await?;
                let token = verify(&fresh)?;
                Ok((fresh, token))
            }
            Err(error) => Err(error.into()),
        }
    }
}
