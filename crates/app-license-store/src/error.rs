//! The one error of this crate: a kind with evidence, and a stable code.

use std::error::Error as StdError;
use std::fmt;

use app_license::ErrorClass;

/// Why the store did not do what was asked.
///
/// [`Error::kind`] carries what was expected and what was found, [`Error::code`] is stable,
/// [`Error::class`] says whether the request was refused or merely could not be checked: those two
/// never look alike. No message shows a secret, a token or a whole body.
///
/// ```
/// use app_license_store::{Error, ErrorClass, ErrorKind};
/// let error = Error::from(ErrorKind::NewerSchema { found: 9, known: 2 });
/// assert_eq!(error.code(), "newer_schema");
/// assert_eq!(error.class(), ErrorClass::Misuse);
/// assert_eq!(
///     error.to_string(),
///     "the database has schema version 9, newer than the 2 that this program knows",
/// );
/// ```
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What went wrong, with evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The database does not answer, or failed at what was asked of it.
    #[error("the store could not {doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// The database's own message.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The store was closed, or its writer ended.
    #[error("the store is closed")]
    Closed,
    /// A stored value that is not what this crate writes.
    #[error("the stored {what} cannot be read: {reason}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What is wrong with it; never the value itself.
        reason: String,
    },
    /// A sealed value that does not open: another key, another tenant's, or changed.
    #[error("the stored {column} does not open with key `{key_id}`")]
    DoesNotOpen {
        /// Which value.
        column: &'static str,
        /// The id of the key it says it was sealed with.
        key_id: String,
    },
    /// More replay marks are alive than the store keeps.
    #[error("more than {limit} replay marks are alive")]
    TooManyMarks {
        /// The most that are kept.
        limit: u64,
    },

    /// A lifecycle token that was used before, with another body.
    #[error("the token was used before with another body")]
    Replayed,
    /// An event of one tenant given for another.
    #[error("the event is of `{found}`, not of `{expected}`")]
    TenantMismatch {
        /// Whose record was to be changed.
        expected: String,
        /// Whose event it is, shortened.
        found: String,
    },

    /// The database was written by a newer version of this crate.
    #[error(
        "the database has schema version {found}, newer than the {known} that this program knows"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// The database holds something else.
    #[error("the database is no store of installations: {found}")]
    ForeignDatabase {
        /// What was found in it.
        found: String,
    },
    /// A migration failed; nothing of it was kept.
    #[error("migration {version} failed")]
    Migration {
        /// The version that was to be reached.
        version: i64,
        /// The database's own message.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The schema is older than this program needs, and the role that connects may not change it.
    #[error(
        "the database has schema version {found}, this program needs {known}, and this role may not change it: \
         let the role that owns the tables run `app-license store migrate`, or `PostgresOptions::migrate`"
    )]
    MayNotMigrate {
        /// The version found; 0 where there is none.
        found: i64,
        /// The version that is needed.
        known: i64,
        /// The database's own message.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// An encryption key that cannot be one.
    #[error("the encryption key is not usable: {reason}")]
    EncryptionKey {
        /// What is wrong.
        reason: &'static str,
    },
    /// Neither a key nor plain text was asked for.
    #[error(
        "no encryption key is given for shared secrets: make one by `openssl rand -base64 32`, keep it apart from the database and give it by `encryption`, or ask for plain text by name, `plain_text`"
    )]
    NoEncryptionKey,
    /// A value sealed with a key that is not configured.
    #[error("the stored {column} is sealed with key `{key_id}`, which is not configured")]
    UnknownEncryptionKey {
        /// Which value.
        column: &'static str,
        /// The id of the key it was sealed with.
        key_id: String,
    },
    /// A value in plain text where only sealed ones are taken.
    #[error("the stored {column} is in plain text, which the configuration refuses")]
    PlainTextRefused {
        /// Which value.
        column: &'static str,
    },
    /// A setting or an argument that cannot be used.
    #[error("the {what} cannot be used: {reason}")]
    Invalid {
        /// Which.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A cursor that would stand behind the last event.
    #[error("a cursor cannot stand at {asked}: the last event is {last}")]
    CursorBeyondEnd {
        /// Where it was to stand.
        asked: u64,
        /// The last event there is.
        last: u64,
    },
}

