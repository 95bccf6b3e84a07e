//! Whether and when a License API is asked, and which answer counts until then.

use std::sync::Arc;
use std::time::Duration;

use app_license::connect::{self, LicenseApiError};
use app_license::forge::LicenseApiResponse;
use app_license::plan::license::{
    AnswerContent, CacheEntry, FetchError, FetchResult, Lease, LeaseUse, LicensePlan, Retries, Step,
};
use app_license::plan::{Bounded, FetchProblem};
use app_license::{AppKey, Error, ErrorClass, ForgeAppId, License, UnixTime};
use serde::{Deserialize, Serialize};

use super::fetch::{Fetched, Problem};
use super::plans::Plans;
use crate::call::{missing, unix_time};

static LICENSES: Plans<Licenses> = Plans::new();

/// What is remembered of the installations of one API.
struct Licenses {
    plan: LicensePlan,
    entries: Bounded<String, Entry>,
}

/// The license's object of a Connect site, none where it has none; the whole answer of Forge's API.
type Document = Option<Arc<str>>;
type Entry = CacheEntry<Document, FetchProblem>;

/// What the app configured.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    /// Of Forge, or of a Connect site.
    #[serde(default)]
    forge: bool,
    fresh_for: Option<u64>,
    keep_through_outage: Option<u64>,
    back_off: Option<u64>,
    tenants_kept: Option<usize>,
}

impl Settings {
    fn make(&self) -> Licenses {
        let mut plan = if self.forge {
            LicensePlan::FORGE
        } else {
            LicensePlan::CONNECT
        };
        if let Some(seconds) = self.fresh_for {
            plan = plan.fresh_for(Duration::from_secs(seconds));
        }
        plan.outage = self.keep_through_outage.unwrap_or(plan.outage);
        plan.back_off = self.back_off.unwrap_or(plan.back_off);
        let entries = Bounded::new(self.tenants_kept.unwrap_or(2048));
        Licenses { plan, entries }
    }
}

/// A question about one installation, or what came of a step.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    plan: u64,
    settings: Settings,
    /// The installation.
    id: String,
    /// The app: its key on Connect, its id on Forge, where one of several is meant.
    app: Option<String>,
    now: u64,
    /// What the answer is wanted for is from then.
    since: Option<u64>,
    /// Whether a signed request states more than the answer that is remembered.
    #[serde(default)]
    newer: bool,
    /// What was stated before then is of an installation that ended.
    installed_at: Option<u64>,
    /// What the shared cache has.
    shared: Option<Shared>,
    /// Until when another has the lease; none where it is the asker's.
    held_until: Option<u64>,
    /// Whether another's answer is waited for.
    #[serde(default)]
    patient: bool,
    /// When the question was asked that `fetched` answers.
    asked_at: Option<u64>,
    fetched: Option<Fetched>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shared {
    body: String,
    at: u64,
}

/// What to do next.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    /// `use`, `look`, `lease`, `ask`, `wait` or `refuse`.
    step: &'static str,
    /// The license's object in JSON; none where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<u64>,
    /// Why there is nothing newer, or nothing at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
    /// For how long the lease is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    /// How many askers' tokens may be refused before the question is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<u32>,
    /// What becomes of what was fetched and of the lease: only after a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<After>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct After {
    /// Whether the answer is kept for the other replicas.
    keep: bool,
    /// Whether what was kept before is ended.
    forget: bool,
    /// Whether the lease is given back.
    release: bool,
    /// For how long the lease is held from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    prolong: Option<u64>,
}

/// What to do about a question, given what is remembered.
pub(super) fn next(input: Input) -> Result<Output, Error> {
    let since = unix_time(input.since.unwrap_or(0))?;
    input.step(|plan, entry, now| {
        if input.newer {
            // where it is not worth asking again, what is remembered is the answer
            plan.expect_newer(entry, now);
        }
        Ok(plan.next(entry, since, now))
    })
}

/// What to do once the shared cache was looked into.
pub(super) fn found(input: Input) -> Result<Output, Error> {
    let shared = match &input.shared {
        Some(shared) => {
            let at = unix_time(shared.at)?;
            // what cannot be read is as good as nothing
            read_forge(&shared.body, input.app.as_deref())
                .map(|content| (Some(Arc::from(shared.body.as_str())), at, content))
        }
        None => None,
    };
    input.step(|plan, entry, now| Ok(plan.found(entry, shared, now)))
}

