//! What can go wrong before anything is served.

/// Why an app could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The HTTP client or a key cache could not be made.
    #[error("the client cannot be made: {0}")]
    Client(#[from] app_license_client::Error),
    /// A base URL in `regionBaseUrls` of the descriptor is none.
    #[error("`regionBaseUrls` of the descriptor, region {region}: {source}")]
    RegionBaseUrl {
        /// The region, as the descriptor names it.
        region: String,
        /// What is wrong with its URL.
        source: Box<app_license::Error>,
    },
}

impl BuildError {
    pub(crate) fn region(region: &str, source: app_license::Error) -> Self {
        Self::RegionBaseUrl {
            region: region.to_owned(),
            source: Box::new(source),
        }
    }
}
