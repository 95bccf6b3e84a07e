//! What the counted events say: objective, error budget, burn rate, alerts.

use jiff::Timestamp;
use serde::Serialize;

use super::calculator::{Counts, Series, SliCalculator};
use super::program::{AlertRule, Sli};
use crate::percent::{Percent, decimal, percent_of};

/// The answer of a calculator.
///
/// ```
/// use std::sync::Arc;
/// use app_license_marketplace::fortified::{ReliabilityProgram, SliCalculator};
/// let program = Arc::new(ReliabilityProgram::shipped()?);
/// let calculator = SliCalculator::new(program, "2026-11-28T00:00:00Z".parse().unwrap());
/// assert!(!calculator.report(&[]).is_met()); // nothing measured proves nothing
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SliReport {
    /// After this time.
    pub window_start: Timestamp,
    /// Up to this time.
    pub window_end: Timestamp,
    /// Events that are older; they are not counted.
    pub events_before: u64,
    /// Events that are younger; they are not counted.
    pub events_after: u64,
    /// How often a counter was lower than before: it began again at zero, or the readings are not
    /// in the order of their times.
    pub counter_restarts: u64,
    /// Indicators of the program of which nothing was measured, and which are not asked for by
    /// name: they are no part of [`SliReport::is_met`].
    pub not_measured: Vec<String>,
    /// One for every indicator and base URL.
    pub results: Vec<SliResult>,
}

/// Whether an objective is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SliState {
    /// At or above its objective.
    Met,
    /// Below.
    Breached,
    /// Nothing that counts was measured.
    NoData,
    /// No part of the program any more; shown, not required.
    Removed,
}

impl SliState {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::fortified::SliState;
    /// assert_eq!(SliState::NoData.name(), "no_data");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Breached => "breached",
            Self::NoData => "no_data",
            Self::Removed => "removed",
        }
    }
}

/// One indicator of one base URL over the window. All numbers are exact; decimals are cut, never
/// rounded up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SliResult {
    /// The indicator.
    pub sli: String,
    /// Its name for people.
    pub title: String,
    /// The base URL, or empty.
    pub subject: String,
    /// Whether the objective is met.
    pub state: SliState,
    /// The objective, in percent.
    pub objective_percent: Percent,
    /// The good events.
    pub good: u64,
    /// The bad ones.
    pub bad: u64,
    /// Those that count neither way.
    pub excluded: u64,
    /// The share of good events in percent, with four decimals.
    pub ratio_percent: Option<String>,
    /// The bad events that the objective allows, with three decimals.
    pub budget_events: Option<String>,
    /// What is left of them; negative when they are used up.
    pub budget_left_events: Option<String>,
    /// How many times faster than allowed the budget is used: 1.000 uses it up in the window.
    /// Rounded up, so that 1.000 is never more than that.
    pub burn_rate: Option<String>,
    /// The days of the window of which there is an event, of `window_days`. None where events are
    /// at unknown times.
    pub days_with_events: Option<u32>,
    /// The days of the window.
    pub window_days: u32,
    /// The alerts.
    pub alerts: Vec<AlertResult>,
}

/// Whether an alert is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertState {
    /// At or above the threshold.
    Quiet,
    /// Below the threshold.
    Raised,
    /// No event in its window, or events at unknown times.
    NoData,
}

impl AlertState {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::fortified::AlertState;
    /// assert_eq!(AlertState::Raised.name(), "raised");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Raised => "raised",
            Self::NoData => "no_data",
        }
    }
}

/// An alert over its short window: now, and over the whole time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AlertResult {
    /// Its window, in minutes.
    pub minutes: u32,
    /// Its threshold, in percent.
    pub below_percent: Percent,
    /// At the end of the window.
    pub now: AlertState,
    /// The minutes of the window at which it was raised.
    pub minutes_raised: u32,
    /// When it was raised last, to the minute.
    pub last_raised: Option<Timestamp>,
}

impl SliReport {
    /// Whether every indicator that is still part of the program is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        let mut asked = false;
        for result in &self.results {
            match result.state {
                SliState::Met => asked = true,
                SliState::Removed => {}
                SliState::Breached | SliState::NoData => return false,
            }
        }
        asked
    }
}

impl SliCalculator {
    /// What the events say of these indicators, or of all when none is named.
    ///
    /// Without names, indicators without any event are no results as long as one has events; they
    /// are named in [`SliReport::not_measured`].
    #[must_use]
    pub fn report(&self, only: &[&str]) -> SliReport {
        let mut results = Vec::new();
        let mut silent = Vec::new();
        for (sli, subjects) in self.program.slis.iter().zip(&self.series) {
            if !only.is_empty() && !only.contains(&sli.id.as_str()) {
                continue;
            }
            for (subject, series) in subjects {
                results.push(self.result(sli, subject, Some(series)));
            }
            if subjects.is_empty() {
                silent.push(self.result(sli, "", None));
            }
        }
        let mut not_measured = Vec::new();
        if !only.is_empty() || results.is_empty() {
            results.append(&mut silent);
        } else {
            let asked = |it: &SliResult| it.state != SliState::Removed;
            not_measured.extend(silent.into_iter().filter(asked).map(|it| it.sli));
        }
        let days = i64::from(self.program.window_days);
        let length = jiff::SignedDuration::from_hours(days.saturating_mul(24));
        SliReport {
            window_start: self.end.saturating_sub(length).unwrap_or(Timestamp::MIN),
            window_end: self.end,
            events_before: self.before,
            events_after: self.after,
            counter_restarts: self.restarts,
            not_measured,
            results,
        }
    }

