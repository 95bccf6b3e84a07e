//! The four lifecycle routes: what is accepted, and every way to be refused.

use serde_json::{Value, json};

use super::connect_install_forms::{broken_bodies, deep_bodies, other_routes};
use super::connect_install_refused::{bad_bodies, bad_claims, bad_keys, bad_tokens};
use super::connect_tenant_events::{
    enabled_and_disabled, late_disabled, lost_enabled, uninstalled,
};
use super::install_kit::{installed, token, with};
use super::kit::{
    ACME, APP_KEY, BASE_URL, KEY_HOST, KID, SECOND_KEY_HOST, case, connect_file, document,
    first_key, get, key_url, no_content, ok, post, refused,
};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    connect_file(
        "The lifecycle routes of a Connect app: what is accepted, and every way to be refused. \
         What is refused changes nothing.",
        vec![
            first_install(),
            whole_story(),
            operations(),
            second_host(),
            header_forms(),
            audience_forms(),
            no_token(),
            bad_tokens(),
            bad_claims(),
            bad_bodies(),
            bad_keys(),
            uninstalled(),
            enabled_and_disabled(),
            late_disabled(),
            lost_enabled(),
            absent_fields(),
            blocked(),
            other_routes(),
            deep_bodies(),
            broken_bodies(),
        ],
    )
}

fn first_install() -> Case {
    case(
        "installed-first",
        "a signed `installed` is stored before it is answered",
    )
    .keys_served()
    .send(0, installed(0), no_content())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed")])
}

fn blocked() -> Case {
    let page = |at, secret| ACME.page(at, "/page", secret);
    let event = |at, name| ACME.tenant_event(at, name, ACME.secret);
    let no = || refused(403, "tenant_blocked");
    case(
        "blocked",
        "a tenant that the vendor blocked is served nothing, whatever the platform says; its events are stored",
    )
    .keys_served()
    .installed(&ACME)
    .blocked(-60, &json!({ "connect": ACME.key }))
    .send(0, page(0, ACME.secret), no())
    .send(1, ACME.api(1, "/api/me", ACME.secret), no())
    .send(2, ACME.page(2, "/standard", ACME.secret), no())
    // a stranger does not learn of it
    .send(3, page(3, ACME.next_secret), refused(401, "signature"))
    .send(4, event(4, "disabled"), no_content())
    .send(5, page(5, ACME.secret), no())
    .send(90, page(90, ACME.secret), no())
    .send(100, event(100, "enabled"), no_content())
    .send(110, ACME.signed_event(110, "uninstalled"), no_content())
    .send(111, page(111, ACME.secret), refused(401, "unknown_tenant"))
    .send(120, installed(120), no_content())
    .send(121, page(121, ACME.secret), no())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
    .hooks(
        &["disabled", "enabled", "uninstalled", "installed"].map(|name| ACME.hook(name)),
    )
}

fn whole_story() -> Case {
    let page = |at| ACME.page(at, "/page", ACME.secret);
    let event = |at, name| ACME.tenant_event(at, name, ACME.secret);
    case(
        "story",
        "an app is served while it is installed and enabled, and not while it is disabled or gone",
    )
    .keys_served()
    .send(0, page(0), refused(401, "unknown_tenant"))
    .send(1, installed(1), no_content())
    .send(2, page(2), ok().body(json!({ "client_key": ACME.key })))
    .send(3, event(3, "enabled"), no_content())
    .send(4, page(4), ok())
    .send(10, event(10, "disabled"), no_content())
    .send(11, page(11), refused(403, "tenant_disabled"))
    .send(
        11,
        ACME.api(11, "/api/me", ACME.secret),
        refused(403, "tenant_disabled"),
    )
    .send(
        11,
        ACME.page(11, "/page", ACME.next_secret),
        refused(401, "signature"),
    )
    .send(20, event(20, "enabled"), no_content())
    .send(21, page(21), ok())
    .send(30, event(30, "disabled"), no_content())
    .send(31, ACME.signed_event(31, "uninstalled"), no_content())
    .send(32, page(32), refused(401, "unknown_tenant"))
    .send(40, event(40, "enabled"), refused(401, "unknown_tenant"))
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .one_key_fetched()
    .hooks(
        &[
            "installed",
            "enabled",
            "disabled",
            "enabled",
            "disabled",
            "uninstalled",
        ]
        .map(|it| ACME.hook(it)),
    )
}

fn operations() -> Case {
    let descriptor = json!({
        "key": APP_KEY,
        "baseUrl": BASE_URL,
        "authentication": { "type": "jwt" },
        "lifecycle": {
            "installed": "/installed", "uninstalled": "/uninstalled",
            "enabled": "/enabled", "disabled": "/disabled",
        },
        "apiMigrations": { "signed-install": true, "context-qsh": true },
    });
    case(
        "operations",
        "the descriptor asks for signed installs, and the app says that it is well",
    )
    .send(0, get("/atlassian-connect.json"), ok().body(descriptor))
    .send(0, get("/health"), ok().body(json!({ "status": "ok" })))
    .stored(vec![])
}

