//! Where in a request the token is.

use std::borrow::Cow;

use super::query::{decode, pairs};
use crate::error::{Error, ErrorKind, shown};

const EXPECTED: &str = "`Authorization: JWT …` or the parameter `jwt`";

/// Finds the token of a request: in an `Authorization: JWT …` header, or in the parameter `jwt` of
/// the query. Nowhere else: not in a body, not in a cookie.
///
/// Pass the value of every `Authorization` header the request has.
///
/// ```
/// use app_license::connect::token_from_request;
/// let token = token_from_request(["JWT a.b.c"], "lic=active")?;
/// assert_eq!(token, "a.b.c");
/// assert_eq!(token_from_request([], "lic=active&jwt=a.b.c")?, "a.b.c");
/// let twice = token_from_request(["JWT a.b.c"], "jwt=d.e.f").unwrap_err();
/// assert_eq!(twice.code(), "token_conflict");
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// # Errors
/// `token_missing`, `token_conflict` when there are two different ones, `token_scheme` when the
/// header has another scheme than `JWT`; schemes that carry no token, as `Basic`, only where the
/// query has none.
pub fn token_from_request<'r>(
    authorization: impl IntoIterator<Item = &'r str>,
    query: &'r str,
) -> Result<Cow<'r, str>, Error> {
    let mut in_query = None;
    for pair in pairs(query) {
        if pair.value.is_empty() || decode(pair.name) != "jwt" {
            continue;
        }
        one(&mut in_query, decode(pair.value))?;
    }
    // beside a token in the query, the credentials that a proxy asked for do not matter
    let relevant = |header: &&str| in_query.is_none() || carries_a_token(header);
    let in_headers = in_headers(authorization.into_iter().filter(relevant))?;
    match (in_query, in_headers) {
        (Some(token), None) => Ok(token),
        (None, Some(token)) => Ok(Cow::Borrowed(token)),
        (Some(one), Some(other)) if one == other => Ok(one),
        (Some(_), Some(_)) => Err(ErrorKind::TokenConflict.into()),
        (None, None) => Err(ErrorKind::TokenMissing { expected: EXPECTED }.into()),
    }
}

/// Finds the token of a lifecycle event, which is in the `Authorization` header only.
///
/// ```
/// use app_license::connect::jwt_from_headers;
/// assert_eq!(jwt_from_headers(["JWT a.b.c"])?, "a.b.c");
/// assert_eq!(jwt_from_headers(["Bearer a.b.c"]).unwrap_err().code(), "token_scheme");
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// # Errors
/// `token_missing`, `token_conflict`, `token_scheme`.
pub fn jwt_from_headers<'r>(
    authorization: impl IntoIterator<Item = &'r str>,
) -> Result<&'r str, Error> {
    in_headers(authorization)?.ok_or_else(|| {
        ErrorKind::TokenMissing {
            expected: "`Authorization: JWT …`",
        }
        .into()
    })
}

fn carries_a_token(header: &str) -> bool {
    let scheme = header.split(' ').next().unwrap_or_default();
    ["JWT", "Bearer"]
        .iter()
        .any(|s| s.eq_ignore_ascii_case(scheme))
}

fn in_headers<'r>(
    authorization: impl IntoIterator<Item = &'r str>,
) -> Result<Option<&'r str>, Error> {
    let mut found = None;
    for header in authorization {
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("JWT") {
            return Err(ErrorKind::TokenScheme {
                expected: "JWT",
                // never the rest: it may be a credential
                found: if token.is_empty() {
                    String::new()
                } else {
                    shown(scheme)
                },
            }
            .into());
        }
        let token = token.trim_matches(' ');
        if !token.is_empty() {
            one(&mut found, token)?;
        }
    }
    Ok(found)
}

/// Keeps a token, or refuses a second one that differs.
fn one<T: PartialEq>(found: &mut Option<T>, token: T) -> Result<(), Error> {
    match found {
        Some(other) if *other != token => Err(ErrorKind::TokenConflict.into()),
        _ => {
            *found = Some(token);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{jwt_from_headers, token_from_request};

    #[test]
    fn header_or_query_and_never_two_different_ones() {
        for (headers, query, want) in [
            (&["JWT a.b.c"][..], "", Ok("a.b.c")),
            (&["jwt a.b.c"], "", Ok("a.b.c")),
            (&["JWT   a.b.c "], "", Ok("a.b.c")),
            (&[], "jwt=a.b.c", Ok("a.b.c")),
            (&[], "%6Awt=a%2Eb.c", Ok("a.b.c")),
            (&["JWT a.b.c"], "jwt=", Ok("a.b.c")),
            (&["JWT a.b.c"], "jwt=a.b.c", Ok("a.b.c")),
            (&["JWT a.b.c", "JWT a.b.c"], "", Ok("a.b.c")),
            (&["JWT a.b.c", "JWT d.e.f"], "", Err("token_conflict")),
            (&["JWT a.b.c"], "jwt=d.e.f", Err("token_conflict")),
            (&[], "jwt=a.b.c&jwt=d.e.f", Err("token_conflict")),
            (&[], "JWT=a.b.c", Err("token_missing")),
            (&[], "jwt=", Err("token_missing")),
            (&["JWT"], "", Err("token_missing")),
            (&["JWT "], "", Err("token_missing")),
            (&[], "", Err("token_missing")),
            (&["Bearer a.b.c"], "jwt=a.b.c", Err("token_scheme")),
            (&["Basic YTpi"], "jwt=a.b.c", Ok("a.b.c")),
            (&[""], "jwt=a.b.c", Ok("a.b.c")),
            (&["Basic YTpi"], "", Err("token_scheme")),
            (&["a.b.c"], "", Err("token_scheme")),
            (&[""], "", Err("token_scheme")),
        ] {
            let got = token_from_request(headers.iter().copied(), query);
            match want {
                Ok(token) => assert_eq!(got.unwrap(), token, "{headers:?} {query}"),
                Err(code) => assert_eq!(got.unwrap_err().code(), code, "{headers:?} {query}"),
            }
        }
    }

    #[test]
    fn an_error_never_shows_what_may_be_a_token() {
        let error = jwt_from_headers(["c2VjcmV0LnRva2Vu"]).unwrap_err();
        assert!(!error.to_string().contains("c2Vj"), "{error}");
    }
}