    fn result(&self, sli: &Sli, subject: &str, series: Option<&Series>) -> SliResult {
        let total = series.map(|it| it.total).unwrap_or_default();
        let counted = total.counted();
        let state = match (sli.removed, counted) {
            (Some(_), _) => SliState::Removed,
            (None, 0) => SliState::NoData,
            (None, _) if sli.objective.is_reached(total.good, counted) => SliState::Met,
            (None, _) => SliState::Breached,
        };
        let budget = Budget::new(sli.objective, total);
        SliResult {
            sli: sli.id.clone(),
            title: sli.title.clone(),
            subject: subject.to_owned(),
            state,
            objective_percent: sli.objective,
            good: total.good,
            bad: total.bad,
            excluded: total.excluded,
            ratio_percent: percent_of(total.good, counted),
            budget_events: budget.as_ref().map(|it| decimal(it.allowed, 3)),
            budget_left_events: budget.as_ref().map(|it| decimal(it.left, 3)),
            burn_rate: budget.and_then(|it| it.burn_rate),
            days_with_events: match series {
                Some(series) if !series.untimed.is_empty() => None,
                Some(series) => Some(days_with_events(series)),
                None => Some(0),
            },
            window_days: self.program.window_days,
            alerts: sli
                .alerts
                .iter()
                .map(|it| self.alert(*it, series))
                .collect(),
        }
    }

    /// Slides the alert's window over the minutes, from now back.
    fn alert(&self, rule: AlertRule, series: Option<&Series>) -> AlertResult {
        let mut result = AlertResult {
            minutes: rule.minutes,
            below_percent: rule.below,
            now: AlertState::NoData,
            minutes_raised: 0,
            last_raised: None,
        };
        let Some(series) = series else { return result };
        let width = usize::try_from(rule.minutes).unwrap_or(usize::MAX);
        let mut good: u64 = 0;
        let mut bad: u64 = 0;
        let mut ages = series.minutes.iter();
        let mut leaving = series.minutes.iter();
        for counts in ages.by_ref().take(width) {
            good = good.saturating_add(counts.good);
            bad = bad.saturating_add(counts.bad);
        }
        let mut minute: i64 = 0;
        loop {
            let counted = good.saturating_add(bad);
            let state = match counted {
                0 => AlertState::NoData,
                _ if rule.below.is_reached(good, counted) => AlertState::Quiet,
                _ => AlertState::Raised,
            };
            if minute == 0 {
                result.now = state;
            }
            if state == AlertState::Raised {
                result.minutes_raised = result.minutes_raised.saturating_add(1);
                if result.last_raised.is_none() {
                    let ago = jiff::SignedDuration::from_mins(minute);
                    result.last_raised = self.end.saturating_sub(ago).ok();
                }
            }
            let Some(entering) = ages.next() else { break };
            let left = leaving.next().copied().unwrap_or_default();
            // what leaves was added before: the total of all minutes fits
            good = good.saturating_sub(left.good).saturating_add(entering.good);
            bad = bad.saturating_sub(left.bad).saturating_add(entering.bad);
            minute = minute.saturating_add(1);
        }
        if !series.untimed.is_empty() {
            // some events are of no known minute: what is raised is, what is quiet may not be
            if result.now == AlertState::Quiet {
                result.now = AlertState::NoData;
            }
        }
        result
    }
}

/// Days of the window, counted back from its end, that have an event.
fn days_with_events(series: &Series) -> u32 {
    let days = series.minutes.chunks(1_440);
    let with = days.filter(|day| day.iter().any(|minute| !minute.is_empty()));
    u32::try_from(with.count()).unwrap_or(u32::MAX)
}

/// The error budget, in thousandths of an event.
struct Budget {
    allowed: i128,
    left: i128,
    burn_rate: Option<String>,
}

impl Budget {
    fn new(objective: Percent, total: Counts) -> Option<Self> {
        let counted = total.counted();
        if counted == 0 {
            return None;
        }
        // below 2^64 * 10^6: no overflow
        let allowed = i128::from(counted)
            .checked_mul(i128::from(objective.rest()))?
            .checked_div(1_000)?;
        let bad = i128::from(total.bad).checked_mul(1_000)?;
        let burn_rate = i128::from(total.bad)
            .checked_mul(1_000_000_000)
            .and_then(|bad| {
                let allowed = i128::from(counted).checked_mul(i128::from(objective.rest()))?;
                // up: both are not negative
                bad.checked_add(allowed.checked_sub(1)?)?
                    .checked_div(allowed)
            })
            .map(|thousandths| decimal(thousandths, 3));
        Some(Self {
            allowed,
            left: allowed.checked_sub(bad)?,
            burn_rate,
        })
    }
}
