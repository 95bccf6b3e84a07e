//! Routes by capability: what `lic` and `capSet` of a proved page grant, under which policy.

use serde_json::{Value, json};

use super::kit::{ACME, Sent, case, connect_file, ok, refused};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    connect_file(
        "What a proved page is granted: `lic`, `capSet` and `userAccess`, and what the app's policy makes of them.",
        vec![
            lic(), cap_set(), user_access(), features(), panel(), answers(), sells_nothing(), assumed(), max_age(), confirmed(), news(),
        ],
    )
}

fn page(target: &str) -> Sent {
    ACME.page(0, target, ACME.secret)
}

fn lic() -> Case {
    case("lic", "only one exact `active` grants; anything else is inactive, and nothing at all is absent")
        .installed(&ACME)
        .send(0, page("/standard?lic=active"), ok())
        .send(0, page("/standard?lic=active&lic=active"), ok())
        .send(0, page("/standard"), refused(403, "absent"))
        .send(0, page("/standard?LIC=active"), refused(403, "absent"))
        .send(0, page("/standard?lic=none"), refused(402, "inactive"))
        .send(0, page("/standard?lic=Active"), refused(402, "inactive"))
        .send(0, page("/standard?lic=ACTIVE"), refused(402, "inactive"))
        .send(0, page("/standard?lic=true"), refused(402, "inactive"))
        .send(0, page("/standard?lic=active%20"), refused(402, "inactive"))
        .send(0, page("/standard?lic=active&lic=none"), refused(402, "inactive"))
        .send(0, page("/standard?lic=none&lic=active"), refused(402, "inactive"))
        .send(0, page("/standard?capSet=capabilityAdvanced"), refused(403, "absent"))
}

fn cap_set() -> Case {
    let advanced = |cap: &str| page(&format!("/advanced?lic=active&capSet={cap}"));
    let standard = |cap: &str| page(&format!("/standard?lic=active&capSet={cap}"));
    case("cap-set", "Advanced includes Standard; no set is Standard; an unknown one includes only itself; of two the lower counts")
        .installed(&ACME)
        .send(0, standard("capabilityStandard"), ok())
        .send(0, standard("capabilityAdvanced"), ok())
        .send(0, page("/advanced?lic=active"), refused(402, "capability_missing"))
        .send(0, advanced("capabilityStandard"), refused(402, "capability_missing"))
        .send(0, advanced("capabilityAdvanced"), ok())
        .send(0, advanced("CAPABILITY_ADVANCED"), ok())
        .send(0, advanced("capability_advanced"), ok())
        .send(0, advanced("capabilityGold"), refused(402, "capability_missing"))
        .send(0, standard("capabilityGold"), refused(402, "capability_missing"))
        .send(0, advanced("capabilityAdvanced&capSet=capabilityStandard"), refused(402, "capability_missing"))
        .send(0, advanced("capabilityStandard&capSet=capabilityAdvanced"), refused(402, "capability_missing"))
        .send(0, page("/advanced?lic=none&capSet=capabilityAdvanced"), refused(402, "inactive"))
        .send(0, page("/advanced?lic=active&capset=capabilityAdvanced"), refused(402, "capability_missing"))
}

fn user_access() -> Case {
    let of = |value: &str| page(&format!("/standard?lic=active&userAccess={value}"));
    case("user-access", "a user without access is denied although the site is licensed")
        .installed(&ACME)
        .send(0, of("true"), ok())
        .send(0, of("false"), refused(403, "no_user_access"))
        .send(0, of("maybe"), refused(403, "no_user_access"))
        .send(0, of("true&userAccess=false"), refused(403, "no_user_access"))
        .send(0, page("/standard?lic=none&userAccess=true"), refused(402, "inactive"))
}

fn features() -> Case {
    case("features", "a feature needs what the app's map says; a feature that the map lacks is the app's mistake")
        .app(json!({ "connect": { "features": { "features": { "bulk-export": "advanced" } } } }))
        .installed(&ACME)
        .send(0, page("/feature?lic=active&capSet=capabilityAdvanced"), ok())
        .send(0, page("/feature?lic=active"), refused(402, "capability_missing"))
        .send(0, page("/feature"), refused(403, "absent"))
        .send(0, page("/no-feature?lic=active&capSet=capabilityAdvanced"), refused(500, "unknown_feature"))
}

