//! Keys that verify, kept parsed so that a request pays for its signature alone.

use std::fmt;
use std::sync::Arc;

use super::backend::{Hmac, Rsa};
use super::pem::{self, malformed};
use crate::error::{Error, ErrorKind};
use crate::secret::SharedSecret;

/// The key of one installation's HS256 tokens, made from its [`SharedSecret`] once.
///
/// ```
/// use app_license::{HmacKey, SharedSecret};
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// assert_eq!(format!("{key:?}"), "HmacKey([redacted])");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone)]
pub struct HmacKey(Hmac);

impl HmacKey {
    /// The key for a secret, which is never empty or short: see [`SharedSecret::MIN_BYTES`].
    #[must_use]
    pub fn new(secret: &SharedSecret) -> Self {
        Self(Hmac::new(secret.expose().as_bytes()))
    }

    /// Whether the MAC is that of the message, in constant time.
    pub(crate) fn verify(&self, message: &[u8], mac: &[u8]) -> bool {
        self.0.verify(message, mac)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message)
    }
}

impl From<&SharedSecret> for HmacKey {
    fn from(secret: &SharedSecret) -> Self {
        Self::new(secret)
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([redacted])")
    }
}

/// A public key of the platform's RS256 tokens: 2048 to 8192 bits. Cheap to clone.
///
/// ```
/// use app_license::RsaPublicKey;
/// let error = RsaPublicKey::from_pem("<html>not found</html>").unwrap_err();
/// assert_eq!(error.code(), "key_malformed");
/// ```
#[derive(Clone)]
pub struct RsaPublicKey {
    key: Arc<Rsa>,
    bits: usize,
}

impl RsaPublicKey {
    /// The shortest modulus that is taken, in bits.
    pub const MIN_BITS: usize = 2048;
    /// The longest, in bits.
    pub const MAX_BITS: usize = 8192;

    /// Reads a key as the platform's key server answers it: one PEM block, `PUBLIC KEY`.
    ///
    /// # Errors
    /// `key_malformed` when it is anything else, `weak_key` under [`Self::MIN_BITS`].
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let (n, e) = pem::public_components(pem)?;
        Self::from_components(&n, &e)
    }

    /// From modulus and exponent, big-endian.
    pub(crate) fn from_components(n: &[u8], e: &[u8]) -> Result<Self, Error> {
        let (n, e) = (trimmed(n), trimmed(e));
        let unused = n.first().map_or(0, |b| b.leading_zeros() as usize);
        let bits = n.len().saturating_mul(8).saturating_sub(unused);
        if bits < Self::MIN_BITS {
            return Err(ErrorKind::WeakKey {
                bits,
                minimum: Self::MIN_BITS,
            }
            .into());
        }
        if bits > Self::MAX_BITS {
            return Err(malformed("its modulus is longer than 8192 bits"));
        }
        let odd = |bytes: &[u8]| bytes.last().is_some_and(|b| b & 1 == 1);
        if !odd(n) || !odd(e) || matches!(e, [0..=2]) || e.len() > 4 {
            return Err(malformed("its modulus or exponent cannot be an RSA key's"));
        }
        let key = Rsa::new(n, e).ok_or_else(|| malformed("it is not an RSA key"))?;
        Ok(Self {
            key: Arc::new(key),
            bits,
        })
    }

    /// The length of its modulus, in bits.
    #[must_use]
    pub const fn bits(&self) -> usize {
        self.bits
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, signature)
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits)", self.bits)
    }
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    number.get(zeros..).unwrap_or_default()
}
