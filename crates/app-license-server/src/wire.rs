//! The request as it was on the wire, out of its parts.

use axum::extract::OriginalUri;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::rejection::Rejection;

/// The target as the client sent it: nested routers strip prefixes from `uri`, and the query hash
/// is over what was sent.
pub(crate) fn target(parts: &Parts) -> String {
    let uri: &Uri = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |original| &original.0);
    uri.path_and_query().map_or_else(
        || uri.path().to_owned(),
        |target| target.as_str().to_owned(),
    )
}

/// The value of every `Authorization` header.
pub(crate) fn authorization(headers: &HeaderMap) -> Result<Vec<&str>, Rejection> {
    headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(|value| value.to_str())
        .collect::<Result<_, _>>()
        .map_err(|_| Rejection::token_malformed())
}
