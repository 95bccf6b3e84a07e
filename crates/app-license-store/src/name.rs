//! Names that the app gives: of a lease, its holder, a cursor.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::error::Error;

/// A name that the app gives: of a lease, its holder, or a cursor.
///
/// One to 200 bytes, no white space and no control characters.
///
/// ```
/// use app_license_store::Name;
/// assert_eq!(Name::new("hooks/billing")?.as_str(), "hooks/billing");
/// assert_eq!(Name::new("").unwrap_err().code(), "invalid");
/// # Ok::<(), app_license_store::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Checks and takes a name.
    ///
    /// # Errors
    /// `invalid` when it is empty, too long, or holds white space or a control character.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let reason = if name.is_empty() {
            "it is empty"
        } else if name.len() > Self::MAX_BYTES {
            "it is longer than 200 bytes"
        } else if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            "it holds white space or a control character"
        } else {
            return Ok(Self(name));
        };
        Err(Error::invalid("name", reason))
    }

    /// The name of a thing with an identifier of the platform: `kind/id`; where that is no name, a
    /// hash of the identifier stands for it. A kind with white space makes names that [`Name::new`]
    /// refuses, so that they are nobody else's.
    ///
    /// ```
    /// use app_license_store::Name;
    /// assert_eq!(Name::of("forge-license", "7ab5a4a1").as_str(), "forge-license/7ab5a4a1");
    /// let long = Name::of("forge-license", &"x".repeat(255));
    /// assert!(long.as_str().starts_with("forge-license/sha256:"));
    /// assert_ne!(long, Name::of("forge-license", &"x".repeat(254)));
    /// assert!(Name::new(Name::of(" own", "mail").as_str()).is_err());
    /// ```
    #[must_use]
    pub fn of(kind: &'static str, id: &str) -> Self {
        Self::new(format!("{kind}/{id}")).unwrap_or_else(|_| {
            let hash = Sha256::digest(id.as_bytes());
            let hex = hash
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            Self(format!("{kind}/sha256:{hex}"))
        })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
