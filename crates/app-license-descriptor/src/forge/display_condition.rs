//! Display conditions of Forge modules: `appIsLicensed`, `appEdition`, and all others.

pub(crate) mod supported;

use std::fmt;

use app_license::Edition;
use app_license::json::{Kind, Scanner, Value};

use crate::diagnostic::Diagnostic;
use crate::document::{ReadError, name_of};
use crate::document::{at_most, in_json};
use crate::visibility::{Expr, HostLicense, check};
use app_license::error::shown;
use app_license::{Capability, FeatureMap};
use app_license::{Error, ErrorKind};
use serde_json::Map;

const WHAT: &str = "display condition";
/// The largest condition that is read, in bytes: a manifest has no more.
const MAX_BYTES: usize = 256 * 1024;
/// The most conditions in one tree.
const MAX_CONDITIONS: usize = 1000;
/// How deep `and`, `or` and `not` may nest: the platform refuses more.
const MAX_NESTING: usize = 9;
const KEYS: usize = 384;

/// The conditions under which the host shows a Forge module: `displayConditions` in the manifest.
///
/// Evaluating mirrors the host: `appEdition` is equality, so `standard` hides the module from
/// Advanced customers. They run in the browser and do not protect data.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/display-conditions/>
///
/// ```
/// use app_license_descriptor::{HostLicense, forge::DisplayCondition};
///
/// let conditions = DisplayCondition::parse(
///     br#"{"and": {"appIsLicensed": true, "appEdition": "advanced"}}"#,
/// )?;
/// assert_eq!(conditions.to_string(), "appIsLicensed and appEdition is advanced");
/// let host = HostLicense::new(true, Some("capabilityAdvanced"));
/// assert_eq!(conditions.evaluate(host, &|_, _| None), Some(true));
///
/// let error = DisplayCondition::parse(br#"{"appEdition": "capabilityAdvanced"}"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "not a valid condition: `appEdition` must be `free`, `standard` or `advanced`, found \
///      `capabilityAdvanced`",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisplayCondition {
    /// `appIsLicensed`: whether a license exists and is active.
    AppIsLicensed(bool),
    /// `appEdition`: the customer's edition is this very one.
    AppEdition(Edition),
    /// Any other condition.
    Other {
        /// Its name.
        name: String,
        /// What it is set to, as JSON text.
        value: Box<str>,
    },
    /// All of them; none at all is true.
    And(Vec<Self>),
    /// Any of them; none at all is false.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
}

impl DisplayCondition {
    /// Reads `displayConditions`, as JSON: an object whose entries must all hold.
    ///
    /// # Errors
    /// `condition` (also for an `appEdition` the platform refuses, and for nesting deeper than it
    /// takes), `json_…`, `too_large`.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        at_most(WHAT, json.len(), MAX_BYTES)?;
        let mut scanner = Scanner::<KEYS>::new(json).map_err(in_json(WHAT))?;
        let mut count = 0;
        let entries = entries(&mut scanner, 0, &mut count).map_err(|error| error.named(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        Ok(one_or_all(entries))
    }

    /// The conditions that show a module to whoever has a capability, as the gate decides it: an
    /// active license, and for Advanced the edition. `None` for a capability that Forge's
    /// conditions cannot name.
    ///
    /// `appEdition` is plain equality, so Standard asks for a license alone. Nothing is asked for
    /// the Free edition.
    ///
    /// ```
    /// use app_license::Capability;
    /// use app_license_descriptor::forge::DisplayCondition;
    /// let conditions = DisplayCondition::requiring(&Capability::ADVANCED).unwrap();
    /// assert_eq!(
    ///     conditions.to_yaml(),
    ///     "displayConditions:\n  appIsLicensed: true\n  appEdition: advanced\n",
    /// );
    /// assert_eq!(DisplayCondition::requiring(&Capability::new("capabilityUltra")), None);
    /// ```
    #[must_use]
    pub fn requiring(capability: &Capability) -> Option<Self> {
        Some(match capability.edition()? {
            Edition::Free => Self::And(Vec::new()),
            Edition::Standard => Self::AppIsLicensed(true),
            edition => Self::And(vec![Self::AppIsLicensed(true), Self::AppEdition(edition)]),
        })
    }

    /// The conditions as JSON: the value of `displayConditions`.
    ///
    /// ```
    /// use app_license_descriptor::forge::DisplayCondition;
    /// let json = r#"{"appIsLicensed":true,"not":{"appEdition":"standard"}}"#;
    /// let conditions = DisplayCondition::parse(json.as_bytes())?;
    /// let again = DisplayCondition::parse(conditions.to_json().as_bytes())?;
    /// assert_eq!(again, conditions);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::Value::Object(self.fields()).to_string()
    }

