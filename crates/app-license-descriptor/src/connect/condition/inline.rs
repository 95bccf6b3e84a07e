//! Conditions inside module URLs: `{condition.NAME(key=value, …)}`.

use std::collections::BTreeMap;
use std::fmt;

use super::{Condition, ConditionKind, SingleCondition};
use app_license::error::shown;
use app_license::{Error, ErrorKind};

const PREFIX: &str = "condition.";
/// The longest condition that is read, in bytes.
const MAX_BYTES: usize = 4096;

/// A condition as a variable of a module's URL; the host puts `true` or `false` in its place.
///
/// ```
/// use app_license_descriptor::connect::InlineCondition;
/// let condition = InlineCondition::parse("condition.has_project_permission( permission = browse )")?;
/// assert_eq!(condition.name(), "has_project_permission");
/// assert_eq!(condition.param("permission"), Some("browse"));
/// assert_eq!(condition.to_string(), "{condition.has_project_permission(permission=browse)}");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineCondition {
    name: String,
    params: BTreeMap<String, String>,
}

impl InlineCondition {
    /// Reads what stands between the braces, as the host does.
    ///
    /// The prefix `condition.` is exact; the name has letters, digits, `_` and `-`; parentheses
    /// may be left out; values cannot be quoted.
    ///
    /// # Errors
    /// `condition`.
    pub fn parse(variable: &str) -> Result<Self, Error> {
        Self::read(variable).ok_or_else(|| {
            ErrorKind::Condition {
                reason: format!(
                    "expected `condition.NAME` or `condition.NAME(KEY=VALUE, …)`, found `{}`",
                    shown(variable)
                ),
            }
            .into()
        })
    }

    fn read(variable: &str) -> Option<Self> {
        if variable.len() > MAX_BYTES {
            return None;
        }
        let text = variable.trim_matches(|c| c <= ' ').strip_prefix(PREFIX)?;
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
        let (name, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
        if name.is_empty() {
            return None;
        }
        let space = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
        let rest = rest.trim_start_matches(space);
        let params = match rest {
            "" => "",
            _ => rest.strip_prefix('(')?.strip_suffix(')')?,
        };
        if params.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            return None;
        }
        let mut read = BTreeMap::new();
        for pair in params.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (key, value) = pair.split_once('=')?;
            let twice = read.insert(key.trim().to_owned(), value.trim().to_owned());
            if value.contains('=') || twice.is_some() {
                return None;
            }
        }
        Some(Self {
            name: name.to_owned(),
            params: read,
        })
    }

    /// Finds the conditions in the URL of a module. A variable that only looks like one is an
    /// error: the host would put nothing in its place.
    ///
    /// ```
    /// use app_license_descriptor::connect::InlineCondition;
    /// let url = "/panel?admin={condition.user_is_admin}&key={issue.key}&x={Condition.y}";
    /// let found: Vec<_> = InlineCondition::find_in(url).collect();
    /// assert_eq!(found.len(), 2);
    /// assert_eq!(found[0].as_ref().unwrap().name(), "user_is_admin");
    /// assert_eq!(found[1].as_ref().unwrap_err().code(), "condition");
    /// ```
    pub fn find_in(url: &str) -> impl Iterator<Item = Result<Self, Error>> {
        let variables = url.split('{').skip(1).filter_map(|part| {
            let (variable, _) = part.split_once('}')?;
            Some(variable)
        });
        variables
            .filter(|variable| {
                let start = variable.trim_start().get(..PREFIX.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
            })
            .map(Self::parse)
    }

    /// The name of the condition.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One parameter.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        self.params.get(key).map(String::as_str)
    }

    /// The parameters, in alphabetical order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The same condition as a module would have it, to evaluate it.
    ///
    /// ```
    /// use app_license_descriptor::{HostLicense, connect::InlineCondition};
    /// let inline = InlineCondition::parse("condition.capability_set(value=capabilityAdvanced)")?;
    /// let host = HostLicense::new(true, Some("capabilityAdvanced"));
    /// assert_eq!(inline.to_condition().evaluate(host, &|_, _| None), Some(true));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn to_condition(&self) -> Condition {
        let test = match (self.name.as_str(), self.param("value")) {
            ("addon_is_licensed", _) => ConditionKind::AddonIsLicensed,
            ("capability_set", Some(value)) => ConditionKind::CapabilitySet {
                value: value.to_owned(),
            },
            (name, _) => ConditionKind::Other {
                name: name.to_owned(),
            },
        };
        let text = |t: &String| serde_json::Value::String(t.clone());
        let params: serde_json::Map<String, serde_json::Value> = self
            .params
            .iter()
            .map(|(k, v)| (k.clone(), text(v)))
            .collect();
        let params = (!params.is_empty()).then(|| serde_json::Value::Object(params).to_string());
        Condition::Single(SingleCondition {
            test,
            invert: false,
            params: params.map(Into::into),
        })
    }
}

impl fmt::Display for InlineCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{PREFIX}{}", self.name)?;
        for (n, (key, value)) in self.params.iter().enumerate() {
            write!(f, "{}{key}={value}", if n == 0 { "(" } else { ", " })?;
        }
        f.write_str(if self.params.is_empty() { "}" } else { ")}" })
    }
}
