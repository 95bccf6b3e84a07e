//! An app outside the lab.

/// An app that somebody else runs.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever starts the lab")]
pub struct ExternalApp {
    /// Its base URL.
    pub base_url: String,
    /// The key of its Connect half.
    pub key: String,
    /// The id of its Forge half, a UUID.
    pub forge_id: String,
}
