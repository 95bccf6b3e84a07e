//! The capability gate: a tower layer that verifies, decides, and lets through or not.

mod apps;
mod check;
mod need;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::IntoResponse;
use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use check::{Check, Requirement};
pub use need::Need;

use crate::connect_request::ConnectRequest;
use crate::page_headers::PageHeaders;
use crate::rejection::Rejection;
use crate::respond::{RefusedRequest, Responder, is_body, with_body};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A tower layer that lets a request through, or not. Works on axum routes and on any tower
/// service whose response body can be made from a `String`.
///
/// In order: the request is verified, once, for extractors behind the gate find it done; the license that
/// counts is found, in the order of [`app_license::current_license`]; the decision is made and counted.
///
/// | what is there afterwards | where |
/// |---|---|
/// | [`ConnectRequest`], [`ConnectContextRequest`](crate::ConnectContextRequest) or [`ForgeInvocation`](crate::ForgeInvocation) | in the extensions of the request, and as an extractor |
/// | [`Decision`](app_license::Decision) of a gate that asks for an edition or a feature | in the extensions of the request |
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
    check: Check,
    requirement: Arc<Requirement>,
    page: Option<PageHeaders>,
    /// Its own answer to refusals, in place of the app's.
    responder: Option<Responder>,
}

impl Gate {
    fn new(check: Check, requirement: Requirement) -> Self {
        Self {
            check,
            requirement: Arc::new(requirement),
            page: None,
            responder: None,
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
    /// app. On axum routes and other services with axum's body; one with another body answers as
    /// [`Rejection`] does.
    ///
    /// The [`Rejection`] is put into the extensions of what it answers, and `cache-control: no-store` and
    /// `retry-after` into its headers where the function sets none: a cache that kept a refusal would
    /// refuse a customer who has paid.
    #[must_use]
    pub fn respond_with<R: IntoResponse>(
        mut self,
        respond: impl Fn(RefusedRequest<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        self.responder = Some(Responder::new(respond));
        self
    }

    /// By the gate's own function, by the app's, or the small JSON object.
    fn refuse<B: From<String> + 'static>(
        &self,
        rejection: Rejection,
        parts: &Parts,
    ) -> Response<B> {
        let own = self.responder.as_ref().or_else(|| self.check.responder());
        let own = own.filter(|_| is_body::<B>());
        let answer = own.and_then(|own| with_body(own.respond(&rejection, parts)));
        answer.unwrap_or_else(|| rejection.into_http())
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Gate").field(&self.requirement).finish()
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let gate = self.clone();
        Gated { inner, gate }
    }
}

/// The service behind a [`Gate`].
#[derive(Debug, Clone)]
pub struct Gated<S> {
    inner: S,
    gate: Gate,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Gated<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    ReqBody: Send + 'static,
    ResBody: From<String> + 'static,
{
    type Response = Response<ResBody>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<ResBody>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // the service that was polled ready is the one to call
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let gate = self.gate.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let checked = gate.check.check(&mut parts, &gate.requirement).await;
            let page = gate.page.as_ref();
            let verified = page.and_then(|_| parts.extensions.get::<ConnectRequest>().cloned());
            let mut response = match checked {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await?,
                Err(rejection) => gate.refuse(rejection, &parts),
            };
            if let Some(page) = page {
                let installation = verified.as_ref().map(ConnectRequest::installation);
                page.complete(response.headers_mut(), installation);
            }
            Ok(response)
        })
    }
}
