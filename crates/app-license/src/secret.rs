//! Secrets that cannot leak by accident.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// The shared secret of one Connect installation, as the `installed` event brings it.
///
/// Never printed, wiped when dropped, compared in constant time, never shorter than
/// [`SharedSecret::MIN_BYTES`].
///
/// ```
/// use app_license::SharedSecret;
/// let secret = SharedSecret::new("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(format!("{secret:?}"), "SharedSecret([redacted])");
/// assert_eq!(SharedSecret::new("").unwrap_err().code(), "weak_secret");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone)]
pub struct SharedSecret(Zeroizing<String>);

impl SharedSecret {
    /// The shortest secret that is stored or verified with, in bytes.
    pub const MIN_BYTES: usize = 16;
    /// The longest, in bytes; the platform's limit is 400.
    pub const MAX_BYTES: usize = 4096;

    /// Takes a secret.
    ///
    /// # Errors
    /// `weak_secret` when it is shorter than [`Self::MIN_BYTES`], `too_large` when longer than
    /// [`Self::MAX_BYTES`].
    pub fn new(secret: impl Into<String>) -> Result<Self, Error> {
        let secret = Zeroizing::new(secret.into());
        if secret.len() < Self::MIN_BYTES {
            return Err(ErrorKind::WeakSecret {
                bytes: secret.len(),
                minimum: Self::MIN_BYTES,
            }
            .into());
        }
        crate::error::at_most("shared secret", secret.len(), Self::MAX_BYTES)?;
        Ok(Self(secret))
    }

    /// The secret itself, for a key or an encrypted column.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SharedSecret {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), other.0.as_bytes()).into()
    }
}

impl Eq for SharedSecret {}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret([redacted])")
    }
}
