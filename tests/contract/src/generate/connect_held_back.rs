//! Deliveries that nobody saw before, held back until a later one counted: they are answered as if they
//! came again, and change nothing.

use super::kit::{ACME, EVIL_SECRET, Sent, case, no_content, ok, refused};
use crate::file::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![
        install_after_uninstall(),
        install_after_rotation(),
        uninstall_after_reinstall(),
        gone_in_between(),
        repeated_within_its_second(),
        switches(),
        switch_after_reinstall(),
        switch_after_page(),
        pair(),
    ]
}

fn installed(at: i64, secret: &str) -> Sent {
    ACME.signed_event_with(at, &ACME.installed_with(secret))
}

fn uninstalled(at: i64) -> Sent {
    ACME.signed_event(at, "uninstalled")
}

fn switch(at: i64, event: &str) -> Sent {
    ACME.tenant_event(at, event, ACME.secret)
}

fn page(at: i64) -> Sent {
    ACME.page(at, "/page", ACME.secret)
}

fn install_after_uninstall() -> Case {
    let next = |at| ACME.page(at, "/page", ACME.next_secret);
    case(
        "install-held-back-until-after-uninstall",
        "an `installed` that was issued before the uninstall and comes after it does not bring a tenant back, \
         whatever secret it carries; one of the same second does",
    )
    .keys_served()
    .send(0, installed(0, ACME.secret), no_content())
    .send(60, uninstalled(60), no_content())
    .send(61, installed(30, ACME.secret), no_content())
    .send(62, installed(59, EVIL_SECRET), no_content())
    .send(63, page(63), refused(401, "unknown_tenant"))
    .send(
        63,
        ACME.page(63, "/page", EVIL_SECRET),
        refused(401, "unknown_tenant"),
    )
    .send(64, installed(30, ACME.secret), no_content())
    .send(64, installed(30, EVIL_SECRET), refused(401, "replayed"))
    .send(65, page(65), refused(401, "unknown_tenant"))
    .send(66, installed(60, ACME.next_secret), no_content())
    .send(67, next(67), ok())
    .send(67, page(67), refused(401, "signature"))
    .stored(vec![ACME.stored("installed", ACME.next_secret)])
    .one_key_fetched()
    .hooks(&["installed", "uninstalled", "installed"].map(|it| ACME.hook(it)))
}

fn install_after_rotation() -> Case {
    case(
        "install-held-back-until-after-rotation",
        "an `installed` that was issued before the last one does not put its secret in place",
    )
    .keys_served()
    .app(serde_json::json!({ "connect": { "secret_grace": 10 } }))
    .send(0, installed(0, ACME.secret), no_content())
    .send(60, installed(60, ACME.next_secret), no_content())
    .send(61, installed(59, EVIL_SECRET), no_content())
    .send(
        62,
        ACME.page(62, "/page", EVIL_SECRET),
        refused(401, "signature"),
    )
    .send(71, page(71), refused(401, "signature"))
    .send(71, ACME.page(71, "/page", ACME.next_secret), ok())
    .stored(vec![serde_json::json!({
        "key": ACME.key,
        "state": "installed",
        "secret": super::kit::hashed(ACME.next_secret),
        "previous_secret": super::kit::hashed(ACME.secret),
    })])
    .one_key_fetched()
    .hooks(&[ACME.hook("installed")])
}

fn uninstall_after_reinstall() -> Case {
    let page = |at| ACME.page(at, "/page", ACME.next_secret);
    case(
        "uninstall-held-back-until-after-reinstall",
        "an `uninstalled` that was issued before the reinstall and comes after it does not remove a tenant; one of \
         the same second does",
    )
    .installed(&ACME)
    .keys_served()
    .send(10, uninstalled(10), no_content())
    .send(60, installed(60, ACME.next_secret), no_content())
    .send(61, uninstalled(11), no_content())
    .send(62, uninstalled(59), no_content())
    .send(63, page(63), ok())
    .send(64, uninstalled(60), no_content())
    .send(65, page(65), refused(401, "unknown_tenant"))
    .stored(vec![ACME.stored("uninstalled", ACME.next_secret)])
    .one_key_fetched()
    .hooks(&["uninstalled", "installed", "uninstalled"].map(|it| ACME.hook(it)))
}

