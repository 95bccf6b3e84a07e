//! The request as it was on the wire, out of its parts.

use app_license::answer::Refusal;
use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::rejection::Rejection;
use crate::serve::BodyTimedOut;

/// The largest body of an event, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// The target as the client sent it: nested routers strip prefixes from `uri`, and the query hash
/// is over what was sent.
pub(crate) fn target(parts: &Parts) -> &str {
    let uri: &Uri = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |original| &original.0);
    uri.path_and_query()
        .map_or_else(|| uri.path(), |target| target.as_str())
}

/// The route that a router matched.
pub(crate) fn route(parts: &Parts) -> Option<&MatchedPath> {
    parts.extensions.get()
}

/// The value of every `Authorization` header.
pub(crate) fn authorization(
    headers: &HeaderMap,
) -> Result<impl Iterator<Item = &str> + use<'_>, Rejection> {
    let values = headers.get_all(AUTHORIZATION);
    if values.iter().any(|value| value.to_str().is_err()) {
        return Err(Rejection::token_malformed());
    }
    Ok(values.iter().filter_map(|value| value.to_str().ok()))
}

/// The body of an event.
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, Rejection> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) => Err(unreadable(error.as_ref())),
    }
}

/// The server below may have limits of its own: theirs are causes of the error.
fn unreadable(error: &(dyn std::error::Error + 'static)) -> Rejection {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Rejection::of(Refusal::BodyTooLarge { limit: MAX_BODY });
        }
        if error.is::<BodyTimedOut>() {
            return Rejection::of(Refusal::BodyTimedOut);
        }
        cause = error.source();
    }
    Rejection::of(Refusal::BodyUnreadable)
}
