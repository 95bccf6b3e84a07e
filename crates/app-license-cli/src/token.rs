//! Looking into a token without verifying it: for showing, never for deciding.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The header and claims of a token that nobody has verified.
pub(crate) struct Unverified {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// The claims as the token holds them.
    pub(crate) claims_json: Vec<u8>,
}

/// Whether text could be a compact token: three (or, broken, two) segments of base64url.
pub(crate) fn looks_like_token(text: &str) -> bool {
    let segment = |s: &str| {
        s.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='))
    };
    let segments: Vec<_> = text.split('.').collect();
    text.starts_with("eyJ")
        && (2..=5).contains(&segments.len())
        && segments.into_iter().all(segment)
}

/// Takes the token out of an `Authorization` header, its value, or the token itself.
pub(crate) fn strip_scheme(text: &str) -> Option<&str> {
    let value = match text.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("authorization") => value.trim(),
        _ => text,
    };
    let token = match value.split_once(char::is_whitespace) {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("JWT") || scheme.eq_ignore_ascii_case("Bearer") =>
        {
            token.trim()
        }
        Some(_) => return None,
        None => value,
    };
    looks_like_token(token).then_some(token)
}

/// Opens a token.
pub(crate) fn open(token: &str) -> Result<Unverified, &'static str> {
    let mut segments = token.split('.');
    let (Some(header), Some(claims), Some(_), None) = (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) else {
        return Err("a token has three segments");
    };
    let bytes = |segment: &str| {
        BASE64_URL_SAFE_NO_PAD
            .decode(segment)
            .map_err(|_| "a segment of the token is not base64url")
    };
    let object = |bytes: &[u8]| {
        serde_json::from_slice::<Map<String, Value>>(bytes)
            .map_err(|_| "a segment of the token is no JSON object")
    };
    let claims_json = bytes(claims)?;
    Ok(Unverified {
        header: object(&bytes(header)?)?,
        claims: object(&claims_json)?,
        claims_json,
    })
}

#[cfg(test)]
mod tests {
    use super::strip_scheme;

    #[test]
    fn a_token_in_every_wrapping() {
        let token = "eyJhIjoxfQ.eyJiIjoyfQ.c2ln";
        for text in [
            token.to_owned(),
            format!("JWT {token}"),
            format!("bearer {token}"),
            format!("Authorization: Bearer {token}"),
            format!("authorization:JWT   {token}"),
        ] {
            assert_eq!(strip_scheme(&text), Some(token), "{text}");
        }
        for text in [
            "Basic eyJhIjoxfQ.e30.x",
            "a.b.c",
            "lic=active",
            "https://x/eyJ.a.b",
        ] {
            assert_eq!(strip_scheme(text), None, "{text}");
        }
    }
}
