//! What the host shows and hides by its own conditions, Connect's and Forge's alike.

pub(crate) mod check;

use app_license::Edition;
use app_license::State;

use app_license::License;

/// What the host holds about the license when it evaluates a condition: its own view, not the
/// gate's. The capability set counts whether the license is active or not.
///
/// ```
/// use app_license_descriptor::HostLicense;
/// let host = HostLicense::new(true, Some("capabilityStandard"));
/// assert_eq!(host.capability_set(), Some("capabilityStandard"));
/// assert_eq!(host.lic(), "active");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLicense<'a> {
    licensed: bool,
    capability_set: Option<&'a str>,
}

impl<'a> HostLicense<'a> {
    /// A license that exists and is active, or not, and the capability set as the host spells it.
    #[must_use]
    pub const fn new(exists_and_is_active: bool, capability_set: Option<&'a str>) -> Self {
        Self {
            licensed: exists_and_is_active,
            capability_set,
        }
    }

    /// What the host holds if a license source told all of it.
    ///
    /// ```
    /// use app_license::{License, LicenseSource};
    /// use app_license_descriptor::HostLicense;
    /// let json = br#"{"active":false,"capabilitySet":"capabilityAdvanced"}"#;
    /// let license = License::from_object(json, LicenseSource::ConnectLicenseApi)?;
    /// let host = HostLicense::of(&license);
    /// assert_eq!(host, HostLicense::new(false, Some("capabilityAdvanced")));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn of(license: &'a License) -> Self {
        Self {
            licensed: license.state() == State::Active,
            capability_set: license.capability_set().map(|c| c.as_str()),
        }
    }

    /// The capability set, as the host spells it.
    #[must_use]
    pub const fn capability_set(&self) -> Option<&'a str> {
        self.capability_set
    }

    /// What the host writes into `lic` of an iframe URL: `active` or `none`.
    #[must_use]
    pub const fn lic(&self) -> &'static str {
        if self.licensed { "active" } else { "none" }
    }
}

/// Answers the conditions that are not about the license: by name and parameters (JSON text).
/// `None` says that the answer is not known.
pub(crate) type Answers<'f> = &'f dyn Fn(&str, &str) -> Option<bool>;

/// A condition of either framework, cut down to what decides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expr<'a> {
    /// A license exists and is active.
    Licensed,
    /// Connect: plain equality with the host's string.
    Capability(&'a str),
    /// Forge: the edition of the host's string.
    Edition(Edition),
    /// Anything else: name and parameters.
    Other(&'a str, &'a str),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Expr<'_> {
    pub(crate) fn not_if(self, invert: bool) -> Self {
        if invert {
            Self::Not(Box::new(self))
        } else {
            self
        }
    }

    /// Whether the license or its edition is asked about anywhere.
    pub(crate) fn is_about_the_license(&self) -> bool {
        match self {
            Self::Licensed | Self::Capability(_) | Self::Edition(_) => true,
            Self::Other(..) => false,
            Self::Not(inner) => inner.is_about_the_license(),
            Self::All(list) | Self::Any(list) => list.iter().any(Self::is_about_the_license),
        }
    }

    /// Whether an edition is asked for anywhere.
    pub(crate) fn is_about_editions(&self) -> bool {
        match self {
            Self::Capability(_) | Self::Edition(_) => true,
            Self::Licensed | Self::Other(..) => false,
            Self::Not(inner) => inner.is_about_editions(),
            Self::All(list) | Self::Any(list) => list.iter().any(Self::is_about_editions),
        }
    }

    /// Three-valued: what is not known only counts where it changes the answer.
    pub(crate) fn shown(&self, host: HostLicense<'_>, answers: Answers<'_>) -> Option<bool> {
        match self {
            Self::Licensed => Some(host.licensed),
            Self::Capability(value) => Some(host.capability_set == Some(*value)),
            Self::Edition(edition) => match host.capability_set {
                Some(c) => Some(Edition::of(c) == Some(*edition)),
                // no capability set is known to stand for Free
                None => (*edition != Edition::Free).then_some(false),
            },
            Self::Other(name, params) => answers(name, params),
            Self::Not(inner) => inner.shown(host, answers).map(|b| !b),
            Self::All(list) => all(list.iter().map(|e| e.shown(host, answers))),
            Self::Any(list) => {
                let none = all(list.iter().map(|e| e.shown(host, answers).map(|b| !b)));
                none.map(|b| !b)
            }
        }
    }
}

fn all(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let known = answers.try_fold(Some(true), |so_far, answer| match answer {
        Some(false) => Err(()),
        None => Ok(None),
        Some(true) => Ok(so_far),
    });
    known.unwrap_or(Some(false))
}

#[cfg(test)]
mod tests {
    use super::{Expr, HostLicense};

    #[test]
    fn three_valued_logic_by_its_tables() {
        let name = |v: Option<bool>| match v {
            Some(true) => "t",
            Some(false) => "f",
            None => "u",
        };
        let answers = |n: &str, _: &str| match n {
            "t" => Some(true),
            "f" => Some(false),
            _ => None,
        };
        let host = HostLicense::new(false, None);
        let values = [Some(true), Some(false), None];
        for a in values {
            for b in values {
                let pair = || vec![Expr::Other(name(a), "{}"), Expr::Other(name(b), "{}")];
                let and = match (a, b) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                let or = match (a, b) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                assert_eq!(Expr::All(pair()).shown(host, &answers), and, "{a:?} {b:?}");
                assert_eq!(Expr::Any(pair()).shown(host, &answers), or, "{a:?} {b:?}");
            }
            let not = Expr::Other(name(a), "{}").not_if(true);
            assert_eq!(not.shown(host, &answers), a.map(|b| !b));
        }
        assert_eq!(Expr::All(vec![]).shown(host, &answers), Some(true));
        assert_eq!(Expr::Any(vec![]).shown(host, &answers), Some(false));
    }
}
