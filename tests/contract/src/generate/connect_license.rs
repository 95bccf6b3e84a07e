//! The Connect License API: when it is asked, and how long its answer counts.

use serde_json::json;

use super::connect_license_kit::{active, api, inactive, license, says, silent_page, standard};
use super::kit::{ACME, APP_KEY, GLOBEX, answering, case, connect_file, fault, json_answer, no_content, ok, refused};
use crate::file::{Case, File};

const DAY: u64 = 86_400;

pub(super) fn file() -> anyhow::Result<File> {
    let mut cases = vec![
        not_asked(), silent(), call(), confluence(), editions(), ended(), nothing_sold(), not_found(), none_overruled(), none_stays(), none_and_outage(),
        confirmed(), developer(), outage_first(), outage_later(), refusal(401), refusal(403), refusal_first(), refusal_ends_stored(), retry_after(),
        retry_after_outage(), retry_after_bound(), nonsense(), gone(), access(), stored_for(), reinstalled(), foreign(),
    ];
    cases.extend(super::connect_license_news::cases());
    let mut file = connect_file(
        "The Connect License API: asked where the request says nothing or not enough, no more often than it wants to be, and \
         never believed for longer than a day.",
        cases,
    )?;
    file.app["connect"]["license_api"] = json!(true);
    Ok(file)
}

fn not_asked() -> Case {
    case("said-by-the-page", "what a page states is enough: the API is not asked")
        .installed(&ACME)
        .answers(&api(&ACME), vec![inactive()])
        .send(0, silent_page(0, "/standard?lic=active"), ok())
        .send(0, silent_page(0, "/advanced?lic=active"), refused(402, "capability_missing"))
        .send(0, silent_page(0, "/page"), ok())
}

fn silent() -> Case {
    case("silent-page", "a page without `lic` is completed by the API; its answer counts for 300 s without asking again")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), inactive().since(200)])
        .send(0, silent_page(0, "/panel"), says("granted", 0).fetches(1))
        .send(100, silent_page(100, "/panel"), says("granted", 100).fetches(1))
        .send(299, silent_page(299, "/panel"), says("granted", 299).fetches(1))
        .send(300, silent_page(300, "/panel"), says("inactive", 0).fetches(2))
        .send(301, standard(301), refused(402, "inactive"))
        .fetches(&api(&ACME), 2)
        .hooks(&[ACME.hook("license_changed active"), ACME.hook("license_changed inactive")])
}

fn call() -> Case {
    let call = |at| ACME.api(at, "/api/standard", ACME.secret);
    case("context-token", "a call with a context token says nothing of a license: the API is asked")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active()])
        .send(0, call(0), ok())
        .send(1, ACME.api(1, "/api/advanced", ACME.secret), refused(402, "capability_missing"))
        .send(2, ACME.api(2, "/api/me", ACME.secret), ok())
        .fetches(&api(&ACME), 1)
}

fn confluence() -> Case {
    let page = |at| GLOBEX.page(at, "/standard", GLOBEX.secret);
    case("confluence", "each site is asked for itself; the address of Confluence ends in `/wiki` already")
        .installed(&ACME)
        .installed(&GLOBEX)
        .answers(&api(&ACME), vec![inactive()])
        .answers(&api(&GLOBEX), vec![active()])
        .send(0, page(0), ok())
        .send(0, standard(0), refused(402, "inactive"))
        .send(1, page(1), ok())
        .fetches(&api(&ACME), 1)
        .fetches(&api(&GLOBEX), 1)
}

fn editions() -> Case {
    let advanced = license(&json!({ "active": true, "type": "COMMERCIAL", "capabilitySet": "capabilityAdvanced" }));
    case("edition", "the edition of the API counts, and a change of it is heard after 300 s")
        .installed(&ACME)
        .answers(&api(&ACME), vec![advanced, active().since(100)])
        .send(0, silent_page(0, "/advanced"), ok())
        .send(299, silent_page(299, "/advanced"), ok())
        .send(300, silent_page(300, "/advanced"), refused(402, "capability_missing"))
        .send(300, standard(300), ok())
        .fetches(&api(&ACME), 2)
}

