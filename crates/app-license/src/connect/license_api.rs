//! What the Connect License API answers, and what it says together with `lic`.

use crate::gate::facts::State;
use crate::gate::json::{self, Scanner, Str, Value};

use crate::error::{Error, ErrorKind, shown};
use crate::ids::AppKey;
use crate::license::License;
use crate::license_source::LicenseSource;

/// The answer of `GET …/rest/atlassian-connect/1/addons/{appKey}`, by status and body.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps>
///
/// ```
/// use app_license::connect::LicenseApiResponse;
///
/// let body = br#"{"key": "com.example.app", "state": "ENABLED", "license": {"active": true}}"#;
/// let answer = LicenseApiResponse::read(Some(200), body);
/// assert!(answer.license().is_some_and(|l| l.has_capability("capabilityStandard")));
/// assert!(matches!(LicenseApiResponse::read(None, b""), LicenseApiResponse::Failed(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseApiResponse {
    /// The app is there: its license, absent for free and disabled apps.
    License(Box<License>),
    /// 404: the site does not have the app.
    NotFound,
    /// 401 or 403: the site does not let us ask.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The license is not known: no answer, another status, or a body that is no answer.
    Failed(LicenseApiError),
}

/// Why the license is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseApiError {
    /// A timeout, or no connection.
    NoAnswer,
    /// Another status.
    Status(u16),
    /// 200 with something else than an answer: HTML, say.
    Malformed(Error),
}

impl LicenseApiResponse {
    /// The path below the base URL of the site (Confluence's ends in `/wiki`).
    ///
    /// ```
    /// use app_license::{AppKey, connect::LicenseApiResponse};
    /// let app = AppKey::new("com.example.app")?;
    /// assert_eq!(LicenseApiResponse::path(&app), "/rest/atlassian-connect/1/addons/com.example.app");
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
            None => Self::Failed(LicenseApiError::NoAnswer),
            Some(200) => match License::from_connect_api(body) {
                Ok(license) => Self::License(Box::new(license)),
                Err(error) => Self::Failed(LicenseApiError::Malformed(error)),
            },
            Some(404) => Self::NotFound,
            Some(status @ (401 | 403)) => Self::Refused { status },
            Some(status) => Self::Failed(LicenseApiError::Status(status)),
        }
    }

    /// Reads an answer to a question about `app`. One about another app says nothing about this one:
    /// it is a fault.
    ///
    /// ```
    /// use app_license::{AppKey, connect::LicenseApiResponse};
    /// let app = AppKey::new("com.example.app")?;
    /// let of_another = br#"{"key": "com.example.other", "license": {"active": true}}"#;
    /// let answer = LicenseApiResponse::read_for(&app, Some(200), of_another);
    /// assert!(matches!(answer, LicenseApiResponse::Failed(_)));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn read_for(app: &AppKey, status: Option<u16>, body: &[u8]) -> Self {
        let answer = Self::read(status, body);
        let Self::License(_) = answer else {
            return answer;
        };
        match other_key(body, app) {
            Some(found) => {
                let error = ErrorKind::FieldValue {
                    what: WHAT,
                    field: "key",
                    expected: format!("`{}`", shown(app.as_str())),
                    found,
                };
                Self::Failed(LicenseApiError::Malformed(error.into()))
            }
            None => answer,
        }
    }

    /// The license, if there was an answer that has one to read.
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
            Self::Refused { .. } | Self::Failed(_) => None,
        }
    }

    /// Whether `lic` of a verified iframe query and this answer, fetched after it, together say
    /// that the license is active; `None` when it could not be checked.
    ///
    /// The answer is the stronger: an inactive or absent license in the API refuses, and an active
    /// one overrules `lic=none`, which pages show for minutes to hours after a purchase. Where the
    /// API could not be asked, an inactive `lic` stands. Where the query says nothing, as for
    /// cacheable iframes, the API alone answers. An answer of before the request is weighed by
    /// [`LicenseApiResponse::overrules`].
    ///
    /// ```
    /// use app_license::connect::LicenseApiResponse;
    /// use app_license::{License, LicenseSource};
    ///
    /// let silent = License::absent(LicenseSource::ConnectIframeQuery);
    /// let active = LicenseApiResponse::read(Some(200), br#"{"key": "a", "license": {"active": true}}"#);
    /// assert_eq!(active.resolve(&silent), Some(true));
    /// assert_eq!(LicenseApiResponse::read(Some(404), b"").resolve(&silent), Some(false));
    /// assert_eq!(LicenseApiResponse::read(Some(500), b"").resolve(&silent), None);
    /// ```
    #[must_use]
    pub fn resolve(&self, lic: &License) -> Option<bool> {
        match (lic.state(), self.active()) {
            (State::Inactive, None) => Some(false),
            (_, answer) => answer,
        }
    }

    /// For how many seconds before a page was opened an answer of the API still counts as newer
    /// than the page's `lic`: whatever a page opens at once then needs one call of the API. A
    /// license that ends is served on for as long at the most.
    pub const OVERRULES_FOR: u64 = 5;

    /// Whether a license that the API stated counts instead of what a verified iframe query
    /// states: it is active, the query's is not, and it was fetched after the page's token was
    /// issued, or at most [`LicenseApiResponse::OVERRULES_FOR`] seconds before. Both must say when
    /// they are from.
    ///
    /// `lic=none` has three meanings: the app sells nothing, the license has ended, or it was
    /// bought moments ago and has not arrived yet. Only the API tells the last two apart.
    ///
    /// ```
    /// use app_license::connect::{IframeQuery, LicenseApiResponse};
    /// use app_license::{License, LicenseSource, UnixTime};
    /// let at = |seconds| UnixTime::EPOCH.plus(seconds);
    /// let none = IframeQuery::parse("lic=none").license().at(at(1000));
    /// let active = br#"{"key":"com.example.app","license":{"active":true}}"#;
    /// let active = License::from_connect_api(active)?;
    /// assert!(LicenseApiResponse::overrules(&active.clone().at(at(1001)), &none));
    /// assert!(!LicenseApiResponse::overrules(&active.at(at(900)), &none));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn overrules(answer: &License, stated: &License) -> bool {
        let in_question = stated.source() == LicenseSource::ConnectIframeQuery
            && stated.state() == State::Inactive;
        let says_active =
            answer.source() == LicenseSource::ConnectLicenseApi && answer.state() == State::Active;
        let newer = answer
            .as_of()
            .zip(stated.as_of())
            .is_some_and(|(answer, stated)| answer.plus(Self::OVERRULES_FOR) >= stated);
        in_question && says_active && newer
    }
}

