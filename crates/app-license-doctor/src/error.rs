//! Why a folder could not be checked.

/// Why a folder, a baseline or a file could not be read or written.
///
/// ```
/// use app_license_doctor::Project;
/// let error = Project::read("/no/such/folder".as_ref()).unwrap_err();
/// assert_eq!(error.code(), "doctor_read");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("`{path}` cannot be written: {source}")]
    Write {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The folder cannot be walked.
    #[error("the folder cannot be walked: {source}")]
    Walk {
        /// Why.
        source: ignore::Error,
    },
    /// The sources cannot be read.
    #[error("the sources cannot be read: {source}")]
    Source {
        /// Why.
        source: app_license_source::Error,
    },
    /// Nothing in the folder is of an app.
    #[error(
        "nothing to check in `{path}`: no atlassian-connect.json, manifest.yml with an app, package.json, \
         Cargo.toml, editions.toml or source file; is it the folder of the app?"
    )]
    Nothing {
        /// Which folder.
        path: String,
    },
    /// A baseline file is no baseline.
    #[error("the baseline `{path}` cannot be read: {reason}")]
    Baseline {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "doctor_read",
            Self::Write { .. } => "doctor_write",
            Self::Walk { .. } => "doctor_walk",
            Self::Source { .. } => "doctor_source",
            Self::Nothing { .. } => "doctor_nothing",
            Self::Baseline { .. } => "doctor_baseline",
        }
    }
}
