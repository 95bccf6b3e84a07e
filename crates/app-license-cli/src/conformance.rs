//! Vector files run through the library. What the cases of a file are, its `kind` says.

mod checks;
mod conditions;
mod connect_license;
mod decisions;
mod feature_maps;
mod forge;
mod forge_api;
mod iframe;
mod invocation;
mod kind;
mod licenses;
mod lifecycle;
mod manifest;
mod oracle;
mod perimeters;
mod qsh;
mod readings;
mod requests;
mod scenarios;
mod suite;
mod tokens;
mod verdict;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::CliError;
use checks::{Checks, Mismatch, Outcome};
pub(crate) use kind::Kind;
use suite::{Fields, Suite};

/// What came of one file.
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Cases on which the platform or its peers disagree: any answer is right, a panic is not.
    pub(crate) policy: u64,
    /// Scenarios in words, which no runner can run.
    pub(crate) prose: u64,
    /// Lists of the file in which its kind has no cases.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) left_out: BTreeSet<String>,
    pub(crate) failures: Vec<Failure>,
}

/// A case that did not come out as expected.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) case: String,
    #[serde(flatten)]
    pub(crate) mismatch: Mismatch,
}

/// Runs one file; `kind` is that of a file which states none, and `tick` hears how many cases are
/// done, and of how many.
pub(crate) fn run(
    name: &str,
    bytes: &[u8],
    kind: Option<Kind>,
    tick: &mut dyn FnMut(u64, u64),
) -> Result<FileReport, CliError> {
    let vectors = |what: String| CliError::Vectors(format!("`{name}` {what}"));
    let value: Value =
        serde_json::from_slice(&whole(bytes)).map_err(|e| vectors(format!("is no JSON: {e}")))?;
    let top = match value {
        Value::Object(top) => top,
        Value::Array(cases) => Map::from_iter([("cases".to_owned(), Value::Array(cases))]),
        _ => return Err(vectors("holds neither an object nor an array".to_owned())),
    };
    let mut suite = Suite::new(&top);
    kind_of(&top, kind)
        .and_then(|kind| kind.plan(&mut suite))
        .map_err(vectors)?;
    let (cases, left_out) = suite.finish();
    if cases.is_empty() {
        return Err(vectors("holds no case of its kind".to_owned()));
    }
    let mut report = FileReport {
        name: name.to_owned(),
        passed: 0,
        failed: 0,
        policy: 0,
        prose: 0,
        left_out,
        failures: Vec::new(),
    };
    let total = u64::try_from(cases.len()).unwrap_or(u64::MAX);
    for (done, case) in (1..).zip(cases) {
        report.count(&case.id, (case.run)());
        tick(done, total);
    }
    Ok(report)
}

/// The kind that a file states, or else the one that the caller states.
fn kind_of(top: &Fields, stated: Option<Kind>) -> Result<Kind, String> {
    match top.get("kind") {
        None => stated.ok_or_else(|| {
            format!(
                "states no `kind`: add one to the file, or name it with --kind; there are {}",
                Kind::names()
            )
        }),
        Some(Value::String(name)) => Kind::from_name(name).ok_or_else(|| {
            format!(
                "is of the kind `{name}`, which is not known; there are {}",
                Kind::names()
            )
        }),
        Some(_) => Err("has a `kind` that is no string".to_owned()),
    }
}

/// The text with `\ufffd` for each half of a surrogate pair that stands alone: such text cannot be
/// held here, and one such case must not hide all others.
fn whole(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at.checked_add(6)?)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut repaired = Cow::Borrowed(bytes);
    let mut at = 0_usize;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| *b == b'\\'))
    {
        at = at.saturating_add(found);
        let (low, high) = (0xdc00..=0xdfff, 0xd800..=0xdbff);
        let next = at.saturating_add(6);
        at = match unit(at) {
            Some(one)
                if high.contains(&one) && unit(next).is_some_and(|two| low.contains(&two)) =>
            {
                next.saturating_add(6)
            }
            Some(0xd800..=0xdfff) => {
                if let Some(place) = repaired.to_mut().get_mut(at..next) {
                    place.copy_from_slice(b"\\ufffd");
                }
                next
            }
            // another escape is two bytes long, and may be that of a backslash
            _ => at.saturating_add(2),
        };
    }
    repaired
}

impl FileReport {
    fn count(&mut self, case: &str, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Policy => &mut self.policy,
            Outcome::Prose => &mut self.prose,
            Outcome::Failed(mismatches) => {
                let failure = |mismatch| Failure {
                    case: case.to_owned(),
                    mismatch,
                };
                self.failures.extend(mismatches.into_iter().map(failure));
                &mut self.failed
            }
        };
        *counter = counter.saturating_add(1);
    }
}
