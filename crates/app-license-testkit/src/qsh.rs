//! The query hash, as the host computes it.
//!
//! Written apart from the library's own, on purpose: a mock host that hashed with the code under
//! test would prove nothing.

use std::collections::BTreeMap;

use crate::bytes::{hex, sha256};

/// The literal hash of a context token.
pub(crate) const CONTEXT_QSH: &str = "context-qsh";

/// The claim `qsh` of a request to `target` (path and query), as the host computes it. `base_path`
/// is the path of the URL that the request is below, empty for none.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
/// use app_license_testkit::query_hash;
/// let hash = query_hash("GET", "/connect/panel?lic=active&jwt=a.b.c", "/connect");
/// assert_eq!(hash, query_hash("get", "/panel?lic=active", ""));
/// ```
#[must_use]
pub fn query_hash(method: &str, target: &str, base_path: &str) -> String {
    qsh(method, target, base_path)
}

/// The hash of a request to `target` (path and query) under a base path.
pub(crate) fn qsh(method: &str, target: &str, base_path: &str) -> String {
    hex(&sha256(canonical(method, target, base_path).as_bytes()))
}

fn canonical(method: &str, target: &str, base_path: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    format!(
        "{}&{}&{}",
        method.to_ascii_uppercase(),
        canonical_path(path, base_path),
        canonical_query(query)
    )
}

fn canonical_path(path: &str, base_path: &str) -> String {
    let base = base_path.trim_end_matches('/');
    let path = match path.strip_prefix(base) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    // the host hashes what `java.net.URI.getPath()` answers, which is decoded
    let path = decoded(path, false).replace('&', "%26");
    let path = match path.strip_suffix('/') {
        Some(shorter) => shorter,
        None => &path,
    };
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

fn canonical_query(query: &str) -> String {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name, true);
        if name != "jwt" {
            parameters
                .entry(encoded(&name))
                .or_default()
                .push(decoded(value, true));
        }
    }
    let pairs: Vec<String> = parameters
        .into_iter()
        .map(|(name, mut values)| {
            values.sort();
            let values: Vec<String> = values.iter().map(|value| encoded(value)).collect();
            format!("{name}={}", values.join(","))
        })
        .collect();
    pairs.join("&")
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
        out
    })
}

fn decoded(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits =
            tail.split_at_checked(2)
                .filter(|_| byte == b'%')
                .and_then(|(digits, tail)| {
                    let digits = std::str::from_utf8(digits).ok()?;
                    if digits.starts_with('+') {
                        return None;
                    }
                    Some((u8::from_str_radix(digits, 16).ok()?, tail))
                });
        let (byte, tail) = match (digits, byte) {
            (Some(found), _) => found,
            (None, b'+') if plus_is_space => (b' ', tail),
            (None, byte) => (byte, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn the_documented_request_has_the_documented_canonical_form() {
        let target =
            "/path/to/service?zee_last=param&repeated=parameter 1&first=param&repeated=parameter 2";
        assert_eq!(
            canonical("get", target, ""),
            "GET&/path/to/service&first=param&repeated=parameter%201,parameter%202&zee_last=param"
        );
    }

    #[test]
    fn base_paths_end_at_a_segment_and_repeated_values_sort_raw() {
        for (target, base, want) in [
            ("/connect/a/?jwt=x", "/connect", "GET&/a&"),
            ("/connectors", "/connect", "GET&/connectors&"),
            ("/connect", "/connect/", "GET&/&"),
            ("/a&b?x", "", "GET&/a%26b&x="),
            (
                "/a%20b?ids=%3A1&ids=.1&ids=%3A2&ids=.2",
                "",
                "GET&/a b&ids=.1,.2,%3A1,%3A2",
            ),
            ("/?a=1%2C2&A=*~+%2B", "", "GET&/&A=%2A~%20%2B&a=1%2C2"),
        ] {
            assert_eq!(canonical("GET", target, base), want, "{target}");
        }
    }
}
