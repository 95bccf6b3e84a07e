//! RSA keys whose ids begin with `test-`.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::bytes::{base64, base64url, from_base64};
use crate::error::{Error, ErrorKind};

/// An RSA key of 2048 bits that signs as the platform does. Never use one outside tests: two of
/// them ship with this crate, private half and all.
///
/// ```
/// use app_license_testkit::SigningKey;
/// let key = SigningKey::shipped_first()?;
/// assert_eq!(key.id(), "test-1");
/// assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
/// assert_eq!(key.public_jwk()["alg"], "RS256");
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    pair: Arc<RsaKeyPair>,
}

impl SigningKey {
    /// The first shipped key, `test-1`.
    ///
    /// # Errors
    /// `key` when the cryptography library refuses it.
    pub fn shipped_first() -> Result<Self, Error> {
        Self::from_pem("test-1", include_str!("../keys/test-1.pem"))
    }

    /// The second shipped key, `test-2`.
    ///
    /// # Errors
    /// `key` when the cryptography library refuses it.
    pub fn shipped_second() -> Result<Self, Error> {
        Self::from_pem("test-2", include_str!("../keys/test-2.pem"))
    }

    /// Makes a new key of 2048 bits. Takes some tens of milliseconds.
    ///
    /// ```
    /// use app_license_testkit::SigningKey;
    /// let key = SigningKey::generate("test-mine")?;
    /// assert_ne!(key.public_pem(), SigningKey::shipped_first()?.public_pem());
    /// assert_eq!(SigningKey::generate("mine").unwrap_err().code(), "invalid");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid` when the id does not begin with `test-`, is longer than 64 bytes, or has anything
    /// but letters, digits, `-` and `_`; `key` when no key could be made.
    pub fn generate(id: &str) -> Result<Self, Error> {
        Self::checked(
            id,
            RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| ErrorKind::Key)?,
        )
    }

    /// Reads a private key, PKCS#8 in PEM.
    ///
    /// # Errors
    /// `invalid` when the id is none of a test key, as for [`SigningKey::generate`], `key` when it
    /// is no RSA key.
    pub fn from_pem(id: &str, pem: &str) -> Result<Self, Error> {
        let body: String = pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = from_base64(&body).ok_or(ErrorKind::Key)?;
        Self::checked(
            id,
            RsaKeyPair::from_pkcs8(&der).map_err(|_| ErrorKind::Key)?,
        )
    }

    fn checked(id: &str, pair: RsaKeyPair) -> Result<Self, Error> {
        // an id may become the name of a file, and a part of a URL
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !id.starts_with("test-") || id.len() > 64 || !id.bytes().all(plain) {
            return Err(ErrorKind::Invalid {
                what: "id of a test key",
                found: id.to_owned(),
            }
            .into());
        }
        Ok(Self {
            id: id.to_owned(),
            pair: Arc::new(pair),
        })
    }

    /// The same key under another id.
    pub(crate) fn renamed(&self, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            pair: Arc::clone(&self.pair),
        }
    }

    /// Its id: `kid` in the header of the tokens it signs.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, as the install-key host serves it.
    #[must_use]
    pub fn public_pem(&self) -> String {
        let der: Result<PublicKeyX509Der<'_>, _> = self.pair.public_key().as_der();
        der.map_or_else(|_| String::new(), |der| pem("PUBLIC KEY", der.as_ref()))
    }

    /// The public half, as a JWKS holds it.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let (n, e) = modulus_and_exponent(self.pair.public_key().as_ref()).unwrap_or((&[], &[]));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id,
            "n": base64url(n), "e": base64url(e)})
    }

    /// The private half, PKCS#8 in PEM, for a stored state.
    pub(crate) fn private_pem(&self) -> String {
        let der: Result<Pkcs8V1Der<'_>, _> = self.pair.as_der();
        der.map_or_else(|_| String::new(), |der| pem("PRIVATE KEY", der.as_ref()))
    }

    /// RS256 over the bytes; empty when the library fails, which no verifier takes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        match self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            bytes,
            &mut signature,
        ) {
            Ok(()) => signature,
            Err(_) => Vec::new(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (at, character) in base64(der).chars().enumerate() {
        if at > 0 && at.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// The two integers of a PKCS#1 `RSAPublicKey`, without leading zeros.
fn modulus_and_exponent(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = element(0x30, der)?;
    let (modulus, rest) = element(0x02, sequence)?;
    let (exponent, _) = element(0x02, rest)?;
    Some((unsigned(modulus), unsigned(exponent)))
}

/// The content of the first DER element, which must have the tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let digits = usize::from(first & 0x7f);
        let (head, tail) = rest.split_at_checked(digits)?;
        length = head.iter().fold(0_usize, |sum, &byte| {
            sum.saturating_mul(256).saturating_add(usize::from(byte))
        });
        rest = tail;
    }
    (found == tag).then(|| rest.split_at_checked(length))?
}

fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}