fn ended() -> Case {
    let text = license(&json!({ "active": "true", "type": "COMMERCIAL" }));
    let trial = license(&json!({ "active": false, "type": "COMMERCIAL", "evaluation": true }));
    case("not-active", "only `true` is active; an ended trial is told from an ended subscription")
        .installed(&ACME)
        .installed(&GLOBEX)
        .answers(&api(&ACME), vec![text])
        .answers(&api(&GLOBEX), vec![trial])
        .send(0, standard(0), refused(402, "inactive"))
        .send(0, GLOBEX.page(0, "/standard", GLOBEX.secret), refused(402, "trial_ended"))
        .fetches(&api(&ACME), 1)
        .fetches(&api(&GLOBEX), 1)
}

fn nothing_sold() -> Case {
    let plain = json_answer(json!({ "key": APP_KEY, "version": "1.0", "state": "ENABLED" }));
    let null = json_answer(json!({ "key": APP_KEY, "version": "1.0", "state": "ENABLED", "license": null }));
    case("no-license-object", "an answer without a license is absent, and denied by default")
        .installed(&ACME)
        .installed(&GLOBEX)
        .answers(&api(&ACME), vec![plain])
        .answers(&api(&GLOBEX), vec![null])
        .send(0, standard(0), refused(403, "absent"))
        .send(0, GLOBEX.page(0, "/standard", GLOBEX.secret), refused(403, "absent"))
        .fetches(&api(&ACME), 1)
        .fetches(&api(&GLOBEX), 1)
}

fn not_found() -> Case {
    let answer = answering(404, r#"{"status-code":404,"message":"Add-on with key com.example.app was not found"}"#);
    case("not-found", "a site that does not have the app says so: nothing is licensed there")
        .installed(&ACME)
        .answers(&api(&ACME), vec![answer])
        .send(0, standard(0), refused(403, "absent"))
        .send(100, standard(100), refused(403, "absent"))
        .fetches(&api(&ACME), 1)
}

fn none_overruled() -> Case {
    let page = |at| silent_page(at, "/standard?lic=none");
    case("none-overruled", "a license that was just bought shows `lic=none` for a while: a newer active answer counts instead")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active()])
        .send(0, page(0), ok().fetches(1))
        .send(4, page(4), ok().fetches(1))
        // a page that was opened later states something newer: asked again, once in five seconds
        .send(10, page(10), ok().fetches(2))
        .send(12, page(12), ok().fetches(2))
        .fetches(&api(&ACME), 2)
}

fn none_stays() -> Case {
    let page = |at: u64| silent_page(at, "/standard?lic=none");
    case("none-stays", "`lic=none` stands when the API says the same or cannot be asked, and the API is left alone for a minute")
        .installed(&ACME)
        .answers(&api(&ACME), vec![inactive(), active().since(30)])
        .send(0, page(0), refused(402, "inactive"))
        .send(31, page(31), refused(402, "inactive"))
        .send(61, page(61), ok())
        .fetches(&api(&ACME), 2)
}

fn none_and_outage() -> Case {
    case("none-and-outage", "`lic=none` is not overruled by an answer of before, when the API cannot be asked now")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), answering(503, "").with_header("retry-after", "600").since(5)])
        .send(0, standard(0), ok())
        .send(10, silent_page(10, "/standard?lic=none"), refused(402, "inactive"))
        .fetches(&api(&ACME), 2)
}

fn confirmed() -> Case {
    case("confirmed", "an app that wants a confirmed license asks the API although the page says active")
        .app(json!({ "connect": { "policy": { "confirmed_only": true } } }))
        .installed(&ACME)
        .answers(&api(&ACME), vec![active()])
        .send(0, silent_page(0, "/standard?lic=active"), ok())
        .send(1, silent_page(1, "/standard?lic=active"), ok())
        .send(2, silent_page(2, "/advanced?lic=active&capSet=capabilityAdvanced"), refused(402, "capability_missing"))
        .fetches(&api(&ACME), 1)
}

fn developer() -> Case {
    let developer = license(&json!({ "active": true, "type": "DEVELOPER", "entitlementId": "E-1" }));
    let bare = license(&json!({ "active": true, "type": "COMMERCIAL" }));
    case("unconfirmed", "a developer license and one without an entitlement confirm nothing")
        .app(json!({ "connect": { "policy": { "confirmed_only": true } } }))
        .installed(&ACME)
        .installed(&GLOBEX)
        .answers(&api(&ACME), vec![developer])
        .answers(&api(&GLOBEX), vec![bare])
        .send(0, silent_page(0, "/standard?lic=active"), refused(403, "unconfirmed"))
        .send(0, GLOBEX.page(0, "/standard?lic=active", GLOBEX.secret), refused(403, "unconfirmed"))
        .fetches(&api(&ACME), 1)
        .fetches(&api(&GLOBEX), 1)
}