    fn fields(&self) -> Map<String, serde_json::Value> {
        let mut fields = Map::new();
        let list = match self {
            // entries of an object are joined by `and`, as long as each has a name of its own
            Self::And(list) => list,
            one => std::slice::from_ref(one),
        };
        for condition in list {
            let (name, value) = condition.entry();
            if fields.contains_key(&name) {
                let all = list.iter().map(|c| serde_json::Value::Object(c.fields()));
                let mut joined = Map::new();
                joined.insert("and".to_owned(), all.collect());
                return joined;
            }
            fields.insert(name, value);
        }
        fields
    }

    fn entry(&self) -> (String, serde_json::Value) {
        let list = |list: &[Self]| {
            let all = list.iter().map(|c| serde_json::Value::Object(c.fields()));
            all.collect::<serde_json::Value>()
        };
        match self {
            Self::AppIsLicensed(yes) => ("appIsLicensed".to_owned(), (*yes).into()),
            Self::AppEdition(edition) => ("appEdition".to_owned(), edition.name().into()),
            Self::Other { name, value } => {
                let value = serde_json::from_str(value).unwrap_or_default();
                (name.clone(), value)
            }
            Self::And(inner) => ("and".to_owned(), list(inner)),
            Self::Or(inner) => ("or".to_owned(), list(inner)),
            Self::Not(inner) => ("not".to_owned(), serde_json::Value::Object(inner.fields())),
        }
    }

