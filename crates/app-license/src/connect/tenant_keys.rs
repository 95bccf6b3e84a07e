//! The keys of one installation.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, shown};
use crate::ids::ClientKey;
use crate::jwt::{Compact, HmacKey};

/// The keys of one installation: the current secret's, and for a while after a rotation the one
/// before. Looked up by the issuer of the token.
///
/// ```
/// use app_license::connect::TenantKeys;
/// use app_license::{ClientKey, HmacKey, SharedSecret};
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// let keys = TenantKeys::new(ClientKey::new("1a2b3c4d-0001")?, key);
/// assert_eq!(keys.client_key().as_str(), "1a2b3c4d-0001");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TenantKeys {
    client_key: Arc<ClientKey>,
    current: HmacKey,
    previous: Option<HmacKey>,
}

/// Which of an installation's secrets a token was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a secret is the current one or was"
)]
pub enum SignedWith {
    /// The current secret.
    Current,
    /// The one before, in its grace time.
    Previous,
}

impl TenantKeys {
    /// The key of an installation's current secret.
    #[must_use]
    pub fn new(client_key: ClientKey, current: HmacKey) -> Self {
        Self {
            client_key: Arc::new(client_key),
            current,
            previous: None,
        }
    }

    /// Accepts the previous secret as well. How long is the caller's rule: leave it out when the
    /// grace time is over.
    #[must_use]
    pub fn with_previous(mut self, previous: HmacKey) -> Self {
        self.previous = Some(previous);
        self
    }

    /// Whose keys they are.
    #[must_use]
    pub fn client_key(&self) -> &ClientKey {
        &self.client_key
    }

    /// The key of the current secret.
    #[must_use]
    pub const fn current(&self) -> &HmacKey {
        &self.current
    }

    pub(super) fn verify(&self, compact: &Compact<'_>) -> Result<SignedWith, Error> {
        let refused = match compact.verify_hs256(&self.current) {
            Ok(()) => return Ok(SignedWith::Current),
            Err(refused) => refused,
        };
        match &self.previous {
            Some(previous) if compact.verify_hs256(previous).is_ok() => Ok(SignedWith::Previous),
            _ => Err(refused),
        }
    }

    /// The record must be the named tenant's, byte for byte, whatever found it. Answers whose it is.
    pub(super) fn belong_to(&self, tenant: &ClientKey) -> Result<Arc<ClientKey>, Error> {
        if *self.client_key == *tenant {
            return Ok(Arc::clone(&self.client_key));
        }
        Err(ErrorKind::Issuer {
            expected: self.client_key.to_string(),
            found: shown(tenant.as_str()),
        }
        .into())
    }
}