fn outage_first() -> Case {
    let mut case = case("outage-from-the-start", "a failed first answer is remembered: many requests are few calls, and 503 is no refusal")
        .installed(&ACME)
        .answers(&api(&ACME), vec![answering(500, ""), active().since(30)]);
    for at in 0..20 {
        case = case.send(at, standard(at), refused(503, "status").header("retry-after", Some("5")));
    }
    // three tries at once, and then none for half a minute
    case.send(30, standard(30), ok())
        .fetches_between(&api(&ACME), 2, 4)
}

fn outage_later() -> Case {
    case("outage-after-an-answer", "through an outage the last answer counts with its true age, for a day at most")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), fault("unreachable").since(200)])
        .send(0, silent_page(0, "/panel"), says("granted", 0))
        .send(300, silent_page(300, "/panel"), says("granted", 300))
        .send(DAY - 1, silent_page(DAY - 1, "/panel"), says("granted", DAY - 1))
        .send(DAY, silent_page(DAY, "/panel"), refused(503, "unreachable"))
        .send(DAY + 1, standard(DAY + 1), refused(503, "unreachable"))
        .send(3 * 365 * DAY, standard(3 * 365 * DAY), refused(503, "unreachable"))
        .fetches_between(&api(&ACME), 5, 13)
}

/// The site refuses the app: what it said before counts no longer.
fn refusal(code: u16) -> Case {
    case(&format!("refusal-{code}"), "a site that refuses the app's token, 401 or 403, ends what it said before: nothing is granted on it")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), answering(code, "{}").since(200), active().since(400)])
        .send(0, standard(0), ok())
        .send(299, standard(299), ok())
        .send(300, standard(300), refused(503, "status"))
        .send(301, standard(301), refused(503, "status"))
        .send(329, standard(329), refused(503, "status").fetches(2))
        .send(400, standard(400), ok())
        .fetches(&api(&ACME), 3)
}

fn refusal_first() -> Case {
    case("refusal-confirmed", "a license that has to be confirmed is not granted while the site refuses the app")
        .app(json!({ "connect": { "policy": { "confirmed_only": true }, "stored_hint": 86_400 } }))
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), answering(403, "").since(200)])
        .send(0, silent_page(0, "/standard?lic=active"), ok())
        .send(300, silent_page(300, "/standard?lic=active"), refused(503, "status"))
        .send(300, standard(300), refused(503, "status"))
        .fetches(&api(&ACME), 2)
}

fn refusal_ends_stored() -> Case {
    case("refusal-ends-stored", "what a site said before it refused the app is not served from the store when it is down")
        .app(json!({ "connect": { "stored_hint": 86_400 } }))
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), answering(403, "").since(200), answering(503, "").since(1000)])
        .send(0, silent_page(0, "/panel"), says("granted", 0))
        .send(300, silent_page(300, "/panel"), refused(503, "status"))
        .send(4000, silent_page(4000, "/panel"), refused(503, "status"))
        .fetches(&api(&ACME), 5)
}

fn retry_after() -> Case {
    case("retry-after", "a site that says when it wants to be asked again is left alone until then")
        .installed(&ACME)
        .answers(&api(&ACME), vec![answering(429, "").with_header("retry-after", "120"), active().since(10)])
        .send(0, standard(0), refused(503, "status").fetches(1))
        .send(31, standard(31), refused(503, "status"))
        .send(119, standard(119), refused(503, "status").fetches(1))
        .send(120, standard(120), ok())
        .fetches(&api(&ACME), 2)
}

fn retry_after_outage() -> Case {
    case("retry-after-with-answer", "while a site wants to be left alone, what it said before counts")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), answering(503, "").with_header("retry-after", "600").since(200)])
        .send(0, standard(0), ok())
        .send(300, silent_page(300, "/panel"), says("granted", 300).fetches(2))
        .send(899, silent_page(899, "/panel"), says("granted", 899).fetches(2))
        .send(900, silent_page(900, "/panel"), says("granted", 900).fetches(3))
        .fetches(&api(&ACME), 3)
}

