//! What can go wrong around the lab.

/// Why the lab could not be started or could not go on.
///
/// ```
/// use app_license_lab::Error;
/// assert_eq!(Error::Option("no service `x`".to_owned()).code(), "option");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library refused an input: a feature map, an app key, a key.
    #[error(transparent)]
    Library(#[from] app_license::Error),
    /// The mock host platform refused an action, or could not be started.
    #[error(transparent)]
    Host(#[from] app_license_testkit::Error),
    /// Where the demo app keeps its installations.
    #[error("the store failed: {0}")]
    Store(#[from] app_license_store::Error),
    /// The lab could not be set up, or its files could not be read or written.
    #[error("{0}")]
    Lab(String),
    /// A scenario that cannot be read.
    #[error("{0}")]
    Scenario(String),
    /// A function of the vendor's Forge app failed; the message is its own.
    #[error("{0}")]
    Function(String),
    /// An option or a request of the console is not what it must be.
    #[error("{0}")]
    Option(String),
    /// What was pasted cannot be explained; the code is the explainer's.
    #[error("{message}")]
    Explain {
        /// The stable code.
        code: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    /// The stable code.
    ///
    /// ```
    /// use app_license_lab::Error;
    /// assert_eq!(Error::Scenario("no steps".to_owned()).code(), "scenario");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Library(error) => error.code(),
            Self::Host(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Lab(_) => "lab",
            Self::Scenario(_) => "scenario",
            Self::Function(_) => "function",
            Self::Option(_) => "option",
            Self::Explain { code, .. } => code,
        }
    }
}
