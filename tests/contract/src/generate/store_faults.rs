//! A store that does not answer: nobody is refused for it, and nothing is let through.

use serde_json::{Value, json};

use super::forge_kit::{
    APP_ARI, APP_UUID, By, INSTALLATION, KEY_SET, LICENSE_API, SYSTEM_TOKEN, call, fit,
};
use super::kit::{
    ACME, APP_KEY, BASE_URL, GLOBEX, Sent, case, file as file_of, first_key, get, json_answer, no_content,
    ok, post, refused,
};
use crate::file::{Case, Expect, File};

const FOREVER: u64 = 1_000_000;

pub(super) fn file() -> anyhow::Result<File> {
    let app = json!({
        "connect": { "key": APP_KEY, "base_url": BASE_URL },
        "forge": { "app_ids": [APP_ARI], "store": true },
    });
    let cases = vec![
        install(), events(), pages(), kept(), restarted(), only_writes(), license_not_stored(), forge_event(), forge_invocation(),
        forge_license(),
    ];
    file_of("A store that does not answer: 503 and come again, never a refusal, and never a request let through.", app, cases)
}

/// What is answered while the store fails: the same words, whatever was asked.
fn down() -> Expect {
    refused(503, "store_unavailable").header("retry-after", Some("5")).body(said())
}

fn said() -> Value {
    json!({ "error": { "message": "could not check: the store does not answer", "decision": null } })
}

fn install() -> Case {
    case("install-not-stored", "an install that cannot be stored is not taken: the platform delivers it again, and then it counts")
        .keys_served()
        .store_fails(0, 10, false)
        .send(0, ACME.signed_event(0, "installed"), down())
        .send(9, ACME.signed_event(0, "installed"), down())
        // whatever the store does, a proof that does not hold is refused
        .send(9, post("/installed").json(&ACME.body("installed")), refused(401, "token_missing"))
        .send(9, GLOBEX.signed_event(-400, "installed"), refused(401, "expired"))
        .send(10, ACME.page(10, "/page", ACME.secret), refused(401, "unknown_tenant"))
        .send(11, ACME.signed_event(0, "installed"), no_content())
        .send(12, ACME.page(12, "/page", ACME.secret), ok())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed")])
}

fn events() -> Case {
    let event = |at, name| ACME.tenant_event(at, name, ACME.secret);
    case("events-not-stored", "an event that cannot be stored changes nothing, and counts when it is delivered again")
        .installed(&ACME)
        .keys_served()
        .store_fails(0, 10, false)
        .send(0, event(0, "disabled"), down())
        .send(1, event(1, "enabled"), down())
        .send(2, ACME.signed_event(2, "uninstalled"), down())
        .send(10, ACME.page(10, "/page", ACME.secret), ok())
        .send(11, event(0, "disabled"), no_content())
        .send(12, ACME.page(12, "/page", ACME.secret), refused(403, "tenant_disabled"))
        .send(13, ACME.signed_event(2, "uninstalled"), no_content())
        .send(14, ACME.page(14, "/page", ACME.secret), refused(401, "unknown_tenant"))
        .stored(vec![json!({ "key": ACME.key, "state": "uninstalled" })])
        .one_key_fetched()
        .hooks(&[ACME.hook("disabled"), ACME.hook("uninstalled")])
}

fn pages() -> Case {
    case("pages-not-checked", "while nobody can be looked up, no page is served and nobody is told that the app is not installed")
        .installed(&ACME)
        .store_fails(0, 10, false)
        .send(0, ACME.page(0, "/page", ACME.secret), down())
        .send(1, ACME.page(1, "/page", ACME.next_secret), down())
        .send(2, ACME.page(2, "/advanced?lic=active&capSet=capabilityAdvanced", ACME.secret), down())
        .send(3, ACME.api(3, "/api/me", ACME.secret), down())
        .send(4, ACME.api(4, "/api/standard", ACME.secret), down())
        // who is no customer is not told either
        .send(5, GLOBEX.page(5, "/page", GLOBEX.secret), down())
        .send(6, get("/page"), refused(401, "token_missing"))
        .send(6, get("/page").jwt(&ACME.url_token(6, "GET", "/page").unsigned()), refused(401, "algorithm"))
        .send(7, get("/health"), refused(503, "store_unavailable").header("retry-after", Some("5")))
        .send(10, ACME.page(10, "/page", ACME.secret), ok())
        .send(10, GLOBEX.page(10, "/page", GLOBEX.secret), refused(401, "unknown_tenant"))
        .send(10, get("/health"), ok())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .hooks(&[])
}