/// What to do once the lease was tried.
pub(super) fn leased(input: Input) -> Result<Output, Error> {
    let lease = match input.held_until {
        Some(until) => Lease::Held {
            until: unix_time(until)?,
        },
        None => Lease::Granted {
            until: unix_time(input.now)?,
        },
    };
    let patient = input.patient;
    input.step(|plan, entry, now| Ok(plan.leased(entry, lease, now, patient)))
}

/// What to remember of a call, and what becomes of the lease.
pub(super) fn answered(input: Input) -> Result<Output, Error> {
    let fetched = input.fetched.as_ref().ok_or_else(|| missing("fetched"))?;
    let result = fetch_result(&input, fetched)?;
    let keep = input.settings.forge && matches!(result, FetchResult::Answered { .. });
    let forget = result.ends_stored();
    // an answer is as old as its question
    let ended = match (keep, input.asked_at) {
        (true, Some(asked_at)) => asked_at,
        _ => input.now,
    };
    let (ended, mut after) = (unix_time(ended)?, None);
    let mut output = input.step(|plan, entry, _| {
        let (step, lease) = plan.answered(entry, result, ended);
        after = Some(After {
            keep,
            forget,
            release: lease == LeaseUse::GiveBack,
            prolong: match lease {
                LeaseUse::Prolong { seconds } => Some(seconds),
                _ => None,
            },
        });
        Ok(step)
    })?;
    output.after = after;
    Ok(output)
}

impl Input {
    fn step(
        &self,
        then: impl FnOnce(
            &LicensePlan,
            &mut Entry,
            UnixTime,
        ) -> Result<Step<Document, FetchProblem>, Error>,
    ) -> Result<Output, Error> {
        let now = unix_time(self.now)?;
        let oldest = unix_time(self.installed_at.unwrap_or(0))?;
        let step = LICENSES.with(
            self.plan,
            || self.settings.make(),
            |licenses| {
                let plan = licenses.plan;
                licenses.entries.change(&self.id, |entry| {
                    entry.forget_before(oldest, now);
                    then(&plan, entry, now)
                })
            },
        )?;
        self.output(step)
    }

    fn output(&self, step: Step<Document, FetchProblem>) -> Result<Output, Error> {
        let mut output = Output::default();
        match step {
            Step::Use {
                value,
                as_of,
                fault,
            } => {
                output.step = "use";
                output.document = self.document(value)?;
                output.as_of = Some(as_of.as_seconds());
                output.problem = fault.map(|fault| problem(&fault));
            }
            Step::Look => {
                output.step = "look";
                output.tries = Some(LicensePlan::MAX_REFUSED);
            }
            Step::Lease { seconds } => {
                output.step = "lease";
                output.seconds = Some(seconds);
            }
            Step::Ask => output.step = "ask",
            Step::Wait { .. } => output.step = "wait",
            Step::Refuse(fault) => {
                output.step = "refuse";
                output.problem = Some(problem(&fault));
            }
        }
        Ok(output)
    }

    /// The license of the app that is meant.
    fn document(&self, value: Document) -> Result<Option<String>, Error> {
        let Some(value) = value else {
            return Ok(None);
        };
        if !self.settings.forge {
            return Ok(Some(String::from(&*value)));
        }
        let response = LicenseApiResponse::parse(value.as_bytes())?;
        let license = match &self.app {
            Some(app) => response.license(&ForgeAppId::new(app.as_str())?)?,
            None => response.into_only()?,
        };
        Ok(license.raw().map(str::to_owned))
    }
}

fn problem(fault: &FetchError<FetchProblem>) -> Problem {
    let unavailable = ErrorClass::CouldNotCheck;
    match fault {
        FetchError::Failed(problem) => problem.into(),
        FetchError::Leased { .. } => Problem::new("leased", unavailable, fault.to_string()),
        FetchError::TokensRefused { .. } => {
            Problem::new("tokens_refused", unavailable, fault.to_string())
        }
    }
}

fn fetch_result(
    input: &Input,
    fetched: &Fetched,
) -> Result<FetchResult<Document, FetchProblem>, Error> {
    let read = if input.settings.forge {
        forge(fetched, input.app.as_deref())
    } else {
        let app = AppKey::new(input.app.as_deref().unwrap_or_default())?;
        of_site(&app, fetched)
    };
    Ok(match read {
        Ok((value, content)) => FetchResult::Answered { value, content },
        Err(error) => {
            let retry_after = error.retry_after();
            if error.is_token_refused() {
                FetchResult::TokenRefused { error, retry_after }
            } else {
                FetchResult::Failed { error, retry_after }
            }
        }
    })
}

