//! When a key of lifecycle events is fetched, and who may ask for one.

use std::fmt;
use std::sync::Arc;

use app_license::plan::keys::{
    Caller, HostAnswer, HostStep, InstallKeyCache, InstallKeyPlan, InstallKeyResult,
    InstallKeyStep, KeyRefusal, Lane, LaneSizes, StoredInstallKeys, UnknownKeyBudget,
};
use app_license::plan::{FetchProblem, FetchProblemKind};
use app_license::{ClientKey, Error, ErrorClass, ErrorKind, KeyId, RsaPublicKey};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::fetch::{Fetched, Problem};
use super::plans::Plans;
use crate::call::{missing, unix_time};

static KEYS: Plans<Keys> = Plans::new();

/// How many fetches run at once in all lanes, and how many questions wait.
const RUNNING: usize = 16;
const WAITING: usize = 384;

struct Keys {
    cache: InstallKeyCache<Arc<str>, Problem>,
    budget: UnknownKeyBudget<Caller>,
    stored: StoredInstallKeys,
}

/// What the app configured.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    refused_for: Option<u64>,
    back_off: Option<u64>,
    keys_kept: Option<usize>,
    unknown_per_caller: Option<u32>,
    allow_test_keys: Option<bool>,
}

impl Settings {
    fn make(&self, hosts: usize) -> Keys {
        let connect = InstallKeyPlan::CONNECT;
        let plan = InstallKeyPlan {
            refused: self.refused_for.unwrap_or(connect.refused),
            back_off: self.back_off.unwrap_or(connect.back_off),
            test_keys: self.allow_test_keys.unwrap_or(connect.test_keys),
            keys: self.keys_kept.unwrap_or(connect.keys),
            ..connect
        };
        let per_caller = self.unknown_per_caller;
        Keys {
            cache: InstallKeyCache::new(plan, hosts),
            budget: UnknownKeyBudget::new(per_caller.unwrap_or(InstallKeyPlan::UNKNOWN_PER_CALLER)),
            stored: StoredInstallKeys::default(),
        }
    }
}

/// A question about a key id, or what came of a step.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    plan: u64,
    settings: Settings,
    /// How many key hosts there are.
    hosts: usize,
    kid: String,
    now: u64,
    /// Whether there is a store of keys.
    #[serde(default)]
    store: bool,
    /// The keys of the store, by their ids.
    #[serde(default)]
    stored: Pems,
    /// Who asks.
    address: Option<String>,
    tenant: Option<String>,
    /// Whether a key that is known is asked for again.
    #[serde(default)]
    again: bool,
    /// Which host was asked, and what it said.
    place: Option<usize>,
    fetched: Option<Fetched>,
    /// The first problem of the hosts before.
    problem: Option<Problem>,
}

/// Keys in PEM by their ids, as an object.
#[derive(Default)]
struct Pems(Vec<(String, String)>);

impl<'d> Deserialize<'d> for Pems {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PemsVisitor)
    }
}

struct PemsVisitor;

impl<'d> Visitor<'d> for PemsVisitor {
    type Value = Pems;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Pems, A::Error> {
        let mut pems = Vec::new();
        while let Some(pem) = map.next_entry()? {
            pems.push(pem);
        }
        Ok(Pems(pems))
    }
}

/// What to do next.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    /// `use`, `load`, `fetch`, `ask`, `refuse` or `none`.
    step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
    /// Which host to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

impl Output {
    fn step(step: &'static str) -> Self {
        Self {
            step,
            ..Self::default()
        }
    }

    fn key(pem: &str) -> Self {
        let pem = Some(pem.to_owned());
        Self {
            pem,
            ..Self::step("use")
        }
    }

    fn refuse(problem: Problem) -> Self {
        let problem = Some(problem);
        Self {
            problem,
            ..Self::step("refuse")
        }
    }
}

impl From<InstallKeyStep<Arc<str>, Problem>> for Output {
    fn from(step: InstallKeyStep<Arc<str>, Problem>) -> Self {
        match step {
            InstallKeyStep::Use(pem) => Self::key(&pem),
            InstallKeyStep::Fetch => Self::step("fetch"),
            InstallKeyStep::Refuse(refusal) => Self::refuse(refusal.into()),
            InstallKeyStep::Failed(problem) => Self::refuse(problem),
        }
    }
}

impl Input {
    fn with<T>(&self, then: impl FnOnce(&mut Keys) -> T) -> T {
        KEYS.with(self.plan, || self.settings.make(self.hosts), then)
    }

    fn kid(&self) -> Result<KeyId, Error> {
        KeyId::new(self.kid.as_str())
    }

