//! Vector files run through the library. What a file is, its shape says, never its name.

mod case;
mod checks;
mod conditions;
mod connect_license;
mod decisions;
mod forge;
mod forge_api;
mod iframe;
mod invocation;
mod licenses;
mod lifecycle;
mod manifest;
mod oracle;
mod perimeters;
mod qsh;
mod readings;
mod requests;
mod shapes;
mod tokens;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::fault::Fault;
pub(crate) use case::{Case, File};
pub(crate) use checks::{Checks, Mismatch, Outcome};

/// What came of one file.
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Cases on which the platform or its peers disagree: any answer is right, a panic is not.
    pub(crate) policy: u64,
    /// Scenarios told in words, which no runner can run.
    pub(crate) prose: u64,
    /// Lists of the file that hold no case.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) left_out: BTreeSet<String>,
    pub(crate) failures: Vec<Failure>,
}

/// Names of lists that hold cases, known or not.
const GROUPS: [&str; 5] = ["cases", "vectors", "tests", "tokens", "fragments"];

/// A case that did not come out as expected.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) case: String,
    #[serde(flatten)]
    pub(crate) mismatch: Mismatch,
}

/// Runs one file; `tick` hears how many cases are done, and of how many.
pub(crate) fn run(
    name: &str,
    bytes: &[u8],
    tick: &mut dyn FnMut(u64, u64),
) -> Result<FileReport, Fault> {
    let vectors = |what: String| Fault::Vectors(format!("`{name}` {what}"));
    let value: Value =
        serde_json::from_slice(&whole(bytes)).map_err(|e| vectors(format!("is no JSON: {e}")))?;
    let top = match value {
        Value::Object(top) => top,
        Value::Array(cases) => Map::from_iter([("cases".to_owned(), Value::Array(cases))]),
        _ => return Err(vectors("holds neither an object nor an array".to_owned())),
    };
    let file = File::new(&top);
    let cases = file.cases();
    if cases.is_empty() {
        return Err(vectors("holds no case".to_owned()));
    }
    let known = |case: &Case<'_>| shapes::of(case).is_some();
    if !cases.iter().any(known) {
        let keys: Vec<_> = cases
            .first()
            .map(|case| case.fields.keys().map(String::as_str).collect())
            .unwrap_or_default();
        return Err(vectors(format!(
            "has no case of a known shape: the first has {}",
            keys.join(", ")
        )));
    }
    let mut report = FileReport {
        name: name.to_owned(),
        passed: 0,
        failed: 0,
        policy: 0,
        prose: 0,
        left_out: BTreeSet::new(),
        failures: Vec::new(),
    };
    // a list of other things beside the cases: of peers, say
    let beside = |group: &str| {
        !GROUPS.contains(&group) && !cases.iter().any(|case| case.group == group && known(case))
    };
    report.left_out = cases
        .iter()
        .map(|case| case.group.to_owned())
        .filter(|g| beside(g))
        .collect();
    let cases: Vec<_> = cases
        .iter()
        .filter(|case| !report.left_out.contains(case.group))
        .collect();
    for stray in file.strays(&GROUPS) {
        report.failed = report.failed.saturating_add(1);
        report.failures.push(Failure {
            case: stray,
            mismatch: Mismatch::no_object(),
        });
    }
    let total = u64::try_from(cases.len()).unwrap_or(u64::MAX);
    for (done, case) in (1..).zip(cases) {
        let outcome = shapes::of(case).map_or_else(|| shapes::unknown(case), |run| run(case));
        report.count(case, outcome);
        tick(done, total);
    }
    Ok(report)
}

/// The text with `\ufffd` for each half of a surrogate pair that stands alone: such text cannot be
/// held here, and one such case must not hide all others.
fn whole(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at.checked_add(6)?)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut mended = Cow::Borrowed(bytes);
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
                if let Some(place) = mended.to_mut().get_mut(at..next) {
                    place.copy_from_slice(b"\\ufffd");
                }
                next
            }
            // another escape is two bytes long, and may be that of a backslash
            _ => at.saturating_add(2),
        };
    }
    mended
}

impl FileReport {
    fn count(&mut self, case: &Case<'_>, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Policy => &mut self.policy,
            Outcome::Prose => &mut self.prose,
            Outcome::Failed(mismatches) => {
                let failure = |mismatch| Failure {
                    case: case.id.clone(),
                    mismatch,
                };
                self.failures.extend(mismatches.into_iter().map(failure));
                &mut self.failed
            }
        };
        *counter = counter.saturating_add(1);
    }
}
