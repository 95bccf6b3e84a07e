//! The headers that the platform's security requirements ask of a page in an iframe.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use app_license::{Installation, whole_seconds};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use tower_layer::Layer;
use tower_service::Service;

use crate::connect_app::ConnectApp;
use crate::forge_remote::ForgeRemote;
use crate::page_owner::{PageOwner, Proof};

/// A layer for the pages of a Connect app, refusals included where it is outside of the gate: made by
/// [`ConnectApp::page_headers`]. A gate takes it, too: [`Gate::page_headers`](crate::Gate::page_headers).
///
/// | header | value | why |
/// |---|---|---|
/// | `cache-control` | `no-cache, no-store` | a page holds a customer's data, and its address a token |
/// | `referrer-policy` | `no-referrer` | the address holds a token |
/// | `content-security-policy` | `frame-ancestors` with the origins of the site's base URL and display URL, which may be a custom domain; `'none'` for a request that is not proved | nobody else may frame it |
/// | `strict-transport-security` | only by [`PageHeaders::hsts`] | it is about the whole host, not about a page |
///
/// The request is verified once: by the route, or here where the route does not, as for a page that is
/// open to all and calls back with a context token.
///
/// What the page sets itself stays. A policy of its own without `frame-ancestors` is kept, and this one
/// is enforced beside it.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/security-requirements/>
///
/// ```
/// use std::time::Duration;
///
/// use app_license_server::{ConnectApp, ConnectRequest, Edition, MemoryStore};
/// use axum::Router;
/// use axum::routing::get;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .build()?;
/// let pages: Router = Router::new()
///     .route("/panel", get(async |_: ConnectRequest| "a page"))
///     .route("/export", get(async || "another").layer(app.requires(Edition::Advanced)))
///     .layer(app.page_headers().hsts(Duration::from_secs(31_536_000)))
///     .with_state(app);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct PageHeaders {
    /// Whose installations may frame the page; nobody where there is none.
    app: Option<ConnectApp>,
    hsts: Option<HeaderValue>,
}

impl ConnectApp {
    /// A layer that gives pages the headers that the platform asks for: see [`PageHeaders`].
    #[must_use]
    pub fn page_headers(&self) -> PageHeaders {
        PageHeaders {
            app: Some(self.clone()),
            hsts: None,
        }
    }
}

impl ForgeRemote {
    /// A layer that gives what a remote answers the same headers: see [`PageHeaders`]. Nobody may frame
    /// it, for the pages of a Forge app are the platform's.
    #[must_use]
    pub fn page_headers(&self) -> PageHeaders {
        PageHeaders {
            app: None,
            hsts: None,
        }
    }
}

impl PageHeaders {
    /// Tells browsers to come back by HTTPS alone for so long, in seconds (a part of one counts as one), to
    /// the host and all below it.
    /// Not on by default: it cannot be taken back before that time.
    #[must_use]
    pub fn hsts(mut self, time: Duration) -> Self {
        let value = format!("max-age={}; includeSubDomains", whole_seconds(time));
        self.hsts = HeaderValue::try_from(value).ok();
        self
    }

    pub(crate) fn complete(&self, headers: &mut HeaderMap, installation: Option<&Installation>) {
        let mut set = |name: HeaderName, value: HeaderValue| {
            headers.entry(name).or_insert(value);
        };
        set(
            CACHE_CONTROL,
            HeaderValue::from_static("no-cache, no-store"),
        );
        set(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if let Some(hsts) = &self.hsts {
            set(STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        let said = headers.get_all(CONTENT_SECURITY_POLICY).iter();
        let mut said = said.filter_map(|value| value.to_str().ok());
        if !said.any(|value| value.contains("frame-ancestors"))
            && let Ok(value) = HeaderValue::try_from(frame_ancestors(installation))
        {
            headers.append(CONTENT_SECURITY_POLICY, value);
        }
    }
}

/// Who may frame a page of this installation.
fn frame_ancestors(installation: Option<&Installation>) -> String {
    let mut policy = "frame-ancestors".to_owned();
    let urls = installation.map(|it| [it.base_url(), it.display_url()]);
    let mut origins: Vec<String> = urls
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(origin)
        .collect();
    origins.dedup();
    if origins.is_empty() {
        origins.push("'none'".to_owned());
    }
    for origin in origins {
        policy.push(' ');
        policy.push_str(&origin);
    }
    policy
}

/// The origin of an `https` URL, or of one on this machine. A host with other characters than a host
/// has would end the directive.
fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let (scheme, authority) = (url.scheme_str()?, url.authority()?);
    let local = matches!(authority.host(), "localhost" | "127.0.0.1");
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    let fits = scheme == "https" || (scheme == "http" && local);
    (fits && authority.as_str().bytes().all(plain)).then(|| format!("{scheme}://{authority}"))
}

impl<S> Layer<S> for PageHeaders {
    type Service = WithPageHeaders<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithPageHeaders {
            inner,
            headers: self.clone(),
        }
    }
}

/// The service behind [`PageHeaders`].
#[derive(Debug, Clone)]
pub struct WithPageHeaders<S> {
    inner: S,
    headers: PageHeaders,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for WithPageHeaders<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    ReqBody: Send + 'static,
    ResBody: Send,
{
    type Response = Response<ResBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // the service that was polled ready is the one to call
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let headers = self.headers.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            // who may frame it is the installation's to say; whether it is let through is the route's
            let page = headers.app.as_ref().map(|app| {
                let owner = PageOwner::of(&mut parts, app);
                (owner, Proof::of(&parts))
            });
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            let verified = match page {
                Some((owner, proof)) => owner.tenant(proof).await,
                None => None,
            };
            let installation = verified.as_ref().map(|tenant| &tenant.installation);
            headers.complete(response.headers_mut(), installation);
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn only_hosts_become_ancestors() {
        let of = |url| origin(url).unwrap_or_default();
        assert_eq!(
            of("https://acme.atlassian.net/wiki"),
            "https://acme.atlassian.net"
        );
        assert_eq!(
            of("https://issues.acme.example:8443"),
            "https://issues.acme.example:8443"
        );
        assert_eq!(of("http://127.0.0.1:8080/a"), "http://127.0.0.1:8080");
        for hostile in [
            "http://acme.atlassian.net",
            "https://evil.example;script-src *",
            "https://a.example;img-src",
            "https://user@a.example",
            "javascript:alert(1)",
            "*",
            "",
        ] {
            assert_eq!(of(hostile), "", "{hostile}");
        }
    }
}