fn gone_in_between() -> Case {
    case(
        "uninstall-held-back-ends-the-earlier-secret",
        "an `uninstalled` that comes after the reinstall says that the app was gone in between: what looked like a \
         rotation was none, and the earlier secret has no grace",
    )
    .installed(&ACME)
    .keys_served()
    .send(60, installed(60, ACME.next_secret), no_content())
    .send(61, page(61), ok())
    .send(62, uninstalled(50), no_content())
    .send(70, page(70), refused(401, "signature"))
    .send(70, ACME.page(70, "/page", ACME.next_secret), ok())
    .stored(vec![ACME.stored("installed", ACME.next_secret)])
    .one_key_fetched()
    .hooks(&[])
}

fn repeated_within_its_second() -> Case {
    case(
        "repeated-within-its-second",
        "an `installed` that comes again does not bring a tenant back, though its uninstall was issued in the same second",
    )
    .keys_served()
    .send(0, installed(0, ACME.secret), no_content())
    .send(1, uninstalled(0), no_content())
    .send(2, installed(0, ACME.secret), no_content())
    .send(3, page(3), refused(401, "unknown_tenant"))
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .one_key_fetched()
    .hooks(&["installed", "uninstalled"].map(|it| ACME.hook(it)))
}

fn switches() -> Case {
    let off = || refused(403, "tenant_disabled");
    case(
        "switch-held-back",
        "`disabled` that was issued before the last `enabled` switches nothing off, and the other way round; of the \
         same second, they count as they come",
    )
    .installed(&ACME)
    .send(10, switch(10, "disabled"), no_content())
    .send(20, switch(20, "enabled"), no_content())
    .send(21, switch(19, "disabled"), no_content())
    .send(22, page(22), ok())
    .send(23, switch(20, "disabled"), no_content())
    .send(24, page(24), off())
    .send(25, switch(19, "enabled"), no_content())
    .send(26, page(26), off())
    .send(27, switch(21, "enabled"), no_content())
    .send(28, page(28), ok())
    .stored(vec![ACME.stored("enabled", ACME.secret)])
    .hooks(&["disabled", "enabled", "disabled", "enabled"].map(|it| ACME.hook(it)))
}

fn switch_after_reinstall() -> Case {
    case(
        "switch-held-back-until-after-reinstall",
        "a `disabled` of before a reinstall does not switch it off, where the platform gave the same secret again",
    )
    .installed(&ACME)
    .keys_served()
    .send(10, uninstalled(10), no_content())
    .send(20, installed(20, ACME.secret), no_content())
    .send(21, switch(10, "disabled"), no_content())
    .send(22, page(22), ok())
    .send(23, switch(20, "disabled"), no_content())
    .send(24, page(24), refused(403, "tenant_disabled"))
    .stored(vec![ACME.stored("disabled", ACME.secret)])
    .one_key_fetched()
    .hooks(&["uninstalled", "installed", "disabled"].map(|it| ACME.hook(it)))
}

fn switch_after_page() -> Case {
    case(
        "switch-held-back-until-after-page",
        "a `disabled` that was issued before the page that said that `enabled` got lost switches nothing off",
    )
    .installed(&ACME)
    .send(0, switch(0, "disabled"), no_content())
    .send(61, page(61), ok())
    .send(62, switch(60, "disabled"), no_content())
    .send(63, page(63), ok())
    .send(64, switch(61, "disabled"), no_content())
    .send(65, page(65), refused(403, "tenant_disabled"))
    .stored(vec![ACME.stored("disabled", ACME.secret)])
    .hooks(&["disabled", "enabled", "disabled"].map(|it| ACME.hook(it)))
}

fn pair() -> Case {
    case(
        "uninstall-after-a-later-disabled",
        "`disabled` and `uninstalled` are sent together: in whichever order they were issued and come, the tenant is gone",
    )
    .installed(&ACME)
    .keys_served()
    .send(0, switch(0, "enabled"), no_content())
    .send(10, switch(11, "disabled"), no_content())
    .send(10, uninstalled(10), no_content())
    .send(12, page(12), refused(401, "unknown_tenant"))
    .send(13, switch(13, "disabled"), no_content())
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .one_key_fetched()
    .hooks(&["enabled", "disabled", "uninstalled"].map(|it| ACME.hook(it)))
}
