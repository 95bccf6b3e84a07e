//! Capability sets, the editions they stand for, and which includes which.
//!
//! A capability set is the platform's string for the edition a customer bought. Two are known,
//! `capabilityStandard` and `capabilityAdvanced`; a third edition, Free, exists in Forge display
//! conditions. Strings compare without ASCII case and `_`, since `CAPABILITY_ADVANCED` and
//! `capabilityadvanced` are seen in the wild.
//!
//! Platform page: <https://developer.atlassian.com/platform/marketplace/app-editions-overview/>

use core::fmt;

use crate::gate::json::Str;
use crate::gate::work;

/// The ranked reading of a capability set: Free < Standard < Advanced.
///
/// ```
/// use app_license::edition::Edition;
/// assert!(Edition::Advanced > Edition::Standard);
/// assert_eq!(Edition::of("CAPABILITY_ADVANCED"), Some(Edition::Advanced));
/// assert_eq!(Edition::of("capabilityPremium"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// Below Standard; so far only a Forge `appEdition` value.
    Free,
    /// What an active license without a capability set counts as.
    Standard,
    /// Includes everything Standard includes.
    Advanced,
}

impl Edition {
    /// Every edition, lowest first.
    ///
    /// ```
    /// # use app_license::edition::Edition;
    /// assert_eq!(Edition::ALL.len(), 3);
    /// ```
    pub const ALL: [Self; 3] = [Self::Free, Self::Standard, Self::Advanced];

    /// The edition a capability string stands for, or `None` for an unknown string.
    ///
    /// ```
    /// # use app_license::edition::Edition;
    /// assert_eq!(Edition::of("capabilitystandard"), Some(Edition::Standard));
    /// assert_eq!(Edition::of("advanced"), None);
    /// ```
    #[must_use]
    pub fn of(capability: &str) -> Option<Self> {
        // The platform's own spelling first: a plain comparison.
        match capability {
            "capabilityAdvanced" => Some(Self::Advanced),
            "capabilityStandard" => Some(Self::Standard),
            _ => {
                let mut chars = capability.chars();
                Self::of_chars(&mut || chars.next())
            }
        }
    }

    pub(crate) fn of_chars(chars: Chars<'_>) -> Option<Self> {
        const LONGEST: usize = Edition::Standard.capability_set().len();
        let mut folded = [0_u8; LONGEST];
        let mut len = 0_usize;
        while let Some(c) = next_folded(chars) {
            *folded.get_mut(len)? = u8::try_from(c).ok()?;
            len = len.wrapping_add(1);
        }
        let edition = match folded.get(..len)?.strip_prefix(b"capability")? {
            b"free" => Self::Free,
            b"standard" => Self::Standard,
            b"advanced" => Self::Advanced,
            _ => return None,
        };
        Some(edition)
    }

    /// The platform's spelling of this edition's capability set.
    ///
    /// ```
    /// # use app_license::edition::Edition;
    /// assert_eq!(Edition::Advanced.capability_set(), "capabilityAdvanced");
    /// ```
    #[must_use]
    pub const fn capability_set(self) -> &'static str {
        match self {
            Self::Free => "capabilityFree",
            Self::Standard => "capabilityStandard",
            Self::Advanced => "capabilityAdvanced",
        }
    }

    /// The edition's name as Forge display conditions and `editions.toml` spell it.
    ///
    /// ```
    /// # use app_license::edition::Edition;
    /// assert_eq!(Edition::Standard.name(), "standard");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Standard => "standard",
            Self::Advanced => "advanced",
        }
    }

    /// The edition with this name (`free`, `standard`, `advanced`), compared exactly.
    ///
    /// ```
    /// # use app_license::edition::Edition;
    /// assert_eq!(Edition::from_name("advanced"), Some(Edition::Advanced));
    /// assert_eq!(Edition::from_name("Advanced"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether two capability strings are the same without ASCII case and `_`.
///
/// ```
/// use app_license::edition::same;
/// assert!(same("CAPABILITY_PREMIUM", "capabilityPremium"));
/// assert!(!same("capabilityPremium", "capabilityPremiumPlus"));
/// ```
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.chars(), b.chars());
    same_chars(&mut || a.next(), &mut || b.next())
}

/// Where characters come from, one a call. Not a trait object of `Iterator`: that one drags in
/// every method of it.
pub(crate) type Chars<'a> = &'a mut dyn FnMut() -> Option<char>;

/// Both are walked in step, so that nothing need be kept.
pub(crate) fn same_chars(a: Chars<'_>, b: Chars<'_>) -> bool {
    loop {
        match (next_folded(a), next_folded(b)) {
            (None, None) => return true,
            (x, y) if x != y => return false,
            _ => {}
        }
    }
}

/// The next character that is no `_`, in lower case if it is ASCII.
fn next_folded(chars: Chars<'_>) -> Option<char> {
    loop {
        work::count(1);
        match chars()? {
            '_' => {}
            c => return Some(c.to_ascii_lowercase()),
        }
    }
}