    /// The conditions as a fragment of a manifest: `displayConditions` in YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut yaml = String::from("displayConditions:");
        let mut fields = self.fields();
        if fields.is_empty() {
            return yaml + " {}\n";
        }
        yaml.push('\n');
        // in the order in which they are read
        for name in ["appIsLicensed", "appEdition"] {
            if let Some(value) = fields.remove(name) {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                yaml.push_str(&format!("  {name}: {value}\n"));
            }
        }
        // what else there is, in flow style: JSON is YAML
        for (name, value) in fields {
            let name = serde_json::Value::String(name);
            yaml.push_str(&format!("  {name}: {value}\n"));
        }
        yaml
    }

    /// Whether the host shows the module.
    ///
    /// `answers` is asked for conditions that are not about the license, with their name and what
    /// they are set to (JSON text). Where it answers `None` and that decides, the result is
    /// `None`: not known.
    #[must_use]
    pub fn evaluate(
        &self,
        host: HostLicense<'_>,
        answers: &dyn Fn(&str, &str) -> Option<bool>,
    ) -> Option<bool> {
        self.expr().shown(host, answers)
    }

    /// Where the host's answer differs from what an edition is meant to include.
    ///
    /// ```
    /// # use app_license_descriptor::forge::DisplayCondition;
    /// let condition = DisplayCondition::parse(br#"{"appEdition": "advanced"}"#)?;
    /// let diagnostics = condition.diagnostics(None);
    /// assert_eq!(diagnostics[0].code(), "shown_to_inactive");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn diagnostics(&self, features: Option<&FeatureMap>) -> Vec<Diagnostic> {
        check::diagnostics(&self.expr(), features)
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

    fn expr(&self) -> Expr<'_> {
        match self {
            Self::AppIsLicensed(yes) => Expr::Licensed.not_if(!yes),
            Self::AppEdition(edition) => Expr::Edition(*edition),
            Self::Other { name, value } => Expr::Other(name, value),
            Self::And(list) => Expr::All(list.iter().map(Self::expr).collect()),
            Self::Or(list) => Expr::Any(list.iter().map(Self::expr).collect()),
            Self::Not(inner) => inner.expr().not_if(true),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, top: bool) -> fmt::Result {
        let (list, word, empty) = match self {
            Self::AppIsLicensed(true) => return f.write_str("appIsLicensed"),
            Self::AppIsLicensed(false) => return f.write_str("not appIsLicensed"),
            Self::AppEdition(edition) => return write!(f, "appEdition is {edition}"),
            Self::Other { name, value } => return write!(f, "{name} is {value}"),
            Self::Not(inner) => {
                f.write_str("not (")?;
                inner.write(f, true)?;
                return f.write_str(")");
            }
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

impl fmt::Display for DisplayCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

fn invalid(reason: impl Into<String>) -> ReadError {
    ErrorKind::Condition {
        reason: reason.into(),
    }
    .into()
}

fn one_or_all(mut entries: Vec<DisplayCondition>) -> DisplayCondition {
    match (entries.pop(), entries.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            entries.extend(last);
            DisplayCondition::And(entries)
        }
    }
}

/// The entries of an object, or the members of a list, each an object.
fn entries(
    s: &mut Scanner<'_, KEYS>,
    nesting: usize,
    count: &mut usize,
) -> Result<Vec<DisplayCondition>, ReadError> {
    if nesting > MAX_NESTING {
        return Err(invalid(format!(
            "`and`, `or` and `not` nest deeper than {MAX_NESTING} levels"
        )));
    }
    let mut list = Vec::new();
    match s.peek()? {
        Kind::Object => s.object(|s, key| {
            list.push(entry(s, &name_of(key), nesting, count)?);
            Ok::<(), ReadError>(())
        })?,
        Kind::Array if nesting > 0 => s.array(|s| {
            if s.peek()? != Kind::Object {
                return Err(invalid("a list of conditions must hold objects"));
            }
            list.push(one_or_all(entries(s, nesting, count)?));
            Ok::<(), ReadError>(())
        })?,
        found => return Err(invalid(format!("expected an object, found {found}"))),
    }
    Ok(list)
}

fn entry(
    s: &mut Scanner<'_, KEYS>,
    key: &str,
    nesting: usize,
    count: &mut usize,
) -> Result<DisplayCondition, ReadError> {
    *count = count.saturating_add(1);
    if *count > MAX_CONDITIONS {
        return Err(invalid(format!("more than {MAX_CONDITIONS} conditions")));
    }
    let inside = nesting.saturating_add(1);
    Ok(match key {
        "and" => DisplayCondition::And(entries(s, inside, count)?),
        "or" => DisplayCondition::Or(entries(s, inside, count)?),
        "not" => DisplayCondition::Not(Box::new(one_or_all(entries(s, inside, count)?))),
        "appIsLicensed" => match s.value()? {
            Value::Bool(yes) => DisplayCondition::AppIsLicensed(yes),
            other => {
                let found = other.kind();
                return Err(invalid(format!(
                    "`appIsLicensed` must be a boolean, found {found}"
                )));
            }
        },
        "appEdition" => DisplayCondition::AppEdition(edition(s.value()?)?),
        _ => DisplayCondition::Other {
            name: key.to_owned(),
            value: s
                .span(|s| s.value().map(drop).map_err(ReadError::from))?
                .into(),
        },
    })
}

fn edition(value: Value<'_>) -> Result<Edition, ReadError> {
    let found = match value {
        Value::String(text) => match Edition::from_name(&text.to_string()) {
            Some(edition) => return Ok(edition),
            None => format!("`{}`", shown(&text.to_string())),
        },
        other => other.kind().to_string(),
    };
    Err(invalid(format!(
        "`appEdition` must be `free`, `standard` or `advanced`, found {found}"
    )))
}

#[cfg(test)]
mod tests;
