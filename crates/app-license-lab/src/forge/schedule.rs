//! Schedules, as the test clock passes their times.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use app_license::UnixTime;
use tokio::time::Instant;

use super::ForgeApp;
use super::triggers::TriggerCall;
use crate::action::ClockChange;
use crate::error::Error;

/// The most runs of one schedule on one site, for one move of the clock: the last ones.
const MAX_OF_SCHEDULE: u64 = 50;
/// The most runs of one move of the clock, of all schedules and sites: the last ones.
const MAX_RUNS: usize = 200;
/// How long the runs of one move of the clock may take.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Runs that a move of the clock makes due.
#[derive(Debug, Default)]
struct Due {
    /// When, and which: the number of the site and that of the schedule.
    runs: BTreeSet<(UnixTime, usize, usize)>,
    /// How many are left out, by the number of the schedule.
    left_out: BTreeMap<usize, u64>,
}

impl Due {
    /// Adds the last due times of a schedule that ran at `last` and runs again after `every`
    /// seconds; returns the latest of them.
    fn add(
        &mut self,
        which: (usize, usize),
        last: UnixTime,
        every: u64,
        now: UnixTime,
    ) -> UnixTime {
        let (site, schedule) = which;
        let count = now.since(last).checked_div(every).unwrap_or_default();
        let first = count.saturating_sub(MAX_OF_SCHEDULE);
        self.leave_out(schedule, first);
        let at = |number: u64| last.plus(every.saturating_mul(number));
        for number in first.saturating_add(1)..=count {
            self.runs.insert((at(number), site, schedule));
        }
        while self.runs.len() > MAX_RUNS {
            if let Some((_, _, schedule)) = self.runs.pop_first() {
                self.leave_out(schedule, 1);
            }
        }
        at(count)
    }

    fn leave_out(&mut self, schedule: usize, count: u64) {
        if count > 0 {
            let all = self.left_out.entry(schedule).or_default();
            *all = all.saturating_add(count);
        }
    }
}

impl ForgeApp {
    /// Moves the clock; schedules run at each time that it passes, with the license of that time.
    ///
    /// # Errors
    /// When the change names no time. What a function does is no error.
    pub(crate) async fn change_clock(&self, change: &ClockChange) -> Result<UnixTime, Error> {
        // two moves at once would run each other's schedules
        let _one = self.moving.lock().await;
        let from = self.lab.host.clock().now();
        let Some(to) = change.from(from) else {
            return self.lab.change_clock(change).await;
        };
        self.run_schedules(from, to).await;
        let now = self
            .lab
            .change_clock(&ClockChange::Set(to.to_string()))
            .await?;
        // events of queues that waited for this time
        self.pushed.notify_one();
        Ok(now)
    }

    async fn run_schedules(&self, from: UnixTime, to: UnixTime) {
        let name = self.lab.app().name();
        let mut tenants = self.lab.host.tenants();
        tenants.retain(|it| it.app_name() == name);
        let mut due = Due::default();
        for (site, tenant) in tenants.iter().enumerate() {
            for (number, trigger) in self.manifest.triggers.iter().enumerate() {
                let Some(every) = trigger.interval.as_deref().and_then(seconds) else {
                    continue;
                };
                let key = (tenant.site().name().to_owned(), trigger.key.clone());
                let mut state = self.state();
                let last = state.runs.entry(key).or_insert(from);
                // a clock that was set back begins anew, and so does an app that is not there
                *last = if to < *last || !tenant.is_installed() {
                    to
                } else {
                    due.add((site, number), *last, every, to)
                };
            }
        }
        let started = Instant::now();
        for (at, site, number) in std::mem::take(&mut due.runs) {
            let (Some(tenant), Some(trigger)) =
                (tenants.get(site), self.manifest.triggers.get(number))
            else {
                continue;
            };
            if started.elapsed() > MAX_TIME {
                due.leave_out(number, 1);
                continue;
            }
            self.lab.pass_to(at).await;
            if tenant.is_installed() {
                let call = TriggerCall::scheduled(tenant.site().name(), &trigger.key);
                self.try_trigger(&call).await;
            }
        }
        for (number, count) in due.left_out {
            let Some(trigger) = self.manifest.triggers.get(number) else {
                continue;
            };
            self.lab.note(
                None,
                &format!(
                    "{}: {count} further runs left out; a move of the clock makes the last \
                     {MAX_OF_SCHEDULE} of a schedule on a site, {MAX_RUNS} of all, for up to {} s",
                    trigger.key,
                    MAX_TIME.as_secs()
                ),
            );
        }
    }
}

/// The interval of a schedule.
fn seconds(interval: &str) -> Option<u64> {
    Some(match interval {
        "fiveMinute" => 300,
        "hour" => 3_600,
        "day" => 86_400,
        "week" => 604_800,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::EPOCH;

    #[test]
    fn every_due_time_that_the_clock_passes_runs_once() {
        let mut due = Due::default();
        let now = START.plus(3 * 86_400 + 5);
        assert_eq!(due.add((0, 0), START, 86_400, now), START.plus(3 * 86_400));
        let times: Vec<u64> = due
            .runs
            .iter()
            .map(|(at, _, _)| at.since(START) / 86_400)
            .collect();
        assert_eq!(times, [1, 2, 3]);
        assert!(due.left_out.is_empty());
        // nothing is due before its time
        assert_eq!(due.add((0, 1), START, 604_800, now), START);
        assert_eq!(due.runs.len(), 3);
    }

    #[test]
    fn what_is_left_out_is_counted_and_the_last_runs_stay() {
        let mut due = Due::default();
        let now = START.plus(31 * 86_400);
        due.add((0, 0), START, 3_600, now);
        assert_eq!(due.runs.len(), 50);
        assert_eq!(due.left_out.get(&0), Some(&(31 * 24 - 50)));
        assert_eq!(due.runs.last().map(|run| run.0), Some(now));
        for site in 1..1_000 {
            due.add((site, 0), START, 3_600, now);
        }
        assert_eq!(due.runs.len(), MAX_RUNS);
        let all = due.left_out.get(&0).copied().unwrap_or_default() + 200;
        assert_eq!(all, 31 * 24 * 1_000);
    }
}
