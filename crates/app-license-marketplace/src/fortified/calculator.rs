//! Good and bad events over windows: one bucket a minute, whatever the number of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::event::SliEvent;
use super::outcome::Outcome;
use super::program::ReliabilityProgram;
use crate::input::{InputError, InputErrorKind};

const MINUTE_MS: i64 = 60_000;
const MINUTES_A_DAY: usize = 1_440;

/// The most base URLs that are measured apart, over all indicators.
pub(crate) const MAX_SERIES: usize = 64;

/// Counts events of a window that ends at a given time.
///
/// The window is the program's (28 days), its end included and its beginning not: `(end − 28 d,
/// end]`. Events may come in any order. What is kept is one bucket a minute for every indicator
/// and base URL, for at most 64 of them: the memory does not grow with the number of events.
///
/// ```
/// use std::sync::Arc;
/// use app_license_marketplace::fortified::{
///     Outcome, ReliabilityProgram, SliCalculator, SliEvent, SliState,
/// };
/// let program = Arc::new(ReliabilityProgram::shipped()?);
/// let end = "2026-11-28T00:00:00Z".parse().unwrap();
/// let mut calculator = SliCalculator::new(program, end);
/// for minute in 0..1_000 {
///     let outcome = if minute == 7 { Outcome::Bad } else { Outcome::Good };
///     let time = end.as_millisecond() - minute * 60_000;
///     calculator.add(&SliEvent::new(time, "availability", outcome))?;
/// }
/// let report = calculator.report(&["availability"]);
/// assert_eq!(report.results[0].ratio_percent.as_deref(), Some("99.9000"));
/// assert_eq!(report.results[0].state, SliState::Met); // the boundary itself
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SliCalculator {
    pub(super) program: Arc<ReliabilityProgram>,
    pub(super) end: Timestamp,
    /// By the place of the indicator in the program, then by subject.
    pub(super) series: Vec<BTreeMap<String, Series>>,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) restarts: u64,
    minutes: usize,
}

/// Events counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) good: u64,
    pub(super) bad: u64,
    pub(super) excluded: u64,
}

/// What is known of one indicator of one base URL.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// By age in minutes; the youngest first.
    pub(super) minutes: Vec<Counts>,
    /// Known to be of the window, not of which minute.
    pub(super) untimed: Counts,
    pub(super) total: Counts,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Outcome, count: u64) -> Result<(), InputError> {
        let field = match outcome {
            Outcome::Good => &mut self.good,
            Outcome::Bad => &mut self.bad,
            Outcome::Excluded => &mut self.excluded,
        };
        *field = field.checked_add(count).ok_or_else(too_many)?;
        // good and bad together are divided by
        self.good.checked_add(self.bad).ok_or_else(too_many)?;
        Ok(())
    }

    /// The events that count.
    pub(super) fn counted(self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

fn too_many() -> InputError {
    let limit = usize::MAX;
    InputErrorKind::TooMany {
        what: "events",
        limit,
    }
    .into()
}

impl SliCalculator {
    /// A calculator for the window that ends at this time.
    #[must_use]
    pub fn new(program: Arc<ReliabilityProgram>, end: Timestamp) -> Self {
        let days = usize::try_from(program.window_days).unwrap_or(0);
        Self {
            series: vec![BTreeMap::new(); program.slis.len()],
            minutes: days.saturating_mul(MINUTES_A_DAY),
            program,
            end,
            before: 0,
            after: 0,
            restarts: 0,
        }
    }

    /// Counts an event. One outside the window is counted as such.
    ///
    /// # Errors
    /// `value` for an indicator that the program does not have, `too_many` beyond 64 base URLs or
    /// beyond what a counter holds.
    pub fn add(&mut self, event: &SliEvent<'_>) -> Result<(), InputError> {
        let age = self.end.as_millisecond().saturating_sub(event.time_ms);
        if age < 0 {
            self.after = self.after.saturating_add(event.count);
            return Ok(());
        }
        let minute = age.checked_div(MINUTE_MS).unwrap_or(i64::MAX);
        let minute = usize::try_from(minute).unwrap_or(usize::MAX);
        if minute >= self.minutes {
            self.before = self.before.saturating_add(event.count);
            return Ok(());
        }
        let series = self.series(&event.sli, &event.subject)?;
        series.total.add(event.outcome, event.count)?;
        match series.minutes.get_mut(minute) {
            Some(counts) => counts.add(event.outcome, event.count),
            None => Ok(()),
        }
    }

    /// Counts events that happened within the window at times nobody knows, as the difference of
    /// two readings of a counter. Alerts of that indicator cannot be told then.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use app_license_marketplace::fortified::{Outcome, ReliabilityProgram, SliCalculator};
    /// let program = Arc::new(ReliabilityProgram::shipped()?);
    /// let mut calculator = SliCalculator::new(program, "2026-11-28T00:00:00Z".parse().unwrap());
    /// calculator.add_untimed("installation", "", Outcome::Good, 250)?;
    /// assert_eq!(calculator.report(&[]).results[0].good, 250);
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// As [`SliCalculator::add`].
    pub fn add_untimed(
        &mut self,
        sli: &str,
        subject: &str,
        outcome: Outcome,
        count: u64,
    ) -> Result<(), InputError> {
        let series = self.series(sli, subject)?;
        series.total.add(outcome, count)?;
        series.untimed.add(outcome, count)
    }

    /// Notes that a counter was lower than before.
    pub(super) fn note_restart(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
    }

    fn series(&mut self, sli: &str, subject: &str) -> Result<&mut Series, InputError> {
        let place = self.program.slis.iter().position(|it| it.id == sli);
        let known: usize = self.series.iter().map(BTreeMap::len).sum();
        let wrong = || {
            let expected = "the name of an indicator of the program";
            InputError::value("the event", "sli", expected, sli)
        };
        let place = place.ok_or_else(wrong)?;
        let subjects = self.series.get_mut(place).ok_or_else(wrong)?;
        if !subjects.contains_key(subject) {
            if known >= MAX_SERIES {
                let what = "base URLs and indicators";
                let limit = MAX_SERIES;
                return Err(InputErrorKind::TooMany { what, limit }.into());
            }
            let series = Series {
                minutes: vec![Counts::default(); self.minutes],
                untimed: Counts::default(),
                total: Counts::default(),
            };
            subjects.insert(subject.to_owned(), series);
        }
        subjects.get_mut(subject).ok_or_else(wrong)
    }
}
