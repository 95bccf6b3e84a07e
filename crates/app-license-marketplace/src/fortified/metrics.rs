//! Counters of a server: the text that Prometheus scrapes.

use std::collections::BTreeMap;

use super::calculator::SliCalculator;
use super::program::{CounterRule, ReliabilityProgram};
use crate::input::{self, InputError, InputErrorKind, shown};

const TEXT: &str = "the metrics";

/// The largest text of metrics, in bytes.
pub(super) const MAX_TEXT: usize = 16 << 20;

/// The most samples of one text.
const MAX_SAMPLES: usize = 100_000;

pub(super) type Labels = BTreeMap<String, String>;

/// The counters of one scrape that are events of an indicator.
///
/// The text is read strictly: a line that is no sample is an error, not passed over.
///
/// Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>
///
/// ```
/// use app_license_marketplace::fortified::{MetricsText, ReliabilityProgram};
/// let program = ReliabilityProgram::shipped()?;
/// let text = "# TYPE app_license_events counter\n\
///     app_license_events_total{event=\"installed\"} 12\n# EOF\n";
/// let scrape = MetricsText::parse(text.as_bytes(), &program)?;
/// assert_eq!(scrape.len(), 1);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsText {
    /// By metric and labels.
    counters: BTreeMap<(String, Labels), u64>,
}

impl MetricsText {
    /// Reads one scrape, and keeps what the program has a rule for.
    ///
    /// # Errors
    /// `syntax` with the line that is no sample, and for a text without any counter of the program:
    /// such a scrape is no reading of zero. `value` for a counter that is no whole number.
    pub fn parse(bytes: &[u8], program: &ReliabilityProgram) -> Result<Self, InputError> {
        let text = input::text(TEXT, bytes, MAX_TEXT)?;
        let mut counters = BTreeMap::new();
        let mut samples: usize = 0;
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            samples = samples.saturating_add(1);
            if samples > MAX_SAMPLES {
                let (what, limit) = ("samples", MAX_SAMPLES);
                return Err(InputErrorKind::TooMany { what, limit }.into());
            }
            let at = |error: InputError| error.at_line(number);
            let (name, labels, value) = sample(line).map_err(at)?;
            if rule(program, &name, &labels).is_none() {
                continue;
            }
            let value = whole(TEXT, value).map_err(at)?;
            if counters.insert((name, labels), value).is_some() {
                let why = "the same sample twice";
                return Err(at(InputError::contradiction(TEXT, why)));
            }
        }
        if counters.is_empty() {
            // an empty or foreign scrape is no reading of zero
            let why = "it has none of the counters that the program has rules for";
            return Err(InputError::syntax(TEXT, why));
        }
        Ok(Self { counters })
    }

    /// How many counters it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counters.len()
    }

    /// Whether it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counters.is_empty()
    }

    /// Counts what happened between an earlier scrape and this one. A counter that is lower than
    /// before began again at zero, which [`SliReport::counter_restarts`] tells; one that was not
    /// there before began at zero too.
    ///
    /// [`SliReport::counter_restarts`]: super::SliReport::counter_restarts
    ///
    /// ```
    /// use std::sync::Arc;
    /// use app_license_marketplace::fortified::{MetricsText, ReliabilityProgram, SliCalculator};
    /// let program = Arc::new(ReliabilityProgram::shipped()?);
    /// let scrape = |count: u64| {
    ///     let text = format!("app_license_events_total{{event=\"installed\"}} {count}\n");
    ///     MetricsText::parse(text.as_bytes(), &program)
    /// };
    /// let mut calculator = SliCalculator::new(program.clone(), "2026-11-28T00:00:00Z".parse().unwrap());
    /// scrape(112)?.since(&scrape(12)?, &mut calculator)?;
    /// assert_eq!(calculator.report(&[]).results[0].good, 100);
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// As [`SliCalculator::add`].
    pub fn since(&self, earlier: &Self, to: &mut SliCalculator) -> Result<(), InputError> {
        for (key, now) in &self.counters {
            let before = earlier.counters.get(key).copied().unwrap_or(0);
            let program = std::sync::Arc::clone(&to.program);
            if let Some(rule) = rule(&program, &key.0, &key.1) {
                let subject = rule.subject_of(&key.1);
                let count = increase(before, *now, to);
                to.add_untimed(&rule.sli, subject, rule.outcome, count)?;
            }
        }
        Ok(())
    }
}

pub(super) fn rule<'a>(
    program: &'a ReliabilityProgram,
    name: &str,
    labels: &Labels,
) -> Option<&'a CounterRule> {
    program.counters.iter().find(|rule| {
        rule.metric == name
            && rule.labels.iter().all(|(label, wanted)| {
                let found = labels.get(label).map(String::as_str);
                match wanted.strip_suffix('*') {
                    Some(beginning) => found.is_some_and(|it| it.starts_with(beginning)),
                    None => found == Some(wanted),
                }
            })
    })
}

impl CounterRule {
    pub(super) fn subject_of<'a>(&self, labels: &'a Labels) -> &'a str {
        let label = self.subject.as_ref().and_then(|name| labels.get(name));
        label.map(String::as_str).unwrap_or_default()
    }
}

/// How much a counter grew that may have begun again at zero.
pub(super) fn increase(before: u64, now: u64, to: &mut SliCalculator) -> u64 {
    now.checked_sub(before).unwrap_or_else(|| {
        to.note_restart();
        now
    })
}

/// A whole number, however it is written: `12`, `12.0`, `1.2e3`.
pub(super) fn whole(what: &'static str, text: &str) -> Result<u64, InputError> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(number);
    }
    let wrong = || InputError::value(what, "sample", "a whole number from 0 to 2^53", text);
    let number: f64 = text.parse().map_err(|_| wrong())?;
    let exact = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    if !exact {
        return Err(wrong());
    }
    format!("{number:.0}").parse().map_err(|_| wrong())
}

/// `name{label="value",…} value [timestamp]`, with an exemplar after ` # ` left out.
fn sample(line: &str) -> Result<(String, Labels, &str), InputError> {
    let wrong = || InputError::syntax(TEXT, format!("`{}` is no sample", shown(line)));
    let name_end = line
        .find(|c: char| c == '{' || c.is_ascii_whitespace())
        .ok_or_else(wrong)?;
    let (name, mut rest) = line.split_at_checked(name_end).ok_or_else(wrong)?;
    if !is_name(name) {
        return Err(wrong());
    }
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = read_labels(inside, &mut labels).ok_or_else(wrong)?;
    }
    let rest = rest.split(" # ").next().unwrap_or(rest);
    let mut words = rest.split_ascii_whitespace();
    let value = words.next().ok_or_else(wrong)?;
    // a timestamp is allowed; more is not
    let timestamp = words.next().is_none_or(|it| it.parse::<f64>().is_ok());
    if value.parse::<f64>().is_err() || !timestamp || words.next().is_some() {
        return Err(wrong());
    }
    Ok((name.to_owned(), labels, value))
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b':';
    !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Reads labels up to the brace that closes them, and answers what follows it.
fn read_labels<'a>(mut rest: &'a str, labels: &mut Labels) -> Option<&'a str> {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        let after = after.trim_start().strip_prefix('"')?;
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next()? {
                (place, '"') => break place,
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    c @ ('"' | '\\') => value.push(c),
                    _ => return None,
                },
                (_, c) => value.push(c),
            }
        };
        if !is_name(name) || labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        rest = after.get(end..)?.strip_prefix('"')?.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}