fn second_host() -> Case {
    case(
        "key-of-second-host",
        "a key that the first host does not have is asked of the second, by the same id",
    )
    .answers(
        &key_url(SECOND_KEY_HOST, KID),
        vec![document("install-key")],
    )
    .send(0, installed(0), no_content())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .fetches(&key_url(KEY_HOST, KID), 1)
    .fetches(&key_url(SECOND_KEY_HOST, KID), 1)
}

fn header_forms() -> Case {
    let signed = |at| ACME.install_token(at, "/installed").rs256(first_key());
    let body = ACME.body("installed");
    let post = || post("/installed").json(&body);
    case(
        "header-forms",
        "the scheme is read without regard to case, blanks and repetition",
    )
    .keys_served()
    .send(
        0,
        post().header("authorization", &format!("jwt {}", signed(0))),
        no_content(),
    )
    .send(
        1,
        post().header("Authorization", &format!("Jwt {}", signed(1))),
        no_content(),
    )
    .send(
        2,
        post().header("AUTHORIZATION", &format!("JWT   {} ", signed(2))),
        no_content(),
    )
    .send(3, post().jwt(&signed(3)).jwt(&signed(3)), no_content())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed")])
}

fn audience_forms() -> Case {
    let aud = |at, aud: Value| with(&ACME.install_token(at, "/installed").claim("aud", aud));
    let refuse = || refused(401, "audience");
    case(
        "audience",
        "some element of `aud` is the app's base URL, but for one slash at its end",
    )
    .keys_served()
    .send(0, aud(0, json!(BASE_URL)), no_content())
    .send(1, aud(1, json!([format!("{BASE_URL}/")])), no_content())
    .send(
        2,
        aud(2, json!(["https://other.example.com", BASE_URL])),
        no_content(),
    )
    .send(3, aud(3, json!([])), refuse())
    .send(3, aud(3, json!(["https://other.example.com"])), refuse())
    .send(
        3,
        aud(3, json!([format!("{BASE_URL}.evil.example")])),
        refuse(),
    )
    .send(3, aud(3, json!(["https://app.example.co"])), refuse())
    .send(3, aud(3, json!([format!("{BASE_URL}//")])), refuse())
    .send(3, aud(3, json!([format!("{BASE_URL}/connect")])), refuse())
    .send(3, aud(3, json!(["http://app.example.com"])), refuse())
    .send(3, aud(3, json!([ACME.key])), refuse())
    .send(3, aud(3, json!([1])), refused(401, "claim_type"))
    .send(
        3,
        aud(3, json!({ "aud": BASE_URL })),
        refused(401, "claim_type"),
    )
    .send(
        3,
        with(&token().without_claim("aud")),
        refused(401, "claim_missing"),
    )
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
}

fn no_token() -> Case {
    let signed = token().rs256(first_key());
    let other = ACME.install_token(-1, "/installed").rs256(first_key());
    let post = || post("/installed").json(&ACME.body("installed"));
    let header = |value: &str| post().header("authorization", value);
    case(
        "token-place",
        "the token of an event is in the header, once, under the scheme JWT",
    )
    .keys_served()
    .send(0, post(), refused(401, "token_missing"))
    .send(
        0,
        post().query_token(&signed),
        refused(401, "token_missing"),
    )
    .send(0, header("JWT"), refused(401, "token_missing"))
    .send(
        0,
        header(&format!("Bearer {signed}")),
        refused(401, "token_scheme"),
    )
    .send(0, header("Basic YTpi"), refused(401, "token_scheme"))
    .send(0, header(&signed), refused(401, "token_scheme"))
    .send(
        0,
        post().jwt(&signed).jwt(&other),
        refused(401, "token_conflict"),
    )
    .send(
        0,
        post().jwt(&other).jwt(&signed),
        refused(401, "token_conflict"),
    )
    .stored(vec![])
    .hooks(&[])
}

fn absent_fields() -> Case {
    let installation = "ari:cloud:ecosystem::installation/7ab5a4a1-6e1b-4f0a-9a63-0e1c62d4c1aa";
    let mut first = ACME.body("installed");
    first["installationId"] = json!(installation);
    first["capabilitySet"] = json!("capabilityAdvanced");
    first["displayUrl"] = json!("https://issues.acme.example");
    first["entitlementId"] = json!("E-1");
    let mut renamed = ACME.body("installed");
    renamed["baseUrl"] = json!("https://acme-new.atlassian.net");
    renamed["entitlementId"] = json!("");
    renamed["unheardOf"] = json!({ "a": [1, { "b": null }] });
    let mut stored = ACME.stored("installed", ACME.secret);
    stored["base_url"] = json!("https://acme-new.atlassian.net");
    stored["installation_id"] = json!(installation);
    stored["capability_set"] = json!("capabilityAdvanced");
    stored["display_url"] = json!("https://issues.acme.example");
    stored["entitlement_id"] = json!("E-1");
    case("absent-fields", "a field that is absent or empty erases nothing, one that is unknown is no mistake, a site may be renamed")
        .keys_served()
        .send(0, ACME.signed_event_with(0, &first), no_content())
        .send(100, ACME.signed_event_with(100, &renamed), no_content())
        .stored(vec![stored])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed"), ACME.hook("site_renamed https://acme-new.atlassian.net")])
}
