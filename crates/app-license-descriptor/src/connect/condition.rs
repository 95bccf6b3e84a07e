//! Conditions of Connect modules: `addon_is_licensed`, `capability_set`, and all others.

mod inline;
mod known;
mod read;
mod remote;

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::rules;
use crate::visibility::{Expr, HostLicense, check};
use app_license::error::shown;
use app_license::{Capability, Edition, FeatureMap};

pub use inline::InlineCondition;
pub use known::meant_condition;
pub use remote::remote_condition_shown;

const LICENSED: &str = "addon_is_licensed";

/// A condition under which the host shows a module: a tree of single conditions.
///
/// Evaluating mirrors the host, not the gate: `capability_set` is plain equality with the string
/// the host holds, active or not. Conditions run in the browser and do not protect data.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/conditions>
///
/// ```
/// use app_license_descriptor::{HostLicense, connect::Condition};
///
/// let conditions = Condition::parse(br#"[
///     {"condition": "addon_is_licensed"},
///     {"condition": "capability_set", "params": {"value": "capabilityAdvanced"}}
/// ]"#)?;
/// assert_eq!(
///     conditions.to_string(),
///     "addon_is_licensed and capability_set(value=capabilityAdvanced)",
/// );
/// let host = HostLicense::new(true, Some("capabilityAdvanced"));
/// assert_eq!(conditions.evaluate(host, &|_, _| None), Some(true));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// One condition.
    Single(SingleCondition),
    /// All of them; none at all is true.
    And(Vec<Self>),
    /// Any of them; none at all is false.
    Or(Vec<Self>),
}

/// One condition: what is asked, perhaps inverted.
///
/// ```
/// use app_license_descriptor::connect::{Condition, SingleCondition, ConditionKind};
/// let condition = SingleCondition::new(ConditionKind::AddonIsLicensed).inverted();
/// assert_eq!(condition.to_string(), "not addon_is_licensed");
/// assert_eq!(
///     Condition::Single(condition).to_json(),
///     r#"{"condition":"addon_is_licensed","invert":true}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleCondition {
    test: ConditionKind,
    invert: bool,
    params: Option<Box<str>>,
}

/// What a single condition asks. Open-ended: unknown names are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionKind {
    /// `addon_is_licensed`: a license exists and is active.
    AddonIsLicensed,
    /// `capability_set`: the capability set the host holds is this very string.
    CapabilitySet {
        /// The string, compared exactly.
        value: String,
    },
    /// Any other condition of the host, or the URL of a remote one.
    Other {
        /// Its name.
        name: String,
    },
}

impl ConditionKind {
    /// The name of the condition, as the descriptor has it.
    ///
    /// ```
    /// # use app_license_descriptor::connect::ConditionKind;
    /// assert_eq!(ConditionKind::AddonIsLicensed.name(), "addon_is_licensed");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::AddonIsLicensed => LICENSED,
            Self::CapabilitySet { .. } => "capability_set",
            Self::Other { name } => name,
        }
    }
}

impl SingleCondition {
    /// A condition that is not inverted, with the parameters that its test has.
    #[must_use]
    pub fn new(test: ConditionKind) -> Self {
        let params = match &test {
            ConditionKind::CapabilitySet { value } => {
                let value = serde_json::Value::String(value.clone());
                Some(format!(r#"{{"value":{value}}}"#).into())
            }
            _ => None,
        };
        Self {
            test,
            invert: false,
            params,
        }
    }

    /// The opposite.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.invert = !self.invert;
        self
    }

    /// What is asked.
    #[must_use]
    pub const fn test(&self) -> &ConditionKind {
        &self.test
    }

    /// The parameters, as the JSON text of an object.
    #[must_use]
    pub fn params(&self) -> Option<&str> {
        self.params.as_deref()
    }

    fn expr(&self) -> Expr<'_> {
        let expr = match &self.test {
            ConditionKind::AddonIsLicensed => Expr::Licensed,
            ConditionKind::CapabilitySet { value } => Expr::Capability(value),
            ConditionKind::Other { name } => Expr::Other(name, self.params().unwrap_or("{}")),
        };
        expr.not_if(self.invert)
    }
}

impl Condition {
    /// The condition that shows a module to whoever has a capability, as the gate decides it: an
    /// active license, and above Standard the capability set.
    ///
    /// The host compares capability sets as plain text, so a Standard condition would hide the
    /// module from Advanced customers: Standard asks for a license alone. Nothing is asked for the
    /// Free edition.
    ///
    /// ```
    /// use app_license::Capability;
    /// use app_license_descriptor::connect::Condition;
    /// let condition = Condition::requiring(&Capability::ADVANCED);
    /// assert_eq!(
    ///     condition.to_string(),
    ///     "addon_is_licensed and capability_set(value=capabilityAdvanced)",
    /// );
    /// assert_eq!(Condition::requiring(&Capability::STANDARD).to_string(), "addon_is_licensed");
    /// ```
    #[must_use]
    pub fn requiring(capability: &Capability) -> Self {
        let value = match capability.edition() {
            Some(Edition::Free) => return Self::And(Vec::new()),
            Some(Edition::Standard) => None,
            Some(edition) => Some(edition.capability_set()),
            None => Some(capability.as_str()),
        };
        let licensed = SingleCondition::new(ConditionKind::AddonIsLicensed);
        let Some(value) = value else {
            return licensed.into();
        };
        let value = value.to_owned();
        let edition = SingleCondition::new(ConditionKind::CapabilitySet { value });
        Self::And(vec![licensed.into(), edition.into()])
    }

