//! Hashes that name a token or a body without showing it.

use std::fmt;

use crate::jwt::sha256;

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident, $of:ty, $bytes:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The SHA-256 of it.
            #[must_use]
            pub fn of(whole: &$of) -> Self {
                let bytes: fn(&$of) -> &[u8] = $bytes;
                Self(sha256(bytes(whole)))
            }

            /// A hash as it was stored.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// A hash as it was stored, as hexadecimal digits; `None` for any other text.
            #[must_use]
            pub fn from_hex(digits: &str) -> Option<Self> {
                from_hex(digits).map(Self)
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            /// 64 hexadecimal digits, in lower case.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;

            /// A hash as it was stored: 32 bytes.
            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self)
            }
        }
    };
}

hash! {
    /// Names one token without showing it: the SHA-256 of its text, without its scheme.
    ///
    /// ```
    /// use app_license::delivery::TokenHash;
    /// let hash = TokenHash::of("eyJ0…");
    /// assert_eq!(TokenHash::from_hex(&hash.to_string()), Some(hash));
    /// assert_eq!(TokenHash::try_from(hash.as_bytes().as_slice()).ok(), Some(hash));
    /// ```
    TokenHash, str, str::as_bytes
}

hash! {
    /// Names one body without keeping it: the SHA-256 of its bytes as they came.
    ///
    /// ```
    /// use app_license::delivery::BodyHash;
    /// let hash = BodyHash::of(b"{}");
    /// assert!(hash.to_string().starts_with("44136fa355b3678a"));
    /// assert_eq!(BodyHash::from_hex("44136fa355b3678a"), None);
    /// ```
    BodyHash, [u8], |bytes| bytes
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |of: &u8| char::from(*of).to_digit(16);
        *byte = u8::try_from((digit(high)? << 4) | digit(low)?).ok()?;
    }
    Some(bytes)
}
