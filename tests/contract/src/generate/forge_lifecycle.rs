//! The lifecycle route of a Forge remote, and what an uninstall means for tokens.

use serde_json::{Value, json};

use super::forge_kit::{
    APP_ARI, APP_UUID, By, INSTALLATION, KEY_SET, LIFE, OTHER_APP, OTHER_INSTALLATION, call, fit, forge_file, licensed,
};
use super::kit::{LEEWAY, Sent, case, first_key, no_content, ok, post, refused, request, status};
use crate::file::{Case, File};

const ID: &str = "fff8e466-31f4-4c73-a337-c3309dd930dc";
const ROUTE: &str = "/forge/lifecycle";

pub(super) fn file() -> anyhow::Result<File> {
    forge_file(
        "Lifecycle events of a Forge app: from the platform alone, once each, and of the token's own installation.",
        &json!({ "store": true }),
        vec![
            story(), forms(), browser(), tokens(), bodies(), repeated(), replay("replay-before-exp", LIFE - 1, "replayed"),
            replay("replay-after-exp", LIFE + 1, "replayed"), replay("replay-after-leeway", LIFE + LEEWAY + 1, "expired"),
            gone(), news(), without_store(), blocked(), held_back(), clocks(), other_routes(),
        ],
    )
}

fn other_routes() -> Case {
    let token = fit(0, By::Trigger).rs256(first_key());
    let body = payload("avi:forge:installed:app", "3.0.0");
    let sent = |method: &str, target: &str| request(method, target).bearer(&token).json(&body);
    case("other-routes", "the path is compared exactly, and an event that comes by another method changes nothing")
        .key_set_served()
        .send(0, sent("PUT", ROUTE), status(405).header("allow", Some("POST")))
        .send(0, sent("PATCH", ROUTE), status(405).header("allow", Some("POST")))
        .send(0, sent("POST", "/forge/lifecycle/"), status(404))
        .send(0, sent("POST", "/forge/LIFECYCLE"), status(404))
        .stored(vec![])
        .hooks(&[])
}

fn payload(event: &str, version: &str) -> Value {
    let account = if event == "avi:forge:upgraded:app" { "upgraderAccountId" } else { "installerAccountId" };
    json!({
        "eventType": event,
        "id": ID,
        account: "557058:0123abcd",
        "app": { "id": APP_UUID, "version": version },
        "environment": { "id": "23863033-1de4-4ebf-b30d-c906264a1e92" },
    })
}

fn signed(at: u64) -> i64 {
    i64::try_from(at).unwrap_or_default()
}

fn event(at: u64, body: &Value) -> Sent {
    post(ROUTE).bearer(&fit(signed(at), By::Trigger).rs256(first_key())).json(body)
}

fn installed(at: u64) -> Sent {
    event(at, &payload("avi:forge:installed:app", "3.0.0"))
}

fn upgraded(at: u64, version: &str) -> Sent {
    event(at, &payload("avi:forge:upgraded:app", version))
}

fn leaving() -> Value {
    json!({ "eventType": "preUninstall", "id": ID })
}

fn stored(state: &str, version: &str) -> Value {
    json!({ "key": INSTALLATION, "state": state, "secret": null, "app_version": version })
}

fn hook(name: &str) -> String {
    format!("{INSTALLATION} {name}")
}

fn story() -> Case {
    let me = |at: u64| call("/remote/me", &fit(signed(at), By::Page));
    case("story", "an installation is kept from its first event on, and a token of before its uninstall is refused after it")
        .key_set_served()
        .send(0, me(0), ok())
        .send(1, installed(1), no_content())
        .send(2, upgraded(2, "4.0.0"), no_content())
        .send(3, me(3), ok())
        .send(10, event(10, &leaving()), no_content())
        .send(11, me(9), refused(401, "unknown_tenant"))
        .send(11, me(10), refused(401, "unknown_tenant"))
        .send(12, me(12), ok())
        .send(20, installed(20), no_content())
        .send(21, me(20), ok())
        .stored(vec![stored("installed", "3.0.0")])
        .one_set_fetched()
        .hooks(&[hook("installed"), hook("uninstalled"), hook("installed")])
}

fn forms() -> Case {
    let bare = json!({ "id": ID, "installerAccountId": "557058:0123abcd", "app": { "id": APP_ARI, "version": "3.0.0" } });
    let wrapped = json!({ "payload": payload("avi:forge:upgraded:app", "3.1.0"), "retryContext": { "retryCount": 1 } });
    let documented = fit(2, By::Trigger).without_claim("context");
    case("forms", "events come bare or wrapped, with their name or without, with a token with a context or without")
        .key_set_served()
        .send(0, event(0, &bare), no_content())
        .send(1, event(1, &wrapped), no_content())
        .send(2, post(ROUTE).bearer(&documented.rs256(first_key())).json(&payload("avi:forge:upgraded:app", "3.2.0")), no_content())
        .stored(vec![stored("installed", "3.2.0")])
        .one_set_fetched()
        .hooks(&[hook("installed")])
}

