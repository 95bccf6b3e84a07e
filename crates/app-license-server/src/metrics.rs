//! What an operator wants to see: counters in the Prometheus text format.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use app_license_client::Stats;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

/// Counters of one app; cheap to clone. Those of a [`ConnectApp`](crate::ConnectApp) and of a
/// [`ForgeRemote`](crate::ForgeRemote) carry its key or id in the label `app`.
///
/// ```
/// use app_license_server::Metrics;
/// let metrics = Metrics::new();
/// assert!(metrics.render().ends_with("# EOF\n"));
/// ```
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    events: Family<EventLabels, Counter>,
    requests: Family<KindLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    keys: Family<KeyLabels, Gauge<i64>>,
    /// There is none before the first fetch.
    key_set_age: Family<NoLabels, Gauge<u64, AtomicU64>>,
}

type NoLabels = [(&'static str, &'static str); 0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KeyLabels {
    keys: &'static str,
    what: &'static str,
}

fn registered<M: Metric + Default + Clone>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::of(None)
    }

    pub(crate) fn of_app(app: &str) -> Self {
        Self::of(Some(app))
    }

    fn of(app: Option<&str>) -> Self {
        let label = app.map(|app| ("app".into(), app.to_owned().into()));
        let mut registry = Registry::with_prefix_and_labels("app_license", label.into_iter());
        let new = &mut registry;
        let events = registered(new, "events", "Lifecycle events accepted, by event");
        let requests = registered(new, "requests", "Requests verified, by kind of token");
        let refusals = registered(new, "refusals", "Requests refused, by code and status");
        let decisions = registered(new, "decisions", "License decisions, by reason");
        let keys = registered(new, "keys", "Work of the key caches since the start");
        let key_set_age = registered(new, "key_set_age_seconds", "Age of the Forge key set");
        Self(Arc::new(Inner {
            registry,
            events,
            requests,
            refusals,
            decisions,
            keys,
            key_set_age,
        }))
    }

    pub(crate) fn event(&self, event: &'static str) {
        self.0.events.get_or_create(&EventLabels { event }).inc();
    }

    pub(crate) fn request(&self, kind: &'static str) {
        self.0.requests.get_or_create(&KindLabels { kind }).inc();
    }

    pub(crate) fn refusal(&self, code: &'static str, status: u16) {
        self.0
            .refusals
            .get_or_create(&RefusalLabels { code, status })
            .inc();
    }

    pub(crate) fn decision(&self, reason: &'static str) {
        self.0
            .decisions
            .get_or_create(&DecisionLabels { reason })
            .inc();
    }

    pub(crate) fn keys(&self, keys: &'static str, stats: &Stats) {
        for (what, count) in [
            ("fetches", stats.fetches),
            ("hits", stats.hits),
            ("joined", stats.joined),
            ("stale_served", stats.stale_served),
            ("refused", stats.refused),
            ("faults", stats.faults),
        ] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.0
                .keys
                .get_or_create(&KeyLabels { keys, what })
                .set(count);
        }
    }

    pub(crate) fn key_set_age(&self, seconds: u64) {
        self.0.key_set_age.get_or_create(&[]).set(seconds);
    }

    /// All counters in the OpenMetrics text format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // writing to a string does not fail
        if encode(&mut text, &self.0.registry).is_err() {
            text.clear();
        }
        text
    }
}

/// The counters of several apps in one text: each metric is described once, and each series is there once.
/// Two remotes of one app have the same series: their counts are added, and the older key set counts.
pub(crate) fn render_all<'m>(all: impl Iterator<Item = &'m Metrics>) -> String {
    // what describes a metric, and its samples, in the order of the first app that has it
    let mut merged: Vec<(String, Vec<(String, u64)>)> = Vec::new();
    for metrics in all {
        let mut at = None;
        for line in metrics.render().lines() {
            if let Some(name) = line.strip_prefix("# HELP ") {
                let name = name.split(' ').next().unwrap_or_default();
                let help = format!("# HELP {name} ");
                let known = merged.iter().position(|(head, _)| head.starts_with(&help));
                if known.is_none() {
                    merged.push((format!("{line}\n"), Vec::new()));
                }
                at = Some((
                    known.unwrap_or_else(|| merged.len().saturating_sub(1)),
                    known.is_none(),
                ));
            } else if line.starts_with("# EOF") {
                break;
            } else if let Some((at, is_new)) = at
                && let Some((head, samples)) = merged.get_mut(at)
            {
                if !line.starts_with('#') {
                    add(samples, line, head.contains("_seconds "));
                } else if is_new {
                    head.push_str(line);
                    head.push('\n');
                }
            }
        }
    }
    let mut text = String::new();
    for (head, samples) in merged {
        text.push_str(&head);
        for (series, value) in samples {
            // writing to a string does not fail
            let _written = writeln!(text, "{series} {value}");
        }
    }
    text.push_str("# EOF\n");
    text
}

/// Adds a sample to those of its metric: all are whole numbers.
fn add(samples: &mut Vec<(String, u64)>, line: &str, is_age: bool) {
    let Some((series, value)) = line.rsplit_once(' ') else {
        return;
    };
    let value: u64 = value.parse().unwrap_or(0);
    match samples.iter_mut().find(|(known, _)| known == series) {
        Some((_, known)) if is_age => *known = value.max(*known),
        Some((_, known)) => *known = value.saturating_add(*known),
        None => samples.push((series.to_owned(), value)),
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, render_all};

    /// A scraper refuses a text that holds a series twice.
    #[test]
    fn two_remotes_of_one_app_make_each_series_once() {
        let remotes = [(); 2].map(|()| Metrics::of_app("ari:cloud:ecosystem::app/1"));
        let other = Metrics::of_app("com.example.app");
        for (metrics, age) in remotes.iter().zip([30, 90]) {
            metrics.event("installed");
            metrics.refusal("expired", 401);
            metrics.key_set_age(age);
        }
        remotes[0].decision("granted");
        other.event("installed");
        let text = render_all(remotes.iter().chain([&other]));
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let series = |line: &&str| line.rsplit_once(' ').unwrap().0.to_owned();
        let mut once: Vec<_> = samples.iter().map(series).collect();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), samples.len(), "{text}");
        let app = r#"app="ari:cloud:ecosystem::app/1""#;
        for line in [
            format!(r#"app_license_events_total{{{app},event="installed"}} 2"#),
            format!(r#"app_license_refusals_total{{{app},code="expired",status="401"}} 2"#),
            format!(r#"app_license_decisions_total{{{app},reason="granted"}} 1"#),
            format!("app_license_key_set_age_seconds{{{app}}} 90"),
            r#"app_license_events_total{app="com.example.app",event="installed"} 1"#.to_owned(),
        ] {
            assert!(samples.contains(&line.as_str()), "{line}\n{text}");
        }
        assert_eq!(text.matches("# HELP app_license_events ").count(), 1);
        assert!(text.ends_with("# EOF\n"));
    }
}
