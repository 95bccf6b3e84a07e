//! A key that was fetched.

use std::sync::Arc;

use app_license::RsaPublicKey;

/// A key, and its text as the host served it.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) key: RsaPublicKey,
    pub(super) pem: Arc<str>,
}
