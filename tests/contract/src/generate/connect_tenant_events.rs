//! `uninstalled`, `enabled` and `disabled`.

use serde_json::json;

use super::install_kit::Forged as _;
use super::kit::{
    ACME, GLOBEX, KEY_HOST, KID, case, first_key, key_url, no_content, ok, post, refused,
};
use crate::file::Case;

pub(super) fn uninstalled() -> Case {
    let body = ACME.body("uninstalled");
    let sent = |token: &str| post("/uninstalled").jwt(token).json(&body);
    let token = |at| ACME.install_token(at, "/uninstalled");
    let by_tenant = ACME
        .url_token(0, "POST", "/uninstalled")
        .hs256(ACME.secret.as_bytes());
    let for_install = ACME.install_token(0, "/installed").rs256(first_key());
    let of_other = GLOBEX.install_token(0, "/uninstalled").rs256(first_key());
    case(
        "uninstalled",
        "only the platform removes a tenant; to remove one that is not there is no mistake",
    )
    .installed(&ACME)
    .keys_served()
    .send(
        0,
        post("/uninstalled").json(&body),
        refused(401, "token_missing"),
    )
    .send(0, sent(&by_tenant), refused(401, "algorithm"))
    .send(0, sent(&for_install), refused(401, "qsh_mismatch"))
    .send(0, sent(&of_other), refused(401, "tenant_mismatch"))
    .send(
        0,
        sent(&token(0).claim("qsh", "context-qsh").rs256(first_key())),
        refused(401, "context_token"),
    )
    .send(
        0,
        sent(&token(0).rs256_under(KID)),
        refused(401, "signature"),
    )
    .send(
        0,
        post("/uninstalled")
            .jwt(&token(0).rs256(first_key()))
            .json(&ACME.body("installed")),
        refused(400, "field_value"),
    )
    .send(1, ACME.page(1, "/page", ACME.secret), ok())
    .send(2, GLOBEX.signed_event(2, "uninstalled"), no_content())
    .send(3, sent(&token(3).rs256(first_key())), no_content())
    .send(4, sent(&token(4).rs256(first_key())), no_content())
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .fetches(&key_url(KEY_HOST, KID), 2)
    .hooks(&[ACME.hook("uninstalled")])
}

pub(super) fn enabled_and_disabled() -> Case {
    let body = |event| ACME.body(event);
    let sent = |path: &str, token: &str, event| post(path).jwt(token).json(&body(event));
    let token = |path: &str| ACME.url_token(0, "POST", path);
    let secret = ACME.secret.as_bytes();
    let in_query = post("/disabled")
        .query_token(&token("/disabled").hs256(secret))
        .json(&body("disabled"));
    let mut foreign = body("disabled");
    foreign["clientKey"] = json!(GLOBEX.key);
    case(
        "enabled-disabled",
        "a tenant is switched by its own token, which is bound to the very route",
    )
    .installed(&ACME)
    .installed(&GLOBEX)
    .keys_served()
    .send(
        0,
        post("/enabled").json(&body("enabled")),
        refused(401, "token_missing"),
    )
    .send(
        0,
        post("/disabled").json(&body("disabled")),
        refused(401, "token_missing"),
    )
    .send(0, in_query, refused(401, "token_missing"))
    .send(
        0,
        sent(
            "/disabled",
            &token("/disabled").hs256(GLOBEX.secret.as_bytes()),
            "disabled",
        ),
        refused(401, "signature"),
    )
    .send(
        0,
        sent("/disabled", &token("/enabled").hs256(secret), "disabled"),
        // and not what was expected
        refused(401, "qsh_mismatch").body(json!({ "error": {
            "message": "the request is not proved to come from the platform (qsh_mismatch)",
        } })),
    )
    .send(
        0,
        sent(
            "/disabled",
            &ACME.context_token(0).hs256(secret),
            "disabled",
        ),
        refused(401, "context_token"),
    )
    .send(
        0,
        sent(
            "/disabled",
            &token("/disabled").without_claim("qsh").hs256(secret),
            "disabled",
        ),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        sent(
            "/disabled",
            &ACME.install_token(0, "/disabled").rs256(first_key()),
            "disabled",
        ),
        refused(401, "algorithm"),
    )
    .send(
        0,
        sent("/disabled", &token("/disabled").unsigned(), "disabled"),
        refused(401, "algorithm"),
    )
    .send(
        0,
        post("/disabled")
            .jwt(&token("/disabled").hs256(secret))
            .json(&foreign),
        refused(401, "tenant_mismatch"),
    )
    .send(
        0,
        sent("/disabled", &token("/disabled").hs256(secret), "enabled"),
        refused(400, "field_value"),
    )
    .send(
        0,
        sent(
            "/disabled",
            &token("/disabled")
                .claim("iss", "tenant-nobody")
                .hs256(secret),
            "disabled",
        ),
        refused(401, "unknown_tenant"),
    )
    .send(1, ACME.page(1, "/page", ACME.secret), ok())
    .send(
        2,
        ACME.tenant_event(2, "enabled", ACME.secret),
        no_content(),
    )
    .send(
        3,
        ACME.tenant_event(3, "disabled", ACME.secret),
        no_content(),
    )
    .send(4, GLOBEX.page(4, "/page", GLOBEX.secret), ok())
    .stored(vec![
        ACME.stored("disabled", ACME.secret),
        GLOBEX.stored("installed", GLOBEX.secret),
    ])
    .hooks(&[ACME.hook("enabled"), ACME.hook("disabled")])
}

