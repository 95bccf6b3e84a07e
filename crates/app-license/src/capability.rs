//! Capability sets as owned values; the ranking is the gate's.

use std::borrow::Cow;
use std::fmt;

use crate::gate::capability::{Edition, RequiredCapability, same};

/// A capability set: the platform's string for the edition a customer bought. Open-ended.
///
/// Unknown strings survive and print unchanged; comparing ignores ASCII case and `_`.
///
/// ```
/// use app_license::{Capability, Edition};
/// assert_eq!(Capability::new("CAPABILITY_ADVANCED"), Capability::ADVANCED);
/// assert_eq!(Capability::new("CAPABILITY_ADVANCED").to_string(), "CAPABILITY_ADVANCED");
/// assert_eq!(Capability::new("capabilityUltra").edition(), None);
/// ```
#[derive(Debug, Clone)]
pub struct Capability {
    text: Cow<'static, str>,
    edition: Option<Edition>,
}

impl Capability {
    /// `capabilityStandard`
    pub const STANDARD: Self = Self::of(Edition::Standard);
    /// `capabilityAdvanced`
    pub const ADVANCED: Self = Self::of(Edition::Advanced);

    const fn of(edition: Edition) -> Self {
        Self {
            text: Cow::Borrowed(edition.capability_set()),
            edition: Some(edition),
        }
    }

    /// Takes any capability string.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let edition = Edition::of(&text);
        match edition {
            // the usual spellings need no allocation to keep
            Some(e) if e.capability_set() == text => Self::of(e),
            _ => Self {
                text: Cow::Owned(text),
                edition,
            },
        }
    }

    /// Like [`Capability::new`], without a copy of the usual spellings.
    pub(crate) fn stated(text: &str) -> Self {
        match Edition::of(text) {
            Some(edition) if edition.capability_set() == text => Self::of(edition),
            edition => Self {
                text: Cow::Owned(text.to_owned()),
                edition,
            },
        }
    }

    /// Reads what a caller asks for: the name of an edition (`advanced`, in any case) or a capability
    /// string. `None` for what is neither the one nor of the form of the other, which no license ever
    /// states.
    ///
    /// Never for what a license states: there, `advanced` is an unknown string.
    ///
    /// ```
    /// use app_license::Capability;
    /// assert_eq!(Capability::needed("advanced"), Some(Capability::ADVANCED));
    /// assert_eq!(Capability::needed("CAPABILITY_ADVANCED"), Some(Capability::ADVANCED));
    /// // one that the platform may have by then
    /// assert_eq!(Capability::needed("capabilityUltra").unwrap().edition(), None);
    /// assert_eq!(Capability::needed("advancd"), None);
    /// ```
    #[must_use]
    pub fn needed(text: &str) -> Option<Self> {
        let name = text.to_ascii_lowercase();
        if let Some(edition) = Edition::from_name(&name) {
            return Some(Self::of(edition));
        }
        let is_one = name.replace('_', "").starts_with("capability");
        is_one.then(|| Self::new(text))
    }

    /// The string, as the platform wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The edition it stands for, or `None` for an unknown string.
    #[must_use]
    pub const fn edition(&self) -> Option<Edition> {
        self.edition
    }
}

impl From<Edition> for Capability {
    fn from(edition: Edition) -> Self {
        Self::of(edition)
    }
}

impl From<&str> for Capability {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<'a> From<&'a Capability> for RequiredCapability<'a> {
    fn from(capability: &'a Capability) -> Self {
        match capability.edition {
            Some(edition) => edition.into(),
            None => capability.as_str().into(),
        }
    }
}

impl PartialEq for Capability {
    fn eq(&self, other: &Self) -> bool {
        match (self.edition, other.edition) {
            (None, None) => same(&self.text, &other.text),
            (a, b) => a == b,
        }
    }
}

impl Eq for Capability {}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl serde::Serialize for Capability {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Capability {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
