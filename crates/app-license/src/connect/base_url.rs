//! Base URLs: of the app's descriptor, and of a site.

use std::fmt;

use super::host::is_authority;
use crate::error::{Error, ErrorKind, shown};

/// The longest base URL, in bytes.
const MAX: usize = 2048;

/// The base URL of an app's descriptor, or of a site: `https`, perhaps with a path.
///
/// One trailing slash is dropped. What is left is compared byte for byte with the audience of
/// lifecycle tokens, and its path is left out of query hashes.
///
/// ```
/// use app_license::connect::BaseUrl;
/// let base = BaseUrl::new("https://app.example.com/connect/")?;
/// assert_eq!(base.as_str(), "https://app.example.com/connect");
/// assert_eq!(base.path(), "/connect");
/// assert!(BaseUrl::new("http://app.example.com").is_err());
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseUrl {
    text: String,
    /// Where the path begins.
    path: usize,
}

impl BaseUrl {
    /// Checks and takes an `https` URL.
    ///
    /// # Errors
    /// `invalid_base_url` when it has another scheme, a user, a query or a fragment, or is none.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::with_scheme(url, "https://")
    }

    /// Checks and takes an `http` URL of this very machine, for development only.
    ///
    /// ```
    /// # use app_license::connect::BaseUrl;
    /// assert!(BaseUrl::http_loopback("http://localhost:3000").is_ok());
    /// assert!(BaseUrl::http_loopback("http://app.example.com").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_base_url` when its host is not `localhost`, `127.0.0.1` or `[::1]`.
    pub fn http_loopback(url: &str) -> Result<Self, Error> {
        let base = Self::with_scheme(url, "http://")?;
        match base.host() {
            "localhost" | "127.0.0.1" | "[::1]" => Ok(base),
            _ => Err(invalid("http is for this machine only", url)),
        }
    }

    fn with_scheme(url: &str, scheme: &'static str) -> Result<Self, Error> {
        const PLAIN: &str = "a plain URL without user, query and fragment";
        let rest = url.strip_prefix(scheme).ok_or_else(|| {
            let expected = if scheme == "https://" {
                "it must begin with https://"
            } else {
                "it must begin with http://"
            };
            invalid(expected, url)
        })?;
        let forbidden = |b: u8| {
            !b.is_ascii_graphic() || matches!(b, b'?' | b'#' | b'@' | b'\\' | b'"' | b'<' | b'>')
        };
        if url.len() > MAX || rest.bytes().any(forbidden) {
            return Err(invalid(PLAIN, url));
        }
        let text = url.strip_suffix('/').unwrap_or(url);
        let authority = rest.find('/').unwrap_or(rest.len());
        let path = scheme.len().saturating_add(authority).min(text.len());
        if !is_authority(rest.get(..authority).unwrap_or_default()) {
            return Err(invalid("it must name a host", url));
        }
        let segments = text.get(path..).unwrap_or_default().split('/');
        if segments.into_iter().any(is_dots) {
            return Err(invalid("its path must not go up or stay", url));
        }
        let text = text.to_owned();
        Ok(Self { text, path })
    }

    /// The URL without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path without a trailing slash; empty for the root.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.path..).unwrap_or_default()
    }

    /// The host as written, without the port.
    ///
    /// ```
    /// # use app_license::connect::BaseUrl;
    /// assert_eq!(BaseUrl::new("https://example.com:8443/x")?.host(), "example.com");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    fn authority(&self) -> &str {
        let before_path = self.text.get(..self.path).unwrap_or_default();
        before_path.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// Whether a host and port are part of it beyond the host name.
    pub(super) fn has_port(&self) -> bool {
        self.authority().len() != self.host().len()
    }

    /// Whether an audience names it: the same bytes, one trailing slash ignored at most.
    pub(super) fn is(&self, audience: &str) -> bool {
        audience.strip_suffix('/').unwrap_or(audience) == self.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl serde::Serialize for BaseUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Whether a segment of a path is `.` or `..`, however its dots are written: what is asked for below
/// such a path stands elsewhere.
fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..")
}

#[cold]
fn invalid(expected: &'static str, found: &str) -> Error {
    ErrorKind::InvalidBaseUrl {
        expected,
        found: shown(found),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn one_trailing_slash_is_dropped_and_the_path_is_found() {
        for (url, text, path, host) in [
            ("https://a.example", "https://a.example", "", "a.example"),
            ("https://a.example/", "https://a.example", "", "a.example"),
            (
                "https://a.example/b/",
                "https://a.example/b",
                "/b",
                "a.example",
            ),
            (
                "https://a.example//",
                "https://a.example/",
                "/",
                "a.example",
            ),
            (
                "https://a.example:1/b",
                "https://a.example:1/b",
                "/b",
                "a.example",
            ),
        ] {
            let base = BaseUrl::new(url).unwrap();
            assert_eq!(
                (base.as_str(), base.path(), base.host()),
                (text, path, host)
            );
        }
    }

    #[test]
    fn what_is_no_plain_https_url_is_refused() {
        for url in [
            "",
            "app.example.com",
            "http://app.example.com",
            "https://",
            "https:///path",
            "https://user@app.example.com",
            "https://user:pw@app.example.com",
            "https://app.example.com?x=1",
            "https://app.example.com#x",
            "https://app.example.com\\@evil.test",
            "https://app.example.com/ x",
            "https://app.example.com\n",
            "https://app.example.com:port",
            "HTTPS://app.example.com",
            "javascript:alert(1)",
            "https://a.example/..",
            "https://a.example/x/./y",
            "https://a.example/x/%2E%2e/y",
        ] {
            assert_eq!(
                BaseUrl::new(url).unwrap_err().code(),
                "invalid_base_url",
                "{url}"
            );
        }
        for url in [
            "http://localhost.evil.test",
            "http://127.0.0.1.evil.test:80",
        ] {
            assert!(BaseUrl::http_loopback(url).is_err(), "{url}");
        }
        assert!(BaseUrl::http_loopback("http://127.0.0.1:8080/x").is_ok());
        assert!(BaseUrl::http_loopback("http://[::1]:8080").is_ok());
    }

    #[test]
    fn an_audience_is_compared_byte_for_byte() {
        let base = BaseUrl::new("https://app.example.com/c").unwrap();
        assert!(base.is("https://app.example.com/c"));
        assert!(base.is("https://app.example.com/c/"));
        for other in [
            "https://app.example.com/c//",
            "https://app.example.com",
            "https://app.example.com/c.evil.test",
            "https://APP.example.com/c",
            "",
        ] {
            assert!(!base.is(other), "{other}");
        }
    }
}
