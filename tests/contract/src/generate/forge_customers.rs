//! Customers of a Connect app that moves to Forge: one store, and one customer behind both halves.

use serde_json::{Value, json};

use super::forge_kit::{APP_ARI, APP_UUID, By, CLOUD, INSTALLATION, OTHER_INSTALLATION, app, call, fit};
use super::kit::{ACME, APP_KEY, BASE_URL, Sent, case, file as contract_file, first_key, no_content, ok, post, refused};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    let both = json!({
        "connect": { "key": APP_KEY, "base_url": BASE_URL },
        "forge": { "app_ids": [APP_ARI], "store": true },
    });
    contract_file(
        "A customer of a Connect app that moves to Forge: whose a token of Forge is, and which count.",
        both,
        vec![linked(), continued(), blocked(), blocked_on_site(), of_before()],
    )
}

/// `installed` of the Connect half, which names the Forge installation.
fn installed(at: i64, installation: &str) -> Sent {
    let mut body = ACME.body("installed");
    body["installationId"] = json!(installation);
    body["cloudId"] = json!(CLOUD);
    ACME.signed_event_with(at, &body)
}

fn me(at: i64) -> Sent {
    call("/remote/me", &fit(at, By::Page))
}

fn me_of(at: i64, changes: &[(&str, Value)]) -> Sent {
    call("/remote/me", &app(&fit(at, By::Page), changes))
}

fn event(at: i64, of: &str, event: &str) -> Sent {
    let of_id = [("installationId", json!(of)), ("installation.id", json!(of))];
    let token = app(&fit(at, By::Trigger), &of_id).rs256(first_key());
    let id = of.rsplit('/').next();
    post("/forge/lifecycle").bearer(&token).json(&json!({
        "eventType": event, "id": id, "upgraderAccountId": "557058:0123abcd",
        "app": { "id": APP_UUID, "version": "4.0.0" },
    }))
}

/// What is stored of the customer: of links, a shell tells nothing.
fn stored(state: &str, installation: &str) -> Vec<Value> {
    let mut customer = ACME.stored(state, ACME.secret);
    customer["installation_id"] = json!(installation);
    vec![customer]
}

fn linked() -> Case {
    case("linked", "what happens to a Forge installation that is a customer's, happens to the customer")
        .keys_served()
        .key_set_served()
        .one_set_fetched()
        .one_key_fetched()
        .send(0, installed(0, INSTALLATION), no_content())
        .send(1, me(1), ok())
        .send(2, event(2, INSTALLATION, "avi:forge:upgraded:app"), no_content())
        .send(10, event(10, INSTALLATION, "preUninstall"), no_content())
        .send(11, me(10), refused(401, "unknown_tenant"))
        .send(11, ACME.page(11, "/page", ACME.secret), refused(401, "unknown_tenant"))
        .stored(stored("uninstalled", INSTALLATION))
        .hooks(&[ACME.hook("installed"), ACME.hook("uninstalled")])
}

fn continued() -> Case {
    case("continued", "an unknown installation in production is that of the customer on the same site, in the same product")
        .keys_served()
        .key_set_served()
        .one_set_fetched()
        .one_key_fetched()
        .send(0, installed(0, OTHER_INSTALLATION), no_content())
        .send(1, me_of(1, &[("environment.type", json!("STAGING"))]), ok())
        .send(2, me_of(2, &[("installation.contexts", json!([]))]), ok())
        .send(10, me(10), ok())
        .stored(stored("installed", INSTALLATION))
}

fn blocked() -> Case {
    case("linked-to-a-blocked-one", "of a customer that the vendor blocks, no half is served; a link is no way around it")
        .installed(&ACME)
        .blocked(-60, &json!({ "connect": ACME.key }))
        .keys_served()
        .key_set_served()
        .one_set_fetched()
        .one_key_fetched()
        .send(0, installed(0, INSTALLATION), no_content())
        .send(1, me(1), refused(403, "tenant_blocked"))
        .send(1, ACME.page(1, "/page", ACME.secret), refused(403, "tenant_blocked"))
        .send(2, event(2, INSTALLATION, "avi:forge:upgraded:app"), no_content())
        .send(8, me(8), refused(403, "tenant_blocked"))
}

fn blocked_on_site() -> Case {
    case("continued-by-a-blocked-one", "nor is an installation that nobody knows on the site of a blocked customer, and nothing of it is stored")
        .installed(&ACME)
        .blocked(-60, &json!({ "connect": ACME.key }))
        .keys_served()
        .key_set_served()
        .one_set_fetched()
        .one_key_fetched()
        .send(0, installed(0, OTHER_INSTALLATION), no_content())
        .send(1, me(1), refused(403, "tenant_blocked"))
        .send(7, me_of(7, &[("environment.type", json!("STAGING"))]), ok())
        .stored(stored("installed", OTHER_INSTALLATION))
}

fn of_before() -> Case {
    case("event-of-an-installation-before", "the customer has another installation by now: the end of the one before is answered, and ends nothing")
        .keys_served()
        .key_set_served()
        .one_set_fetched()
        .one_key_fetched()
        .send(0, installed(0, OTHER_INSTALLATION), no_content())
        .send(10, installed(10, INSTALLATION), no_content())
        .send(20, event(20, OTHER_INSTALLATION, "preUninstall"), no_content())
        .send(21, me(20), ok())
        .send(21, ACME.page(21, "/page", ACME.secret), ok())
        .stored(stored("installed", INSTALLATION))
}
