//! The Forge License API: one call in five minutes an installation, and how long an answer counts.

use serde_json::{Value, json};

use super::forge_kit::{APP_UUID, By, INSTALLATION, KEY_SET, LICENSE_API, SYSTEM_TOKEN, app, call, fit, forge_file, licensed};
use super::kit::{Sent, answering, case, fault, first_key, json_answer, no_content, ok, post, refused};
use crate::file::{PlatformResponse, Case, Expect, File};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

pub(super) fn file() -> anyhow::Result<File> {
    forge_file(
        "The Forge License API: asked only where a token says nothing or not enough and the platform's own call brings a token \
         for it, once in five minutes, by all replicas together.",
        &json!({ "license_api": true, "store": true }),
        vec![
            not_asked(), asked(), browser(), no_system_token(), no_license(), error_result(), ended(), lease(), outage_first(),
            outage_later(), refused_token(401), refused_token(403), refused_later(), retry_after(), retry_after_bound(), nonsense(), restart(), confirmed(),
            installations(), access(), refusal_ends_stored(), raised(), reinstalled(),
        ],
    )
}

fn answer(data: &Value) -> PlatformResponse {
    let mut answer = json_answer(json!({ "results": [{ "appId": APP_UUID, "data": data }] }));
    answer.authorization = Some(format!("Bearer {SYSTEM_TOKEN}"));
    answer
}

fn active() -> PlatformResponse {
    answer(&json!({ "active": true, "type": "commercial", "isEvaluation": false, "ccpEntitlementId": "E-1" }))
}

fn inactive() -> PlatformResponse {
    answer(&json!({ "active": false, "type": "commercial", "isEvaluation": false }))
}

fn by(at: u64, who: By, target: &str) -> Sent {
    call(target, &fit(i64::try_from(at).unwrap_or_default(), who))
}

/// A call of a function, whose token says nothing of a license.
fn function(at: u64, target: &str) -> Sent {
    by(at, By::Function, target).header("x-forge-oauth-system", SYSTEM_TOKEN)
}

fn standard(at: u64) -> Sent {
    function(at, "/remote/standard")
}

fn says(reason: &str, age: u64) -> Expect {
    ok().body(json!({ "decision": { "reason": reason, "age": age } }))
}

fn keys_at_will(case: Case) -> Case {
    case.key_set_served().fetches_between(KEY_SET, 1, 9)
}

fn not_asked() -> Case {
    let with = |license: Value| {
        let token = licensed(&fit(0, By::Function), license);
        call("/remote/standard", &token).header("x-forge-oauth-system", SYSTEM_TOKEN)
    };
    case("said-by-the-token", "what a token states is enough: the API is not asked")
        .key_set_served()
        .answers(LICENSE_API, vec![inactive()])
        .send(0, with(json!({ "active": true })), ok())
        .send(0, with(json!({ "active": false })), refused(402, "inactive"))
        .send(0, function(0, "/remote/me"), ok())
        .one_set_fetched()
}

fn asked() -> Case {
    keys_at_will(case("silent-token", "a token without a license is completed by the API; its answer counts for an hour"))
        .answers(LICENSE_API, vec![active(), inactive().since(600)])
        .send(0, function(0, "/remote/license"), says("granted", 0))
        .send(1, function(1, "/remote/advanced"), refused(402, "capability_missing"))
        .send(HOUR - 1, function(HOUR - 1, "/remote/license"), says("granted", HOUR - 1))
        .send(HOUR, function(HOUR, "/remote/license"), says("inactive", 0))
        .fetches(LICENSE_API, 2)
}

fn browser() -> Case {
    let page = |at: u64, token: &str| by(at, By::Page, "/remote/standard").header("x-forge-oauth-system", token);
    let trigger = by(2, By::Trigger, "/remote/standard").header("x-forge-oauth-system", SYSTEM_TOKEN);
    case("browser", "a call that a browser made spends nothing: its system token may be made up")
        .key_set_served()
        .answers(LICENSE_API, vec![active()])
        .send(0, page(0, "made-up"), refused(403, "absent"))
        .send(1, page(1, SYSTEM_TOKEN), refused(403, "absent"))
        .send(2, trigger, ok())
        .one_set_fetched()
        .fetches(LICENSE_API, 1)
}

