//! Secrets at rest: sealed with a key from the configuration, or in plain text where that is asked for.

use std::fmt;
use std::sync::Once;

use app_license::SharedSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// One key that secrets are sealed with: 32 random bytes.
///
/// Its id, which stands beside every value it sealed, is derived from the key itself, so a key
/// can never be configured under the wrong name.
///
/// ```
/// use app_license_store::EncryptionKey;
/// // made with: head -c 32 /dev/urandom | base64
/// let key = EncryptionKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// assert_eq!(key.id().len(), 16);
/// assert_eq!(format!("{key:?}"), format!("EncryptionKey({})", key.id()));
/// assert_eq!(EncryptionKey::from_base64("c2hvcnQ=").unwrap_err().code(), "encryption_key");
/// # Ok::<(), app_license_store::Error>(())
/// ```
#[derive(Clone)]
pub struct EncryptionKey {
    key: Zeroizing<[u8; 32]>,
    id: String,
}

impl EncryptionKey {
    /// Takes 32 bytes as a key.
    ///
    /// # Errors
    /// `encryption_key` when all bytes are the same, which no random key is.
    pub fn new(key: [u8; 32]) -> Result<Self, Error> {
        let key = Zeroizing::new(key);
        if key.iter().all(|b| Some(b) == key.first()) {
            let reason = "all its bytes are the same";
            return Err(ErrorKind::EncryptionKey { reason }.into());
        }
        let digest = Sha256::new()
            .chain_update(b"app-license-store key id\0")
            .chain_update(key.as_slice())
            .finalize();
        let id = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Ok(Self { key, id })
    }

    /// Reads a key from standard base64, as it stands in a configuration.
    ///
    /// # Errors
    /// `encryption_key` when it is not base64 of 32 bytes; see also [`EncryptionKey::new`].
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let invalid = |reason| Error::from(ErrorKind::EncryptionKey { reason });
        let bytes = STANDARD
            .decode(text.trim())
            .map(Zeroizing::new)
            .map_err(|_| invalid("it is not base64"))?;
        let key: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| invalid("it is not 32 bytes"))?;
        Self::new(key)
    }

    /// The key's id: 16 hexadecimal digits, no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.id)
    }
}

/// The key that seals, and those that still open what they sealed.
///
/// To rotate: configure the new key as current and the old one as previous, start, call
/// [`InstallationStore::reencrypt_all`](crate::InstallationStore::reencrypt_all), drop the old key.
/// Every write seals with the current key in any case.
///
/// Each value is sealed by XChaCha20-Poly1305 under a random nonce and bound to its tenant and its
/// column: moved to another row it does not open.
///
/// ```
/// use app_license_store::{EncryptionKey, EncryptionKeys};
/// let old = EncryptionKey::new(*b"an old key, thirty-two bytes ...")?;
/// let new = EncryptionKey::new(*b"a new key, also thirty-two bytes")?;
/// let keys = EncryptionKeys::new(new).with_previous(old);
/// # let _ = keys;
/// # Ok::<(), app_license_store::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EncryptionKeys {
    current: EncryptionKey,
    previous: Vec<EncryptionKey>,
    plain_text: bool,
}

impl EncryptionKeys {
    /// Seals with this key.
    #[must_use]
    pub const fn new(current: EncryptionKey) -> Self {
        Self {
            current,
            previous: Vec::new(),
            plain_text: true,
        }
    }

    /// Also opens what this key sealed.
    #[must_use]
    pub fn with_previous(mut self, key: EncryptionKey) -> Self {
        self.previous.push(key);
        self
    }

    /// Refuses secrets that stand in plain text.
    ///
    /// Without this they are read, so that encryption can be turned on for a store that has none;
    /// afterwards it keeps someone who can write to the database from planting a secret.
    #[must_use]
    pub const fn refuse_plain_text(mut self) -> Self {
        self.plain_text = false;
        self
    }

    fn find(&self, id: &str) -> Option<&EncryptionKey> {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|k| k.id == id)
    }
}

