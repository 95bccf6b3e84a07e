//! The capability gate: a tower layer that verifies, decides, and lets through or not.
//!
//! In order: the request is verified (once; extractors behind the gate find it done), the license
//! that counts is found, the decision is made, counted, and put into the request's extensions. A
//! refusal is a [`Rejection`] in the response's extensions; [`Gate::respond_with`] replaces the
//! response.
//!
//! The gate needs the target as the platform sent it. Behind a proxy that rewrites paths, tell the
//! app the outer base URL and keep the path; axum's nested routers are allowed for.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use app_license::{Capability, Decision, Edition, ErrorKind, FeatureMap};
use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::error::BuildError;
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;

/// What a route asks for.
#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    /// Nothing but a verified request.
    Verified,
    Capability(Capability),
}

/// What a gate needs: an [`Edition`] or a [`Capability`], which give a [`Gate`]; or a text, the name of
/// an edition or a capability string in any spelling, which gives a gate or
/// [`BuildError::UnknownCapability`].
///
/// ```
/// use app_license_server::{ConnectApp, Edition, MemoryStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .build()?;
/// let gate = app.requires(Edition::Advanced);
/// let gate = app.requires("advanced")?;
/// let gate = app.requires("capabilityAdvanced")?;
/// assert_eq!(app.requires("advancd").unwrap_err().code(), "unknown_capability");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub trait Need {
    /// A gate, or what comes of making one.
    type Gate;

    /// Makes the gate.
    #[doc(hidden)]
    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate;
}

impl Need for Edition {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate {
        make(self.into())
    }
}

impl Need for Capability {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Self) -> Gate) -> Self::Gate {
        make(self)
    }
}

impl Need for &Capability {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate {
        make(self.clone())
    }
}

impl Need for &str {
    type Gate = Result<Gate, BuildError>;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Result<Gate, BuildError> {
        let needed = Capability::needed(self);
        needed
            .map(make)
            .ok_or_else(|| BuildError::unknown_capability(self))
    }
}

type Responder<B> = Arc<dyn Fn(&Rejection) -> Response<B> + Send + Sync>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Verifies and decides on one kind of request.
pub(crate) trait Check: Send + Sync + 'static {
    fn check<'a>(
        &'a self,
        parts: &'a mut Parts,
        requirement: &'a Requirement,
    ) -> BoxFuture<'a, Result<(), Rejection>>;
}

struct ConnectCheck(ConnectApp);
struct ContextCheck(ConnectApp);
struct ForgeCheck(ForgeRemote);

macro_rules! check {
    ($name:ident, $request:ident, $license:ident) => {
        impl Check for $name {
            fn check<'a>(
                &'a self,
                parts: &'a mut Parts,
                requirement: &'a Requirement,
            ) -> BoxFuture<'a, Result<(), Rejection>> {
                Box::pin(async move {
                    let app = &self.0;
                    let request = $request::verified(parts, app).await;
                    let request = request.inspect_err(|rejection| app.rejected(rejection))?;
                    let decide = async {
                        let needs = match requirement {
                            Requirement::Verified => return Ok(()),
                            Requirement::Capability(capability) => capability.clone(),
                        };
                        let license = app.$license(&request).await?;
                        admit(parts, app.decide(&license, (&needs).into()))
                    };
                    decide
                        .await
                        .map_err(|rejection| request.rejected(rejection))
                })
            }
        }
    };
}

check!(ConnectCheck, ConnectRequest, license_of);
check!(ContextCheck, ConnectContextRequest, license_of);
check!(ForgeCheck, ForgeInvocation, license_of);

fn admit(parts: &mut Parts, decision: Decision) -> Result<(), Rejection> {
    if !decision.is_allowed() {
        return Err(Rejection::denied(decision));
    }
    parts.extensions.insert(decision);
    Ok(())
}

impl ConnectApp {
    fn gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ConnectCheck(self.clone()), requirement)
    }

    fn context_gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ContextCheck(self.clone()), requirement)
    }

    /// A gate for URL-bound requests: iframes and webhooks whose license includes what is needed. An
    /// [`Edition`](app_license::Edition) or a [`Capability`] gives a gate; a text gives a result, for
    /// it may be none: see [`Need`].
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.gate(Requirement::Capability(needs)))
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(&self.0.features, feature)?;
        Ok(self.gate(Requirement::Capability(needs)))
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        self.gate(Requirement::Verified)
    }

    /// As [`ConnectApp::requires`], for requests of the app's own front end with a context token.
    pub fn context_requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.context_gate(Requirement::Capability(needs)))
    }

    /// As [`ConnectApp::requires_feature`], for requests with a context token.
    ///
    /// # Errors
    /// As [`ConnectApp::requires_feature`].
    pub fn context_requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(&self.0.features, feature)?;
        Ok(self.context_gate(Requirement::Capability(needs)))
    }

    /// As [`ConnectApp::verified`], for requests with a context token.
    pub fn context_verified(&self) -> Gate {
        self.context_gate(Requirement::Verified)
    }
}