fn no_system_token() -> Case {
    case("no-system-token", "without a system token nobody is asked, and the license is absent")
        .key_set_served()
        .answers(LICENSE_API, vec![active()])
        .send(0, by(0, By::Function, "/remote/standard"), refused(403, "absent"))
        .send(0, by(0, By::Function, "/remote/standard").header("x-forge-oauth-system", ""), refused(403, "absent"))
        .one_set_fetched()
}

fn no_license() -> Case {
    keys_at_will(case("no-license", "`data: {}` says that there is no license"))
        .answers(LICENSE_API, vec![answer(&json!({}))])
        .send(0, standard(0), refused(403, "absent"))
        .send(400, standard(400), refused(403, "absent"))
        .fetches(LICENSE_API, 1)
}

fn error_result() -> Case {
    let failed = |kind: &str| {
        let error = json!({ "type": kind, "message": "no" });
        json_answer(json!({ "results": [{ "appId": APP_UUID, "error": error }] }))
    };
    keys_at_will(case("error-in-result", "`NOT_FOUND` says that there is no license; another error says nothing"))
        .answers(LICENSE_API, vec![failed("NOT_FOUND"), failed("INTERNAL").since(HOUR_I)])
        .send(0, standard(0), refused(403, "absent"))
        .send(2 * HOUR, function(2 * HOUR, "/remote/license"), ok().body(json!({ "decision": { "reason": "absent" } })))
        .fetches(LICENSE_API, 2)
}

const HOUR_I: i64 = 3_600;

fn ended() -> Case {
    keys_at_will(case("not-active", "an inactive license is denied, an active one that is no boolean too"))
        .answers(LICENSE_API, vec![inactive(), answer(&json!({ "active": "true" })).since(HOUR_I)])
        .send(0, standard(0), refused(402, "inactive"))
        .send(HOUR, standard(HOUR), refused(402, "inactive"))
        .fetches(LICENSE_API, 2)
}

