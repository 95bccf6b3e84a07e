//! Deliveries seen before: answered as before when they are the same, refused when they are not,
//! and inert in both cases, until their token proves nothing any more. And those that were held back.

use super::kit::{
    ACME, EVIL_SECRET, GLOBEX, LEEWAY, LIFE, Sent, case, connect_file, first_key, no_content, ok,
    post, refused,
};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    let mut cases = vec![
        repeated(),
        other_secret("replay-at-once", 1, "replayed"),
        other_secret("replay-before-exp", LIFE - 1, "replayed"),
        other_secret("replay-at-exp", LIFE, "replayed"),
        other_secret("replay-after-exp", LIFE + 1, "replayed"),
        other_secret("replay-last-second", LIFE + LEEWAY - 1, "replayed"),
        other_secret("replay-at-leeway", LIFE + LEEWAY, "expired"),
        other_secret("replay-after-leeway", LIFE + LEEWAY + 1, "expired"),
        after_restart(),
    ];
    cases.extend([
        after_uninstall(),
        uninstall_again(),
        before_rotation(),
        switched(),
        other_path(),
        same_second(),
    ]);
    cases.extend(super::connect_held_back::cases());
    connect_file(
        "Lifecycle deliveries that come again, or too late. A token is good for one body, for as long as it \
         proves anything: until `exp` and the leeway. An event is older than another if its token was issued in an \
         earlier second.",
        cases,
    )
}

/// An intercepted `installed`, with a secret of the attacker's.
fn attack(at: i64) -> Sent {
    let token = ACME.install_token(at, "/installed").rs256(first_key());
    post("/installed")
        .jwt(&token)
        .json(&ACME.installed_with(EVIL_SECRET))
}

fn repeated() -> Case {
    let first = ACME.signed_event(0, "installed");
    let other = |at| GLOBEX.signed_event(at, "installed");
    case(
        "repeated",
        "the same delivery again is answered as before, and changes nothing",
    )
    .keys_served()
    .send(0, first.clone(), no_content())
    .send(0, first.clone(), no_content())
    .send(30, other(30), no_content())
    .send(LIFE - 1, first.clone(), no_content())
    .send(LIFE + 1, first.clone(), no_content())
    .send(LIFE + LEEWAY - 1, first.clone(), no_content())
    .send(LIFE + LEEWAY, first.clone(), refused(401, "expired"))
    .send(LIFE + LEEWAY + 1, first, refused(401, "expired"))
    .stored(vec![
        ACME.stored("installed", ACME.secret),
        GLOBEX.stored("installed", GLOBEX.secret),
    ])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed"), GLOBEX.hook("installed")])
}

/// The attack at one moment, with events of another tenant in between.
fn other_secret(id: &str, at: u64, code: &str) -> Case {
    let earlier = i64::try_from(at).unwrap_or_default() - 1;
    let now = earlier + 1;
    let by = |secret: &str| ACME.page(now, "/page", secret);
    case(id, "an intercepted `installed` does not put another secret in place, as long as its token proves anything")
        .keys_served()
        .send(0, ACME.signed_event(0, "installed"), no_content())
        .send(at - 1, GLOBEX.signed_event(earlier, "installed"), no_content())
        .send(at - 1, GLOBEX.tenant_event(earlier, "enabled", GLOBEX.secret), no_content())
        .send(at, attack(0), refused(401, code))
        .send(at, by(ACME.secret), ok())
        .send(at, by(EVIL_SECRET), refused(401, "signature"))
        .stored(vec![ACME.stored("installed", ACME.secret), GLOBEX.stored("enabled", GLOBEX.secret)])
        .one_key_fetched()
}

fn after_restart() -> Case {
    case(
        "replay-after-restart",
        "marks outlive the process, as long as what is stored does",
    )
    .keys_served()
    .send(0, ACME.signed_event(0, "installed"), no_content())
    .restart(10)
    .send(LIFE + 1, attack(0), refused(401, "replayed"))
    .send(LIFE + 1, ACME.signed_event(0, "installed"), no_content())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed")])
}

fn after_uninstall() -> Case {
    let first = ACME.signed_event(0, "installed");
    let page = |at| ACME.page(at, "/page", ACME.secret);
    case(
        "install-repeated-after-uninstall",
        "an `installed` of before the uninstall does not bring a tenant back",
    )
    .keys_served()
    .send(0, first.clone(), no_content())
    .send(60, ACME.signed_event(60, "uninstalled"), no_content())
    .send(61, first.clone(), no_content())
    .send(62, page(62), refused(401, "unknown_tenant"))
    .send(LIFE + 1, first.clone(), no_content())
    .send(LIFE + 1, attack(0), refused(401, "replayed"))
    .send(LIFE + 2, page(182), refused(401, "unknown_tenant"))
    .send(LIFE + LEEWAY + 1, first, refused(401, "expired"))
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed"), ACME.hook("uninstalled")])
}

