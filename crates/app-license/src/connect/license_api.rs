//! What the Connect License API answers, and what it says together with `lic`.

use app_license_gate::facts::State;

use crate::error::Error;
use crate::ids::AppKey;
use crate::license::License;

/// The answer of `GET …/rest/atlassian-connect/1/addons/{appKey}`, by status and body.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps>
///
/// ```
/// use app_license::connect::LicenseApiAnswer;
///
/// let body = br#"{"key": "com.example.app", "state": "ENABLED", "license": {"active": true}}"#;
/// let answer = LicenseApiAnswer::read(Some(200), body);
/// assert!(answer.license().is_some_and(|l| l.has_capability("capabilityStandard")));
/// assert!(matches!(LicenseApiAnswer::read(None, b""), LicenseApiAnswer::Faulted(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseApiAnswer {
    /// The app is there: its licence, absent for free and disabled apps.
    License(Box<License>),
    /// 404: the site does not have the app.
    NotFound,
    /// 401 or 403: the site does not let us ask.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// Nothing was learnt: no answer, another status, or a body that is no answer.
    Faulted(LicenseApiProblem),
}

/// Why nothing was learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseApiProblem {
    /// A timeout, or no connection.
    NoAnswer,
    /// Another status.
    Status(u16),
    /// 200 with something else than an answer: HTML, say.
    Malformed(Error),
}

impl LicenseApiAnswer {
    /// The path below the base URL of the site (Confluence's ends in `/wiki`).
    ///
    /// ```
    /// use app_license::{AppKey, connect::LicenseApiAnswer};
    /// let app = AppKey::new("com.example.app")?;
    /// assert_eq!(LicenseApiAnswer::path(&app), "/rest/atlassian-connect/1/addons/com.example.app");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn path(app: &AppKey) -> String {
        let mut path = String::from("/rest/atlassian-connect/1/addons/");
        for byte in app.as_str().bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
        path
    }

    /// Reads an answer; no status is no answer.
    #[must_use]
    pub fn read(status: Option<u16>, body: &[u8]) -> Self {
        match status {
            None => Self::Faulted(LicenseApiProblem::NoAnswer),
            Some(200) => match License::from_connect_api(body) {
                Ok(license) => Self::License(Box::new(license)),
                Err(error) => Self::Faulted(LicenseApiProblem::Malformed(error)),
            },
            Some(404) => Self::NotFound,
            Some(status @ (401 | 403)) => Self::Refused { status },
            Some(status) => Self::Faulted(LicenseApiProblem::Status(status)),
        }
    }

    /// The licence, if there was an answer that has one to read.
    #[must_use]
    pub const fn license(&self) -> Option<&License> {
        match self {
            Self::License(license) => Some(license),
            _ => None,
        }
    }

    /// Whether the API speaks for or against the customer; `None` when it could not be checked.
    const fn active(&self) -> Option<bool> {
        match self {
            Self::License(license) => Some(matches!(license.state(), State::Active)),
            Self::NotFound => Some(false),
            Self::Refused { .. } | Self::Faulted(_) => None,
        }
    }

    /// Whether `lic` of a verified iframe query and this answer together say that the licence is
    /// active; `None` when it could not be checked.
    ///
    /// The stricter of the two wins: an inactive or absent licence in the API refuses, and so does
    /// `lic=none` (the host's words are cached for minutes). Where the query says nothing, as for
    /// cacheable iframes, the API alone answers.
    ///
    /// ```
    /// use app_license::connect::LicenseApiAnswer;
    /// use app_license::{License, Touchpoint};
    ///
    /// let silent = License::absent(Touchpoint::ConnectIframeQuery);
    /// let active = LicenseApiAnswer::read(Some(200), br#"{"key": "a", "license": {"active": true}}"#);
    /// assert_eq!(active.resolve(&silent), Some(true));
    /// assert_eq!(LicenseApiAnswer::read(Some(404), b"").resolve(&silent), Some(false));
    /// assert_eq!(LicenseApiAnswer::read(Some(500), b"").resolve(&silent), None);
    /// ```
    #[must_use]
    pub fn resolve(&self, lic: &License) -> Option<bool> {
        match (lic.state(), self.active()) {
            (State::Inactive, _) => Some(false),
            (_, answer) => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use app_license_gate::facts::State;

    use super::LicenseApiAnswer;
    use crate::license::License;
    use crate::touchpoint::Touchpoint;

    #[test]
    fn the_stricter_of_the_two_wins() {
        let lic = |state| License::of(state, None, Touchpoint::ConnectIframeQuery);
        let rest = |license: &str| {
            let body = format!(r#"{{"key":"a","license":{license}}}"#);
            LicenseApiAnswer::read(Some(200), body.as_bytes())
        };
        let answers = [
            (rest(r#"{"active":true}"#), Some(true)),
            (rest(r#"{"active":false}"#), Some(false)),
            (rest("null"), Some(false)),
            (rest("{}"), Some(false)),
            (LicenseApiAnswer::read(Some(404), b"{}"), Some(false)),
            (LicenseApiAnswer::read(Some(401), b""), None),
            (LicenseApiAnswer::read(Some(403), b""), None),
            (LicenseApiAnswer::read(Some(429), b""), None),
            (LicenseApiAnswer::read(Some(500), b""), None),
            (LicenseApiAnswer::read(None, b""), None),
            (LicenseApiAnswer::read(Some(200), b"<html>"), None),
            (LicenseApiAnswer::read(Some(200), b"{}"), None),
        ];
        for (answer, alone) in answers {
            assert_eq!(answer.resolve(&lic(State::Active)), alone, "{answer:?}");
            assert_eq!(answer.resolve(&lic(State::Absent)), alone, "{answer:?}");
            assert_eq!(
                answer.resolve(&lic(State::Inactive)),
                Some(false),
                "{answer:?}"
            );
        }
    }
}