/// What counts as an answer of a Connect site; the rest are problems, kept apart from it.
fn of_site(app: &AppKey, fetched: &Fetched) -> Result<(Document, AnswerContent), FetchProblem> {
    let (status, body) = fetched.answer()?;
    let answer = connect::LicenseApiResponse::read_for(app, Some(status), body.as_bytes());
    match &answer {
        connect::LicenseApiResponse::License(_) | connect::LicenseApiResponse::NotFound => {
            let document = answer.license().and_then(License::raw).map(Arc::from);
            Ok((document, AnswerContent::of_connect(&answer)))
        }
        connect::LicenseApiResponse::Failed(LicenseApiError::Malformed(_)) => {
            Err(fetched.unreadable("license"))
        }
        _ => Err(fetched.status_problem()),
    }
}

fn forge(fetched: &Fetched, app: Option<&str>) -> Result<(Document, AnswerContent), FetchProblem> {
    match fetched.answer()? {
        (200, body) => match read_forge(body, app) {
            Some(content) => Ok((Some(Arc::from(body)), content)),
            None => Err(fetched.unreadable("license")),
        },
        _ => Err(fetched.status_problem()),
    }
}

/// What an answer about one app at least says. Where none of several is meant, it is about one alone.
fn read_forge(body: &str, app: Option<&str>) -> Option<AnswerContent> {
    let response = LicenseApiResponse::parse(body.as_bytes()).ok()?;
    let any = response.results().any(|(_, license)| license.is_ok());
    let is_clear = app.is_some() || response.results().count() == 1;
    (any && is_clear).then(|| AnswerContent::of_forge(&response))
}

/// One failed try of a question.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Try {
    app: String,
    /// How many tries failed, this one included.
    failures: u32,
    attempts: Option<Attempts>,
    fetched: Fetched,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attempts {
    count: u32,
    first: u64,
    longest: u64,
}

/// A pause before the next try, in milliseconds; none where this was the last one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pause {
    at_least: Option<u64>,
    jitter: Option<u64>,
}

/// Whether a Connect site is asked once more.
pub(super) fn retry(input: Try) -> Result<Pause, Error> {
    let retries = input.attempts.map_or(Retries::CONNECT, |it| {
        let (first, longest) = (
            Duration::from_millis(it.first),
            Duration::from_millis(it.longest),
        );
        Retries::new(it.count, first, longest)
    });
    let pause = match of_site(&AppKey::new(input.app.as_str())?, &input.fetched) {
        Ok(_) => None,
        Err(problem) => retries.pause(input.failures, problem.is_passing(), problem.retry_after()),
    };
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Ok(Pause {
        at_least: pause.map(|pause| milliseconds(pause.at_least)),
        jitter: pause.map(|pause| milliseconds(pause.jitter)),
    })
}

