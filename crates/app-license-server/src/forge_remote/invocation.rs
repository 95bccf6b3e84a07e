//! A verified invocation, as an axum extractor and a request extension.

use std::fmt::Display;
use std::sync::Arc;

use app_license::forge::InvocationToken;
use app_license::plan::license::Caller;
use app_license::{ForgeAppId, Installation, InstallationAri, InstallationKey, License, Verified};
use app_license_client::SystemToken;
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::ForgeRemote;
use crate::app_request::{AppRequest, Origin, extracted};
use crate::decider::Question;
use crate::rejection::Rejection;

/// A verified invocation of a Forge remote. As an axum extractor it needs a state that a
/// [`ForgeRemote`] can be taken from; behind [`ForgeRemote::requires`] it is in the request's
/// extensions already.
#[derive(Debug, Clone)]
pub struct ForgeInvocation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: Origin<ForgeRemote>,
    token: Verified<InvocationToken>,
    system_token: Option<SystemToken>,
    installation: Option<Arc<Installation>>,
}

impl ForgeInvocation {
    pub(super) fn new(
        verified_by: &ForgeRemote,
        token: Verified<InvocationToken>,
        system_token: Option<SystemToken>,
        installation: Option<Arc<Installation>>,
        parts: &Parts,
    ) -> Self {
        Self(Arc::new(Inner {
            origin: Origin::new(verified_by, parts),
            token,
            system_token,
            installation,
        }))
    }

    /// The token that proved it.
    #[must_use]
    pub fn token(&self) -> &Verified<InvocationToken> {
        &self.0.token
    }

    /// The app that the token is for: of several that the remote serves, this one.
    #[must_use]
    pub fn app_id(&self) -> &ForgeAppId {
        self.token().app_id()
    }

    /// The app's system token, where the manifest asks for it and the platform or a function made
    /// the call: for calls to the platform. None where a user's browser made it, which may have
    /// written anything: see [`ForgeInvocation::unproved_system_token`].
    #[must_use]
    pub fn system_token(&self) -> Option<&SystemToken> {
        let caller = Caller::of(self.token());
        self.unproved_system_token()
            .filter(|_| caller.brings_system_token())
    }

    /// What stands in the header of the app's system token, also where a user's browser made the
    /// call and may have written it. For calls whose refusal does no harm: the platform answers
    /// 401 to a token that it did not make.
    #[must_use]
    pub fn unproved_system_token(&self) -> Option<&SystemToken> {
        self.0.system_token.as_ref()
    }

    /// What the remote's store knows of the installation; `None` without a store, or when the
    /// remote was never told of the installation.
    #[must_use]
    pub fn installation(&self) -> Option<&Installation> {
        self.0.installation.as_deref()
    }

    /// Whose invocation it is: what to keep the customer's data under. The installation, or the customer
    /// of before: one who came from Connect is known by the same `clientKey` as there, where the
    /// remote's store is the Connect app's.
    #[must_use]
    pub fn tenant(&self) -> InstallationKey {
        match self.installation() {
            Some(known) => known.key().clone(),
            None => InstallationKey::Forge(self.installation_id().clone()),
        }
    }

    /// The installation of the app that invoked it.
    #[must_use]
    pub fn installation_id(&self) -> &InstallationAri {
        self.token().installation_id()
    }

    /// The license the token states. It may be absent.
    #[must_use]
    pub fn license(&self) -> Verified<License> {
        self.token().license()
    }
}

impl AppRequest for ForgeInvocation {
    type App = ForgeRemote;

    fn origin(&self) -> &Origin<ForgeRemote> {
        &self.0.origin
    }

    fn question<'q>(&'q self, remote: &'q ForgeRemote) -> impl Question + 'q {
        (remote, self)
    }

    fn sender(&self) -> impl Display {
        self.installation_id()
    }

    async fn verify(parts: &Parts, remote: &ForgeRemote) -> Result<Self, Rejection> {
        remote.verify_request(parts).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ForgeInvocation
where
    ForgeRemote: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        extracted(parts, state).await
    }
}
