//! Who may talk to the console.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ConsoleState;
use crate::loopback::loopback_names;

pub(super) async fn guard(
    State(console): State<ConsoleState>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if let Err(why) = admit(console.port, request.method(), path, request.headers()) {
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let same = HeaderValue::from_static("same-origin");
    headers.insert("cross-origin-resource-policy", same.clone());
    headers.insert("cross-origin-opener-policy", same);
    response
}

fn admit(port: u16, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str());
    let names = loopback_names(port);
    // step 1: a name that was pointed at this machine is not this machine
    match text(header::HOST) {
        Some(Ok(host)) if names.iter().any(|name| name == host) => {}
        _ => return Err("the host is not this machine"),
    }
    // step 2: another origin may not even read
    if let Some(origin) = text(header::ORIGIN) {
        let own = |origin: &str| {
            let host = origin.strip_prefix("http://");
            host.is_some_and(|host| names.iter().any(|name| name == host))
        };
        if !origin.is_ok_and(own) {
            return Err("the origin is not the console");
        }
    }
    // step 3: neither may another page make a browser ask the API, be it for a picture; a link to
    // the console itself may be anywhere
    if path.starts_with("/api/") {
        match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
            None | Some(b"same-origin" | b"none") => {}
            Some(_) => return Err("the request comes from another site"),
        }
    }
    if *method == Method::GET || *method == Method::HEAD {
        return Ok(());
    }
    // step 4: what changes something is JSON, which no form of another page can send
    let json = |kind: &str| kind.split(';').next().map(str::trim) == Some("application/json");
    match text(header::CONTENT_TYPE) {
        Some(Ok(kind)) if json(kind) => Ok(()),
        _ => Err("the body is not JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, pairs: &[(&'static str, &str)]) -> Result<(), &'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        admit(4680, method, "/api/sites", &headers)
    }

    #[test]
    fn this_machine_may_read_and_its_own_page_may_write() {
        let json = ("content-type", "application/json");
        for host in ["127.0.0.1:4680", "localhost:4680"] {
            assert_eq!(asked(&Method::GET, &[("host", host)]), Ok(()));
            assert_eq!(asked(&Method::POST, &[("host", host), json]), Ok(()));
        }
        let own = ("origin", "http://localhost:4680");
        let host = ("host", "localhost:4680");
        let same = ("sec-fetch-site", "same-origin");
        assert_eq!(asked(&Method::POST, &[host, own, json, same]), Ok(()));
    }

    #[test]
    fn a_rebound_name_is_refused() {
        for host in [
            "evil.example:4680",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.evil.example:4680",
            "[::1]:4680",
        ] {
            assert!(asked(&Method::GET, &[("host", host)]).is_err(), "{host}");
        }
        assert!(asked(&Method::GET, &[]).is_err());
    }

    #[test]
    fn another_origin_neither_reads_nor_writes() {
        let host = ("host", "127.0.0.1:4680");
        let json = ("content-type", "application/json");
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:4681",
            "https://127.0.0.1:4680",
        ] {
            let origin = ("origin", origin);
            assert!(asked(&Method::GET, &[host, origin]).is_err(), "{origin:?}");
            assert!(
                asked(&Method::POST, &[host, origin, json]).is_err(),
                "{origin:?}"
            );
        }
        let form = ("content-type", "text/plain");
        assert!(asked(&Method::POST, &[host, form]).is_err());
        assert!(asked(&Method::POST, &[host]).is_err());
        let cross = ("sec-fetch-site", "cross-site");
        assert!(asked(&Method::POST, &[host, json, cross]).is_err());
        let same_site = ("sec-fetch-site", "same-site");
        for from in [cross, same_site] {
            assert!(asked(&Method::GET, &[host, from]).is_err());
            // a link to the console
            let mut headers = HeaderMap::new();
            for (name, value) in [host, from] {
                headers.insert(name, value.parse().unwrap());
            }
            assert_eq!(admit(4680, &Method::GET, "/", &headers), Ok(()));
        }
    }
}
