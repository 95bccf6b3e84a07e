//! Where the host's rule differs from the gate's ranking.

use std::fmt;

use app_license_gate::capability::Edition;

use super::{Expr, HostLicense};
use crate::capability::Capability;
use crate::feature::FeatureMap;
use crate::ids::shown;

/// A condition that does something else than its author is likely to want: the host compares
/// strings, the gate ranks editions.
///
/// ```
/// use app_license::connect::Condition;
/// let condition = Condition::parse(
///     br#"{"condition":"capability_set","params":{"value":"capabilityStandard"}}"#,
/// )?;
/// let codes: Vec<_> = condition.warnings(None).iter().map(|w| w.code()).collect();
/// assert_eq!(
///     codes,
///     ["standard_hides_advanced", "standard_hides_unchanged", "shown_to_inactive"],
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionWarning {
    /// A Standard condition hides the module from Advanced customers.
    StandardHidesAdvanced,
    /// A Standard condition hides the module from customers whose licence names no edition, as
    /// the platform leaves it until they change it.
    StandardHidesUnchanged,
    /// An edition condition shows the module to customers whose licence is not active.
    ShownToInactive,
    /// A capability set that nobody is known to have.
    UnknownCapability {
        /// The value, shortened.
        value: String,
    },
    /// A capability set in another spelling than the host's: it never matches.
    CapabilitySpelling {
        /// The value, shortened.
        value: String,
        /// How the host spells it.
        expected: &'static str,
    },
    /// Nobody ever sees the module.
    NeverShown,
}

impl ConditionWarning {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StandardHidesAdvanced => "standard_hides_advanced",
            Self::StandardHidesUnchanged => "standard_hides_unchanged",
            Self::ShownToInactive => "shown_to_inactive",
            Self::UnknownCapability { .. } => "unknown_capability",
            Self::CapabilitySpelling { .. } => "capability_spelling",
            Self::NeverShown => "never_shown",
        }
    }
}

impl fmt::Display for ConditionWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardHidesAdvanced => {
                f.write_str("hides the module from customers of the Advanced edition")
            }
            Self::StandardHidesUnchanged => {
                f.write_str("hides the module from customers whose licence names no edition")
            }
            Self::ShownToInactive => {
                f.write_str("shows the module to customers whose licence is not active")
            }
            Self::UnknownCapability { value } => {
                write!(
                    f,
                    "no customer is known to have the capability set `{value}`"
                )
            }
            Self::CapabilitySpelling { value, expected } => {
                write!(
                    f,
                    "never matches `{value}`: the host spells it `{expected}`"
                )
            }
            Self::NeverShown => f.write_str("nobody ever sees the module"),
        }
    }
}

/// How many other conditions are tried both ways; more than that count as true.
const MAX_OTHERS: usize = 6;

const STANDARD: Option<&str> = Some(Edition::Standard.capability_set());
const ADVANCED: Option<&str> = Some(Edition::Advanced.capability_set());

/// Tries the condition on every kind of customer, with every answer of the other conditions.
pub(crate) fn warnings(expr: &Expr<'_>, features: Option<&FeatureMap>) -> Vec<ConditionWarning> {
    let mut leaves = Leaves::default();
    leaves.walk(expr, true);
    let mut found = Found::default();
    let tried = leaves.others.len().min(MAX_OTHERS);
    for answers in 0..(1_u32 << tried) {
        let answer = |name: &str, params: &str| {
            let at = leaves.others.iter().position(|o| *o == (name, params));
            Some(at.is_none_or(|at| at >= tried || answers & (1 << at) != 0))
        };
        let shown = |licensed: bool, capability: Option<&str>| {
            expr.shown(HostLicense::new(licensed, capability), &answer)
        };
        found.look(&shown);
        for value in &leaves.values {
            found.ever |= shown(true, Some(value)) != Some(false);
            found.inactive |=
                shown(false, Some(value)) == Some(true) && shown(false, None) == Some(false);
        }
    }
    let mut warnings = Vec::new();
    let mut warn = |yes, warning| {
        if yes {
            warnings.push(warning);
        }
    };
    let standard = leaves.standard;
    warn(
        standard && found.hides_advanced,
        ConditionWarning::StandardHidesAdvanced,
    );
    warn(
        standard && found.hides_unchanged,
        ConditionWarning::StandardHidesUnchanged,
    );
    warn(found.inactive, ConditionWarning::ShownToInactive);
    warn(!found.ever, ConditionWarning::NeverShown);
    for value in leaves.values {
        warnings.extend(of_value(value, features));
    }
    warnings
}

#[derive(Default)]
struct Found {
    hides_advanced: bool,
    hides_unchanged: bool,
    inactive: bool,
    ever: bool,
}

impl Found {
    fn look(&mut self, shown: &dyn Fn(bool, Option<&str>) -> Option<bool>) {
        let yes = |licensed, capability| shown(licensed, capability) == Some(true);
        let no = |licensed, capability| shown(licensed, capability) == Some(false);
        self.hides_advanced |= yes(true, STANDARD) && no(true, ADVANCED);
        self.hides_unchanged |= yes(true, STANDARD) && no(true, None);
        self.inactive |= (yes(false, STANDARD) || yes(false, ADVANCED)) && no(false, None);
        for capability in [None, STANDARD, ADVANCED] {
            self.ever |= !no(true, capability) || !no(false, capability);
        }
    }
}

/// What a condition asks about.
#[derive(Default)]
struct Leaves<'a> {
    /// Whether Standard is asked for, and not its opposite.
    standard: bool,
    /// The capability strings, each once.
    values: Vec<&'a str>,
    /// The other conditions, each once.
    others: Vec<(&'a str, &'a str)>,
}

impl<'a> Leaves<'a> {
    fn walk(&mut self, expr: &Expr<'a>, positive: bool) {
        match expr {
            Expr::Licensed => {}
            Expr::Capability(value) => {
                self.standard |= positive && STANDARD == Some(*value);
                if !self.values.contains(value) {
                    self.values.push(value);
                }
            }
            Expr::Edition(edition) => self.standard |= positive && *edition == Edition::Standard,
            Expr::Other(name, params) => {
                if !self.others.contains(&(name, params)) {
                    self.others.push((name, params));
                }
            }
            Expr::Not(inner) => self.walk(inner, !positive),
            Expr::All(list) | Expr::Any(list) => {
                for inner in list {
                    self.walk(inner, positive);
                }
            }
        }
    }
}

fn of_value(value: &str, features: Option<&FeatureMap>) -> Option<ConditionWarning> {
    match Edition::of(value) {
        Some(edition) if edition.capability_set() == value => None,
        Some(edition) => Some(ConditionWarning::CapabilitySpelling {
            value: shown(value),
            expected: edition.capability_set(),
        }),
        None => {
            let named = Capability::new(value);
            let known = features.is_some_and(|map| {
                map.features()
                    .any(|f| map.requirement(f).is_some_and(|c| *c == named))
            });
            (!known).then(|| ConditionWarning::UnknownCapability {
                value: shown(value),
            })
        }
    }
}