/// Forgets what is remembered.
pub(super) fn forget(plan: u64) {
    LICENSES.forget(plan);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::machine::call;

    fn step(name: &str, settings: &Value, more: Value) -> Value {
        let mut input = json!({"plan": 7, "settings": settings, "id": "tenant", "app": "a"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        if settings["forge"] == true {
            // tests run at once: settings of their own make a plan of their own
            input["plan"] = if settings["tenantsKept"].is_null() {
                8
            } else {
                13
            }
            .into();
            input.as_object_mut().unwrap().remove("app");
        }
        let output = call(&format!("license.{name}"), &input.to_string()).unwrap();
        serde_json::from_str(&output).unwrap()
    }

    fn answered(status: u16, body: &str) -> Value {
        json!({"outcome": "answered", "host": "a.test", "status": status, "body": body})
    }

    const ACTIVE: &str = r#"{"key":"a","license":{"active":true}}"#;

    #[test]
    fn a_connect_site_is_asked_once_in_five_minutes_and_a_refusal_ends_what_it_said() {
        let connect = json!({});
        assert_eq!(
            step("next", &connect, json!({"now": 1000})),
            json!({"step": "ask"})
        );
        let said = step(
            "answered",
            &connect,
            json!({"now": 1000, "fetched": answered(200, ACTIVE)}),
        );
        let after = json!({"keep": false, "forget": false, "release": false});
        let active = json!({"step": "use", "document": r#"{"active":true}"#, "asOf": 1000});
        let mut with_after = active.clone();
        with_after["after"] = after;
        assert_eq!(said, with_after);
        assert_eq!(step("next", &connect, json!({"now": 1299})), active);
        assert_eq!(
            step("next", &connect, json!({"now": 1300})),
            json!({"step": "ask"})
        );
        // of an installation that ended
        let reinstalled = json!({"now": 1200, "installedAt": 1100});
        assert_eq!(step("next", &connect, reinstalled), json!({"step": "ask"}));
        let refused = step(
            "answered",
            &connect,
            json!({"now": 1300, "fetched": answered(403, "")}),
        );
        assert_eq!(refused["step"], "refuse");
        assert_eq!(refused["problem"]["message"], "`a.test` answered 403");
        assert_eq!(refused["after"]["forget"], true);
        // what the module does not know is made anew
        call("forget", r#"{"plan":7}"#).unwrap();
        assert_eq!(
            step("next", &connect, json!({"now": 1301})),
            json!({"step": "ask"})
        );
    }

    #[test]
    fn a_site_is_asked_again_only_for_what_may_pass() {
        let pause = |fetched: Value| {
            let input = json!({"app": "a", "failures": 1, "fetched": fetched});
            call("license.retry", &input.to_string()).unwrap()
        };
        let mut busy = answered(503, "");
        assert_eq!(pause(busy.clone()), r#"{"atLeast":0,"jitter":400}"#);
        busy["retryAfter"] = "1".into();
        assert_eq!(pause(busy.clone()), r#"{"atLeast":1000,"jitter":200}"#);
        busy["retryAfter"] = "99999999999999999999999".into();
        assert_eq!(pause(busy), r#"{"atLeast":null,"jitter":null}"#);
        assert_eq!(
            pause(answered(501, "")),
            r#"{"atLeast":null,"jitter":null}"#
        );
        assert_eq!(
            pause(answered(200, ACTIVE)),
            r#"{"atLeast":null,"jitter":null}"#
        );
    }

    #[test]
    fn an_answer_about_several_apps_is_no_answer_where_none_of_them_is_meant() {
        let one = r#"{"appId":"8db33809-1f69-42a5-8e40-8b6e0b3f8d11","data":{"active":true}}"#;
        let two = one.replace("8db33809", "8db33810");
        let body = format!(r#"{{"results":[{one},{two}]}}"#);
        let forge = json!({"forge": true, "tenantsKept": 77});
        let fetched = answered(200, &body);
        let said = step("answered", &forge, json!({"now": 1000, "fetched": fetched}));
        assert_eq!(said["problem"]["code"], "unreadable");
        let after = json!({"keep": false, "forget": false, "release": false});
        assert_eq!((&said["step"], &said["after"]), (&json!("refuse"), &after));
        let shared = json!({"now": 1000, "shared": {"body": body, "at": 999}});
        assert_eq!(step("found", &forge, shared)["step"], "lease");
    }

    #[test]
    fn forge_is_asked_under_a_lease_that_a_refused_token_gives_back() {
        let forge = json!({"forge": true});
        assert_eq!(
            step("next", &forge, json!({"now": 1000})),
            json!({"step": "look", "tries": 3})
        );
        let lease = json!({"step": "lease", "seconds": 330});
        assert_eq!(step("found", &forge, json!({"now": 1000})), lease);
        let unreadable = json!({"now": 1000, "shared": {"body": "", "at": 999}});
        assert_eq!(step("found", &forge, unreadable), lease);
        let wait = json!({"now": 1000, "heldUntil": 1100, "patient": true});
        assert_eq!(step("leased", &forge, wait), json!({"step": "wait"}));
        let leased = step("leased", &forge, json!({"now": 1000, "heldUntil": 1100}));
        assert_eq!(leased["problem"]["code"], "leased");
        assert_eq!(
            step("leased", &forge, json!({"now": 1006})),
            json!({"step": "ask"})
        );
        let refused = step(
            "answered",
            &forge,
            json!({"now": 1006, "fetched": answered(401, "")}),
        );
        let after = json!({"keep": false, "forget": true, "release": true});
        assert_eq!(
            (&refused["step"], &refused["after"]),
            (&json!("refuse"), &after)
        );
        let body = r#"{"results":[{"appId":"8db33809-1f69-42a5-8e40-8b6e0b3f8d11","data":{"active":true}}]}"#;
        let said = json!({"now": 1020, "askedAt": 1010, "fetched": answered(200, body)});
        let said = step("answered", &forge, said);
        assert_eq!(
            (&said["asOf"], &said["document"]),
            (&json!(1010), &json!(r#"{"active":true}"#))
        );
        assert_eq!(said["after"]["keep"], true);
    }
}