    fn caller(&self) -> Caller {
        Caller::read(self.address.as_deref().unwrap_or_default())
    }

    /// The tenant that the request names; none where it is no tenant's name.
    fn tenant(&self) -> Option<ClientKey> {
        ClientKey::new(self.tenant.as_deref()?).ok()
    }
}

/// What to do about a key id; `load` where the store is looked into first.
pub(super) fn next(input: Input) -> Result<Output, Error> {
    let (kid, now) = (input.kid()?, unix_time(input.now)?);
    Ok(input.with(|keys| match keys.cache.next(&kid, now) {
        InstallKeyStep::Fetch if input.store && keys.stored.is_due(now) => Output::step("load"),
        step => step.into(),
    }))
}

/// What to do once the store was looked into.
pub(super) fn loaded(input: Input) -> Result<Output, Error> {
    let (kid, now) = (input.kid()?, unix_time(input.now)?);
    let stored = input.stored.0.iter().filter_map(|(kid, pem)| {
        let kid = KeyId::new(kid.as_str()).ok()?;
        Some((kid, Arc::<str>::from(pem.as_str())))
    });
    let stored: Vec<_> = stored.take(StoredInstallKeys::MOST).collect();
    Ok(input.with(|keys| {
        keys.stored.loaded(stored.iter().cloned());
        // what is no key, or a weak one, is asked for again
        let usable = stored
            .into_iter()
            .filter(|(_, pem)| RsaPublicKey::from_pem(pem).is_ok());
        keys.cache.loaded(usable);
        keys.cache.next(&kid, now).into()
    }))
}

/// The key to put into the store, of an id that a token was verified with; `none` where it is there.
pub(super) fn proved(input: Input) -> Result<Output, Error> {
    let kid = input.kid()?;
    Ok(input.with(|keys| match keys.cache.peek(&kid).cloned() {
        Some(pem) if keys.stored.is_news(&kid, &pem) => Output::key(&pem),
        _ => Output::step("none"),
    }))
}

/// The lane that a question waits in, and how many wait there.
pub(super) fn lane(input: Input) -> Result<Output, Error> {
    let now = unix_time(input.now)?;
    let (caller, tenant) = (input.caller(), input.tenant());
    let lane = input.with(|keys| keys.budget.lane(caller, tenant.as_ref(), now));
    Ok(Output {
        lane: Some(match lane {
            Lane::Reserved => "reserved",
            Lane::Named => "named",
            Lane::Shared => "shared",
        }),
        ..Output::step("fetch")
    })
}

/// Who asked for what there is has spent nothing.
pub(super) fn refund(input: Input) -> Result<Output, Error> {
    let (caller, tenant) = (input.caller(), input.tenant());
    input.with(|keys| keys.budget.refund(&caller, tenant.as_ref()));
    Ok(Output::step("none"))
}

/// Whether a key that is known is asked for again: `fetch`, with the key that stands in.
pub(super) fn refresh(input: Input) -> Result<Output, Error> {
    let (kid, now) = (input.kid()?, unix_time(input.now)?);
    Ok(input.with(|keys| {
        let known = keys.cache.peek(&kid).cloned();
        match known {
            Some(pem) if keys.cache.may_refresh(&kid, now) => Output {
                step: "fetch",
                ..Output::key(&pem)
            },
            _ => Output::step("none"),
        }
    }))
}

/// Asks one host after the other: takes what one said, and says which is next, or what they said
/// together. The id is the same on all of them.
pub(super) fn ask(input: Input) -> Result<Output, Error> {
    let (kid, now) = (input.kid()?, unix_time(input.now)?);
    let mut problem = input.problem.clone();
    let asked = match (input.place, &input.fetched) {
        (Some(place), Some(fetched)) => Some((place, read(&kid, fetched))),
        _ => None,
    };
    Ok(input.with(|Keys { cache, .. }| {
        let unknown = || KeyRefusal::Unknown.into();
        let result = match cache.next_host(asked, &mut problem, unknown, now) {
            HostStep::Ask(place) => {
                return Output {
                    place: Some(place),
                    problem,
                    ..Output::step("ask")
                };
            }
            HostStep::Done(result) => result,
        };
        let output = match &result {
            InstallKeyResult::Key(pem) => Output::key(pem),
            InstallKeyResult::Refused(problem) | InstallKeyResult::Failed(problem) => {
                Output::refuse(problem.clone())
            }
        };
        if input.again {
            cache.refreshed(&kid, result);
        } else {
            cache.fetched(&kid, result, now);
        }
        output
    }))
}

