//! The one error of this crate.

use std::fmt;

/// Why the mock host could not do what it was asked.
///
/// ```
/// use app_license_testkit::{App, MockHost};
/// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
/// let error = acme.page("/panel").unwrap_err();
/// assert_eq!(error.code(), "not_installed");
/// assert_eq!(error.to_string(), "`com.example.app` was never installed on `acme`");
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What went wrong. New kinds may come; match with a last arm `_`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A move that the license or the installation does not allow in its present state.
    #[error("cannot {what}: {why}")]
    Move {
        /// The move.
        what: &'static str,
        /// What stands against it.
        why: &'static str,
    },
    /// The app was never installed on the site, so that there is no secret to sign with.
    #[error("`{app}` was never installed on `{site}`")]
    NotInstalled {
        /// The app.
        app: String,
        /// The site.
        site: String,
    },
    /// The app lacks the half that was asked for.
    #[error("`{app}` is no {half} app")]
    WrongHalf {
        /// The app.
        app: String,
        /// `Connect` or `Forge`.
        half: &'static str,
    },
    /// No site or app of that name.
    #[error("no {what} `{found}`")]
    Unknown {
        /// `site` or `app`.
        what: &'static str,
        /// The name.
        found: String,
    },
    /// A name that cannot be part of a URL.
    #[error("`{found}` is not a valid {what}")]
    Invalid {
        /// What it should name.
        what: &'static str,
        /// What was given.
        found: String,
    },
    /// A socket could not be opened, or the app could not be reached.
    #[error("{what} failed: {why}")]
    Network {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        why: String,
    },
    /// An RSA key could not be made or read.
    #[error("the RSA key could not be made")]
    Key,
    /// A stored state that this version cannot read.
    #[error("the snapshot cannot be read: {0}")]
    Snapshot(String),
    /// An identifier that the core refuses.
    #[error(transparent)]
    Core(#[from] app_license::Error),
}

impl Error {
    /// What happened, with what was expected and found.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &*self.0 {
            ErrorKind::Move { .. } => "move",
            ErrorKind::NotInstalled { .. } => "not_installed",
            ErrorKind::WrongHalf { .. } => "wrong_half",
            ErrorKind::Unknown { .. } => "unknown",
            ErrorKind::Invalid { .. } => "invalid",
            ErrorKind::Network { .. } => "network",
            ErrorKind::Key => "key",
            ErrorKind::Snapshot(_) => "snapshot",
            ErrorKind::Core(error) => error.code(),
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl From<app_license::Error> for Error {
    fn from(error: app_license::Error) -> Self {
        ErrorKind::Core(error).into()
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
