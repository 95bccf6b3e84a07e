//! What an operator wants to see: counters in the Prometheus text format.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use app_license_client::Stats;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

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
        let events = Family::default();
        registry.register(
            "events",
            "Lifecycle events accepted, by event",
            events.clone(),
        );
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests verified, by kind of token",
            requests.clone(),
        );
        let refusals = Family::default();
        registry.register(
            "refusals",
            "Requests refused, by code and status",
            refusals.clone(),
        );
        let decisions = Family::default();
        registry.register(
            "decisions",
            "License decisions, by reason",
            decisions.clone(),
        );
        let keys = Family::default();
        registry.register(
            "keys",
            "Work of the key caches since the start",
            keys.clone(),
        );
        let key_set_age = Family::<NoLabels, Gauge<u64, AtomicU64>>::default();
        registry.register(
            "key_set_age_seconds",
            "Age of the Forge key set",
            key_set_age.clone(),
        );
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

/// The counters of several apps in one text: each metric is described once.
pub(crate) fn render_all<'m>(all: impl Iterator<Item = &'m Metrics>) -> String {
    // what describes a metric, and its samples, in the order of the first app that has it
    let mut merged: Vec<(String, String)> = Vec::new();
    for metrics in all {
        let mut at = None;
        for line in metrics.render().lines() {
            if let Some(name) = line.strip_prefix("# HELP ") {
                let name = name.split(' ').next().unwrap_or_default();
                let help = format!("# HELP {name} ");
                let known = merged.iter().position(|(head, _)| head.starts_with(&help));
                at = known;
                if known.is_none() {
                    merged.push((format!("{line}\n"), String::new()));
                }
            } else if line.starts_with("# EOF") {
                break;
            } else if let Some(at) = at {
                if !line.starts_with('#')
                    && let Some((_, samples)) = merged.get_mut(at)
                {
                    samples.push_str(line);
                    samples.push('\n');
                }
            } else if let Some((head, samples)) = merged.last_mut() {
                let into = if line.starts_with('#') { head } else { samples };
                into.push_str(line);
                into.push('\n');
            }
        }
    }
    let mut text: String = merged
        .into_iter()
        .flat_map(|(head, samples)| [head, samples])
        .collect();
    text.push_str("# EOF\n");
    text
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
