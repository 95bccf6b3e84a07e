//! The edition of every site over time: points where it changed.

use std::collections::BTreeMap;

use app_license::UnixTime;
use app_license_testkit::{LicenseSnapshot, Tenant};
use serde::{Deserialize, Serialize};

/// How many points of a site are kept.
const MAX_POINTS: usize = 200;
/// How many ends of periods are looked at in one leap of the clock.
const MAX_STEPS: usize = 2_000;

/// From when on a site stood where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) at: UnixTime,
    pub(crate) stage: String,
    /// `active`, `inactive`, `absent`
    pub(crate) state: String,
    pub(crate) edition: Option<String>,
    pub(crate) trial: bool,
}

impl Point {
    fn new(at: UnixTime, snapshot: &LicenseSnapshot) -> Self {
        Self {
            at,
            stage: snapshot.stage.name().to_owned(),
            state: snapshot.state.name().to_owned(),
            edition: snapshot.edition.map(|edition| edition.name().to_owned()),
            trial: snapshot.evaluation,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        Self {
            at: other.at,
            ..self.clone()
        } == *other
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Timelines(BTreeMap<String, Vec<Point>>);

impl Timelines {
    pub(crate) fn of(&self, site: &str) -> &[Point] {
        self.0.get(site).map_or(&[], Vec::as_slice)
    }

    /// Notes where the site stands now, if that is news.
    pub(crate) fn note(&mut self, tenant: &Tenant, now: UnixTime) {
        self.add(tenant, now);
    }

    /// Notes everything that ends between two times: a leap of the clock passes the ends of
    /// trials and periods, each of which has its own date.
    pub(crate) fn leap(&mut self, tenant: &Tenant, from: UnixTime, to: UnixTime) {
        let mut time = from;
        for _ in 0..MAX_STEPS {
            let snapshot = tenant.snapshot_at(time);
            let ends = [snapshot.trial_end, snapshot.subscription_end];
            let next = ends
                .into_iter()
                .flatten()
                .filter(|end| *end > time && *end < to)
                .min();
            let Some(next) = next else { break };
            self.add(tenant, next);
            time = next;
        }
        self.add(tenant, to);
    }

    fn add(&mut self, tenant: &Tenant, at: UnixTime) {
        let point = Point::new(at, &tenant.snapshot_at(at));
        let points = self.0.entry(tenant.site().name().to_owned()).or_default();
        // a clock that was set back writes its own story
        points.retain(|known| known.at <= at);
        if points.last().is_some_and(|last| last.is_like(&point)) {
            return;
        }
        if points.len() >= MAX_POINTS {
            points.remove(0);
        }
        points.push(point);
    }
}

#[cfg(test)]
mod tests {
    use app_license_testkit::{App, Edition, MockHost};

    use super::*;

    #[test]
    fn a_leap_finds_the_end_of_the_trial_and_of_the_paid_month() {
        let host = MockHost::offline();
        let app = App::connect("com.example.app", "https://app.example.com").unwrap();
        let acme = host.tenant(&app, "acme").unwrap();
        let start = host.clock().now();
        let mut timelines = Timelines::default();
        acme.buy(Edition::Standard).unwrap();
        acme.cancel().unwrap();
        acme.start_trial(Edition::Advanced, 14).unwrap();
        timelines.note(&acme, start);
        timelines.leap(&acme, start, start.plus(400 * 86_400));
        let seen: Vec<(u64, &str)> = timelines
            .of("acme")
            .iter()
            .map(|point| (point.at.since(start) / 86_400, point.stage.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (0, "trial_while_subscribed"),
                (14, "cancelled"),
                (30, "ended")
            ]
        );
    }

    #[test]
    fn setting_the_clock_back_forgets_what_then_did_not_happen() {
        let host = MockHost::offline();
        let app = App::connect("com.example.app", "https://app.example.com").unwrap();
        let acme = host.tenant(&app, "acme").unwrap();
        let start = host.clock().now();
        let mut timelines = Timelines::default();
        acme.start_trial(Edition::Advanced, 14).unwrap();
        timelines.note(&acme, start);
        timelines.leap(&acme, start, start.plus(20 * 86_400));
        assert_eq!(timelines.of("acme").len(), 2);
        timelines.note(&acme, start);
        assert_eq!(timelines.of("acme").len(), 1);
    }
}