impl ForgeRemote {
    fn gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ForgeCheck(self.clone()), requirement)
    }

    /// A gate for invocations whose license includes what is needed: see [`ConnectApp::requires`].
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.gate(Requirement::Capability(needs)))
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(self.features(), feature)?;
        Ok(self.gate(Requirement::Capability(needs)))
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        self.gate(Requirement::Verified)
    }
}

/// A tower layer that lets a request through, or not. Works on axum routes and on any tower
/// service whose response body can be made from a `String`.
#[derive(Clone)]
pub struct Gate {
    check: Arc<dyn Check>,
    requirement: Arc<Requirement>,
}

impl Gate {
    fn new(check: impl Check, requirement: Requirement) -> Self {
        Self {
            check: Arc::new(check),
            requirement: Arc::new(requirement),
        }
    }

    /// The same gate, answering refusals by your own function. The [`Rejection`] is put into the
    /// extensions of what it answers, and `cache-control: no-store` and `retry-after` into its headers
    /// where the function sets none: a cache that kept a refusal would refuse a customer who has paid.
    pub fn respond_with<B>(
        self,
        respond: impl Fn(&Rejection) -> Response<B> + Send + Sync + 'static,
    ) -> RespondingGate<B> {
        RespondingGate {
            gate: self,
            respond: Arc::new(respond),
        }
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Gate").field(&self.requirement).finish()
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S, DefaultResponse>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated {
            inner,
            gate: self.clone(),
            respond: DefaultResponse,
        }
    }
}

/// A [`Gate`] with its own response.
pub struct RespondingGate<B> {
    gate: Gate,
    respond: Responder<B>,
}

impl<B> Clone for RespondingGate<B> {
    fn clone(&self) -> Self {
        Self {
            gate: self.gate.clone(),
            respond: Arc::clone(&self.respond),
        }
    }
}

impl<B> std::fmt::Debug for RespondingGate<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.gate.fmt(f)
    }
}

impl<S, B> Layer<S> for RespondingGate<B> {
    type Service = Gated<S, CustomResponse<B>>;

    fn layer(&self, inner: S) -> Self::Service {
        let respond = CustomResponse {
            respond: Arc::clone(&self.respond),
            body: PhantomData,
        };
        Gated {
            inner,
            gate: self.gate.clone(),
            respond,
        }
    }
}

/// Answers a refusal.
pub trait Respond<B>: Clone + Send + 'static {
    /// The response to a refusal.
    fn respond(&self, rejection: Rejection) -> Response<B>;
}

/// The small JSON object of [`Rejection`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DefaultResponse;

impl<B: From<String>> Respond<B> for DefaultResponse {
    fn respond(&self, rejection: Rejection) -> Response<B> {
        rejection.into_http()
    }
}

/// The response of your own function.
pub struct CustomResponse<B> {
    respond: Responder<B>,
    body: PhantomData<fn() -> B>,
}

impl<B> Clone for CustomResponse<B> {
    fn clone(&self) -> Self {
        Self {
            respond: Arc::clone(&self.respond),
            body: PhantomData,
        }
    }
}

impl<B> std::fmt::Debug for CustomResponse<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomResponse")
    }
}

impl<B: 'static> Respond<B> for CustomResponse<B> {
    fn respond(&self, rejection: Rejection) -> Response<B> {
        let mut response = (self.respond)(&rejection);
        rejection.complete(&mut response);
        response
    }
}

/// The service behind a [`Gate`].
#[derive(Debug, Clone)]
pub struct Gated<S, R> {
    inner: S,
    gate: Gate,
    respond: R,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Gated<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    R: Respond<ResBody>,
    ReqBody: Send + 'static,
{
    type Response = Response<ResBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<ResBody>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // the service that was polled ready is the one to call
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let gate = self.gate.clone();
        let respond = self.respond.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match gate.check.check(&mut parts, &gate.requirement).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(rejection) => Ok(respond.respond(rejection)),
            }
        })
    }
}

fn feature_needs(features: &FeatureMap, feature: &str) -> Result<Capability, BuildError> {
    let needs = features.requirement(feature).cloned();
    needs.ok_or_else(|| BuildError::unknown_feature(feature, features))
}

/// What a feature of the app's map needs. One that the map does not have is the app's mistake.
pub(crate) fn needs_of(features: &FeatureMap, feature: &str) -> Result<Capability, Rejection> {
    let unknown = || ErrorKind::UnknownFeature {
        feature: feature.to_owned(),
    };
    let needs = features.requirement(feature).ok_or_else(unknown);
    Ok(needs.map_err(app_license::Error::from)?.clone())
}
