//! The capability gate: a tower layer that verifies, decides, and lets through or not.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use app_license::{Capability, Decision, Edition, ErrorKind, FeatureMap};
use axum::body::Body;
use axum::response::IntoResponse;
use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::error::BuildError;
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::page_headers::PageHeaders;
use crate::rejection::Rejection;
use crate::respond::{RefusedRequest, Responder, is_body, with_body};

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

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Verifies and decides on one kind of request.
pub(crate) trait Check: Send + Sync + 'static {
    fn check<'a>(
        &'a self,
        parts: &'a mut Parts,
        requirement: &'a Requirement,
    ) -> BoxFuture<'a, Result<(), Rejection>>;

    /// How the app answers what is not let through.
    fn responder(&self) -> Option<&Responder>;
}

struct ConnectCheck(ConnectApp);
struct ContextCheck(ConnectApp);
struct ForgeCheck(ForgeRemote);

macro_rules! check {
    ($name:ident, $request:ident) => {
        impl Check for $name {
            fn responder(&self) -> Option<&Responder> {
                self.0.responder()
            }

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
                        let license = app.license_of(&request).await?;
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

check!(ConnectCheck, ConnectRequest);
check!(ContextCheck, ConnectContextRequest);
check!(ForgeCheck, ForgeInvocation);

fn admit(parts: &mut Parts, decision: Decision) -> Result<(), Rejection> {
    if !decision.is_allowed() {
        return Err(Rejection::denied(decision));
    }
    parts.extensions.insert(decision);
    Ok(())
}

impl ConnectApp {
    fn responder(&self) -> Option<&Responder> {
        self.0.responder.as_ref()
    }

    fn gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ConnectCheck(self.clone()), requirement)
    }

    fn context_gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ContextCheck(self.clone()), requirement)
    }

    /// What a gate by hand asks for; the features of the map were looked at when the app was built.
    fn requirement(&self, needs: Capability) -> Requirement {
        let app = self.0.app_key.as_str();
        self.0.named_editions.warn_of_gate(app, &needs);
        Requirement::Capability(needs)
    }

    /// A gate for URL-bound requests: iframes and webhooks whose license includes what is needed. An
    /// [`Edition`](app_license::Edition) or a [`Capability`] gives a gate; a text gives a result, for
    /// it may be none: see [`Need`]. One above Standard is a warning in the log where the descriptor that was
    /// given lacks `editionsEnabled: true`.
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.gate(self.requirement(needs)))
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
        needs.gate(|needs| self.context_gate(self.requirement(needs)))
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
///
/// In order: the request is verified, once, for extractors behind the gate find it done; the license that
/// counts is found, in the order of [`app_license::current_license`]; the decision is made and counted.
///
/// | what is there afterwards | where |
/// |---|---|
/// | [`ConnectRequest`], [`ConnectContextRequest`] or [`ForgeInvocation`] | in the extensions of the request, and as an extractor |
/// | [`Decision`] of a gate that asks for an edition or a feature | in the extensions of the request |
/// | [`Rejection`] of a request that is not let through | in the extensions of the response |
///
/// What a refusal is answered: [`Rejection`]'s small JSON object with its status, or what
/// [`ConnectAppBuilder::respond_with`](crate::ConnectAppBuilder::respond_with) or
/// [`Gate::respond_with`] says.
///
/// The gate needs the target as the platform sent it. Behind a proxy that rewrites paths, tell the app
/// the outer base URL and keep the path; axum's nested routers are allowed for.
#[derive(Clone)]
pub struct Gate {
    check: Arc<dyn Check>,
    requirement: Arc<Requirement>,
    page: Option<PageHeaders>,
}

impl Gate {
    fn new(check: impl Check, requirement: Requirement) -> Self {
        Self {
            check: Arc::new(check),
            requirement: Arc::new(requirement),
            page: None,
        }
    }

    /// The same gate, giving what it answers and what it lets through the headers of a page, as the
    /// layer does: see [`PageHeaders`]. The request is verified once.
    ///
    /// ```
    /// use app_license_server::{ConnectApp, Edition, MemoryStore};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
    ///     .store(MemoryStore::new())
    ///     .build()?;
    /// let gate = app.requires(Edition::Advanced).page_headers(app.page_headers());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn page_headers(mut self, headers: PageHeaders) -> Self {
        self.page = Some(headers);
        self
    }

    /// The same gate, answering refusals by your own function, and not as the app does:
    /// [`ConnectAppBuilder::respond_with`](crate::ConnectAppBuilder::respond_with) sets one for the whole
    /// app. On axum routes, and on services whose body can be made from axum's.
    ///
    /// The [`Rejection`] is put into the extensions of what it answers, and `cache-control: no-store` and
    /// `retry-after` into its headers where the function sets none: a cache that kept a refusal would
    /// refuse a customer who has paid.
    pub fn respond_with<R: IntoResponse>(
        self,
        respond: impl Fn(RefusedRequest<'_>) -> R + Send + Sync + 'static,
    ) -> RespondingGate {
        RespondingGate {
            gate: self,
            respond: CustomResponse(Responder::new(respond)),
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
            respond: DefaultResponse {
                of_app: self.check.responder().cloned(),
            },
        }
    }
}

/// A [`Gate`] with its own response.
#[derive(Debug, Clone)]
pub struct RespondingGate {
    gate: Gate,
    respond: CustomResponse,
}

impl<S> Layer<S> for RespondingGate {
    type Service = Gated<S, CustomResponse>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated {
            inner,
            gate: self.gate.clone(),
            respond: self.respond.clone(),
        }
    }
}

/// Answers a refusal.
pub trait Respond<B>: Clone + Send + 'static {
    /// The response to a refusal of this request.
    fn respond(&self, rejection: Rejection, parts: &Parts) -> Response<B>;
}

/// What the app answers by its own function, where it has one and the service's body is axum's;
/// otherwise the small JSON object of [`Rejection`].
#[derive(Debug, Clone)]
pub struct DefaultResponse {
    of_app: Option<Responder>,
}

impl<B: From<String> + 'static> Respond<B> for DefaultResponse {
    fn respond(&self, rejection: Rejection, parts: &Parts) -> Response<B> {
        let own = self.of_app.as_ref().filter(|_| is_body::<B>());
        let own = own.and_then(|own| with_body(own.respond(&rejection, parts)));
        own.unwrap_or_else(|| rejection.into_http())
    }
}

/// The response of your own function.
#[derive(Debug, Clone)]
pub struct CustomResponse(Responder);

impl<B: From<Body>> Respond<B> for CustomResponse {
    fn respond(&self, rejection: Rejection, parts: &Parts) -> Response<B> {
        self.0.respond(&rejection, parts).map(B::from)
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
            let checked = gate.check.check(&mut parts, &gate.requirement).await;
            let page = gate.page.as_ref();
            let verified = page.and_then(|_| parts.extensions.get::<ConnectRequest>().cloned());
            let mut response = match checked {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await?,
                Err(rejection) => respond.respond(rejection, &parts),
            };
            if let Some(page) = page {
                let installation = verified.as_ref().map(ConnectRequest::installation);
                page.complete(response.headers_mut(), installation);
            }
            Ok(response)
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
