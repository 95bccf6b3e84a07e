//! Where the platform publishes the keys of invocation tokens.

use std::fmt;

use crate::error::{Error, ErrorKind, shown};

/// The label of an Isolated Cloud, safe as a part of a host name: lower-case letters, digits, `_`
/// and `-`, at most 50.
///
/// ```
/// use app_license::forge::IsolatedCloud;
/// assert_eq!(IsolatedCloud::new("orange")?.as_str(), "orange");
/// assert_eq!(IsolatedCloud::new("../evil").unwrap_err().code(), "invalid_id");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IsolatedCloud(String);

impl IsolatedCloud {
    /// Checks and takes a label.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn new(label: &str) -> Result<Self, Error> {
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if label.is_empty() || label.len() > 50 || !label.bytes().all(plain) {
            return Err(ErrorKind::InvalidId {
                what: "isolated cloud label",
                found: shown(label),
            }
            .into());
        }
        Ok(Self(label.to_owned()))
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IsolatedCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The URL of a key set. Configuration names it, never a token or a request.
///
/// Only the commercial cloud's is documented. Those of the other clouds are where their CDN hosts
/// suggest; take what the onboarding of an Isolated Cloud says with [`JwksUrl::new`].
///
/// | cloud | key set |
/// |---|---|
/// | commercial | `https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json` |
/// | staging | `https://forge.cdn.stg.atlassian-dev.net/.well-known/jwks.json` |
/// | US government | `https://forge.cdn.prod.atlassian-dev-us-gov-mod.net/.well-known/jwks.json` |
/// | US government, staging | `https://forge.cdn.stg.atlassian-dev-us-gov-mod.net/.well-known/jwks.json` |
/// | isolated | `https://forge.forge-cdn.LABEL.atlassian-isolated.net/.well-known/jwks.json` |
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```
/// use app_license::forge::{IsolatedCloud, JwksUrl};
/// assert_eq!(
///     JwksUrl::COMMERCIAL,
///     "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json",
/// );
/// let orange = JwksUrl::of_isolated_cloud(&IsolatedCloud::new("orange")?);
/// assert_eq!(
///     orange.as_str(),
///     "https://forge.forge-cdn.orange.atlassian-isolated.net/.well-known/jwks.json",
/// );
/// assert_eq!(JwksUrl::new("http://keys.test/jwks").unwrap_err().code(), "invalid_base_url");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl(String);

impl JwksUrl {
    /// The commercial cloud's.
    pub const COMMERCIAL: &'static str =
        "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json";
    /// Of the platform's staging cloud. An app in a staging *environment* does not need it.
    pub const STAGING: &'static str =
        "https://forge.cdn.stg.atlassian-dev.net/.well-known/jwks.json";
    /// Of the US government cloud; not documented.
    pub const US_GOVERNMENT: &'static str =
        "https://forge.cdn.prod.atlassian-dev-us-gov-mod.net/.well-known/jwks.json";
    /// Of the US government staging cloud; not documented.
    pub const US_GOVERNMENT_STAGING: &'static str =
        "https://forge.cdn.stg.atlassian-dev-us-gov-mod.net/.well-known/jwks.json";

    /// Takes a URL from configuration: plain `https`, no user, no query, no fragment.
    ///
    /// # Errors
    /// `invalid_base_url`.
    pub fn new(text: &str) -> Result<Self, Error> {
        let invalid = |expected| ErrorKind::InvalidBaseUrl {
            expected,
            found: shown(text),
        };
        let url = url::Url::parse(text).map_err(|_| invalid("expected an absolute URL"))?;
        if url.scheme() != "https" {
            return Err(invalid("expected https").into());
        }
        let user = !url.username().is_empty() || url.password().is_some();
        if user || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("expected no user name, no query and no fragment").into());
        }
        Ok(Self(url.into()))
    }

    /// Where the CDN of an Isolated Cloud suggests its key set to be; not documented.
    #[must_use]
    pub fn of_isolated_cloud(label: &IsolatedCloud) -> Self {
        Self(format!(
            "https://forge.forge-cdn.{label}.atlassian-isolated.net/.well-known/jwks.json"
        ))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for JwksUrl {
    /// The commercial cloud's.
    fn default() -> Self {
        Self(Self::COMMERCIAL.to_owned())
    }
}

impl fmt::Display for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{IsolatedCloud, JwksUrl};

    #[test]
    fn labels_cannot_leave_their_place() {
        for label in [
            "",
            "Orange",
            "a.b",
            "a/b",
            "a@b",
            "é",
            "a b",
            &"a".repeat(51),
        ] {
            assert!(IsolatedCloud::new(label).is_err(), "{label}");
        }
        assert!(IsolatedCloud::new(&"a".repeat(50)).is_ok());
        assert!(IsolatedCloud::new("a_b-9").is_ok());
    }

    #[test]
    fn every_constant_is_a_key_set_url() {
        for url in [
            JwksUrl::COMMERCIAL,
            JwksUrl::STAGING,
            JwksUrl::US_GOVERNMENT,
            JwksUrl::US_GOVERNMENT_STAGING,
        ] {
            assert_eq!(JwksUrl::new(url).unwrap().as_str(), url);
        }
        for url in ["x", "https://u@h/", "https://h/?q", "https://h/#f"] {
            assert!(JwksUrl::new(url).is_err(), "{url}");
        }
    }
}
