//! Where in a request the invocation token is.

use crate::error::{Error, ErrorKind, shown};

/// Finds the invocation token of a request: in an `Authorization: Bearer …` header, the scheme in
/// any case. Nowhere else: not in a query, not in a body, not in a cookie, and not in the
/// `x-forge-oauth-…` headers, whose tokens are opaque.
///
/// Pass the value of every `Authorization` header the request has.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```
/// use app_license::forge::bearer_token;
/// assert_eq!(bearer_token(["Bearer a.b.c"])?, "a.b.c");
/// assert_eq!(bearer_token([]).unwrap_err().code(), "token_missing");
/// assert_eq!(bearer_token(["JWT a.b.c"]).unwrap_err().code(), "token_scheme");
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// # Errors
/// `token_missing`, `token_conflict` when there are two different ones, `token_scheme`.
pub fn bearer_token<'r>(
    authorization: impl IntoIterator<Item = &'r str>,
) -> Result<&'r str, Error> {
    let mut found = None;
    for header in authorization {
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        let token = token.trim_matches(' ');
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(ErrorKind::TokenScheme {
                expected: "Bearer",
                // a lone word may be a credential
                found: if token.is_empty() {
                    String::new()
                } else {
                    shown(scheme)
                },
            }
            .into());
        }
        match found {
            _ if token.is_empty() => {}
            Some(other) if other != token => return Err(ErrorKind::TokenConflict.into()),
            _ => found = Some(token),
        }
    }
    found.ok_or_else(|| {
        ErrorKind::TokenMissing {
            expected: "`Authorization: Bearer …`",
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::bearer_token;

    #[test]
    fn one_bearer_token() {
        for (headers, want) in [
            (&["Bearer a.b.c"][..], Ok("a.b.c")),
            (&["bearer a.b.c"], Ok("a.b.c")),
            (&["BEARER   a.b.c "], Ok("a.b.c")),
            (&["Bearer a.b.c", "Bearer a.b.c"], Ok("a.b.c")),
            (&["Bearer a.b.c", "Bearer d.e.f"], Err("token_conflict")),
            (&["Bearer"], Err("token_missing")),
            (&["Bearer "], Err("token_missing")),
            (&[], Err("token_missing")),
            (&["a.b.c"], Err("token_scheme")),
            (&["JWT a.b.c"], Err("token_scheme")),
            (&["Basic a"], Err("token_scheme")),
            (&[""], Err("token_scheme")),
            (&[" Bearer a.b.c"], Err("token_scheme")),
            (&["Bearer\ta.b.c"], Err("token_scheme")),
        ] {
            let got = bearer_token(headers.iter().copied());
            assert_eq!(got.map_err(|e| e.code()), want, "{headers:?}");
        }
        let error = bearer_token(["c2VjcmV0"]).unwrap_err();
        assert!(!error.to_string().contains("c2Vj"), "{error}");
    }
}