fn retry_after_bound() -> Case {
    case("retry-after-bound", "a site that wants to be left alone for days is asked again after an hour")
        .installed(&ACME)
        .answers(&api(&ACME), vec![answering(429, "").with_header("retry-after", "200000"), active().since(10)])
        .send(0, standard(0), refused(503, "status").fetches(1))
        .send(3_599, standard(3_599), refused(503, "status").fetches(1))
        .send(3_600, standard(3_600), ok())
        .fetches(&api(&ACME), 2)
}

fn nonsense() -> Case {
    case("nonsense", "an answer that is no license is an outage, and replaces nothing")
        .installed(&ACME)
        .installed(&GLOBEX)
        .answers(&api(&ACME), vec![active(), answering(200, "<html>").since(200)])
        .answers(&api(&GLOBEX), vec![answering(302, "").with_header("location", "https://evil.example/")])
        .send(0, standard(0), ok())
        .send(300, silent_page(300, "/panel"), says("granted", 300))
        .send(300, GLOBEX.page(300, "/standard", GLOBEX.secret), refused(503, "redirected"))
        .fetches(&api(&ACME), 2)
        .fetches(&api(&GLOBEX), 1)
}

fn gone() -> Case {
    case("gone", "for a tenant that is not served nobody is asked")
        .installed(&ACME)
        .seeded(-60, &ACME.body("disabled"))
        .installed(&GLOBEX)
        .seeded(-60, &GLOBEX.body("uninstalled"))
        .send(0, standard(0), refused(403, "tenant_disabled"))
        .send(0, ACME.api(0, "/api/standard", ACME.secret), refused(403, "tenant_disabled"))
        .send(0, GLOBEX.page(0, "/standard", GLOBEX.secret), refused(401, "unknown_tenant"))
}

fn access() -> Case {
    case("user-access", "the API speaks of the site: a user whom the page says to have no access is denied all the same")
        .installed(&ACME)
        .answers(&api(&ACME), vec![active()])
        .send(0, silent_page(0, "/standard?userAccess=false"), refused(403, "no_user_access"))
        .send(0, silent_page(0, "/standard?userAccess=true"), ok())
        .send(0, silent_page(0, "/standard?lic=none&userAccess=false"), refused(403, "no_user_access"))
        .fetches(&api(&ACME), 1)
}

fn stored_for() -> Case {
    case("stored-answer", "an app may let the last stored answer count through an outage, for as long as it states")
        .app(json!({ "connect": { "stored_hint": 3600 } }))
        .installed(&ACME)
        .answers(&api(&ACME), vec![active(), fault("unreachable").since(200)])
        .send(0, standard(0), ok())
        .restart(250)
        .send(300, silent_page(300, "/panel"), says("granted", 300))
        .send(3600, silent_page(3600, "/panel"), says("granted", 3600))
        .send(3601, silent_page(3601, "/panel"), refused(503, "unreachable"))
        .fetches_between(&api(&ACME), 3, 10)
}

fn reinstalled() -> Case {
    let globex = |at| GLOBEX.page(at, "/standard", GLOBEX.secret);
    case(
        "reinstalled",
        "what the API said before an uninstall ends with it: after a new install it is asked again, and nothing stands in when it fails",
    )
    .app(json!({ "connect": { "stored_hint": DAY } }))
    .installed(&ACME)
    .installed(&GLOBEX)
    .keys_served()
    .answers(&api(&ACME), vec![active(), inactive().since(150)])
    .answers(&api(&GLOBEX), vec![active(), fault("unreachable").since(150)])
    .send(0, standard(0), ok())
    .send(0, globex(0), ok())
    .send(100, ACME.signed_event(100, "uninstalled"), no_content())
    .send(100, GLOBEX.signed_event(100, "uninstalled"), no_content())
    .send(200, ACME.signed_event(200, "installed"), no_content())
    .send(200, GLOBEX.signed_event(200, "installed"), no_content())
    .send(250, standard(250), refused(402, "inactive"))
    .send(250, globex(250), refused(503, "unreachable"))
    .send(3600, globex(3600), refused(503, "unreachable"))
    .fetches(&api(&ACME), 2)
    .fetches_between(&api(&GLOBEX), 3, 12)
    .one_key_fetched()
}

fn foreign() -> Case {
    let mut body = ACME.body("installed");
    body["baseUrl"] = json!("https://acme.evil.example");
    case("foreign-site", "only a site of the cloud is asked, whatever is stored")
        .seeded(-60, &body)
        .send(0, standard(0), refused(401, "foreign_base_url"))
}
