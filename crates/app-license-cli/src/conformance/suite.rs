//! The cases of a file: which lists hold them, and with which struct each is read.

use std::collections::BTreeSet;
use std::rc::Rc;

use app_license::UnixTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::checks::{Checks, Outcome};

/// The fields of a JSON object.
pub(super) type Fields = Map<String, Value>;

/// Names of lists that hold cases in a file of any kind.
const CASES: [&str; 4] = ["cases", "vectors", "tests", "tokens"];

/// The cases of one file, ready to be run.
pub(super) struct Suite<'a> {
    top: &'a Fields,
    lists: BTreeSet<&'static str>,
    cases: Vec<PlannedCase<'a>>,
}

/// A case with the function that runs it.
pub(super) struct PlannedCase<'a> {
    pub(super) id: String,
    pub(super) run: Box<dyn FnOnce() -> Outcome + 'a>,
}

impl<'a> Suite<'a> {
    pub(super) const fn new(top: &'a Fields) -> Self {
        Self {
            top,
            lists: BTreeSet::new(),
            cases: Vec::new(),
        }
    }

    /// What the file says beside its cases: clock, keys, the app.
    pub(super) fn settings<F: DeserializeOwned>(&self) -> Result<F, String> {
        F::deserialize(self.top).map_err(|error| error.to_string())
    }

    /// Takes the cases of the lists that any kind may have and of `more`; `run` is given each.
    pub(super) fn lists(&mut self, more: &[&'static str], run: impl Fn(&Value) -> Outcome + 'a) {
        let run = Rc::new(run);
        for name in CASES.iter().chain(more).copied() {
            if !self.lists.insert(name) {
                continue;
            }
            let items: Vec<(Option<&str>, &Value)> = match self.top.get(name) {
                Some(Value::Array(items)) => items.iter().map(|item| (None, item)).collect(),
                Some(Value::Object(items)) => items
                    .iter()
                    .map(|(id, item)| (Some(id.as_str()), item))
                    .collect(),
                _ => Vec::new(),
            };
            for (n, (key, item)) in items.into_iter().enumerate() {
                let run = Rc::clone(&run);
                let named = ["id", "name", "event"]
                    .iter()
                    .find_map(|key| item.get(*key)?.as_str());
                let id = key.or(named);
                self.cases.push(PlannedCase {
                    id: id.map_or_else(|| format!("{name}[{n}]"), str::to_owned),
                    run: Box::new(move || match item {
                        Value::Object(_) => run(item),
                        _ => Outcome::failed("case", "an object", "something else"),
                    }),
                });
            }
        }
    }

    /// Takes cases that all have the fields of `C`.
    pub(super) fn cases<C: DeserializeOwned>(&mut self, run: impl Fn(&C) -> Outcome + 'a) {
        self.lists(&[], move |case| with(case, &run));
    }

    /// The cases, and the names of lists of objects that no case was taken from.
    pub(super) fn finish(self) -> (Vec<PlannedCase<'a>>, BTreeSet<String>) {
        let holds_objects = |list: &Value| {
            list.as_array()
                .is_some_and(|l| l.iter().any(Value::is_object))
        };
        let left_out = self
            .top
            .iter()
            .filter(|(name, list)| !self.lists.contains(name.as_str()) && holds_objects(list))
            .map(|(name, _)| name.clone())
            .collect();
        (self.cases, left_out)
    }
}

/// A case, and what it has beside the fields of its struct.
#[derive(Deserialize)]
struct Described<C> {
    #[serde(flatten)]
    case: C,
    #[serde(flatten)]
    more: Fields,
}

/// Reads a case with the fields of `C` and runs it. Further fields describe the case to people:
/// one that is named like an expectation fails the case, for nothing would check it.
pub(super) fn with<C: DeserializeOwned>(case: &Value, run: impl Fn(&C) -> Outcome) -> Outcome {
    match Described::<C>::deserialize(case) {
        Err(error) => Outcome::unreadable(&error),
        Ok(described) => {
            let mut unknown = Checks::default();
            for (name, value) in &described.more {
                if name.contains("expect") || name == "reject" {
                    unknown.unknown(name, value);
                }
            }
            if unknown.all_hold() {
                run(&described.case)
            } else {
                run(&described.case).and(unknown)
            }
        }
    }
}

/// Reads a case whose struct takes every field itself, and runs it.
pub(super) fn with_all<C: DeserializeOwned>(case: &Value, run: impl Fn(&C) -> Outcome) -> Outcome {
    match C::deserialize(case) {
        Err(error) => Outcome::unreadable(&error),
        Ok(case) => run(&case),
    }
}

/// A case that has none of the fields which say what it is.
pub(super) fn unknown(case: &Value, one_of: &str) -> Outcome {
    let names = case.as_object().into_iter().flatten().map(|(name, _)| name);
    let found: Vec<_> = names.map(String::as_str).collect();
    Outcome::failed("case", format_args!("one of {one_of}"), found.join(", "))
}

/// Whether a case has a field, null or not.
pub(super) fn has(case: &Value, name: &str) -> bool {
    case.get(name).is_some()
}

/// A field in which null says something: `None` only where there is no such field.
pub(super) fn or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A time of a case, or else of its file, in seconds.
pub(super) fn time(case: Option<u64>, file: Option<u64>) -> Option<UnixTime> {
    UnixTime::from_seconds(case.or(file)?)
}

/// The bytes of a body: a string stands for itself, anything else for its JSON, null for nothing.
pub(super) fn body_bytes(body: &Value) -> Vec<u8> {
    match body {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        value => value.to_string().into_bytes(),
    }
}