fn lease() -> Case {
    let mut case = keys_at_will(case("one-call", "twenty requests in twenty seconds are one call, whatever becomes of it"))
        .answers(LICENSE_API, vec![answering(500, r#"{"code":500,"message":"oops"}"#), active().since(300)]);
    for at in 0..20 {
        let told = if at < 5 { refused(503, "status") } else { leased() };
        case = case.send(at, standard(at), told);
    }
    case.send(329, standard(329), leased())
        // the lease has ended at 330; that it was taken is remembered for a moment
        .send(335, standard(335), ok())
        .fetches(LICENSE_API, 2)
}

/// Could not check: the right to ask is taken for now.
fn leased() -> Expect {
    refused(503, "leased")
}

fn outage_first() -> Case {
    keys_at_will(case("unreachable", "a platform that cannot be reached is an outage, 503, and is not asked again at once"))
        .answers(LICENSE_API, vec![fault("unreachable"), active().since(10)])
        .send(0, standard(0), refused(503, "unreachable").header("retry-after", Some("5")))
        .send(1, standard(1), refused(503, "unreachable"))
        .send(330, standard(330), ok())
        .fetches(LICENSE_API, 2)
}

fn outage_later() -> Case {
    keys_at_will(case("outage-after-an-answer", "through an outage the last answer counts with its true age, for a day at most"))
        .answers(LICENSE_API, vec![active(), fault("unreachable").since(600)])
        .send(0, function(0, "/remote/license"), says("granted", 0))
        .send(HOUR, function(HOUR, "/remote/license"), says("granted", HOUR))
        .send(DAY - 1, function(DAY - 1, "/remote/license"), says("granted", DAY - 1))
        .send(DAY, standard(DAY), refused(503, "unreachable"))
        .send(1000 * DAY, standard(1000 * DAY), refused(503, "unreachable"))
        .fetches_between(LICENSE_API, 4, 5)
}

fn refused_token(status: u16) -> Case {
    let made_up = |at: u64| by(at, By::Function, "/remote/standard").header("x-forge-oauth-system", "expired-token-0123456789");
    let mut api = active();
    if status == 403 {
        api = answering(403, "{}");
    }
    let mut case = keys_at_will(case(
        &format!("refused-token-{status}"),
        "a refused token leaves the call to a better one, three times, and then nobody asks for a while",
    ))
    .answers(LICENSE_API, vec![api, active().since(400)]);
    for at in 0..3 {
        case = case.send(at, made_up(at), refused(503, "status"));
    }
    case.send(3, made_up(3), refused(503, "tokens_refused"))
        .send(4, standard(4), refused(503, "tokens_refused"))
        .send(400, standard(400), ok())
        .fetches(LICENSE_API, 4)
}

fn refused_later() -> Case {
    keys_at_will(case("refusal-after-an-answer", "a refusal, 401 or 403, is not made up for by what was said before"))
        .answers(LICENSE_API, vec![active(), answering(403, "{}").since(600)])
        .send(0, standard(0), ok())
        .send(HOUR, standard(HOUR), refused(503, "status"))
        .send(HOUR + 1, standard(HOUR + 1), refused(503, "status"))
        .fetches(LICENSE_API, 3)
}

fn retry_after() -> Case {
    keys_at_will(case("retry-after", "a platform that says when it wants to be asked again is left alone until then"))
        .answers(LICENSE_API, vec![answering(429, "").with_header("retry-after", "900"), active().since(10)])
        .send(0, standard(0), refused(503, "status"))
        .send(331, standard(331), leased())
        .send(899, standard(899), leased())
        .send(905, standard(905), ok())
        .fetches(LICENSE_API, 2)
}

fn retry_after_bound() -> Case {
    keys_at_will(case("retry-after-bound", "a platform that wants to be left alone for days is asked again after an hour"))
        .answers(LICENSE_API, vec![answering(429, "").with_header("retry-after", "200000"), active().since(10)])
        .send(0, standard(0), refused(503, "status"))
        .send(3_599, standard(3_599), leased())
        .send(3_605, standard(3_605), ok())
        .fetches(LICENSE_API, 2)
}

fn reinstalled() -> Case {
    let event = |at, body: Value| post("/forge/lifecycle").bearer(&fit(at, By::Trigger).rs256(first_key())).json(&body);
    let installed = json!({ "eventType": "avi:forge:installed:app", "id": INSTALLATION, "app": { "id": APP_UUID, "version": "3.0.0" } });
    keys_at_will(case("reinstalled", "an answer of before a reinstall does not count after it"))
        .seeded_forge(-86_400, &installed)
        .answers(LICENSE_API, vec![active(), inactive().since(5)])
        .send(0, standard(0), ok())
        .send(10, event(10, json!({ "eventType": "preUninstall", "id": INSTALLATION })), no_content())
        .send(20, event(20, installed), no_content())
        .send(335, standard(335), refused(402, "inactive"))
        .fetches(LICENSE_API, 2)
}

fn nonsense() -> Case {
    keys_at_will(case("nonsense", "an answer that is none is an outage, and replaces nothing"))
        .answers(LICENSE_API, vec![active(), answering(200, "<html>").since(600), answering(302, "").since(2 * HOUR_I)])
        .send(0, standard(0), ok())
        .send(HOUR, function(HOUR, "/remote/license"), says("granted", HOUR))
        .send(2 * HOUR, function(2 * HOUR, "/remote/license"), says("granted", 2 * HOUR))
        .fetches(LICENSE_API, 3)
}

fn restart() -> Case {
    keys_at_will(case("restart", "an answer and the right to ask outlive a deployment"))
        .answers(LICENSE_API, vec![active(), inactive().since(10)])
        .send(0, standard(0), ok())
        .restart(100)
        .send(100, function(100, "/remote/license"), says("granted", 100))
        .fetches(LICENSE_API, 1)
}

fn confirmed() -> Case {
    let token = |at: i64, kind: &str| {
        let token = app(&fit(at, By::Function), &[("environment.type", json!(kind))]);
        let token = licensed(&token, json!({ "active": true, "type": "commercial" }));
        call("/remote/standard", &token).header("x-forge-oauth-system", SYSTEM_TOKEN)
    };
    keys_at_will(case("confirmed", "a token that does not confirm a license makes the API be asked; only production confirms"))
        .app(json!({ "forge": { "policy": { "confirmed_only": true } } }))
        .answers(LICENSE_API, vec![active()])
        .send(0, token(0, "PRODUCTION"), ok())
        .send(1, token(1, "DEVELOPMENT"), refused(403, "not_production"))
        .fetches(LICENSE_API, 1)
}

fn installations() -> Case {
    let other = super::forge_kit::OTHER_INSTALLATION;
    let of_other = |at: i64| {
        let token = app(&fit(at, By::Function), &[("installationId", json!(other)), ("installation.id", json!(other))]);
        call("/remote/standard", &token).header("x-forge-oauth-system", SYSTEM_TOKEN)
    };
    keys_at_will(case("each-installation", "what is known of one installation says nothing of another"))
        .answers(LICENSE_API, vec![active(), inactive().since(10)])
        .send(0, standard(0), ok())
        .send(10, of_other(10), refused(402, "inactive"))
        .send(11, standard(11), ok())
        .fetches(LICENSE_API, 2)
}

fn access() -> Case {
    let denied = fit(1, By::Function).claim("context", json!({ "userAccess": { "enabled": true, "hasAccess": false } }));
    keys_at_will(case("user-access", "the API speaks of the site: a user without access is denied all the same"))
        .answers(LICENSE_API, vec![active()])
        .send(0, standard(0), ok())
        .send(1, call("/remote/standard", &denied).header("x-forge-oauth-system", SYSTEM_TOKEN), refused(403, "no_user_access"))
        .stored(vec![])
        .fetches(LICENSE_API, 1)
}

fn refusal_ends_stored() -> Case {
    keys_at_will(case("refusal-ends-stored", "what the platform said before it refused a token does not stand in through an outage"))
        .answers(LICENSE_API, vec![active(), answering(403, "{}").since(600), fault("unreachable").since(2 * HOUR_I)])
        .send(0, standard(0), ok())
        .send(HOUR, standard(HOUR), refused(503, "status"))
        .send(2 * HOUR, standard(2 * HOUR), refused(503, "unreachable"))
        .restart(2 * HOUR + 100)
        .send(2 * HOUR + 400, standard(2 * HOUR + 400), refused(503, "unreachable"))
        .fetches(LICENSE_API, 4)
}

/// The answer is fresh for an hour, but a token says that a higher edition was bought.
fn raised() -> Case {
    let edition = |name: &str| {
        answer(&json!({ "active": true, "type": "commercial", "ccpEntitlementId": "E-1", "capabilitySet": name }))
    };
    let token = |at: u64, edition: &str| {
        let token = fit(i64::try_from(at).unwrap_or_default(), By::Function);
        let token = licensed(&token, json!({ "active": true, "type": "commercial", "capabilitySet": edition }));
        call("/remote/advanced", &token).header("x-forge-oauth-system", SYSTEM_TOKEN)
    };
    let (standard, advanced) = ("capabilityStandard", "capabilityAdvanced");
    keys_at_will(case(
        "raised",
        "a token that states a higher edition makes the API be asked as soon as the platform allows it, although its answer is fresh",
    ))
    .app(json!({ "forge": { "policy": { "confirmed_only": true } } }))
    .answers(LICENSE_API, vec![edition(standard), edition(advanced).since(100)])
    .send(0, token(0, standard), refused(402, "capability_missing"))
    .send(400, token(400, standard), refused(402, "capability_missing"))
    .send(401, token(401, advanced), ok())
    .send(1000, token(1000, advanced), ok())
    .fetches(LICENSE_API, 2)
}