const WHAT: &str = "answer of the Connect License API";

/// The key of another app that an answer names; its JSON has been read before.
fn other_key(body: &[u8], app: &AppKey) -> Option<String> {
    let mut other = None;
    let mut scanner = Scanner::<256>::new(body).ok()?;
    let read = scanner.object::<json::Error>(|s, name| {
        let value = s.value()?;
        if name == Str::from("key") {
            other = match value {
                Value::String(key) if key == Str::from(app.as_str()) => None,
                Value::String(key) => Some(shown(&key.to_string())),
                _ => Some(value.kind().to_string()),
            };
        }
        Ok(())
    });
    read.ok().and(other)
}

#[cfg(test)]
mod tests {
    use crate::gate::facts::State;

    use super::LicenseApiResponse;
    use crate::ids::AppKey;
    use crate::license::License;
    use crate::license_source::LicenseSource;
    use crate::time::UnixTime;

    #[test]
    fn an_answer_about_another_app_is_a_fault() {
        let app = AppKey::new("com.example.app").unwrap();
        let read = |body: &str| LicenseApiResponse::read_for(&app, Some(200), body.as_bytes());
        for (key, ours) in [
            (r#""key":"com.example.app","#, true),
            (r#""\u006bey":"com\u002eexample.app","#, true),
            (r#""key":"com.example.other","#, false),
            (r#""key":"COM.example.app","#, false),
            (r#""key":"","#, false),
            (r#""key":7,"#, false),
        ] {
            let answer = read(&format!(r#"{{{key}"license":{{"active":true}}}}"#));
            assert_eq!(
                matches!(answer, LicenseApiResponse::License(_)),
                ours,
                "{key}: {answer:?}"
            );
        }
    }

    #[test]
    fn the_answer_is_the_stronger_and_none_stands_where_it_could_not_be_asked() {
        let lic = |state| License::of(state, None, LicenseSource::ConnectIframeQuery);
        let rest = |license: &str| {
            let body = format!(r#"{{"key":"a","license":{license}}}"#);
            LicenseApiResponse::read(Some(200), body.as_bytes())
        };
        let answers = [
            (rest(r#"{"active":true}"#), Some(true)),
            (rest(r#"{"active":false}"#), Some(false)),
            (rest("null"), Some(false)),
            (rest("{}"), Some(false)),
            (LicenseApiResponse::read(Some(404), b"{}"), Some(false)),
            (LicenseApiResponse::read(Some(401), b""), None),
            (LicenseApiResponse::read(Some(403), b""), None),
            (LicenseApiResponse::read(Some(429), b""), None),
            (LicenseApiResponse::read(Some(500), b""), None),
            (LicenseApiResponse::read(None, b""), None),
            (LicenseApiResponse::read(Some(200), b"<html>"), None),
            (LicenseApiResponse::read(Some(200), b"{}"), None),
        ];
        for (answer, alone) in answers {
            assert_eq!(answer.resolve(&lic(State::Active)), alone, "{answer:?}");
            assert_eq!(answer.resolve(&lic(State::Absent)), alone, "{answer:?}");
            assert_eq!(
                answer.resolve(&lic(State::Inactive)),
                Some(alone == Some(true)),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn only_a_newer_active_answer_overrules_and_only_a_none_of_a_page() {
        let at = |seconds| UnixTime::EPOCH.plus(seconds);
        let of = |state, source| License::of(state, None, source);
        let page = |state| of(state, LicenseSource::ConnectIframeQuery).at(at(1000));
        let api = |state, then| of(state, LicenseSource::ConnectLicenseApi).at(at(then));
        let none = page(State::Inactive);
        for (then, want) in [
            (0, false),
            (994, false),
            (995, true),
            (1000, true),
            (2000, true),
        ] {
            let answer = api(State::Active, then);
            assert_eq!(
                LicenseApiResponse::overrules(&answer, &none),
                want,
                "{then}"
            );
        }
        for (answer, stated) in [
            (api(State::Inactive, 2000), none.clone()),
            (api(State::Absent, 2000), none.clone()),
            (api(State::Active, 2000), page(State::Active)),
            (api(State::Active, 2000), page(State::Absent)),
            // of no known time
            (
                of(State::Active, LicenseSource::ConnectLicenseApi),
                none.clone(),
            ),
            (
                api(State::Active, 2000),
                of(State::Inactive, LicenseSource::ConnectIframeQuery),
            ),
            // other sources
            (
                of(State::Active, LicenseSource::ConnectLifecycle).at(at(2000)),
                none,
            ),
            (
                api(State::Active, 2000),
                of(State::Inactive, LicenseSource::ConnectContextToken).at(at(1000)),
            ),
        ] {
            assert!(
                !LicenseApiResponse::overrules(&answer, &stated),
                "{answer:?} {stated:?}"
            );
        }
    }
}
