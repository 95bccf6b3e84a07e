//! The rules of the platform's availability checker.

use std::time::Duration;

use serde::Serialize;

use super::program::ProbeRules;
use crate::input::{InputError, shown};

/// What an app answered to a health check.
///
/// ```
/// use std::time::Duration;
/// use app_license_marketplace::fortified::HealthResponse;
/// let answer = HealthResponse::new(200, Duration::from_millis(120));
/// assert_eq!(answer.status, Some(200));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthResponse {
    /// The status; none when there was no answer.
    pub status: Option<u16>,
    /// The time from the call to the end of the answer, or to giving up.
    pub elapsed: Duration,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// Why an app does not count as healthy.
///
/// ```
/// use app_license_marketplace::fortified::HealthFailure;
/// let failure = HealthFailure::Redirect { status: 301 };
/// assert_eq!(failure.code(), "redirect");
/// assert_eq!(failure.to_string(), "301 is a redirect; the checker follows none");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthFailure {
    /// A redirect.
    #[error("{status} is a redirect; the checker follows none")]
    Redirect {
        /// The status.
        status: u16,
    },
    /// Another status than is asked for.
    #[error("answered {status}; the checker takes {expected} alone")]
    Status {
        /// The status.
        status: u16,
        /// Those it takes.
        expected: String,
    },
    /// Too late.
    #[error("took {found_ms} ms; the checker waits {limit_ms} ms")]
    Slow {
        /// How long it took, in milliseconds, rounded up.
        found_ms: u64,
        /// How long it may take.
        limit_ms: u64,
    },
    /// No answer at all.
    #[error("no answer: {why}")]
    NoAnswer {
        /// Why.
        why: String,
    },
}

impl HealthFailure {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "redirect",
            Self::Status { .. } => "status",
            Self::Slow { .. } => "slow",
            Self::NoAnswer { .. } => "no_answer",
        }
    }
}

impl HealthResponse {
    /// An answer with a status.
    #[must_use]
    pub const fn new(status: u16, elapsed: Duration) -> Self {
        Self {
            status: Some(status),
            elapsed,
            error: None,
        }
    }

    /// No answer: no name, no connection, no time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use app_license_marketplace::fortified::HealthResponse;
    /// let answer = HealthResponse::none(Duration::from_secs(3), "no connection");
    /// assert_eq!(answer.status, None);
    /// ```
    #[must_use]
    pub fn none(elapsed: Duration, why: impl Into<String>) -> Self {
        Self {
            status: None,
            elapsed,
            error: Some(why.into()),
        }
    }

    /// The time in whole milliseconds, rounded up: 3000.1 ms is over 3 s.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        let nanos = self.elapsed.as_nanos().div_ceil(1_000_000);
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }
}

impl ProbeRules {
    /// What the platform's checker finds wrong with an answer; nothing when the app is healthy.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/cloud-fortified-apps-program-app-availability-success-rate/>
    ///
    /// ```
    /// use std::time::Duration;
    /// use app_license_marketplace::fortified::{HealthResponse, ReliabilityProgram};
    /// let rules = ReliabilityProgram::shipped()?.probe;
    /// let check = |status, ms| rules.check(&HealthResponse::new(status, Duration::from_millis(ms)));
    /// assert!(check(200, 3_000).is_empty());
    /// assert_eq!(check(200, 3_100)[0].code(), "slow");
    /// assert_eq!(check(204, 10)[0].code(), "status");
    /// assert_eq!(check(301, 10)[0].code(), "redirect");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn check(&self, answer: &HealthResponse) -> Vec<HealthFailure> {
        let mut failures = Vec::new();
        match answer.status {
            Some(status) if self.statuses.contains(&status) => {}
            Some(status @ 300..=399) => failures.push(HealthFailure::Redirect { status }),
            Some(status) => {
                let expected: Vec<_> = self.statuses.iter().map(u16::to_string).collect();
                let expected = expected.join(", ");
                failures.push(HealthFailure::Status { status, expected });
            }
            None => {
                let why = answer.error.clone().unwrap_or_default();
                failures.push(HealthFailure::NoAnswer { why });
            }
        }
        let found_ms = answer.elapsed_ms();
        if found_ms > self.limit_ms {
            let limit_ms = self.limit_ms;
            failures.push(HealthFailure::Slow { found_ms, limit_ms });
        }
        failures
    }
}

/// The URL of a health check: a path relative to a base URL.
///
/// ```
/// use app_license_marketplace::fortified::health_url;
/// let url = health_url("https://app.example.com/connect", "health?deep=1")?;
/// assert_eq!(url, "https://app.example.com/connect/health?deep=1");
/// for absolute in ["/health", "//app.example.com/health", "https://app.example.com/health"] {
///     assert_eq!(health_url("https://app.example.com", absolute).unwrap_err().code(), "value");
/// }
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
///
/// # Errors
/// `value` for an absolute path or URL, one that leaves the base URL, and for a base URL that is
/// not https (http on this machine is allowed), has a query, a fragment or credentials.
pub fn health_url(base_url: &str, path: &str) -> Result<String, InputError> {
    const WHAT: &str = "the health check";
    let base = url::Url::parse(base_url).map_err(|error| {
        let expected = "an absolute URL";
        let found = format!("{}: {error}", without_credentials(base_url));
        InputError::value(WHAT, "base URL", expected, found)
    })?;
    let loopback = match base.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let secure = base.scheme() == "https" || (base.scheme() == "http" && loopback);
    if !secure || base.host().is_none() {
        let found = without_credentials(base_url);
        return Err(InputError::value(WHAT, "base URL", "https", found));
    }
    let plain = base.query().is_none() && base.fragment().is_none();
    if !plain || !base.username().is_empty() || base.password().is_some() {
        let expected = "without a query, a fragment and credentials";
        // credentials are not shown
        return Err(InputError::value(
            WHAT,
            "base URL",
            expected,
            base.host_str().unwrap_or_default(),
        ));
    }
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let odd = |c: char| c.is_control() || c == '\\' || c.is_whitespace();
    let leaves = before_query.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == ".." || part == "."
    });
    let scheme = before_query
        .split('/')
        .next()
        .is_some_and(|first| first.contains(':'));
    if path.starts_with('/') || scheme || leaves || path.contains(odd) || path.contains('#') {
        let expected = "relative to the base URL, without a leading `/`";
        return Err(InputError::value(WHAT, "path", expected, shown(path)));
    }
    let base = base.as_str().trim_end_matches('/');
    if path.is_empty() {
        return Ok(base.to_owned());
    }
    Ok(format!("{base}/{path}"))
}

/// What may be shown of a URL that cannot be used.
fn without_credentials(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}
