//! Which secrets verify: rotation and its grace, reinstall, uninstall.

use serde_json::{Value, json};

use super::kit::{ACME, GLOBEX, Sent, case, connect_file, hashed, no_content, ok, refused};
use crate::file::{Case, File};

/// How long a rotated secret still verifies, in seconds: the default of every shell.
const GRACE: u64 = 300;

pub(super) fn file() -> anyhow::Result<File> {
    connect_file(
        "Which of a tenant's secrets verify, and for how long.",
        vec![
            rotation(),
            grace_of_ones_own(),
            rotated_twice(),
            reinstall(),
            gone(),
            other_tenant(),
            hook_again(),
            hook_of_another(),
        ],
    )
}

fn page(at: u64, secret: &str) -> Sent {
    ACME.page(signed(at), "/page", secret)
}

fn signed(at: u64) -> i64 {
    i64::try_from(at).unwrap_or_default()
}

fn rotate(at: u64, secret: &str) -> Sent {
    ACME.signed_event_with(signed(at), &ACME.installed_with(secret))
}

fn rotated(state: &str) -> Value {
    let mut stored = ACME.stored(state, ACME.next_secret);
    stored["previous_secret"] = json!(hashed(ACME.secret));
    stored
}

fn rotation() -> Case {
    let event = |at, name| ACME.tenant_event(signed(at), name, ACME.secret);
    case(
        "rotation",
        "a rotated secret verifies for its grace, 300 s, and not a second longer",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, page(0, ACME.next_secret), refused(401, "signature"))
    .send(10, rotate(10, ACME.next_secret), no_content())
    .send(11, page(11, ACME.next_secret), ok())
    .send(11, page(11, ACME.secret), ok())
    .send(11, ACME.api(11, "/api/me", ACME.secret), ok())
    .send(12, event(12, "enabled"), no_content())
    .send(10 + GRACE, page(10 + GRACE, ACME.secret), ok())
    .send(
        10 + GRACE + 1,
        page(10 + GRACE + 1, ACME.secret),
        refused(401, "signature"),
    )
    .send(
        10 + GRACE + 1,
        ACME.api(signed(10 + GRACE + 1), "/api/me", ACME.secret),
        refused(401, "signature"),
    )
    .send(
        10 + GRACE + 1,
        event(10 + GRACE + 1, "disabled"),
        refused(401, "signature"),
    )
    .send(10 + GRACE + 1, page(10 + GRACE + 1, ACME.next_secret), ok())
    .stored(vec![
        json!({ "key": ACME.key, "state": "enabled", "secret": hashed(ACME.next_secret) }),
    ])
    .one_key_fetched()
    .hooks(&[ACME.hook("enabled")])
}

fn grace_of_ones_own() -> Case {
    case(
        "rotation-without-grace",
        "an app may state another grace: with none, the old secret ends with the rotation",
    )
    .app(json!({ "connect": { "secret_grace": 0 } }))
    .installed(&ACME)
    .keys_served()
    .send(0, rotate(0, ACME.next_secret), no_content())
    .send(1, page(1, ACME.secret), refused(401, "signature"))
    .send(1, page(1, ACME.next_secret), ok())
    .one_key_fetched()
}

fn rotated_twice() -> Case {
    let third = "acme-secret-3-0123456789abcdef0123";
    case(
        "rotation-twice",
        "of two rotated secrets only the last one has a grace",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, rotate(0, ACME.next_secret), no_content())
    .send(100, rotate(100, third), no_content())
    .send(101, page(101, third), ok())
    .send(101, page(101, ACME.next_secret), ok())
    .send(101, page(101, ACME.secret), refused(401, "signature"))
    .send(401, page(401, ACME.next_secret), refused(401, "signature"))
    .one_key_fetched()
}

fn reinstall() -> Case {
    case(
        "reinstall",
        "a reinstall drops every earlier secret, within its grace or not",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, ACME.signed_event(0, "uninstalled"), no_content())
    .send(60, rotate(60, ACME.next_secret), no_content())
    .send(61, page(61, ACME.next_secret), ok())
    .send(61, page(61, ACME.secret), refused(401, "signature"))
    .send(120, ACME.signed_event(120, "uninstalled"), no_content())
    .send(180, rotate(180, ACME.secret), no_content())
    .send(181, page(181, ACME.secret), ok())
    .send(181, page(181, ACME.next_secret), refused(401, "signature"))
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
    .hooks(&["uninstalled", "installed", "uninstalled", "installed"].map(|it| ACME.hook(it)))
}

fn gone() -> Case {
    case(
        "rotated-then-gone",
        "an uninstalled tenant is not served, by no secret it ever had",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, rotate(0, ACME.next_secret), no_content())
    .send(10, ACME.signed_event(10, "uninstalled"), no_content())
    .send(
        11,
        page(11, ACME.next_secret),
        refused(401, "unknown_tenant"),
    )
    .send(11, page(11, ACME.secret), refused(401, "unknown_tenant"))
    .send(
        11,
        ACME.api(11, "/api/me", ACME.next_secret),
        refused(401, "unknown_tenant"),
    )
    .stored(vec![rotated("uninstalled")])
    .one_key_fetched()
}

fn other_tenant() -> Case {
    let forged = ACME.page(0, "/page", GLOBEX.secret);
    case(
        "secret-of-another-tenant",
        "a tenant's secret proves that tenant and no other",
    )
    .installed(&ACME)
    .installed(&GLOBEX)
    .send(0, forged, refused(401, "signature"))
    .send(
        0,
        page(0, ACME.secret),
        ok().body(json!({ "client_key": ACME.key })),
    )
    .send(
        0,
        GLOBEX.page(0, "/page", GLOBEX.secret),
        ok().body(json!({ "client_key": GLOBEX.key })),
    )
    .stored(vec![
        ACME.stored("installed", ACME.secret),
        GLOBEX.stored("installed", GLOBEX.secret),
    ])
}

fn hook_again() -> Case {
    let mut case = case(
        "hook-that-fails",
        "a hook that fails is called again for the same change, before any later one",
    )
    .keys_served()
    .send(0, rotate(0, ACME.secret), no_content())
    .send(
        1,
        ACME.tenant_event(1, "enabled", ACME.secret),
        no_content(),
    )
    .stored(vec![ACME.stored("enabled", ACME.secret)])
    .one_key_fetched()
    .hooks(&["installed", "installed", "installed", "enabled"].map(|it| ACME.hook(it)));
    case.hook_failures = 2;
    case
}

fn hook_of_another() -> Case {
    let mut case = case(
        "hook-that-fails-for-one",
        "a hook that fails holds up its tenant alone: those of others are called before it is tried again",
    )
    .installed(&ACME)
    .installed(&GLOBEX)
    .send(
        0,
        ACME.tenant_event(0, "enabled", ACME.secret),
        no_content(),
    )
    .send(
        1,
        GLOBEX.tenant_event(1, "enabled", GLOBEX.secret),
        no_content(),
    )
    .send(
        2,
        ACME.tenant_event(2, "disabled", ACME.secret),
        no_content(),
    )
    .stored(vec![
        ACME.stored("disabled", ACME.secret),
        GLOBEX.stored("enabled", GLOBEX.secret),
    ])
    .hooks(&[
        ACME.hook("enabled"),
        GLOBEX.hook("enabled"),
        ACME.hook("enabled"),
        ACME.hook("disabled"),
    ]);
    case.hook_failures = 1;
    case
}