fn kept() -> Case {
    let page = |at| ACME.page(at, "/page", ACME.secret);
    case("tenant-kept-for-seconds", "a tenant that was looked up is known for five seconds, and no longer")
        .installed(&ACME)
        .store_fails(1, FOREVER, false)
        .send(0, page(0), ok())
        .send(4, page(4), ok())
        // a signature that does not match makes the store be asked
        .send(4, ACME.page(4, "/page", ACME.next_secret), down())
        .send(6, page(6), down())
}

fn restarted() -> Case {
    case("restart-in-an-outage", "after a deployment nothing is known until the store answers")
        .installed(&ACME)
        .store_fails(1, 20, false)
        .send(0, ACME.page(0, "/page", ACME.secret), ok())
        .restart(2)
        .send(2, ACME.page(2, "/page", ACME.secret), down())
        .send(20, ACME.page(20, "/page", ACME.secret), ok())
}

fn only_writes() -> Case {
    case("store-is-read-only", "a store that takes nothing serves who is known, and takes no event")
        .installed(&ACME)
        .keys_served()
        .store_fails(0, FOREVER, true)
        .send(0, ACME.page(0, "/page", ACME.secret), ok())
        .send(1, ACME.tenant_event(1, "disabled", ACME.secret), down())
        .send(2, GLOBEX.signed_event(2, "installed"), down())
        .send(3, ACME.signed_event(3, "uninstalled"), down())
        .send(4, ACME.page(4, "/page", ACME.secret), ok())
        .send(5, GLOBEX.page(5, "/page", GLOBEX.secret), refused(401, "unknown_tenant"))
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .one_key_fetched()
        .hooks(&[])
}

fn license_not_stored() -> Case {
    let url = format!("{}/rest/atlassian-connect/1/addons/{APP_KEY}", ACME.base_url);
    let says = json!({ "key": APP_KEY, "version": "1.0", "state": "ENABLED", "license": { "active": true, "type": "COMMERCIAL", "evaluation": false } });
    case("license-not-stored", "what a License API says counts, whether or not it can be stored")
        .app(json!({ "connect": { "license_api": true } }))
        .installed(&ACME)
        .answers(&url, vec![json_answer(says)])
        .store_fails(0, FOREVER, true)
        .send(0, ACME.api(0, "/api/standard", ACME.secret), ok())
        .send(1, ACME.api(1, "/api/standard", ACME.secret), ok())
        .fetches(&url, 1)
}

fn forge_event_of(at: i64, event: &str) -> Sent {
    let body = json!({
        "eventType": event,
        "id": INSTALLATION.rsplit('/').next(),
        "installerAccountId": "557058:0123abcd",
        "app": { "id": APP_UUID, "version": "3.0.0" },
        "environment": { "id": "23863033-1de4-4ebf-b30d-c906264a1e92" },
    });
    post("/forge/lifecycle").bearer(&fit(at, By::Trigger).rs256(first_key())).json(&body)
}

fn forge_stored() -> Value {
    json!({ "key": INSTALLATION, "state": "installed", "secret": null, "app_version": "3.0.0" })
}

fn forge_event() -> Case {
    let installed = || forge_event_of(0, "avi:forge:installed:app");
    case("forge-event-not-stored", "an event of Forge that cannot be stored is not taken, and counts when it is delivered again")
        .key_set_served()
        .store_fails(0, 10, false)
        .send(0, installed(), down())
        .send(10, installed(), no_content())
        .send(11, installed(), no_content())
        .stored(vec![forge_stored()])
        .one_set_fetched()
        .hooks(&[format!("{INSTALLATION} installed")])
}

fn forge_invocation() -> Case {
    case("forge-invocation-not-checked", "whether a token is of before an uninstall cannot be said without the store")
        .key_set_served()
        .store_fails(0, 10, false)
        .send(0, call("/remote/me", &fit(0, By::Page)), down())
        .send(1, call("/remote/standard", &fit(1, By::Page)), down())
        .send(2, get("/remote/me"), refused(401, "token_missing"))
        .send(10, call("/remote/me", &fit(10, By::Page)), ok())
        .one_set_fetched()
}

fn forge_license() -> Case {
    let token = fit(0, By::Function).rs256(first_key());
    let asked = get("/remote/license").bearer(&token).header("x-forge-oauth-system", SYSTEM_TOKEN);
    let says = json!({ "results": [{ "appId": APP_UUID, "data": { "active": true } }] });
    case("forge-license-not-leased", "the License API of Forge is not asked without the right to ask, which the store gives")
        .app(json!({ "forge": { "license_api": true } }))
        .key_set_served()
        .answers(LICENSE_API, vec![json_answer(says)])
        .store_fails(0, 10, true)
        // what is shared by replicas has a code of its own
        .send(0, asked, refused(503, "cache").header("retry-after", Some("5")).body(said()))
        .fetches(KEY_SET, 1)
        .fetches(LICENSE_API, 0)
}
