//! The socket of a development server: pages ask it, at their own origin, what has changed.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

/// What of the handshake is passed on, either way.
const HANDSHAKE: [HeaderName; 6] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
];

/// Whether a page asks for a socket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).map(|value| value.as_bytes());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"))
}

/// Opens the socket of the server at `url` for a page, and passes on what either side says. The server is
/// told its own origin: pages have the lab's.
///
/// # Errors
/// When the server does not open one: what it answered.
pub(super) async fn open(
    client: &reqwest::Client,
    url: &str,
    origin: &str,
    mut request: Request,
) -> Result<Response, String> {
    let failed = |error: reqwest::Error| {
        format!("the development server at {origin} opens no socket: {error}")
    };
    let page = request.extensions_mut().remove::<OnUpgrade>();
    let page = page.ok_or("this connection cannot become a socket")?;
    let mut asked = client.get(url).header(header::ORIGIN, origin);
    for (name, value) in handshake(request.headers()) {
        asked = asked.header(name, value);
    }
    let answer = asked.send().await.map_err(failed)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    for (name, value) in handshake(answer.headers()) {
        response.headers_mut().insert(name, value.clone());
    }
    let mut server = answer.upgrade().await.map_err(failed)?;
    tokio::spawn(async move {
        if let Ok(page) = page.await {
            // either side may leave at any time
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(page), &mut server).await;
        }
    });
    Ok(response)
}

fn handshake(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &axum::http::HeaderValue)> {
    headers.iter().filter(|(name, _)| HANDSHAKE.contains(name))
}
