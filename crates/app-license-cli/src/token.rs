//! Looking into a token without verifying it: for showing, never for deciding.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The header and claims of a token that is not verified.
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

/// Takes the token out of a text that holds nothing else: with its scheme, in quotes, with the line
/// breaks that mails, terminals and editors put into it.
pub(crate) fn joined(text: &str) -> Option<Cow<'_, str>> {
    let bare = text.trim().trim_matches(['"', '\'', '`', ',', ';']).trim();
    let value = match bare.split_once([':', '=']) {
        Some((name, value)) if is_name_of_a_token(name) => value.trim(),
        _ => bare,
    };
    let value = value.trim_matches(['"', '\'', '`', ',', ';']).trim();
    if let Some(token) = strip_scheme(value) {
        return Some(Cow::Borrowed(token));
    }
    let token = match value.split_once(char::is_whitespace) {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("JWT") || scheme.eq_ignore_ascii_case("Bearer") =>
        {
            rest
        }
        _ => value,
    };
    // words are no token: a token that was wrapped has long lines
    let mut lines = token.split_whitespace().peekable();
    let mut joined = String::with_capacity(token.len());
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        if !is_last && line.len() < 16 {
            return None;
        }
        joined.push_str(line.trim_end_matches('\\'));
    }
    looks_like_token(&joined).then_some(Cow::Owned(joined))
}

fn is_name_of_a_token(name: &str) -> bool {
    let name = name
        .trim()
        .trim_matches(['"', '\'', '-'])
        .to_ascii_lowercase();
    matches!(
        name.as_str(),
        "authorization" | "jwt" | "token" | "contextjwt" | "bearer" | "x-acpt" | "acpt"
    )
}

/// Opens a token.
pub(crate) fn open(token: &str) -> Result<Unverified, &'static str> {
    let segments: Vec<_> = token.split('.').take(6).collect();
    let (header, claims) = match segments.as_slice() {
        [header, claims, signature] if !signature.is_empty() => (*header, *claims),
        [_, _] | [_, _, _] => {
            return Err("the token has no signature: its third part is missing, was it cut off?");
        }
        [_, _, _, _, _] => return Err("an encrypted token: what it says cannot be read"),
        _ => return Err("a token has three parts with a dot between each"),
    };
    let bytes = |segment: &str| {
        BASE64_URL_SAFE_NO_PAD.decode(segment).map_err(
            |_| "a part of the token is not base64url: was it cut off, or a character lost?",
        )
    };
    let object = |bytes: &[u8]| {
        serde_json::from_slice::<Map<String, Value>>(bytes)
            .map_err(|_| "a part of the token is no JSON object: was it cut off?")
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
    use super::{joined, open, strip_scheme};

    #[test]
    fn a_token_that_was_wrapped_is_joined() {
        let token = format!("eyJhIjoxfQ.{}.c2ln", "e30".repeat(40));
        let wrapped: Vec<_> = token.as_bytes().chunks(64).collect();
        let wrapped = wrapped.join(&b"\n  "[..]);
        let wrapped = String::from_utf8(wrapped).unwrap();
        for text in [
            wrapped.clone(),
            wrapped.replace("\n  ", "\r\n"),
            format!("\"{token}\","),
            format!("Authorization: JWT {wrapped}"),
            format!("\"authorization\": \"Bearer {token}\""),
            format!("jwt={token}"),
            format!("token: '{token}'"),
        ] {
            assert_eq!(joined(&text).as_deref(), Some(token.as_str()), "{text}");
        }
        for text in [
            "eyJ a b",
            "eyJhIjoxfQ. is a header",
            "name: eyJhIjoxfQ.e30.x",
        ] {
            assert_eq!(joined(text), None, "{text}");
        }
        assert!(
            open("eyJhIjoxfQ.e30")
                .err()
                .unwrap()
                .contains("no signature")
        );
        assert!(open("a.b.c.d.e").err().unwrap().contains("encrypted"));
    }

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
