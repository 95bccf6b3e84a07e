//! Proving invocations.

use std::sync::Arc;

use app_license::forge::{InvocationToken, UnverifiedInvocationToken, bearer_token};
use app_license::{ForgeCall, Verified};
use app_license_client::SystemToken;
use http::request::Parts;

use super::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;
use crate::wire::{authorization, route};

/// The header with the app's system token, when the manifest asks for it.
const SYSTEM_TOKEN: &str = "x-forge-oauth-system";

impl ForgeRemote {
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
        verified.map_err(|rejection| rejection.on_route(route(parts)))
    }

    /// Proves an event; whose it is, is looked up when its body was read. One of a blocked installation is
    /// stored as any other.
    pub(super) async fn verify_event(&self, parts: &Parts) -> Result<ForgeInvocation, Rejection> {
        let verified = async {
            let token = self.verify_token(bearer_token(authorization(&parts.headers)?)?);
            let token = token.await?;
            self.0.decider.metrics.request("invocation");
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
                let admitted = known.admit(&token, ForgeCall::Invocation, self.now()).await;
                admitted.map_err(|rejection| rejection.of_tenant(token.installation_id()))?
            }
            None => None,
        };
        self.0.decider.metrics.request("invocation");
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
        let verifier = &self.0.verifier;
        let token = UnverifiedInvocationToken::parse(text)?;
        let kid = token.kid();
        let keys = self.0.keys.set_with(kid).await.map_err(could_not)?;
        match token.verify(&keys, verifier, self.now()) {
            Err(error) if error.may_be_of_another_key() => {
                // the platform may have replaced the key under this id
                let again = self.0.keys.refresh(kid).await.map_err(could_not)?;
                if Arc::ptr_eq(&keys, &again) {
                    return Err(error.into());
                }
                Ok(token.verify(&again, verifier, self.now())?)
            }
            verified => Ok(verified?),
        }
    }
}
