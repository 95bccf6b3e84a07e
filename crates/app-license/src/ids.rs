//! Identifiers: checked once, then carried as what they are.

use std::fmt;

use crate::error::{Error, ErrorKind, shown};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and takes an identifier. Compared byte for byte ever after.
            ///
            /// # Errors
            /// `invalid_id` when it is empty, too long, or holds a character that it may not.
            pub fn new(id: impl Into<String>) -> Result<Self, Error> {
                let id = id.into();
                let valid: fn(&str) -> bool = $valid;
                if id.is_empty() || id.len() > $max || !valid(&id) {
                    return Err(ErrorKind::InvalidId { what: $what, found: shown(&id) }.into());
                }
                Ok(Self(id))
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// The tenant id of a Connect installation: `clientKey` in lifecycle bodies, `iss` in tokens.
    ///
    /// ```
    /// use app_license::ClientKey;
    /// assert!(ClientKey::new("1a2b3c4d-0001-3000-8000-aaaaaaaaaaaa").is_ok());
    /// assert_eq!(ClientKey::new("").unwrap_err().code(), "invalid_id");
    /// ```
    ClientKey, "client key", 255, printable
}

id! {
    /// The key of a Connect app: `key` in its descriptor.
    ///
    /// ```
    /// use app_license::AppKey;
    /// assert_eq!(AppKey::new("com.example.app")?.as_str(), "com.example.app");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    AppKey, "app key", 255, printable
}

id! {
    /// A Forge installation ARI, `ari:cloud:ecosystem::installation/…`.
    ///
    /// ```
    /// use app_license::InstallationAri;
    /// assert!(InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1").is_ok());
    /// ```
    InstallationAri, "installation id", 255, printable
}

id! {
    /// The id of an Atlassian cloud site.
    ///
    /// ```
    /// use app_license::CloudId;
    /// assert!(CloudId::new("11111111-2222-4333-8444-555555555555").is_ok());
    /// ```
    CloudId, "cloud id", 128, printable
}

id! {
    /// The id of a Connect install key, safe as one path segment of a URL:
    /// letters, digits, `.`, `_`, `-`, at most 128, and not dots alone.
    ///
    /// ```
    /// use app_license::KeyId;
    /// assert!(KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236").is_ok());
    /// assert_eq!(KeyId::new("../evil").unwrap_err().code(), "invalid_id");
    /// ```
    KeyId, "key id", 128, |id| {
        id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
            && !id.bytes().all(|b| b == b'.')
    }
}

impl KeyId {
    /// What the ids of test keys begin with, of install keys and of Forge key sets alike. The
    /// platform has no such ids; mock hosts and tests have no others, and their private halves are
    /// known to everybody. Whoever fetches keys must not take one in production: the client crate
    /// refuses them with `test_key` before anything is asked.
    ///
    /// ```
    /// use app_license::KeyId;
    /// assert!(KeyId::new("test-1")?.is_for_tests());
    /// assert!(!KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236")?.is_for_tests());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    pub const TEST_PREFIX: &'static str = "test-";

    /// Whether it is the id of a test key.
    #[must_use]
    pub fn is_for_tests(&self) -> bool {
        self.as_str().starts_with(Self::TEST_PREFIX)
    }
}

/// The ARI of a Forge app, `ari:cloud:ecosystem::app/{uuid}`; a bare UUID gets the prefix.
///
/// It is taken in any case and kept in lower case, as the platform writes it: settings and answers
/// spell it as people do, while the audience of a token is compared with it byte for byte.
///
/// ```
/// use app_license::ForgeAppId;
/// let bare = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
/// assert_eq!(bare.as_str(), "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11");
/// assert_eq!(bare.uuid(), "8db33809-1f69-42a5-8e40-8b6e0b3f8d11");
/// let loud = ForgeAppId::new("ARI:cloud:ecosystem::app/8DB33809-1F69-42A5-8E40-8B6E0B3F8D11")?;
/// assert_eq!(loud, bare);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForgeAppId(String);

impl ForgeAppId {
    /// What every app ARI starts with.
    pub const PREFIX: &'static str = "ari:cloud:ecosystem::app/";

    /// Checks and takes an app id.
    ///
    /// # Errors
    /// `invalid_id` when what follows the prefix is not a plain identifier.
    pub fn new(id: &str) -> Result<Self, Error> {
        let lower = id.to_ascii_lowercase();
        let uuid = lower.strip_prefix(Self::PREFIX).unwrap_or(&lower);
        let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if uuid.is_empty() || uuid.len() > 128 || !uuid.bytes().all(valid) {
            return Err(ErrorKind::InvalidId {
                what: "Forge app id",
                found: shown(id),
            }
            .into());
        }
        Ok(Self(format!("{}{uuid}", Self::PREFIX)))
    }

    /// The whole ARI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the prefix, as the License API wants it.
    #[must_use]
    pub fn uuid(&self) -> &str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0)
    }
}

impl fmt::Display for ForgeAppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn printable(id: &str) -> bool {
    // nearly every id is plain ASCII: no need to decode it; all of it, which needs no branch a byte
    id.bytes().fold(true, |all, b| all & b.is_ascii_graphic())
        || !id.chars().any(|c| c.is_control() || c.is_whitespace())
}
