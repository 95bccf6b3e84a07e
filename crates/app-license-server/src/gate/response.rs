//! What a gate answers to a request that it does not let through.

use axum::body::Body;
use http::Response;
use http::request::Parts;

use crate::rejection::Rejection;
use crate::respond::{Responder, is_body, with_body};

/// Answers a refusal.
pub trait Respond<B>: Clone + Send + 'static {
    /// The response to a refusal of this request.
    fn respond(&self, rejection: Rejection, parts: &Parts) -> Response<B>;
}

/// What the app answers by its own function, where it has one and the service's body is axum's;
/// otherwise the small JSON object of [`Rejection`].
#[derive(Debug, Clone)]
pub struct DefaultResponse {
    pub(super) of_app: Option<Responder>,
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
pub struct CustomResponse(pub(super) Responder);

impl<B: From<Body>> Respond<B> for CustomResponse {
    fn respond(&self, rejection: Rejection, parts: &Parts) -> Response<B> {
        self.0.respond(&rejection, parts).map(B::from)
    }
}