fn uninstall_again() -> Case {
    let gone = ACME.signed_event(0, "uninstalled");
    let back = ACME.signed_event_with(60, &ACME.installed_with(ACME.next_secret));
    let page = |at| ACME.page(at, "/page", ACME.next_secret);
    case(
        "uninstall-repeated-after-reinstall",
        "an `uninstalled` of before the reinstall does not remove a tenant",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, gone.clone(), no_content())
    .send(60, back, no_content())
    .send(61, gone.clone(), no_content())
    .send(62, page(62), ok())
    .send(LIFE + 1, gone, no_content())
    .send(LIFE + 2, page(182), ok())
    .stored(vec![ACME.stored("installed", ACME.next_secret)])
    .one_key_fetched()
    .hooks(&[ACME.hook("uninstalled"), ACME.hook("installed")])
}

fn before_rotation() -> Case {
    let first = ACME.signed_event(0, "installed");
    let rotated = ACME.signed_event_with(60, &ACME.installed_with(ACME.next_secret));
    let page = |at, secret| ACME.page(at, "/page", secret);
    case("install-repeated-after-rotation", "an `installed` of before a rotation does not make the old secret the current one")
        .keys_served()
        .app(serde_json::json!({ "connect": { "secret_grace": 10 } }))
        .send(0, first.clone(), no_content())
        .send(60, rotated, no_content())
        .send(75, first.clone(), no_content())
        .send(76, page(76, ACME.next_secret), ok())
        .send(76, page(76, ACME.secret), refused(401, "signature"))
        .send(LIFE + 1, first, no_content())
        .send(LIFE + 2, page(182, ACME.next_secret), ok())
        .send(LIFE + 2, page(182, ACME.secret), refused(401, "signature"))
        .stored(vec![serde_json::json!({ "key": ACME.key, "state": "installed", "secret": super::kit::hashed(ACME.next_secret) })])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed")])
}

fn switched() -> Case {
    let off = ACME.tenant_event(0, "disabled", ACME.secret);
    let on = ACME.tenant_event(60, "enabled", ACME.secret);
    let page = |at| ACME.page(at, "/page", ACME.secret);
    let mut other = ACME.body("disabled");
    other["description"] = serde_json::json!("another body");
    let token = ACME
        .url_token(0, "POST", "/disabled")
        .hs256(ACME.secret.as_bytes());
    case(
        "switch-repeated",
        "`enabled` and `disabled` that come again change nothing",
    )
    .installed(&ACME)
    .send(0, off.clone(), no_content())
    .send(60, on.clone(), no_content())
    .send(61, off.clone(), no_content())
    .send(62, page(62), ok())
    .send(LIFE + 1, off.clone(), no_content())
    .send(
        LIFE + 1,
        post("/disabled").jwt(&token).json(&other),
        refused(401, "replayed"),
    )
    .send(LIFE + 2, page(182), ok())
    .send(LIFE + LEEWAY + 1, off, refused(401, "expired"))
    .send(
        LIFE + LEEWAY + 2,
        ACME.tenant_event(212, "disabled", ACME.secret),
        no_content(),
    )
    .send(LIFE + LEEWAY + 3, on, no_content())
    .send(
        LIFE + LEEWAY + 4,
        page(214),
        refused(403, "tenant_disabled"),
    )
    .stored(vec![ACME.stored("disabled", ACME.secret)])
    .hooks(&["disabled", "enabled", "disabled"].map(|it| ACME.hook(it)))
}

fn other_path() -> Case {
    let token = ACME.install_token(0, "/installed").rs256(first_key());
    case(
        "install-token-elsewhere",
        "a token of one route is good for no other",
    )
    .keys_served()
    .send(0, ACME.signed_event(0, "installed"), no_content())
    .send(
        1,
        post("/uninstalled")
            .jwt(&token)
            .json(&ACME.body("uninstalled")),
        refused(401, "qsh_mismatch"),
    )
    .send(1, post("/page").jwt(&token), refused(401, "algorithm"))
    .send(2, ACME.page(2, "/page", ACME.secret), ok())
    .stored(vec![ACME.stored("installed", ACME.secret)])
    .one_key_fetched()
}

fn same_second() -> Case {
    let token = ACME
        .install_token(0, "/installed")
        .claim("jti", "another")
        .rs256(first_key());
    let body = ACME.installed_with(ACME.next_secret);
    case(
        "two-of-one-second",
        "two genuine deliveries of one second are two, if their tokens differ",
    )
    .keys_served()
    .send(0, ACME.signed_event(0, "installed"), no_content())
    .send(0, post("/installed").jwt(&token).json(&body), no_content())
    .send(1, ACME.page(1, "/page", ACME.next_secret), ok())
    .one_key_fetched()
    .hooks(&[ACME.hook("installed")])
}