fn browser() -> Case {
    let by_page = |body: &Value| post(ROUTE).bearer(&fit(0, By::Page).rs256(first_key())).json(body);
    let named = fit(0, By::Trigger).claim("principal", "557058:0123abcd");
    case("browser", "a user's browser may post anything anywhere: it installs and removes nothing")
        .seeded_forge(-86_400, &payload("avi:forge:installed:app", "3.0.0"))
        .key_set_served()
        .send(0, by_page(&leaving()), refused(401, "user_initiated"))
        .send(0, by_page(&payload("avi:forge:upgraded:app", "9.0.0")), refused(401, "user_initiated"))
        .send(0, post(ROUTE).bearer(&named.rs256(first_key())).json(&leaving()), refused(401, "user_initiated"))
        .stored(vec![stored("installed", "3.0.0")])
        .one_set_fetched()
        .hooks(&[])
}

fn tokens() -> Case {
    let body = payload("avi:forge:installed:app", "3.0.0");
    let of = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        event(0, &body)
    };
    let token = fit(0, By::Trigger).rs256(first_key());
    case("tokens", "an event is of the installation and of the app that its token is of")
        .key_set_served()
        .send(0, post(ROUTE).json(&body), refused(401, "token_missing"))
        .send(0, post(ROUTE).jwt(&token).json(&body), refused(401, "token_scheme"))
        .send(0, post(ROUTE).bearer(&fit(0, By::Trigger).unsigned()).json(&body), refused(401, "algorithm"))
        .send(0, of("id", json!(OTHER_INSTALLATION)), refused(401, "tenant_mismatch"))
        .send(0, of("app", json!({ "id": OTHER_APP })), refused(401, "tenant_mismatch"))
        .send(0, event(0, &json!({ "eventType": "preUninstall", "id": OTHER_INSTALLATION })), refused(401, "tenant_mismatch"))
        .stored(vec![])
        .one_set_fetched()
        .hooks(&[])
}

