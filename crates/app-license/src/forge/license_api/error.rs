//! Why there is no answer.

use std::fmt;

use crate::error::Error;

/// Why the Forge License API gave no answer. None of these says anything about a license.
///
/// ```
/// use app_license::forge::LicenseApiError;
/// let fault = LicenseApiError::of_status(429, Some("300"));
/// assert_eq!(fault, Some(LicenseApiError::RateLimited { retry_after: Some(300) }));
/// assert_eq!(LicenseApiError::of_status(200, None), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseApiError {
    /// 400, 401, 403 and other refusals: asking again changes nothing.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// 429: asked too often.
    RateLimited {
        /// How long to wait, in seconds, where the platform says so.
        retry_after: Option<u64>,
    },
    /// No answer at all, a redirect, 5xx, or 408: ask again later.
    Unavailable {
        /// The HTTP status; none where there was a timeout, or no connection.
        status: Option<u16>,
    },
    /// 200 with something else than an answer.
    Malformed(Error),
}

impl LicenseApiError {
    /// The fault that a status stands for; `None` for 200. `retry_after` is the header of that
    /// name.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<&str>) -> Option<Self> {
        Some(match status {
            200 => return None,
            429 => Self::RateLimited {
                retry_after: retry_after.and_then(|s| s.trim().parse().ok()),
            },
            408 | 500.. => Self::Unavailable {
                status: Some(status),
            },
            400..=499 => Self::Refused { status },
            _ => Self::Unavailable {
                status: Some(status),
            },
        })
    }
}

impl fmt::Display for LicenseApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status } => write!(f, "the License API refused with status {status}"),
            Self::RateLimited { retry_after: None } => {
                f.write_str("the License API was asked too often")
            }
            Self::RateLimited {
                retry_after: Some(seconds),
            } => write!(f, "the License API was asked too often: wait {seconds} s"),
            Self::Unavailable { status: None } => f.write_str("the License API did not answer"),
            Self::Unavailable {
                status: Some(status),
            } => write!(f, "the License API answered with status {status}"),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LicenseApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            _ => None,
        }
    }
}
