//! The token that a Forge remote calls the platform with.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;

/// An app system token: what a Forge remote finds in the header `x-forge-oauth-system` of a
/// verified request. Opaque, never printed, wiped when dropped.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```
/// use app_license_client::SystemToken;
/// let token = SystemToken::new("opaque-token-of-the-platform")?;
/// assert_eq!(format!("{token:?}"), "SystemToken([redacted])");
/// assert_eq!(SystemToken::new("two\nlines").unwrap_err().code(), "setting");
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Clone)]
pub struct SystemToken(Zeroizing<String>);

impl SystemToken {
    /// The longest token, in bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Takes a token.
    ///
    /// # Errors
    /// `setting` when it is empty, longer than [`Self::MAX_BYTES`], or not visible ASCII.
    pub fn new(token: impl Into<String>) -> Result<Self, Error> {
        let token = Zeroizing::new(token.into());
        let visible = token.bytes().all(|b| b.is_ascii_graphic());
        if token.is_empty() || token.len() > Self::MAX_BYTES || !visible {
            let reason = "it is not one line of visible text";
            return Err(Error::setting("system token", reason));
        }
        Ok(Self(token))
    }

    /// The `Authorization` header.
    pub(crate) fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.0.as_str()))
    }
}

impl fmt::Debug for SystemToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemToken([redacted])")
    }
}
