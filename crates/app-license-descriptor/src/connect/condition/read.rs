//! Conditions from and to JSON, in both spellings of composites.

use app_license::json::{Kind, Scanner, Value};

use super::{Condition, ConditionKind, SingleCondition};
use crate::document::{ReadError, name_of};
use crate::document::{at_most, in_json};
use app_license::error::shown;
use app_license::{Error, ErrorKind};

const WHAT: &str = "condition";
/// The largest condition that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The most conditions, single and composite, in one tree.
const MAX_CONDITIONS: usize = 1000;
/// The longest name (or URL) of a condition, in bytes.
const MAX_NAME: usize = 2048;
const KEYS: usize = 384;

impl Condition {
    /// Reads a condition, or a list of conditions (all of which must hold).
    ///
    /// Composites are read as `{"and": […]}`, `{"or": […]}` and
    /// `{"conditions": […], "type": "and"}` (or `or`, `AND`, `OR`). Unknown names and their
    /// parameters are kept; other unknown fields are left out, as the host does.
    ///
    /// ```
    /// # use app_license_descriptor::connect::Condition;
    /// let old = br#"{"type": "OR", "conditions": [{"condition": "a"}, {"condition": "b"}]}"#;
    /// let condition = Condition::parse(old)?;
    /// assert_eq!(condition.to_string(), "a or b");
    /// assert_eq!(condition.to_json(), r#"{"or":[{"condition":"a"},{"condition":"b"}]}"#);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `condition`, `json_…`, `too_large` over 256 KiB.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        at_most(WHAT, json.len(), MAX_BYTES)?;
        let mut scanner = Scanner::<KEYS>::new(json).map_err(in_json(WHAT))?;
        let mut count = 0;
        let condition = match scanner.peek().map_err(in_json(WHAT))? {
            Kind::Array => list(&mut scanner, &mut count).map(Self::And),
            _ => one(&mut scanner, &mut count),
        };
        let condition = condition.map_err(|error| error.named(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        Ok(condition)
    }

    /// The condition as JSON, with composites as `and` and `or`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut String) {
        let (list, open) = match self {
            Self::Single(single) => return single.write_json(json),
            Self::And(list) => (list, r#"{"and":["#),
            Self::Or(list) => (list, r#"{"or":["#),
        };
        json.push_str(open);
        for (n, condition) in list.iter().enumerate() {
            if n > 0 {
                json.push(',');
            }
            condition.write_json(json);
        }
        json.push_str("]}");
    }
}

impl SingleCondition {
    fn write_json(&self, json: &mut String) {
        let name = serde_json::Value::String(self.test.name().to_owned());
        json.push_str(&format!(r#"{{"condition":{name}"#));
        if self.invert {
            json.push_str(r#","invert":true"#);
        }
        if let Some(params) = &self.params {
            json.push_str(r#","params":"#);
            json.push_str(params);
        }
        json.push('}');
    }
}

fn invalid(reason: impl Into<String>) -> ReadError {
    ErrorKind::Condition {
        reason: reason.into(),
    }
    .into()
}

fn list(s: &mut Scanner<'_, KEYS>, count: &mut usize) -> Result<Vec<Condition>, ReadError> {
    let mut list = Vec::new();
    s.array(|s| {
        list.push(one(s, count)?);
        Ok::<(), ReadError>(())
    })?;
    Ok(list)
}

/// The fields of one object, whichever kind of condition it is.
#[derive(Default)]
struct Fields {
    name: Option<String>,
    invert: Option<bool>,
    params: Option<Box<str>>,
    and: Option<Vec<Condition>>,
    or: Option<Vec<Condition>>,
    conditions: Option<Vec<Condition>>,
    is_or: Option<bool>,
}

fn one(s: &mut Scanner<'_, KEYS>, count: &mut usize) -> Result<Condition, ReadError> {
    *count = count.saturating_add(1);
    if *count > MAX_CONDITIONS {
        return Err(invalid(format!("more than {MAX_CONDITIONS} conditions")));
    }
    let mut fields = Fields::default();
    if s.peek()? != Kind::Object {
        let found = s.peek()?;
        return Err(invalid(format!("expected an object, found {found}")));
    }
    s.object(|s, key| fields.read(s, &name_of(key), count))?;
    fields.condition()
}

impl Fields {
    fn read(
        &mut self,
        s: &mut Scanner<'_, KEYS>,
        key: &str,
        count: &mut usize,
    ) -> Result<(), ReadError> {
        match key {
            "and" => self.and = Some(inner_list(s, "and", count)?),
            "or" => self.or = Some(inner_list(s, "or", count)?),
            "conditions" => self.conditions = Some(inner_list(s, "conditions", count)?),
            "condition" => match s.value()? {
                Value::String(name) => self.name = Some(name.to_string()),
                other => return Err(must_be("condition", Kind::String, other.kind())),
            },
            "invert" => match s.value()? {
                Value::Bool(invert) => self.invert = Some(invert),
                other => return Err(must_be("invert", Kind::Bool, other.kind())),
            },
            "params" => match s.value()? {
                Value::Object(params) => self.params = Some(params.into()),
                Value::Null => {}
                other => return Err(must_be("params", Kind::Object, other.kind())),
            },
            "type" => match s.value()? {
                Value::String(t) => self.is_or = Some(is_or(&t.to_string())?),
                other => return Err(must_be("type", Kind::String, other.kind())),
            },
            _ => drop(s.value()?),
        }
        Ok(())
    }

    fn condition(self) -> Result<Condition, ReadError> {
        let single = self.name.is_some() || self.invert.is_some() || self.params.is_some();
        let composite = match (self.and, self.or, self.conditions) {
            (None, None, None) => None,
            (Some(list), None, None) => Some(Condition::And(list)),
            (None, Some(list), None) => Some(Condition::Or(list)),
            (None, None, Some(list)) => Some(match self.is_or {
                Some(true) => Condition::Or(list),
                Some(false) => Condition::And(list),
                None => return Err(invalid("`conditions` needs a `type`, `and` or `or`")),
            }),
            _ => {
                return Err(invalid(
                    "only one of `and`, `or` and `conditions` may be there",
                ));
            }
        };
        match (composite, self.name) {
            (Some(composite), None) if !single => Ok(composite),
            (Some(_), _) => Err(invalid(
                "`condition`, `invert` and `params` cannot stand beside `and`, `or` or \
                 `conditions`",
            )),
            (None, Some(name)) => Ok(Condition::Single(SingleCondition {
                test: test(name, self.params.as_deref())?,
                invert: self.invert.unwrap_or(false),
                params: self.params,
            })),
            (None, None) => Err(invalid("expected `condition`, `and` or `or`")),
        }
    }
}

fn inner_list(
    s: &mut Scanner<'_, KEYS>,
    field: &'static str,
    count: &mut usize,
) -> Result<Vec<Condition>, ReadError> {
    match s.peek()? {
        Kind::Array => list(s, count),
        found => Err(must_be(field, Kind::Array, found)),
    }
}

fn is_or(kind: &str) -> Result<bool, ReadError> {
    match kind {
        "and" | "AND" => Ok(false),
        "or" | "OR" => Ok(true),
        other => Err(invalid(format!(
            "`type` must be `and` or `or`, found `{}`",
            shown(other)
        ))),
    }
}

fn must_be(field: &str, expected: Kind, found: Kind) -> ReadError {
    invalid(format!("`{field}` must be {expected}, found {found}"))
}

fn test(name: String, params: Option<&str>) -> Result<ConditionKind, ReadError> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(invalid(format!(
            "the name of a condition has 1 to {MAX_NAME} bytes"
        )));
    }
    Ok(match name.as_str() {
        "addon_is_licensed" => ConditionKind::AddonIsLicensed,
        "capability_set" => ConditionKind::CapabilitySet {
            value: value_of(params.unwrap_or("{}"))?,
        },
        _ => ConditionKind::Other { name },
    })
}

fn value_of(params: &str) -> Result<String, ReadError> {
    let mut value = None;
    let mut s = Scanner::<KEYS>::from_text(params);
    s.object(|s, key| {
        let found = s.value()?;
        if name_of(key) == "value" {
            value = Some(found);
        }
        Ok::<(), ReadError>(())
    })?;
    match value {
        Some(Value::String(value)) => Ok(value.to_string()),
        Some(other) => Err(must_be("params.value", Kind::String, other.kind())),
        None => Err(invalid("`capability_set` needs the parameter `value`")),
    }
}