pub(super) fn lost_enabled() -> Case {
    let page = |at| ACME.page(at, "/page", ACME.secret);
    case(
        "enabled-lost",
        "the platform opens no page of an app that is switched off: one whose token is more than a minute younger than `disabled` says that `enabled` got lost; a context token says nothing",
    )
    .installed(&ACME)
    .send(0, page(0), ok())
    .send(
        1,
        ACME.tenant_event(1, "disabled", ACME.secret),
        no_content(),
    )
    .send(2, page(2), refused(403, "tenant_disabled"))
    .send(61, page(61), refused(403, "tenant_disabled"))
    .send(
        90,
        ACME.api(90, "/api/standard", ACME.secret),
        refused(403, "tenant_disabled"),
    )
    .send(90, page(2), refused(403, "tenant_disabled"))
    .send(91, page(91), ok())
    .send(92, page(92), ok())
    .stored(vec![ACME.stored("enabled", ACME.secret)])
    .hooks(&[ACME.hook("disabled"), ACME.hook("enabled")])
}

pub(super) fn late_disabled() -> Case {
    let bare = |event| post("/disabled").json(&ACME.body(event));
    case(
        "disabled-after-uninstall",
        "`disabled` may come after the uninstall, as long as the secret counts; without a token it is 401 whoever has the app",
    )
    .installed(&ACME)
    .seeded(-60, &ACME.body("uninstalled"))
    .send(0, bare("disabled"), refused(401, "token_missing"))
    .send(0, bare("enabled"), refused(401, "token_missing"))
    .send(
        0,
        post("/disabled").text("{}"),
        refused(401, "token_missing"),
    )
    .send(
        0,
        post("/enabled").json(&ACME.body("enabled")),
        refused(401, "token_missing"),
    )
    .send(
        1,
        ACME.tenant_event(1, "disabled", ACME.secret),
        no_content(),
    )
    .send(
        1,
        ACME.tenant_event(1, "enabled", ACME.secret),
        refused(401, "unknown_tenant"),
    )
    .send(
        2,
        post("/disabled").json(&GLOBEX.body("disabled")),
        refused(401, "token_missing"),
    )
    .send(
        2,
        GLOBEX.tenant_event(2, "disabled", GLOBEX.secret),
        refused(401, "unknown_tenant"),
    )
    .send(
        600,
        ACME.tenant_event(600, "disabled", ACME.secret),
        refused(401, "unknown_tenant"),
    )
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
    .hooks(&[])
}
