//! When the key set of Forge invocation tokens is fetched.

use std::sync::Arc;

use app_license::plan::keys::{KeySetCache, KeySetPlan, KeySetStep, Need};
use app_license::plan::{FetchProblem, FetchProblemKind};
use app_license::{Error, Jwks};
use serde::{Deserialize, Serialize};

use super::fetch::{Fetched, Problem};
use super::plans::Plans;
use crate::call::{missing, unix_time};

static KEY_SETS: Plans<KeySet> = Plans::new();

struct KeySet {
    plan: KeySetPlan,
    cache: KeySetCache<Problem>,
}

/// What the app configured.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    refresh_after: Option<u64>,
    expire_after: Option<u64>,
    keep_through_outage: Option<u64>,
    cooldown: Option<u64>,
    back_off: Option<u64>,
    allow_test_keys: Option<bool>,
}

impl Settings {
    fn make(&self) -> KeySet {
        let forge = KeySetPlan::FORGE;
        let plan = KeySetPlan {
            refresh: self.refresh_after.unwrap_or(forge.refresh),
            expire: self.expire_after.unwrap_or(forge.expire),
            outage: self.keep_through_outage.unwrap_or(forge.outage),
            cooldown: self.cooldown.unwrap_or(forge.cooldown),
            back_off: self.back_off.unwrap_or(forge.back_off),
            test_keys: self.allow_test_keys.unwrap_or(forge.test_keys),
        };
        let cache = KeySetCache::default();
        KeySet { plan, cache }
    }
}

/// A question about a key id, or what came of a fetch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    plan: u64,
    settings: Settings,
    #[serde(default)]
    kid: String,
    now: u64,
    /// Whether the key that is known did not match.
    #[serde(default)]
    again: bool,
    /// Whether a fetch is under way.
    #[serde(default)]
    fetching: bool,
    /// Whether a set stands in where the fetch fails.
    #[serde(default)]
    stale: bool,
    fetched: Option<Fetched>,
    /// Why the fetch that was waited for failed; none where it did not.
    failed: Option<Problem>,
}

/// What to do next. The set that is used is the last one that was accepted.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    /// `use`, `fetch` or `refuse`.
    step: &'static str,
    /// Whether to start a fetch meanwhile.
    refresh: bool,
    stale: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

impl From<KeySetStep<Problem>> for Output {
    fn from(step: KeySetStep<Problem>) -> Self {
        let refuse = |problem| Self {
            step: "refuse",
            problem: Some(problem),
            ..Self::default()
        };
        match step {
            KeySetStep::Use { refresh, .. } => Self {
                step: "use",
                refresh,
                ..Self::default()
            },
            KeySetStep::Fetch { stale } => Self {
                step: "fetch",
                stale: stale.is_some(),
                ..Self::default()
            },
            KeySetStep::Refuse(refusal) => refuse(refusal.into()),
            KeySetStep::CouldNotCheck(problem) => refuse(problem),
        }
    }
}

impl Input {
    fn with<T>(&self, then: impl FnOnce(&mut KeySet) -> T) -> T {
        KEY_SETS.with(self.plan, || self.settings.make(), then)
    }
}

/// What to do about a key id.
pub(super) fn next(input: Input) -> Result<Output, Error> {
    let now = unix_time(input.now)?;
    let need = if input.again {
        Need::FresherKey
    } else {
        Need::Key
    };
    let (kid, fetching) = (&input.kid, input.fetching);
    let step = input.with(|set| set.cache.next(&set.plan, kid, need, now, fetching));
    Ok(step.into())
}

/// What came of a fetch: `use` where the set is accepted.
pub(super) fn fetched(input: Input) -> Result<Output, Error> {
    let now = unix_time(input.now)?;
    let fetched = input.fetched.as_ref().ok_or_else(|| missing("fetched"))?;
    let result = input.with(|set| {
        let result = read(&set.cache, fetched);
        set.cache.fetched(&result, now);
        result
    });
    Ok(match result {
        Ok(_) => Output {
            step: "use",
            ..Output::default()
        },
        Err(problem) => KeySetStep::CouldNotCheck(problem).into(),
    })
}

fn read(cache: &KeySetCache<Problem>, fetched: &Fetched) -> Result<Arc<Jwks>, Problem> {
    let unreadable = || Problem::from(&fetched.unreadable("key set"));
    let body = fetched
        .success()
        .map_err(|problem| Problem::from(&problem))?;
    let set = Jwks::parse(body.as_bytes()).map_err(|_| unreadable())?;
    if cache.is_unusable(&set) {
        return Err(unreadable());
    }
    Ok(Arc::new(set))
}

/// What to do once the fetch has ended that was waited for.
pub(super) fn after(input: Input) -> Result<Output, Error> {
    let now = unix_time(input.now)?;
    let (kid, stale, failed) = (&input.kid, input.stale, input.failed.clone());
    let step = input.with(|KeySet { plan, cache }| {
        let set = cache.set().cloned();
        match (failed, set) {
            (None, Some(set)) => cache.after(plan, kid, Ok(set), None, now),
            (Some(problem), set) => {
                let stale = set.filter(|_| stale);
                cache.after(plan, kid, Err(problem), stale, now)
            }
            // the plan was made anew meanwhile
            (None, None) => KeySetStep::CouldNotCheck(Problem::from(&gone())),
        }
    });
    Ok(step.into())
}

fn gone() -> FetchProblem {
    FetchProblem::new("the key set", FetchProblemKind::Unreachable)
}

/// Forgets what is remembered.
pub(super) fn forget(plan: u64) {
    KEY_SETS.forget(plan);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::machine::call;

    fn step(name: &str, more: Value) -> Value {
        let mut input = json!({"plan": 9, "settings": {}, "kid": "key-1"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        let output = call(&format!("forge_keys.{name}"), &input.to_string()).unwrap();
        serde_json::from_str(&output).unwrap()
    }

    #[test]
    fn a_set_is_fetched_first_and_a_fault_stands_for_a_moment() {
        let fetch = json!({"step": "fetch", "refresh": false, "stale": false});
        assert_eq!(step("next", json!({"now": 1000})), fetch);
        let page =
            json!({"outcome": "answered", "host": "a.test", "status": 200, "body": "<html>"});
        let fetched = step("fetched", json!({"now": 1000, "fetched": page}));
        let message = "`a.test` answered something that is no key set";
        assert_eq!(fetched["problem"]["message"], message);
        let after = step("after", json!({"now": 1000, "failed": fetched["problem"]}));
        assert_eq!(after["problem"]["message"], message);
        assert_eq!(
            step("next", json!({"now": 1004}))["problem"]["message"],
            message
        );
        assert_eq!(step("next", json!({"now": 1005})), fetch);
        let set = json!({"outcome": "answered", "host": "a.test", "status": 200, "body": r#"{"keys":[]}"#});
        assert_eq!(
            step("fetched", json!({"now": 1005, "fetched": set}))["step"],
            "use"
        );
        let unknown = step("after", json!({"now": 1005}));
        assert_eq!(unknown["problem"]["code"], "unknown_key");
        assert_eq!(unknown["problem"]["class"], "refused");
    }

    #[test]
    fn a_key_for_tests_is_not_looked_for() {
        let refused = step("next", json!({"kid": "test-1", "now": 1000}));
        assert_eq!(refused["problem"]["code"], "test_key");
    }
}
