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

use app_license::{Capability, Decision, ErrorKind, FeatureMap};
use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;

/// What a route asks for.
#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    /// Nothing but a verified request.
    Verified,
    Capability(Capability),
    Feature(String),
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
                    let run = async {
                        let request = $request::verified(parts, app).await?;
                        let needs = match requirement {
                            Requirement::Verified => return Ok(()),
                            Requirement::Capability(capability) => capability.clone(),
                            Requirement::Feature(feature) => app.needs_of(feature)?,
                        };
                        let license = app.$license(&request).await?;
                        admit(parts, app.decide(&license, (&needs).into()))
                    };
                    run.await.inspect_err(|rejection| app.rejected(rejection))
                })
            }
        }
    };
}

check!(ConnectCheck, ConnectRequest, license);
check!(ContextCheck, ConnectContextRequest, context_license);
check!(ForgeCheck, ForgeInvocation, license);

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

    /// A gate for URL-bound requests: iframes and webhooks whose license includes `capability`.
    pub fn requires(&self, capability: impl Into<Capability>) -> Gate {
        self.gate(Requirement::Capability(capability.into()))
    }

    /// A gate for a feature of the app's feature map. A feature the map does not have is answered
    /// 500: it is a mistake of the app, not of the customer.
    pub fn requires_feature(&self, feature: impl Into<String>) -> Gate {
        self.gate(Requirement::Feature(feature.into()))
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        self.gate(Requirement::Verified)
    }

    /// As [`ConnectApp::requires`], for requests of the app's own front end with a context token.
    pub fn context_requires(&self, capability: impl Into<Capability>) -> Gate {
        self.context_gate(Requirement::Capability(capability.into()))
    }

    /// As [`ConnectApp::requires_feature`], for requests with a context token.
    pub fn context_requires_feature(&self, feature: impl Into<String>) -> Gate {
        self.context_gate(Requirement::Feature(feature.into()))
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

    /// A gate for invocations whose license includes `capability`.
    pub fn requires(&self, capability: impl Into<Capability>) -> Gate {
        self.gate(Requirement::Capability(capability.into()))
    }

    /// A gate for a feature of the app's feature map.
    pub fn requires_feature(&self, feature: impl Into<String>) -> Gate {
        self.gate(Requirement::Feature(feature.into()))
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
    /// extensions of what it answers.
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
        response.extensions_mut().insert(rejection);
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

/// What a feature of the app's map needs. One that the map does not have is the app's mistake.
pub(crate) fn needs_of(features: &FeatureMap, feature: &str) -> Result<Capability, Rejection> {
    let unknown = || ErrorKind::UnknownFeature {
        feature: feature.to_owned(),
    };
    let needs = features.requirement(feature).ok_or_else(unknown);
    Ok(needs.map_err(app_license::Error::from)?.clone())
}
