//! What can go wrong around the library: files, options, output.

use crate::exit::Exit;
use crate::input_error::InputError;

/// Why a command did not answer.
///
/// ```
/// use app_license_cli::{Exit, CliError};
/// let fault = CliError::Option("a capability must not be empty".to_owned());
/// assert_eq!((fault.code(), fault.exit()), ("option", Exit::Invalid));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// The library refused the input.
    #[error(transparent)]
    Library(#[from] app_license::Error),
    /// The input is not what it must be, or it cannot be told what it is.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file, or standard input, cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The path as given.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Write(#[from] std::io::Error),
    /// A file cannot be written.
    #[error("cannot write `{path}`: {source}")]
    WriteFile {
        /// The path as given.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// More input than any honest one.
    #[error("`{path}` holds more than {limit} bytes")]
    TooLarge {
        /// The path as given.
        path: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not the JSON that the library takes.
    #[error("not acceptable JSON: {0}")]
    Json(String),
    /// A file of vectors with an unknown shape, or without a case.
    #[error("{0}")]
    Vectors(String),
    /// The mock host platform refused a move, or could not be started.
    #[cfg(feature = "lab")]
    #[error(transparent)]
    Host(#[from] app_license_testkit::Error),
    /// Where the app keeps its installations.
    #[cfg(feature = "store")]
    #[error("the store failed: {}{}", app_license::error::with_causes(.0), key_advice(.0))]
    Store(#[from] app_license_store::Error),
    /// No runner of hooks has this name, as far as the store knows.
    #[cfg(feature = "store")]
    #[error("the store knows no consumer `{wanted}`: {}", known_consumers(.known))]
    UnknownConsumer {
        /// The name as given.
        wanted: String,
        /// Those that the store knows.
        known: Vec<String>,
    },
    /// Both sides cannot be compared, or the installations cannot be read.
    #[cfg(feature = "marketplace")]
    #[error(transparent)]
    Reconcile(#[from] app_license_marketplace::reconcile::ReadError),
    /// A report that cannot be read.
    #[cfg(feature = "marketplace")]
    #[error(transparent)]
    Report(#[from] app_license_marketplace::report::Error),
    /// A report that cannot be fetched.
    #[cfg(feature = "marketplace")]
    #[error(transparent)]
    ReportApi(#[from] app_license_marketplace::report::client::Error),
    /// The lab could not be set up, or could not go on.
    #[cfg(feature = "lab")]
    #[error(transparent)]
    Lab(#[from] app_license_lab::Error),
    /// The files of an app cannot be read or written.
    #[cfg(feature = "doctor")]
    #[error(transparent)]
    Doctor(#[from] app_license_doctor::Error),
    /// A file of the programs around editions.
    #[cfg(feature = "marketplace")]
    #[error(transparent)]
    Program(#[from] app_license_marketplace::InputError),
    /// One of several files of the programs around editions.
    #[cfg(feature = "marketplace")]
    #[error("`{path}`: {source}")]
    ProgramFile {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        source: app_license_marketplace::InputError,
    },
    /// The platform, or an app, did not answer as it must.
    #[error("{0}")]
    Network(String),
    /// An option, or what a file named by one holds, is not what it must be.
    #[error("{0}")]
    Option(String),
}

/// What the store knows in place of a consumer that it does not know.
#[cfg(feature = "store")]
fn known_consumers(known: &[String]) -> String {
    if known.is_empty() {
        return "no runner of hooks handled an event yet".to_owned();
    }
    format!("it has `{}`", known.join("`, `"))
}

/// Where a command is given the key that it lacks.
#[cfg(feature = "store")]
fn key_advice(error: &app_license_store::Error) -> &'static str {
    use app_license_store::ErrorKind;
    match error.kind() {
        ErrorKind::UnknownEncryptionKey { .. } | ErrorKind::NoEncryptionKey => {
            ": give it in `APP_LICENSE_KEYS`, or in the variable that `--keys-from` names"
        }
        _ => "",
    }
}

impl CliError {
    /// An error of a file that was given with others.
    #[cfg(feature = "marketplace")]
    pub(crate) fn in_file(
        path: &std::path::Path,
    ) -> impl FnOnce(app_license_marketplace::InputError) -> Self {
        let path = path.display().to_string();
        move |source| Self::ProgramFile { path, source }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Library(error) => error.code(),
            Self::Input(error) => error.code(),
            Self::Read { .. } => "read",
            Self::Write(_) | Self::WriteFile { .. } => "write",
            Self::TooLarge { .. } => "too_large",
            Self::Json(_) => "json",
            Self::Vectors(_) => "vectors",
            #[cfg(feature = "lab")]
            Self::Host(error) => error.code(),
            #[cfg(feature = "store")]
            Self::Store(error) => error.code(),
            #[cfg(feature = "store")]
            Self::UnknownConsumer { .. } => "unknown_consumer",
            #[cfg(feature = "marketplace")]
            Self::Reconcile(error) => error.code(),
            #[cfg(feature = "marketplace")]
            Self::Report(error) => error.code(),
            #[cfg(feature = "marketplace")]
            Self::ReportApi(error) => error.code(),
            #[cfg(feature = "lab")]
            Self::Lab(error) => error.code(),
            #[cfg(feature = "doctor")]
            Self::Doctor(error) => error.code(),
            #[cfg(feature = "marketplace")]
            Self::Program(error) => error.code(),
            #[cfg(feature = "marketplace")]
            Self::ProgramFile { source, .. } => source.code(),
            Self::Network(_) => "network",
            Self::Option(_) => "option",
        }
    }

    /// How the program ends with it.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            #[cfg(feature = "marketplace")]
            Self::ReportApi(_) => Exit::Error,
            Self::Read { .. } | Self::Write(_) | Self::WriteFile { .. } | Self::Network(_) => {
                Exit::Error
            }
            #[cfg(feature = "lab")]
            Self::Host(_) => Exit::Error,
            #[cfg(feature = "store")]
            Self::Store(_) => Exit::Error,
            #[cfg(feature = "store")]
            Self::UnknownConsumer { .. } => Exit::Denied,
            #[cfg(feature = "lab")]
            Self::Lab(
                app_license_lab::Error::Lab(_)
                | app_license_lab::Error::Host(_)
                | app_license_lab::Error::Store(_),
            ) => Exit::Error,
            #[cfg(feature = "marketplace")]
            Self::Reconcile(
                app_license_marketplace::reconcile::ReadError::Reconcile(_)
                | app_license_marketplace::reconcile::ReadError::NotInstallations { .. }
                | app_license_marketplace::reconcile::ReadError::NothingReadable(_),
            ) => Exit::Invalid,
            #[cfg(feature = "marketplace")]
            Self::Reconcile(_) => Exit::Error,
            #[cfg(feature = "doctor")]
            Self::Doctor(
                app_license_doctor::Error::Baseline { .. }
                | app_license_doctor::Error::Nothing { .. },
            ) => Exit::Invalid,
            #[cfg(feature = "doctor")]
            Self::Doctor(_) => Exit::Error,
            _ => Exit::Invalid,
        }
    }
}
