//! What can go wrong before anything is served.

/// Why an app could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The HTTP client or a key cache could not be made.
    #[error("the client cannot be made: {0}")]
    Client(#[from] app_license_client::Error),
}