/// Which secret of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Secret,
    PreviousSecret,
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::PreviousSecret => "previous secret",
        }
    }
}

/// A secret as it stands in the database.
#[derive(Clone)]
pub(crate) struct Sealed {
    /// The key's id; none for plain text.
    pub(crate) key_id: Option<String>,
    /// Nonce and ciphertext, or the secret itself.
    pub(crate) bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({:?})", self.key_id)
    }
}

/// Seals and opens.
#[derive(Debug, Clone)]
pub(crate) struct Sealer(Option<EncryptionKeys>);

const NONCE: usize = 24;

impl Sealer {
    /// Without keys, plain text must have been asked for; that is warned of once a process.
    pub(crate) fn new(keys: Option<EncryptionKeys>, plain_text: bool) -> Result<Self, Error> {
        static WARN: Once = Once::new();
        if keys.is_none() {
            if !plain_text {
                return Err(ErrorKind::NoEncryptionKey.into());
            }
            WARN.call_once(|| {
                tracing::warn!(
                    "no encryption key is configured: shared secrets are stored in plain text"
                );
            });
        }
        Ok(Self(keys))
    }

    pub(crate) const fn is_sealing(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a stored value is as it would be written now.
    pub(crate) fn is_current(&self, sealed: &Sealed) -> bool {
        self.0.as_ref().map(|k| k.current.id.as_str()) == sealed.key_id.as_deref()
    }

    pub(crate) fn seal(
        &self,
        tenant: &str,
        column: Column,
        secret: &SharedSecret,
    ) -> Result<Sealed, Error> {
        let secret = secret.expose().as_bytes();
        let Some(keys) = &self.0 else {
            return Ok(Sealed {
                key_id: None,
                bytes: secret.to_vec(),
            });
        };
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|e| Error::unavailable("draw random bytes", e.to_string()))?;
        let aad = bound_to(tenant, column);
        let payload = Payload {
            msg: secret,
            aad: &aad,
        };
        let sealed = keys
            .current
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::unavailable("seal a secret", "the cipher failed"))?;
        Ok(Sealed {
            key_id: Some(keys.current.id.clone()),
            bytes: [nonce.as_slice(), sealed.as_slice()].concat(),
        })
    }

    pub(crate) fn open(
        &self,
        tenant: &str,
        column: Column,
        sealed: &Sealed,
    ) -> Result<SharedSecret, Error> {
        let name = column.name();
        let Some(key_id) = &sealed.key_id else {
            if self.0.as_ref().is_some_and(|k| !k.plain_text) {
                return Err(ErrorKind::PlainTextRefused { column: name }.into());
            }
            return secret(name, &sealed.bytes);
        };
        let Some(key) = self.0.as_ref().and_then(|k| k.find(key_id)) else {
            return Err(ErrorKind::UnknownEncryptionKey {
                column: name,
                key_id: key_id.clone(),
            }
            .into());
        };
        let opened = sealed
            .bytes
            .split_first_chunk::<NONCE>()
            .and_then(|(nonce, msg)| {
                let aad = bound_to(tenant, column);
                let payload = Payload { msg, aad: &aad };
                key.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
            })
            .map(Zeroizing::new);
        match opened {
            Some(plain) => secret(name, &plain),
            None => Err(ErrorKind::DoesNotOpen {
                column: name,
                key_id: key_id.clone(),
            }
            .into()),
        }
    }
}

fn secret(name: &'static str, bytes: &[u8]) -> Result<SharedSecret, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::corrupt(name, "not UTF-8"))?;
    SharedSecret::new(text).map_err(|e| Error::corrupt(name, e))
}

/// What a sealed value is bound to. No part can hold a NUL, so no two pairs give one string.
fn bound_to(tenant: &str, column: Column) -> Vec<u8> {
    let parts = ["app-license-store/1", column.name(), tenant];
    parts.join("\0").into_bytes()
}

#[cfg(test)]
mod tests;