fn bodies() -> Case {
    let text = |text: &str| post(ROUTE).bearer(&fit(0, By::Trigger).rs256(first_key())).text(text);
    let mut bare = payload("avi:forge:installed:app", "3.0.0");
    if let Some(fields) = bare.as_object_mut() {
        fields.remove("app");
    }
    case("bodies", "a body that is no lifecycle event is malformed, and stores nothing")
        .key_set_served()
        .send(0, text(""), refused(400, "json_syntax"))
        .send(0, text("{}"), refused(400, "field_missing"))
        .send(0, text(r#"{"eventType":"avi:forge:deleted:app","id":"x"}"#), refused(400, "field_value"))
        .send(0, text(r#"{"eventType":"preUninstall","eventType":"preUninstall"}"#), refused(400, "json_duplicate_key"))
        .send(0, text(&bare.to_string()), refused(400, "field_missing"))
        .send(0, text(r#"{"eventType":7}"#), refused(400, "field_type"))
        .send(0, post(ROUTE).bearer(&fit(0, By::Trigger).rs256(first_key())).repeated("a", 300_000), refused(413, "too_large"))
        .stored(vec![])
        .one_set_fetched()
        .hooks(&[])
}

fn repeated() -> Case {
    let first = installed(0);
    case("repeated", "the same delivery again is answered as before, and changes nothing: retries of the platform are four")
        .key_set_served()
        .send(0, first.clone(), no_content())
        .send(5, upgraded(5, "4.0.0"), no_content())
        .send(LIFE + 1, first.clone(), no_content())
        .send(LIFE + LEEWAY - 1, first.clone(), no_content())
        .send(LIFE + LEEWAY, first, refused(401, "expired"))
        .stored(vec![stored("installed", "4.0.0")])
        .one_set_fetched()
        .hooks(&[hook("installed")])
}

fn replay(id: &str, at: u64, code: &str) -> Case {
    let other = |at: u64| {
        let token = fit(signed(at), By::Trigger).claim("jti", "other");
        let mut body = payload("avi:forge:installed:app", "3.0.0");
        body["id"] = json!(OTHER_INSTALLATION);
        let changes = [("installationId", json!(OTHER_INSTALLATION)), ("installation.id", json!(OTHER_INSTALLATION))];
        post(ROUTE).bearer(&super::forge_kit::app(&token, &changes).rs256(first_key())).json(&body)
    };
    let other_stored = json!({ "key": OTHER_INSTALLATION, "state": "installed" });
    let attack = post(ROUTE).bearer(&fit(0, By::Trigger).rs256(first_key())).json(&leaving());
    case(id, "an intercepted token does not carry another event, as long as it proves anything")
        .key_set_served()
        .send(0, installed(0), no_content())
        .send(at - 1, other(at - 1), no_content())
        .send(at, attack, refused(401, code))
        .stored(vec![other_stored, stored("installed", "3.0.0")])
        .one_set_fetched()
}

fn gone() -> Case {
    let left = event(10, &leaving());
    case("uninstall-repeated", "an uninstall that comes again after a reinstall removes nothing; one of an unknown installation is none")
        .seeded_forge(-86_400, &payload("avi:forge:installed:app", "3.0.0"))
        .key_set_served()
        .send(10, left.clone(), no_content())
        .send(20, installed(20), no_content())
        .send(30, left, no_content())
        .send(31, call("/remote/me", &fit(31, By::Page)), ok())
        .stored(vec![stored("installed", "3.0.0")])
        .one_set_fetched()
        .hooks(&[hook("uninstalled"), hook("installed")])
}

fn held_back() -> Case {
    let token = fit(20, By::Trigger).claim("jti", "other").rs256(first_key());
    let same_second = post(ROUTE).bearer(&token).json(&leaving());
    let me = |at| call("/remote/me", &fit(at, By::Page));
    case("held-back", "an event that was issued before one that counted changes nothing; of the same second, they count as they come")
        .key_set_served()
        .send(0, installed(0), no_content())
        .send(10, event(10, &leaving()), no_content())
        .send(11, installed(9), refused(401, "unknown_tenant"))
        .send(12, event(10, &leaving()), no_content())
        .send(20, event(20, &payload("avi:forge:installed:app", "3.1.0")), no_content())
        .send(21, event(19, &leaving()), no_content())
        .send(22, installed(18), no_content())
        .send(23, me(23), ok())
        .send(24, same_second, no_content())
        .send(25, me(20), refused(401, "unknown_tenant"))
        .stored(vec![stored("uninstalled", "3.1.0")])
        .one_set_fetched()
        .hooks(&["installed", "uninstalled", "installed", "uninstalled"].map(hook))
}

fn clocks() -> Case {
    let me = |at| call("/remote/me", &fit(at, By::Page));
    let gone = || refused(401, "unknown_tenant");
    case("clocks", "whether a token is of before the uninstall is said by the times of both tokens, not by the app's clock")
        .key_set_served()
        .send(0, installed(0), no_content())
        // the app's clock is behind
        .send(10, event(30, &leaving()), no_content())
        .send(11, me(20), gone())
        .send(11, me(30), gone())
        .send(12, me(31), ok())
        .send(13, installed(32), no_content())
        // and ahead
        .send(60, event(40, &leaving()), no_content())
        .send(61, me(40), gone())
        .send(62, installed(41), no_content())
        .send(63, me(42), ok())
        .stored(vec![stored("installed", "3.0.0")])
        .one_set_fetched()
        .hooks(&["installed", "uninstalled", "installed", "uninstalled", "installed"].map(hook))
}

fn blocked() -> Case {
    let no = || refused(403, "tenant_blocked");
    case("blocked", "an installation that the vendor blocked is served nothing; its events are stored")
        .seeded_forge(-86_400, &payload("avi:forge:installed:app", "3.0.0"))
        .blocked(-60, &json!({ "forge": INSTALLATION }))
        .key_set_served()
        .send(0, call("/remote/me", &fit(signed(0), By::Page)), no())
        .send(1, call("/remote/standard", &fit(1, By::Page)), no())
        .send(10, event(10, &leaving()), no_content())
        .send(20, installed(20), no_content())
        .send(21, call("/remote/me", &fit(21, By::Page)), no())
        .stored(vec![stored("installed", "3.0.0")])
        .one_set_fetched()
        .hooks(&[hook("uninstalled"), hook("installed")])
}

fn news() -> Case {
    let with = |at: u64, license: Value| call("/remote/license", &licensed(&fit(signed(at), By::Page), license));
    let advanced = json!({ "active": true, "capabilitySet": "capabilityAdvanced" });
    let mut after = stored("installed", "3.0.0");
    after["license"] = json!("inactive");
    after["capability_set"] = json!("capabilityAdvanced");
    case("news", "what tokens state of a license is news once, and hooks hear of it")
        .seeded_forge(-86_400, &payload("avi:forge:installed:app", "3.0.0"))
        .key_set_served()
        .send(0, with(0, json!({ "active": true })), ok())
        .send(10, with(10, json!({ "active": true })), ok())
        .send(20, with(20, advanced), ok())
        .send(30, with(30, json!({ "active": false })), ok())
        .stored(vec![after])
        .one_set_fetched()
        .hooks(&[hook("license_changed active"), hook("edition_changed capabilityAdvanced"), hook("license_changed inactive")])
}

fn without_store() -> Case {
    case("without-store", "a remote without a store verifies events and keeps nothing")
        .app(json!({ "forge": { "store": null } }))
        .key_set_served()
        .send(0, installed(0), no_content())
        .send(1, event(1, &leaving()), no_content())
        .send(2, call("/remote/me", &fit(0, By::Page)), ok())
        .send(2, post(ROUTE).json(&leaving()), refused(401, "token_missing"))
        .stored(vec![])
        .fetches(KEY_SET, 1)
        .hooks(&[])
}
