//! The app's own pages, from an origin of their own: files of the built folder, or what the
//! development server answers. The bridge is put before the page's own scripts.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::files::Folder;
use super::policy::PagePolicy;
use super::socket;
use crate::error::Error;
use crate::loopback::loopback_names;

/// Where the page finds the lab's half of the bridge.
const BRIDGE: &str = "/__lab/bridge.js";
const TAG: &str = "<script src=\"/__lab/bridge.js\"></script>";
/// How long a development server may take to be there.
const PATIENCE: Duration = Duration::from_secs(1);
/// The largest answer of a development server, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// Where the pages come from.
#[derive(Debug)]
pub(super) enum Source {
    /// One folder for each resource, by its number.
    Folders(Vec<Folder>),
    Server(Server),
}

/// A development server on this machine.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) origin: String,
    /// Path and query of the page.
    pub(super) path: String,
    client: reqwest::Client,
}

impl Server {
    /// # Errors
    /// When it is no `http` URL of this machine.
    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Option(format!("`{text}` {why}"));
        let url = url::Url::parse(text).map_err(|_| wrong("is neither a folder nor a URL"))?;
        let here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() != "http" || !here {
            return Err(wrong(
                "is no development server of this machine: expected http://localhost:PORT/",
            ));
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()
            .map_err(|error| Error::Lab(format!("cannot make an HTTP client: {error}")))?;
        let query = url.query().map_or_else(String::new, |it| format!("?{it}"));
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            path: format!("{}{query}", url.path()),
            client,
        })
    }

    /// What to say where nothing answers: pages are read when they are shown, so it may start later.
    pub(super) async fn silence(&self) -> Option<String> {
        let url = url::Url::parse(&self.origin).ok()?;
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let address = (host, url.port_or_known_default()?);
        let connected = tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(address));
        let why = match connected.await {
            Ok(Ok(_)) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in a second".to_owned(),
        };
        let origin = &self.origin;
        Some(format!(
            "nothing listens at {origin} ({why}): start the development server, then load the page again"
        ))
    }

    async fn answer(&self, target: &str, headers: &HeaderMap) -> Result<Response, String> {
        let mut request = self.client.get(format!("{}{target}", self.origin));
        for name in [header::ACCEPT, header::ACCEPT_LANGUAGE] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value.clone());
            }
        }
        let origin = &self.origin;
        let failed = |error: reqwest::Error| {
            format!("the development server at {origin} does not answer: {error}")
        };
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        let location = answer.headers().get(header::LOCATION).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > MAX_ANSWER {
                return Err(format!("{target} is larger than {MAX_ANSWER} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        let html = kind.as_ref().is_some_and(is_html);
        let mut response = Response::new(Body::from(if html { with_bridge(body) } else { body }));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for (name, value) in [(header::CONTENT_TYPE, kind), (header::LOCATION, location)] {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        Ok(response)
    }
}

/// What the router serves with.
#[derive(Debug, Clone)]
struct Pages {
    source: Arc<Source>,
    policy: HeaderValue,
    port: u16,
}

/// The pages, to be served on loopback at this port.
pub(super) fn router(source: Arc<Source>, policy: &PagePolicy, port: u16) -> Result<Router, Error> {
    let header = HeaderValue::from_str(&policy.header)
        .map_err(|error| Error::Lab(format!("the policy is no header: {error}")))?;
    let script = include_str!("../../assets/forge/bridge.js");
    let script = (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        script,
    );
    let router = Router::new().route(BRIDGE, get(async move || script));
    let router = match &*source {
        Source::Folders(_) => router
            .route("/{resource}/", get(index))
            .route("/{resource}/{*path}", get(file)),
        Source::Server(_) => router.fallback(forward),
    };
    let pages = Pages {
        source,
        policy: header,
        port,
    };
    Ok(router
        .layer(from_fn_with_state(pages.clone(), guard))
        .with_state(pages))
}

/// A name that was pointed at this machine is not this machine, another origin gets nothing, and
/// nothing is changed here.
async fn guard(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if let Err(refusal) = admit(pages.port, request.method(), request.headers()) {
        return refusal.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, pages.policy);
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn admit(
    port: u16,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    let names = loopback_names(port);
    let text = |name| headers.get(name).map(HeaderValue::as_bytes);
    let host = text(header::HOST);
    if !names.iter().any(|name| host == Some(name.as_bytes())) {
        return Err((StatusCode::FORBIDDEN, "the host is not this machine"));
    }
    let own = |origin: &[u8]| {
        let origin = origin.strip_prefix(b"http://");
        names.iter().any(|name| origin == Some(name.as_bytes()))
    };
    if text(header::ORIGIN).is_some_and(|origin| !own(origin)) {
        return Err((StatusCode::FORBIDDEN, "the origin is not the page's"));
    }
    if *method != Method::GET && *method != Method::HEAD {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "pages are read only"));
    }
    Ok(())
}

async fn index(State(pages): State<Pages>, Path(resource): Path<String>) -> Response {
    read(pages, resource, "index.html".to_owned()).await
}

async fn file(
    State(pages): State<Pages>,
    Path((resource, path)): Path<(String, String)>,
) -> Response {
    read(pages, resource, path).await
}

async fn read(pages: Pages, resource: String, path: String) -> Response {
    let found = tokio::task::spawn_blocking(move || {
        let Source::Folders(folders) = &*pages.source else {
            return None;
        };
        let number: usize = resource.parse().ok()?;
        folders.get(number)?.read(&path)
    });
    match found.await.ok().flatten() {
        Some((bytes, kind)) => {
            let html = kind.starts_with("text/html");
            let bytes = if html { with_bridge(bytes) } else { bytes };
            ([(header::CONTENT_TYPE, kind)], Bytes::from(bytes)).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such file in the folder").into_response(),
    }
}

async fn forward(State(pages): State<Pages>, request: Request) -> Response {
    let Source::Server(server) = &*pages.source else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let answer = if socket::is_wanted(request.headers()) {
        let url = format!("{}{target}", server.origin);
        socket::open(&server.client, &url, &server.origin, request).await
    } else {
        server.answer(target, request.headers()).await
    };
    match answer {
        Ok(response) => response,
        Err(why) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

fn is_html(kind: &HeaderValue) -> bool {
    kind.as_bytes().starts_with(b"text/html")
}

/// The page with the bridge before its own scripts: after `<head>`, or where that would stand.
fn with_bridge(html: Vec<u8>) -> Vec<u8> {
    let lower = html.to_ascii_lowercase();
    let after = |tag: &[u8]| {
        let mut from = 0;
        while let Some(rest) = lower.get(from..) {
            let start = from.saturating_add(rest.windows(tag.len()).position(|it| it == tag)?);
            let end = start.saturating_add(tag.len());
            // `<header>` is not `<head>`
            if lower.get(end).is_some_and(|b| b" \t\r\n>/".contains(b)) {
                let close = lower.get(end..)?.iter().position(|b| *b == b'>')?;
                return Some(end.saturating_add(close).saturating_add(1));
            }
            from = end;
        }
        None
    };
    let at = [&b"<head"[..], b"<html", b"<!doctype"]
        .into_iter()
        .find_map(after)
        .unwrap_or(0);
    let mut page = html;
    page.splice(at..at, TAG.bytes());
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridge_stands_before_the_pages_own_scripts() {
        for (html, expected) in [
            (
                "<!doctype html><html><HEAD a=b><script>",
                "<HEAD a=b>[]<script>",
            ),
            ("<html lang=en><header><script>", "<html lang=en>[]<header>"),
            ("<!doctype html>\n<p><script>", "<!doctype html>[]\n<p>"),
            ("<script>", "[]<script>"),
            ("", "[]"),
        ] {
            let page = String::from_utf8(with_bridge(html.as_bytes().to_vec())).unwrap();
            assert!(page.replace(TAG, "[]").contains(expected), "{page}");
        }
    }

    #[test]
    fn a_development_server_is_one_of_this_machine() {
        for url in [
            "http://localhost:5173/",
            "http://127.0.0.1:3000",
            "http://[::1]:3000/a?b",
        ] {
            assert!(Server::new(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.com/",
            "https://localhost/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "file:///etc/passwd",
            "build",
        ] {
            assert!(Server::new(url).is_err(), "{url}");
        }
    }
}
