//! Why a key or a license could not be fetched, and what follows from it.

use std::fmt;

/// Why nothing was learned from a host of the platform.
///
/// Shells find out which it is; whether it may pass, whether the whole host is at fault, and whether
/// it was the app's token that was refused is decided here.
///
/// ```
/// use app_license::plan::{FetchProblem, FetchProblemKind};
/// let refused = FetchProblem::new("api.atlassian.com", FetchProblemKind::Status {
///     status: 403,
///     retry_after: None,
/// });
/// assert!(refused.is_token_refused() && !refused.is_passing());
/// assert_eq!((refused.code(), refused.to_string()), ("status", "`api.atlassian.com` answered 403".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchProblem {
    host: String,
    kind: FetchProblemKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must find out which it is")]
pub enum FetchProblemKind {
    /// No connection, or one that broke.
    Unreachable,
    /// No whole answer in time.
    TimedOut,
    /// An answer other than success.
    Status {
        /// The HTTP status.
        status: u16,
        /// The seconds after which the host wants to be asked again, where it said so.
        retry_after: Option<u64>,
    },
    /// A redirect; none is followed.
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than any honest answer has.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// An answer that is not what was asked for.
    Unreadable {
        /// What was asked for.
        what: &'static str,
    },
    /// So many unknown key ids wait to be asked about that no more do, for now.
    UnknownKeyFlood {
        /// How many may wait.
        limit: usize,
    },
    /// The shared cache or lease failed.
    Cache,
}

impl FetchProblem {
    /// A problem with this host; its name may be empty where there is none.
    #[must_use]
    pub fn new(host: impl Into<String>, kind: FetchProblemKind) -> Self {
        let host = host.into();
        Self { host, kind }
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> &FetchProblemKind {
        &self.kind
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            FetchProblemKind::Unreachable => "unreachable",
            FetchProblemKind::TimedOut => "timed_out",
            FetchProblemKind::Status { .. } => "status",
            FetchProblemKind::Redirected { .. } => "redirected",
            FetchProblemKind::TooLarge { .. } => "answer_too_large",
            FetchProblemKind::Unreadable { .. } => "unreadable",
            FetchProblemKind::UnknownKeyFlood { .. } => "unknown_key_flood",
            FetchProblemKind::Cache => "cache",
        }
    }

    /// Whether trying the same again at once may help.
    ///
    /// ```
    /// use app_license::plan::{FetchProblem, FetchProblemKind};
    /// assert!(FetchProblem::new("a", FetchProblemKind::TimedOut).is_passing());
    /// assert!(!FetchProblem::new("a", FetchProblemKind::Redirected { status: 302 }).is_passing());
    /// ```
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self.kind {
            FetchProblemKind::Unreachable | FetchProblemKind::TimedOut => true,
            FetchProblemKind::Status { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            _ => false,
        }
    }

    /// Whether the whole host is at fault, not the one question.
    ///
    /// ```
    /// use app_license::plan::{FetchProblem, FetchProblemKind};
    /// assert!(FetchProblem::new("a", FetchProblemKind::Unreachable).is_of_the_host());
    /// // a made-up id must not switch a host off for everybody
    /// assert!(!FetchProblem::new("a", FetchProblemKind::Unreadable { what: "key" }).is_of_the_host());
    /// ```
    #[must_use]
    pub const fn is_of_the_host(&self) -> bool {
        matches!(
            self.kind,
            FetchProblemKind::Unreachable | FetchProblemKind::TimedOut
        )
    }

    /// Whether the host refused the token that it was asked with, and so did not answer the question.
    #[must_use]
    pub const fn is_token_refused(&self) -> bool {
        matches!(
            self.kind,
            FetchProblemKind::Status {
                status: 401 | 403,
                ..
            }
        )
    }

    /// The HTTP status that the host answered with, where that is the problem.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self.kind {
            FetchProblemKind::Status { status, .. } => Some(status),
            _ => None,
        }
    }

    /// The seconds after which the host wants to be asked again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        match self.kind {
            FetchProblemKind::Status { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for FetchProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.kind {
            FetchProblemKind::Unreachable => write!(f, "`{host}` cannot be reached"),
            FetchProblemKind::TimedOut => write!(f, "`{host}` did not answer in time"),
            FetchProblemKind::Status { status, .. } => write!(f, "`{host}` answered {status}"),
            FetchProblemKind::Redirected { status } => {
                write!(
                    f,
                    "`{host}` answered {status}, and redirects are not followed"
                )
            }
            FetchProblemKind::TooLarge { limit } => {
                write!(f, "`{host}` answered more than {limit} bytes")
            }
            FetchProblemKind::Unreadable { what } => {
                write!(f, "`{host}` answered something that is no {what}")
            }
            FetchProblemKind::UnknownKeyFlood { limit } => {
                write!(f, "{limit} unknown key ids wait to be asked about")
            }
            FetchProblemKind::Cache => f.write_str("the license cache cannot be used"),
        }
    }
}

impl std::error::Error for FetchProblem {}