/// What a host said.
fn read(kid: &KeyId, fetched: &Fetched) -> HostAnswer<Arc<str>, Problem> {
    if matches!(fetched.answer(), Ok((404, _))) {
        return HostAnswer::NoKey;
    }
    let failed = |found: &FetchProblem| HostAnswer::Failed {
        error: Problem::from(found),
        of_the_host: found.is_of_the_host(),
    };
    let pem = match fetched.success() {
        Ok(pem) => pem,
        Err(found) => return failed(&found),
    };
    match RsaPublicKey::from_pem(pem) {
        Ok(_) => HostAnswer::Key(Arc::from(pem)),
        // a short key will not grow: the platform's answer is known, and it proves nothing
        Err(error) if matches!(error.kind(), ErrorKind::WeakKey { .. }) => {
            let message = format!("the key `{}` is not accepted", kid.as_str());
            HostAnswer::Refused(Problem::new(error.code(), ErrorClass::Refused, message))
        }
        Err(_) => failed(&fetched.unreadable("public key")),
    }
}

/// How large the lanes are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sizes {
    reserved: usize,
    named: usize,
    shared: usize,
    waiting_reserved: usize,
    waiting_others: usize,
}

/// Nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// How many fetches of each lane run at once, and how many questions wait.
pub(super) fn sizes(_: Nothing) -> Result<Sizes, Error> {
    let sizes = LaneSizes::of(RUNNING, WAITING);
    Ok(Sizes {
        reserved: sizes.reserved,
        named: sizes.named,
        shared: sizes.shared,
        waiting_reserved: sizes.waiting_reserved,
        waiting_others: sizes.waiting_others,
    })
}

/// A lane in which so many wait.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Full {
    limit: Option<usize>,
}

/// Why no more may wait.
pub(super) fn flood(full: Full) -> Result<Problem, Error> {
    let limit = full.limit.ok_or_else(|| missing("limit"))?;
    let problem = FetchProblem::new("", FetchProblemKind::UnknownKeyFlood { limit });
    Ok(Problem::from(&problem))
}

/// Forgets what is remembered.
pub(super) fn forget(plan: u64) {
    KEYS.forget(plan);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::machine::call;

    fn step(name: &str, more: Value) -> Value {
        let mut input = json!({"plan": 11, "settings": {}, "hosts": 2, "kid": "0e50fccb"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        let output = call(&format!("install_keys.{name}"), &input.to_string()).unwrap();
        serde_json::from_str(&output).unwrap()
    }

    #[test]
    fn every_host_is_asked_and_none_that_is_down_is_asked_again() {
        assert_eq!(
            step("next", json!({"now": 1000, "store": true})),
            json!({"step": "load"})
        );
        assert_eq!(
            step(
                "loaded",
                json!({"now": 1000, "stored": {"0e50fccb": "no key"}})
            ),
            json!({"step": "fetch"})
        );
        assert_eq!(
            step("next", json!({"now": 1001, "store": true})),
            json!({"step": "fetch"})
        );
        assert_eq!(
            step("ask", json!({"now": 1001})),
            json!({"step": "ask", "place": 0})
        );
        let down = json!({"outcome": "unreachable", "host": "a.test"});
        let next = step("ask", json!({"now": 1001, "place": 0, "fetched": down}));
        assert_eq!((&next["step"], &next["place"]), (&json!("ask"), &json!(1)));
        let none = json!({"outcome": "answered", "host": "b.test", "status": 404, "body": ""});
        let last = json!({"now": 1001, "place": 1, "fetched": none, "problem": next["problem"]});
        let refused = step("ask", last);
        assert_eq!(refused["problem"]["code"], "unreachable");
        assert_eq!(
            step("next", json!({"now": 1002}))["problem"]["code"],
            "unreachable"
        );
        // another id: the host that is down is left alone
        let other = step("ask", json!({"kid": "other", "now": 1003}));
        assert_eq!(
            (&other["place"], &other["problem"]["code"]),
            (&json!(1), &json!("unreachable"))
        );
    }

    #[test]
    fn who_asks_for_many_unknown_keys_waits_with_all_others() {
        let lane = |address: &str| {
            let from = json!({"plan": 12, "now": 1000, "address": address, "tenant": address});
            step("lane", from)["lane"].clone()
        };
        for _ in 0..5 {
            assert_eq!(lane("192.0.2.1"), "reserved");
        }
        assert_eq!(lane("::ffff:192.0.2.1"), "named");
        assert_eq!(lane("192.0.2.1:80"), "named");
        assert_eq!(lane("192.0.2.2"), "reserved");
    }
}
