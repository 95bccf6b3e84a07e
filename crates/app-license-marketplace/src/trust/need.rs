//! What a customer needs, as it is written.

use std::fmt;
use std::str::FromStr;

use super::fields::Element;
use super::listing::TriState;
use super::paths::{PROCESSES, STORES};
use crate::input::InputError;

/// Something a customer needs.
///
/// | text | the customer needs |
/// |---|---|
/// | `residency=DE` | data stored in a country or region |
/// | `cert=ISO27001` | a certification |
/// | `stored-in-atlassian` | no data stored outside Atlassian |
/// | `processed-in-atlassian` | no data processed outside Atlassian |
/// | `encryption` | encryption at rest |
/// | `no-tokens` | no personal access tokens asked of users |
/// | `security-contact` | somebody to write to |
/// | `dpa` | a data processing agreement |
/// | `no-third-parties` | no data shared with third parties |
/// | `retention=90` | data kept for at most so many days after the contract |
///
/// ```
/// use app_license_marketplace::trust::Need;
/// let need: Need = "residency=de".parse()?;
/// assert_eq!(need.to_string(), "residency=DE");
/// assert!("residency".parse::<Need>().is_err());
/// assert!("retention=soon".parse::<Need>().is_err());
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need(pub(super) Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Residency(String),
    Certification(String),
    Answered(&'static AnsweredNeed),
    Retention(u64),
}

/// A need that one answer meets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AnsweredNeed {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) answer: TriState,
    element: Element,
    pub(super) gap: &'static str,
}

const WANTED: &[AnsweredNeed] = &[
    AnsweredNeed {
        name: "stored-in-atlassian",
        path: STORES,
        answer: TriState::No,
        element: Element::Privacy,
        gap: "data is stored outside Atlassian",
    },
    AnsweredNeed {
        name: "processed-in-atlassian",
        path: PROCESSES,
        answer: TriState::No,
        element: Element::Privacy,
        gap: "data is processed outside Atlassian",
    },
    AnsweredNeed {
        name: "encryption",
        path: "security.isDiskEncryptionSupported",
        answer: TriState::Yes,
        element: Element::Security,
        gap: "data is not encrypted at rest",
    },
    AnsweredNeed {
        name: "no-tokens",
        path: "security.requiresUsersToProvidePATs",
        answer: TriState::No,
        element: Element::Security,
        gap: "users have to hand over personal access tokens",
    },
    AnsweredNeed {
        name: "dpa",
        path: "privacy.dataProcessingAgreement.isDPASupported",
        answer: TriState::Yes,
        element: Element::Compliance,
        gap: "there is no data processing agreement",
    },
    AnsweredNeed {
        name: "no-third-parties",
        path: "thirdPartyInformation.isEndUserDataShared",
        answer: TriState::No,
        element: Element::Transparency,
        gap: "data is shared with third parties",
    },
    AnsweredNeed {
        name: "security-contact",
        path: "security.securityContact",
        answer: TriState::Yes,
        element: Element::Security,
        gap: "no security contact is named",
    },
];

impl Need {
    /// The element of trust it belongs to.
    ///
    /// ```
    /// use app_license_marketplace::trust::{Element, Need};
    /// assert_eq!("cert=SOC2".parse::<Need>()?.element(), Element::Compliance);
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub const fn element(&self) -> Element {
        match &self.0 {
            Kind::Residency(_) | Kind::Retention(_) => Element::Privacy,
            Kind::Certification(_) => Element::Compliance,
            Kind::Answered(wanted) => wanted.element,
        }
    }
}

impl FromStr for Need {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || {
            let expected = "residency=COUNTRY, cert=NAME, retention=DAYS, encryption, dpa, \
                            stored-in-atlassian, processed-in-atlassian, no-third-parties, \
                            no-tokens or security-contact";
            InputError::value("the need", "need", expected, text)
        };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let name = name.to_ascii_lowercase();
        let plain = |value: &str| !value.is_empty() && !value.contains(char::is_control);
        Ok(Self(match (name.as_str(), value) {
            ("residency", Some(value)) => {
                let letters = value.bytes().all(|b| b.is_ascii_alphabetic());
                if !letters || !(2..=3).contains(&value.len()) {
                    return Err(wrong());
                }
                Kind::Residency(value.to_ascii_uppercase())
            }
            ("cert", Some(value)) if plain(value) => Kind::Certification(value.to_owned()),
            ("retention", Some(value)) => Kind::Retention(value.parse().map_err(|_| wrong())?),
            (name, None) => {
                let wanted = WANTED.iter().find(|it| it.name == name);
                Kind::Answered(wanted.ok_or_else(wrong)?)
            }
            _ => return Err(wrong()),
        }))
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Residency(place) => write!(f, "residency={place}"),
            Kind::Certification(name) => write!(f, "cert={name}"),
            Kind::Answered(wanted) => f.write_str(wanted.name),
            Kind::Retention(days) => write!(f, "retention={days}"),
        }
    }
}