impl Error {
    /// What happened, with what was expected and found.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code of the kind.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        use ErrorKind as K;
        match &*self.0 {
            K::Unavailable { .. } => "store_unavailable",
            K::Closed => "store_closed",
            K::Corrupt { .. } => "store_corrupt",
            K::DoesNotOpen { .. } => "does_not_open",
            K::TooManyMarks { .. } => "too_many_marks",
            K::Replayed => "replayed",
            K::TenantMismatch { .. } => "tenant_mismatch",
            K::NewerSchema { .. } => "newer_schema",
            K::ForeignDatabase { .. } => "foreign_database",
            K::Migration { .. } => "migration",
            K::MayNotMigrate { .. } => "may_not_migrate",
            K::EncryptionKey { .. } => "encryption_key",
            K::UnknownEncryptionKey { .. } => "unknown_encryption_key",
            K::NoEncryptionKey => "no_encryption_key",
            K::PlainTextRefused { .. } => "plain_text_refused",
            K::Invalid { .. } => "invalid",
            K::CursorBeyondEnd { .. } => "cursor_beyond_end",
        }
    }

    /// Whether the answer is no, or there is no answer.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        use ErrorKind as K;
        match &*self.0 {
            K::Unavailable { .. }
            | K::Closed
            | K::Corrupt { .. }
            | K::DoesNotOpen { .. }
            | K::TooManyMarks { .. } => ErrorClass::CouldNotCheck,
            K::Replayed | K::TenantMismatch { .. } => ErrorClass::Refused,
            K::NewerSchema { .. }
            | K::ForeignDatabase { .. }
            | K::Migration { .. }
            | K::MayNotMigrate { .. }
            | K::EncryptionKey { .. }
            | K::UnknownEncryptionKey { .. }
            | K::NoEncryptionKey
            | K::PlainTextRefused { .. }
            | K::Invalid { .. }
            | K::CursorBeyondEnd { .. } => ErrorClass::Misuse,
        }
    }

    /// A failure of a store of your own: `doing` continues "the store could not …".
    ///
    /// ```
    /// use app_license_store::Error;
    /// let down = std::io::Error::other("connection refused");
    /// let error = Error::unavailable("read an installation", down);
    /// assert_eq!(error.code(), "store_unavailable");
    /// assert_eq!(error.to_string(), "the store could not read an installation");
    /// ```
    #[cold]
    pub fn unavailable(
        doing: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        ErrorKind::Unavailable {
            doing,
            source: source.into(),
        }
        .into()
    }

    /// Whether the value is as it was written, and the configured keys are not the ones it is for.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) const fn is_of_keys(&self) -> bool {
        matches!(
            *self.0,
            ErrorKind::UnknownEncryptionKey { .. } | ErrorKind::PlainTextRefused { .. }
        )
    }

    #[cold]
    pub(crate) fn corrupt(what: &'static str, reason: impl fmt::Display) -> Self {
        ErrorKind::Corrupt {
            what,
            reason: reason.to_string(),
        }
        .into()
    }

    #[cold]
    pub(crate) fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        ErrorKind::Invalid {
            what,
            reason: reason.into(),
        }
        .into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        StdError::source(self.0.as_ref())
    }
}

impl From<app_license::Error> for Error {
    /// A delivery that the core refused.
    #[cold]
    fn from(error: app_license::Error) -> Self {
        use app_license::ErrorKind as Core;
        match error.kind() {
            Core::Replayed => ErrorKind::Replayed.into(),
            Core::TenantMismatch {
                expected, found, ..
            } => ErrorKind::TenantMismatch {
                expected: expected.clone(),
                found: found.clone(),
            }
            .into(),
            _ => Self::invalid("delivery", error.to_string()),
        }
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

#[cfg(test)]
mod tests;