fn panel() -> Case {
    let says = |allowed: bool, reason: &str, age: Value| {
        ok().body(json!({ "client_key": ACME.key, "decision": { "allowed": allowed, "reason": reason, "age": age } }))
    };
    case("decisions", "a page that shows or hides gets the decision, with its reason and the age of the statement")
        .installed(&ACME)
        .send(0, page("/panel?lic=active"), says(true, "granted", json!(0)))
        .send(100, page("/panel?lic=active"), says(true, "granted", json!(100)))
        .send(100, page("/panel?lic=none"), says(false, "inactive", json!(100)))
        .send(100, page("/panel?lic=active&userAccess=false"), says(false, "no_user_access", json!(100)))
        .send(100, page("/panel"), says(false, "absent", json!(100)))
}

fn answers() -> Case {
    let private = |expect: crate::file::Expect| {
        let kind = Some("application/json");
        expect.header("cache-control", Some("no-store")).header("content-type", kind).header("retry-after", None)
    };
    let denied = |reason: &str, needs: &str| json!({ "error": { "code": reason, "decision": {
        "allowed": false, "reason": reason, "needs": needs } } });
    let plain = json!({ "error": { "code": "token_missing", "decision": null } });
    case("answers", "a refusal is one JSON object, never cached; one about the license says the decision")
        .installed(&ACME)
        .send(0, super::kit::get("/page"), private(refused(401, "token_missing")).body(plain))
        .send(0, page("/standard?lic=none"), private(refused(402, "inactive")).body(denied("inactive", "capabilityStandard")))
        .send(
            0,
            page("/advanced?lic=active"),
            private(refused(402, "capability_missing")).body(denied("capability_missing", "capabilityAdvanced")),
        )
        .send(0, page("/standard"), private(refused(403, "absent")).body(denied("absent", "capabilityStandard")))
}

fn sells_nothing() -> Case {
    case("sells-nothing", "an app that states that it sells nothing is served whatever is said of a license, and asks nobody")
        .app(json!({ "connect": { "sells_nothing": true, "license_api": true } }))
        .installed(&ACME)
        .send(0, page("/standard?lic=none"), ok())
        .send(0, page("/advanced?lic=none"), ok())
        .send(0, page("/standard"), ok())
        .send(0, page("/standard?lic=active"), ok())
        .send(0, page("/standard?userAccess=false"), refused(403, "no_user_access"))
}

fn assumed() -> Case {
    case("absent-is-standard", "what absent means is the app's stated policy; inactive stays inactive")
        .app(json!({ "connect": { "policy": { "when_absent": "standard" } } }))
        .installed(&ACME)
        .send(0, page("/standard"), ok())
        .send(0, page("/advanced"), refused(402, "capability_missing"))
        .send(0, page("/standard?lic=none"), refused(402, "inactive"))
}

fn max_age() -> Case {
    case("max-age", "a policy may bound the age of a statement: the token's, for a page")
        .app(json!({ "connect": { "policy": { "max_age": 60 } } }))
        .installed(&ACME)
        .send(60, page("/standard?lic=active"), ok())
        .send(61, page("/standard?lic=active"), refused(403, "stale"))
        .send(61, page("/standard?lic=none"), refused(402, "inactive"))
}

fn confirmed() -> Case {
    case("confirmed-without-api", "`lic=active` proves no payment: an app that wants a confirmed license and asks nobody would deny everybody, so it is not made")
        .app(json!({ "connect": { "policy": { "confirmed_only": true } } }))
        .not_built("no_license_api")
}

fn news() -> Case {
    let at = |at: u64, target: &str| ACME.page(i64::try_from(at).unwrap_or_default(), target, ACME.secret);
    let mut stored = ACME.stored("installed", ACME.secret);
    stored["license"] = json!("inactive");
    stored["capability_set"] = json!("capabilityAdvanced");
    case("news", "what pages state is news once, and hooks hear of it; an older statement is none")
        .installed(&ACME)
        .send(0, at(0, "/panel?lic=active"), ok())
        .send(10, at(10, "/panel?lic=active"), ok())
        .send(20, at(20, "/panel?lic=active&capSet=capabilityAdvanced"), ok())
        .send(25, at(15, "/panel?lic=active&capSet=capabilityStandard"), ok())
        .send(30, at(30, "/panel?lic=none&capSet=capabilityAdvanced"), ok())
        .stored(vec![stored])
        .hooks(&[
            ACME.hook("license_changed active"),
            ACME.hook("edition_changed capabilityAdvanced"),
            ACME.hook("license_changed inactive"),
        ])
}
