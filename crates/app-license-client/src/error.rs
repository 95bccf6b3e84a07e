//! The one error of this crate: refused, or could not check, never mixed up.

use std::fmt;
use std::sync::Arc;

use app_license::ErrorClass;
use app_license::plan::license::FetchError;
use app_license::plan::{FetchProblem, FetchProblemKind};

/// Why a key or a license was not answered.
///
/// [`Error::class`] is the question that matters: was the request **refused** (the platform
/// answered, and the answer is no), or **could it not be checked** (nothing was learned)? Cheap to
/// clone: one fault is handed to everybody who waited for it. No message shows a token, a secret
/// or what a server answered.
///
/// ```
/// use app_license_client::{ErrorClass, Error, ErrorKind};
/// let error = Error::from(ErrorKind::TimedOut { host: "keys.example.com".into() });
/// assert_eq!(error.class(), ErrorClass::CouldNotCheck);
/// assert_eq!(error.class().http_status(), 503);
/// assert_eq!(error.code(), "timed_out");
/// assert_eq!(error.to_string(), "`keys.example.com` did not answer in time");
/// ```
#[derive(Debug, Clone)]
pub struct Error(Arc<ErrorKind>);

/// A foreign error that is only shown, never matched.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// What happened. New kinds may come; match with a last arm `_`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    // ---- refused ----
    /// Every host that may know the key says that it does not.
    #[error("no key `{kid}` is known")]
    UnknownKey {
        /// The id, shortened.
        kid: String,
    },
    /// The key id is that of a test key, and test keys are not allowed.
    #[error("the key `{kid}` is for tests, and proves nothing here")]
    TestKey {
        /// The id, shortened.
        kid: String,
    },
    /// The key is too short to prove anything.
    #[error("the key `{kid}` is not accepted")]
    WeakKey {
        /// The id.
        kid: String,
        /// Its length.
        source: app_license::Error,
    },
    /// The address asked for is not on a host of the configured cloud: it is not called.
    #[error("`{host}` is not a host of the configured cloud")]
    ForeignHost {
        /// The host, shortened.
        host: String,
    },

    // ---- could not check ----
    /// No connection, or one that broke.
    #[error("`{host}` cannot be reached")]
    Unreachable {
        /// Which host.
        host: String,
        /// Why.
        source: Source,
    },
    /// No whole answer in time.
    #[error("`{host}` did not answer in time")]
    TimedOut {
        /// Which host.
        host: String,
    },
    /// An answer other than success.
    #[error("`{host}` answered {status}")]
    Status {
        /// Which host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The seconds after which it wants to be asked again, where it said so.
        retry_after: Option<u64>,
    },
    /// A redirect; none is followed.
    #[error("`{host}` answered {status}, and redirects are not followed")]
    Redirected {
        /// Which host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than any honest answer has.
    #[error("`{host}` answered more than {limit} bytes")]
    TooLarge {
        /// Which host.
        host: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// An answer that is not what was asked for.
    #[error("`{host}` answered something that is no {what}")]
    Unreadable {
        /// Which host.
        host: String,
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        source: Option<app_license::Error>,
    },
    /// Too many other questions are open.
    #[error("{limit} questions are open already")]
    Busy {
        /// How many may be open at once.
        limit: usize,
    },
    /// So many unknown key ids wait to be asked about that no more do, for now.
    #[error("{limit} unknown key ids wait to be asked about")]
    UnknownKeyFlood {
        /// How many may wait.
        limit: usize,
    },
    /// The task that asked was stopped, as at shutdown.
    #[error("the question was interrupted")]
    Interrupted,
    /// Another process asked within the last minutes, and its answer is not known yet.
    #[error("another process holds the lease on the question for up to {seconds} s")]
    Leased {
        /// For how long at most, in seconds.
        seconds: u64,
    },
    /// The platform refused the tokens it was asked with, so often that it is left alone for now.
    #[error(
        "the platform refused the tokens of this installation: it is asked again in {seconds} s"
    )]
    TokensRefused {
        /// For how long at most, in seconds.
        seconds: u64,
    },
    /// The shared cache or lease failed.
    #[error("the license cache cannot be used")]
    Cache {
        /// Why.
        source: Source,
    },

    // ---- misuse ----
    /// A setting that cannot be.
    #[error("the setting `{setting}` is not valid: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        use ErrorKind as K;
        match &*self.0 {
            K::UnknownKey { .. } => "unknown_key",
            K::TestKey { .. } => "test_key",
            K::WeakKey { .. } => "weak_key",
            K::ForeignHost { .. } => "foreign_base_url",
            K::Unreachable { .. } => "unreachable",
            K::TimedOut { .. } => "timed_out",
            K::Status { .. } => "status",
            K::Redirected { .. } => "redirected",
            K::TooLarge { .. } => "answer_too_large",
            K::Unreadable { .. } => "unreadable",
            K::Busy { .. } => "busy",
            K::UnknownKeyFlood { .. } => "unknown_key_flood",
            K::Interrupted => "interrupted",
            K::Leased { .. } => "leased",
            K::TokensRefused { .. } => "tokens_refused",
            K::Cache { .. } => "cache",
            K::Setting { .. } => "setting",
        }
    }

    /// Whether the request is refused or could not be checked.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        use ErrorKind as K;
        match &*self.0 {
            K::UnknownKey { .. }
            | K::TestKey { .. }
            | K::WeakKey { .. }
            | K::ForeignHost { .. } => ErrorClass::Refused,
            K::Unreachable { .. }
            | K::TimedOut { .. }
            | K::Status { .. }
            | K::Redirected { .. }
            | K::TooLarge { .. }
            | K::Unreadable { .. }
            | K::Busy { .. }
            | K::UnknownKeyFlood { .. }
            | K::Interrupted
            | K::Leased { .. }
            | K::TokensRefused { .. }
            | K::Cache { .. } => ErrorClass::CouldNotCheck,
            K::Setting { .. } => ErrorClass::Misuse,
        }
    }

    /// What the core makes of it, where a host is at fault.
    fn problem(&self) -> Option<FetchProblem> {
        let kind = match *self.0 {
            ErrorKind::Unreachable { .. } => FetchProblemKind::Unreachable,
            ErrorKind::TimedOut { .. } => FetchProblemKind::TimedOut,
            ErrorKind::Status {
                status,
                retry_after,
                ..
            } => FetchProblemKind::Status {
                status,
                retry_after,
            },
            _ => return None,
        };
        Some(FetchProblem::new(String::new(), kind))
    }

    /// Whether trying the same again at once may help.
    pub(crate) fn is_passing(&self) -> bool {
        self.problem().is_some_and(|problem| problem.is_passing())
    }

    /// The seconds after which the host wants to be asked again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match *self.0 {
            ErrorKind::Status { retry_after, .. } => retry_after,
            _ => None,
        }
    }

    /// Whether the platform refused the token that it was asked with, now or so often that it was
    /// not asked again, and so did not answer the question.
    ///
    /// ```
    /// use app_license_client::{Error, ErrorKind};
    /// let status = |status| {
    ///     let host = "api.atlassian.com".to_owned();
    ///     Error::from(ErrorKind::Status { host, status, retry_after: None })
    /// };
    /// assert!(status(401).is_token_refused() && status(403).is_token_refused());
    /// assert!(!status(429).is_token_refused());
    /// ```
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        matches!(*self.0, ErrorKind::TokensRefused { .. })
            || self
                .problem()
                .is_some_and(|problem| problem.is_token_refused())
    }

    /// Whether the whole host is at fault, not the one question.
    pub(crate) fn is_of_the_host(&self) -> bool {
        self.problem()
            .is_some_and(|problem| problem.is_of_the_host())
    }

    pub(crate) fn setting(setting: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        ErrorKind::Setting { setting, reason }.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.0.as_ref())
    }
}

/// A store of the app that cannot be used.
impl From<app_license_store::Error> for Error {
    #[cold]
    fn from(error: app_license_store::Error) -> Self {
        let source = Arc::new(error);
        ErrorKind::Cache { source }.into()
    }
}

impl From<FetchError<Self>> for Error {
    fn from(fault: FetchError<Self>) -> Self {
        match fault {
            FetchError::Failed(error) => error,
            FetchError::Leased { seconds } => ErrorKind::Leased { seconds }.into(),
            FetchError::TokensRefused { seconds } => ErrorKind::TokensRefused { seconds }.into(),
        }
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Arc::new(kind))
    }
}