/// The capability a caller asks for, its edition looked up once.
///
/// ```
/// use app_license::edition::{Edition, RequiredCapability};
/// assert_eq!(RequiredCapability::from("capabilityAdvanced").edition(), Some(Edition::Advanced));
/// assert_eq!(RequiredCapability::from(Edition::Standard), RequiredCapability::STANDARD);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredCapability<'a> {
    text: &'a str,
    edition: Option<Edition>,
}

impl<'a> RequiredCapability<'a> {
    /// `capabilityStandard`.
    pub const STANDARD: RequiredCapability<'static> =
        RequiredCapability::edition_const(Edition::Standard);
    /// `capabilityAdvanced`.
    pub const ADVANCED: RequiredCapability<'static> =
        RequiredCapability::edition_const(Edition::Advanced);

    const fn edition_const(edition: Edition) -> RequiredCapability<'static> {
        RequiredCapability {
            text: edition.capability_set(),
            edition: Some(edition),
        }
    }

    /// The capability as the caller wrote it.
    ///
    /// ```
    /// # use app_license::edition::RequiredCapability;
    /// assert_eq!(RequiredCapability::from("CAPABILITY_ADVANCED").text(), "CAPABILITY_ADVANCED");
    /// ```
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Its edition, or `None` for a string without a rank.
    ///
    /// ```
    /// # use app_license::edition::RequiredCapability;
    /// assert_eq!(RequiredCapability::from("capabilityUltra").edition(), None);
    /// ```
    #[must_use]
    pub const fn edition(&self) -> Option<Edition> {
        self.edition
    }
}

impl<'a> From<&'a str> for RequiredCapability<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self {
            text,
            edition: Edition::of(text),
        }
    }
}

impl From<Edition> for RequiredCapability<'_> {
    #[inline]
    fn from(edition: Edition) -> Self {
        Self {
            text: edition.capability_set(),
            edition: Some(edition),
        }
    }
}

/// What a license grants: nothing, an edition, or only a capability without a rank.
///
/// ```
/// use app_license::edition::{Edition, Grants, RequiredCapability};
/// assert!(Grants::Edition(Edition::Advanced).includes(RequiredCapability::STANDARD));
/// assert!(!Grants::Nothing.includes(RequiredCapability::STANDARD));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grants<'a> {
    /// The license is inactive or absent.
    Nothing,
    /// An active license of this edition.
    Edition(Edition),
    /// An active license whose capability string has no rank: it includes only itself.
    Only(Str<'a>),
}

impl<'a> Grants<'a> {
    /// What an **active** license with this capability set grants.
    ///
    /// No capability set counts as Standard: the platform leaves it out until a customer changes
    /// edition.
    ///
    /// ```
    /// # use app_license::edition::{Edition, Grants};
    /// assert_eq!(Grants::of_active(None), Grants::Edition(Edition::Standard));
    /// ```
    #[must_use]
    pub fn of_active(capability_set: Option<Str<'a>>) -> Self {
        let Some(text) = capability_set else {
            return Self::Edition(Edition::Standard);
        };
        let edition = match text.plain() {
            Some(plain) => Edition::of(plain),
            None => {
                let mut chars = text.chars();
                Edition::of_chars(&mut || chars.next())
            }
        };
        edition.map_or(Self::Only(text), Self::Edition)
    }

    /// Whether the capability asked for is included.
    ///
    /// ```
    /// # use app_license::edition::{Edition, Grants, RequiredCapability};
    /// let premium = Grants::of_active(Some("capabilityPremium".into()));
    /// assert!(premium.includes("capability_premium".into()));
    /// assert!(!premium.includes(RequiredCapability::STANDARD));
    /// ```
    #[must_use]
    #[inline]
    pub fn includes(&self, needs: RequiredCapability<'_>) -> bool {
        match (self, needs.edition) {
            (Self::Edition(has), Some(wants)) => *has >= wants,
            (Self::Only(text), None) => {
                let (mut a, mut b) = (text.chars(), needs.text.chars());
                same_chars(&mut || a.next(), &mut || b.next())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Edition, Grants, RequiredCapability, same};

    #[test]
    fn advanced_includes_standard_and_free_but_not_the_other_way() {
        for has in Edition::ALL {
            for wants in Edition::ALL {
                assert_eq!(Grants::Edition(has).includes(wants.into()), has >= wants);
            }
        }
    }

    #[test]
    fn an_unknown_capability_includes_only_itself() {
        let ultra = Grants::of_active(Some("capabilityUltra".into()));
        assert!(ultra.includes(RequiredCapability::from("CAPABILITY_ULTRA")));
        for e in Edition::ALL {
            assert!(!ultra.includes(e.into()));
        }
        assert!(!Grants::Edition(Edition::Advanced).includes("capabilityUltra".into()));
    }

    #[test]
    fn case_and_underscore_do_not_matter_and_nothing_else_is_folded() {
        assert!(same("Capability_Advanced", "capabilityadvanced"));
        assert!(!same("capability-advanced", "capabilityadvanced"));
        assert!(!same("capabilityAdvanced ", "capabilityAdvanced"));
        // U+212A (kelvin sign) folds to k in Unicode, not here
        assert!(!same("\u{212a}", "k"));
    }
}
