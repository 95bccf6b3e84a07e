//! What Prometheus answers to range queries over counters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::calculator::SliCalculator;
use super::metrics::{Labels, MAX_TEXT, increase, rule, whole};
use super::outcome::Outcome;
use super::program::{CounterRule, ReliabilityProgram};
use crate::input::{self, InputError, InputErrorKind};

const WHAT: &str = "the range query";

/// The most samples that are kept, over all answers.
const MAX_SAMPLES: usize = 4_000_000;

/// The samples of range queries (`/api/v1/query_range`) over the counters of a program, of one
/// answer or of several that follow each other or overlap.
///
/// Each sample counts at its time: the difference to the one before. The first sample of a series
/// is where counting begins, with one exception: a series of bad events that appears later than
/// the answers begin counts from zero, as counters of a server appear with their first event.
///
/// Format: <https://prometheus.io/docs/prometheus/latest/querying/api/#range-vectors>
///
/// ```
/// use std::sync::Arc;
/// use app_license_marketplace::fortified::{RangeSamples, ReliabilityProgram, SliCalculator};
/// let program = Arc::new(ReliabilityProgram::shipped()?);
/// let mut samples = RangeSamples::new();
/// samples.read(br#"{"status":"success","data":{"resultType":"matrix","result":[
///     {"metric":{"__name__":"app_license_events_total","event":"installed"},
///      "values":[[60,"10"],[120,"110"]]},
///     {"metric":{"__name__":"app_license_refusals_total","status":"503"},
///      "values":[[120,"5"]]}]}}"#, &program)?;
/// let mut calculator = SliCalculator::new(program, "1970-01-01T01:00:00Z".parse().unwrap());
/// samples.count(&mut calculator)?;
/// let result = &calculator.report(&[]).results[0];
/// assert_eq!((result.good, result.bad), (100, 5));
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeSamples {
    /// By metric and labels, then by time in milliseconds.
    series: BTreeMap<(String, Labels), BTreeMap<i64, u64>>,
    /// The earliest sample of any series, whether it counts or not.
    begins: Option<i64>,
    samples: usize,
}

impl RangeSamples {
    /// No samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one answer, and keeps the samples that the program has a rule for.
    ///
    /// # Errors
    /// `syntax` and `value` for what is no such answer, or is one of another kind of query;
    /// `contradiction` for samples out of order, or two of one time that differ; `too_many` beyond
    /// four million samples.
    pub fn read(&mut self, bytes: &[u8], program: &ReliabilityProgram) -> Result<(), InputError> {
        let text = input::text(WHAT, bytes, MAX_TEXT)?;
        let answer = input::json(WHAT, text)?;
        let at = |path: &str| answer.pointer(path).and_then(Value::as_str);
        if at("/status") != Some("success") {
            let found = at("/error").or_else(|| at("/status")).unwrap_or("nothing");
            return Err(InputError::value(WHAT, "status", "`success`", found));
        }
        if at("/data/resultType") != Some("matrix") {
            let found = at("/data/resultType").unwrap_or("nothing");
            let expected = "`matrix`, the answer of `query_range`";
            return Err(InputError::value(WHAT, "data.resultType", expected, found));
        }
        let Some(results) = answer.pointer("/data/result").and_then(Value::as_array) else {
            let expected = "an array of series";
            return Err(InputError::value(WHAT, "data.result", expected, "nothing"));
        };
        for result in results {
            let (name, labels) = metric(result)?;
            let first = result.pointer("/values/0/0").map(milliseconds);
            if let Some(Ok(first)) = first {
                self.begins = Some(self.begins.map_or(first, |it| it.min(first)));
            }
            if rule(program, &name, &labels).is_some() {
                self.take((name, labels), result)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, key: (String, Labels), result: &Value) -> Result<(), InputError> {
        let Some(values) = result.get("values").and_then(Value::as_array) else {
            let expected = "an array of samples";
            return Err(InputError::value(WHAT, "values", expected, "nothing"));
        };
        self.samples = self.samples.saturating_add(values.len());
        if self.samples > MAX_SAMPLES {
            let (what, limit) = ("samples", MAX_SAMPLES);
            return Err(InputErrorKind::TooMany { what, limit }.into());
        }
        let series = self.series.entry(key).or_default();
        let mut last: Option<i64> = None;
        for value in values {
            let Some([time, Value::String(count)]) = value.as_array().map(Vec::as_slice) else {
                let expected = "a time and a number as text, as `[1793491200, \"12\"]`";
                return Err(InputError::value(WHAT, "values", expected, value));
            };
            let time = milliseconds(time)?;
            let count = whole(WHAT, count)?;
            if last.is_some_and(|before| time <= before) {
                let why = "samples are not in the order of their times";
                return Err(InputError::contradiction(WHAT, why));
            }
            if series.insert(time, count).is_some_and(|it| it != count) {
                let why = "two answers have different samples of one series at one time";
                return Err(InputError::contradiction(WHAT, why));
            }
            last = Some(time);
        }
        Ok(())
    }

    /// Counts what was read.
    ///
    /// # Errors
    /// As [`SliCalculator::add`].
    pub fn count(&self, to: &mut SliCalculator) -> Result<(), InputError> {
        let program = std::sync::Arc::clone(&to.program);
        for ((name, labels), samples) in &self.series {
            if let Some(rule) = rule(&program, name, labels) {
                self.count_series(samples, rule, labels, to)?;
            }
        }
        Ok(())
    }

    fn count_series(
        &self,
        samples: &BTreeMap<i64, u64>,
        rule: &CounterRule,
        labels: &Labels,
        to: &mut SliCalculator,
    ) -> Result<(), InputError> {
        let first = samples.keys().next().copied();
        let appeared = rule.outcome == Outcome::Bad && first > self.begins;
        let mut last = appeared.then_some(0);
        for (time, count) in samples {
            if let Some(earlier) = last {
                let event = super::SliEvent {
                    time_ms: *time,
                    sli: rule.sli.as_str().into(),
                    subject: rule.subject_of(labels).into(),
                    outcome: rule.outcome,
                    count: increase(earlier, *count, to),
                };
                to.add(&event)?;
            }
            last = Some(*count);
        }
        Ok(())
    }
}

fn milliseconds(time: &Value) -> Result<i64, InputError> {
    let wrong = || InputError::value(WHAT, "values", "a time in seconds since 1970", time);
    let seconds = time.as_f64().ok_or_else(wrong)?;
    let duration = jiff::SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    let time = jiff::Timestamp::from_duration(duration).map_err(|_| wrong())?;
    Ok(time.as_millisecond())
}

fn metric(result: &Value) -> Result<(String, Labels), InputError> {
    let wrong = |found: &Value| InputError::value(WHAT, "metric", "names and texts", found);
    let Some(Value::Object(fields)) = result.get("metric") else {
        return Err(wrong(result.get("metric").unwrap_or(&Value::Null)));
    };
    let mut labels = Labels::new();
    for (name, value) in fields {
        let value = value.as_str().ok_or_else(|| wrong(value))?;
        labels.insert(name.clone(), value.to_owned());
    }
    let name = labels.remove("__name__").unwrap_or_default();
    Ok((name, labels))
}
