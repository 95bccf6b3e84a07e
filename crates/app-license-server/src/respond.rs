//! Answering what is not let through in the app's own way.

mod requester;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use app_license::Installation;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::rejection::Rejection;

/// A request that is not let through, for the app's own answer to it: see
/// [`ConnectAppBuilder::respond_with`](crate::ConnectAppBuilder::respond_with). What people are told to
/// do depends on [`Rejection::status`] and [`Rejection::code`]: buying helps against 402, and against
/// `absent` (403), which is what a customer who never bought may be, too.
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore, RefusedRequest};
/// use axum::response::Html;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .respond_with(|refused: RefusedRequest<'_>| {
///         let (rejection, site) = (refused.rejection(), refused.site_url().unwrap_or_default());
///         let page = match (rejection.status().as_u16(), rejection.code()) {
///             // what money helps against: an ended license, a lower edition; `absent`: never bought, or
///             // an installation in development
///             (402, _) | (403, "absent") => {
///                 // out of the frame: the page of the product does not open inside an app
///                 let manage = format!("{site}/plugins/servlet/upm");
///                 format!("<a href='{manage}' target='_top'>Manage your subscription</a>")
///             }
///             (403, "no_user_access") => "Ask your administrator for access to this app.".to_owned(),
///             (403, "tenant_disabled") => "An administrator has switched this app off.".to_owned(),
///             (403, "tenant_blocked") => "This site is blocked: write to support.".to_owned(),
///             (403, _) => "This app is not licensed for this site.".to_owned(),
///             (400 | 401, _) => "Open this page from the product.".to_owned(),
///             // 503 could not check: nobody is denied by it
///             _ => "Try again in a moment.".to_owned(),
///         };
///         (rejection.status(), Html(page))
///     })
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct RefusedRequest<'r> {
    rejection: &'r Rejection,
    parts: &'r Parts,
    installation: Option<&'r Installation>,
    site_url: Option<&'r str>,
}

impl<'r> RefusedRequest<'r> {
    /// Why it is not let through.
    #[must_use]
    pub const fn rejection(&self) -> &'r Rejection {
        self.rejection
    }

    /// Method, address, headers and extensions of the request. What they say is not proved unless
    /// [`RefusedRequest::installation`] is there.
    #[must_use]
    pub const fn parts(&self) -> &'r Parts {
        self.parts
    }

    /// The installation whose request it is; `None` where the request is not proved, and on Forge where
    /// nothing is stored.
    #[must_use]
    pub const fn installation(&self) -> Option<&'r Installation> {
        self.installation
    }

    /// The address of the customer's site, for links that people see: a page where they manage their
    /// subscription, say. `None` where the request is not proved.
    #[must_use]
    pub const fn site_url(&self) -> Option<&'r str> {
        self.site_url
    }
}

/// Without the request, whose headers and address carry tokens.
impl fmt::Debug for RefusedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedRequest")
            .field("rejection", &self.rejection)
            .field("installation", &self.installation)
            .field("site_url", &self.site_url)
            .finish_non_exhaustive()
    }
}

/// The app's own answer.
#[derive(Clone)]
pub(crate) struct Responder(Arc<dyn Fn(RefusedRequest<'_>) -> Response + Send + Sync>);

impl Responder {
    pub(crate) fn new<R: IntoResponse>(
        respond: impl Fn(RefusedRequest<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |refused| respond(refused).into_response()))
    }

    /// With the headers that every refusal has, where the function sets none.
    pub(crate) fn respond(&self, rejection: &Rejection, parts: &Parts) -> Response {
        let mut response = (self.0)(RefusedRequest::new(rejection, parts));
        rejection.complete(&mut response);
        response
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}

impl Rejection {
    /// Answers by the app's own function, where there is one.
    pub(crate) fn answered_by(
        self,
        responder: Option<&Responder>,
        parts: impl FnOnce() -> Parts,
    ) -> Self {
        let Some(responder) = responder else {
            return self;
        };
        self.answered_with(|| {
            let (responder, parts) = (responder.clone(), parts());
            move |rejection: &Self| responder.respond(rejection, &parts)
        })
    }
}

/// The response with the body of another service, where that is axum's.
pub(crate) fn with_body<B: 'static>(response: Response) -> Option<http::Response<B>> {
    let (parts, body) = response.into_parts();
    let mut body = Some(body);
    let body = (&mut body as &mut dyn Any).downcast_mut::<Option<B>>()?;
    Some(http::Response::from_parts(parts, body.take()?))
}

/// Whether [`with_body`] has one.
pub(crate) fn is_body<B: 'static>() -> bool {
    std::any::TypeId::of::<B>() == std::any::TypeId::of::<Body>()
}