    /// Whether the host shows the module.
    ///
    /// `answers` is asked for conditions that are not about the license, with their name and
    /// their parameters (the JSON text of an object). Where it answers `None` and that decides,
    /// the result is `None`: not known.
    ///
    /// ```
    /// use app_license_descriptor::{HostLicense, connect::Condition};
    /// let either = Condition::parse(
    ///     br#"{"or": [{"condition": "user_is_admin"}, {"condition": "addon_is_licensed"}]}"#,
    /// )?;
    /// let nobody_knows = |_: &str, _: &str| None;
    /// assert_eq!(either.evaluate(HostLicense::new(true, None), &nobody_knows), Some(true));
    /// assert_eq!(either.evaluate(HostLicense::new(false, None), &nobody_knows), None);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn evaluate(
        &self,
        host: HostLicense<'_>,
        answers: &dyn Fn(&str, &str) -> Option<bool>,
    ) -> Option<bool> {
        self.expr().shown(host, answers)
    }

    /// Where the host's answer differs from what an edition is meant to include. With the feature
    /// map, the capabilities it names are known.
    #[must_use]
    pub fn diagnostics(&self, features: Option<&FeatureMap>) -> Vec<Diagnostic> {
        let mut found = self.misspelled();
        found.extend(check::diagnostics(&self.meant(), features));
        found
    }

    /// Conditions with nearly the name of one of the host, each name once.
    pub(crate) fn misspelled(&self) -> Vec<Diagnostic> {
        let mut names: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for single in self.singles() {
            let name = single.test().name();
            let Some(meant) = meant_condition(name).filter(|_| !names.contains(&name)) else {
                continue;
            };
            names.push(name);
            let message = format!(
                "no host has a condition `{}`: did you mean `{meant}`?",
                shown(name)
            );
            let diagnostic = Diagnostic::new(&rules::CONDITION_MISSPELLED, message);
            found.push(diagnostic.with_fix(format!("write `{meant}`")));
        }
        found
    }

    /// The condition with a misspelled `addon_is_licensed` as what it means: what follows from the
    /// misspelling alone is no second mistake.
    fn meant(&self) -> Expr<'_> {
        match self {
            Self::Single(single) if meant_condition(single.test.name()) == Some(LICENSED) => {
                Expr::Licensed.not_if(single.invert)
            }
            Self::Single(single) => single.expr(),
            Self::And(list) => Expr::All(list.iter().map(Self::meant).collect()),
            Self::Or(list) => Expr::Any(list.iter().map(Self::meant).collect()),
        }
    }

    /// Whether the license or its edition is asked about anywhere.
    #[must_use]
    pub fn is_about_the_license(&self) -> bool {
        self.expr().is_about_the_license()
    }

    /// Whether an edition is asked for anywhere.
    #[must_use]
    pub fn is_about_editions(&self) -> bool {
        self.expr().is_about_editions()
    }

    /// Every single condition in the tree.
    ///
    /// ```
    /// # use app_license_descriptor::connect::Condition;
    /// let tree = Condition::parse(br#"{"or": [{"and": [{"condition": "a"}]}, {"condition": "b"}]}"#)?;
    /// let names: Vec<_> = tree.singles().iter().map(|s| s.test().name()).collect();
    /// assert_eq!(names, ["a", "b"]);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn singles(&self) -> Vec<&SingleCondition> {
        match self {
            Self::Single(single) => vec![single],
            Self::And(list) | Self::Or(list) => list.iter().flat_map(Self::singles).collect(),
        }
    }

    fn expr(&self) -> Expr<'_> {
        match self {
            Self::Single(single) => single.expr(),
            Self::And(list) => Expr::All(list.iter().map(Self::expr).collect()),
            Self::Or(list) => Expr::Any(list.iter().map(Self::expr).collect()),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, top: bool) -> fmt::Result {
        let (list, word, empty) = match self {
            Self::Single(single) => return write!(f, "{single}"),
            Self::And(list) => (list, " and ", "always"),
            Self::Or(list) => (list, " or ", "never"),
        };
        let [first, rest @ ..] = list.as_slice() else {
            return f.write_str(empty);
        };
        let braces = !top && !rest.is_empty();
        f.write_str(if braces { "(" } else { "" })?;
        first.write(f, top && rest.is_empty())?;
        for next in rest {
            f.write_str(word)?;
            next.write(f, false)?;
        }
        f.write_str(if braces { ")" } else { "" })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

impl fmt::Display for SingleCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.invert {
            f.write_str("not ")?;
        }
        f.write_str(self.test.name())?;
        match (&self.test, self.params()) {
            (ConditionKind::CapabilitySet { value }, _) => write!(f, "(value={value})"),
            (_, Some(params)) => f.write_str(params),
            (_, None) => Ok(()),
        }
    }
}

impl From<SingleCondition> for Condition {
    fn from(single: SingleCondition) -> Self {
        Self::Single(single)
    }
}

#[cfg(test)]
mod tests;
