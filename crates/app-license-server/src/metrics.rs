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

/// Counters of one app; cheap to clone.
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
    key_set_age: Gauge<u64, AtomicU64>,
}

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
        let mut registry = Registry::with_prefix("app_license");
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
        let key_set_age = Gauge::default();
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
        self.0.key_set_age.set(seconds);
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
