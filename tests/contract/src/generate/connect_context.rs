//! Calls of the app's own front end, with a context token.

use serde_json::{Value, json};

use super::kit::{ACME, GLOBEX, KID, LEEWAY, Sent, USER, case, connect_file, first_key, get, ok, refused};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    connect_file(
        "Calls of the app's own front end with a context token: bound to no URL, and good for no page.",
        vec![kinds(), places(), life(), gates()],
    )
}

fn kinds() -> Case {
    let secret = ACME.secret.as_bytes();
    let sent = |token: &str| get("/api/me").jwt(token);
    let context = || ACME.context_token(0);
    let of_route = ACME.url_token(0, "GET", "/api/me").hs256(secret);
    case("kinds", "an API route takes context tokens and nothing else, a page takes none")
        .installed(&ACME)
        .keys_served()
        .send(0, ACME.api(0, "/api/me", ACME.secret), ok().body(json!({ "client_key": ACME.key, "account_id": USER })))
        .send(0, ACME.api(0, "/api/me?any=query", ACME.secret), ok())
        .send(0, sent(&of_route), refused(401, "not_context_token"))
        .send(0, sent(&ACME.url_token(0, "GET", "/page").hs256(secret)), refused(401, "not_context_token"))
        .send(0, sent(&context().without_claim("qsh").hs256(secret)), refused(401, "not_context_token"))
        .send(0, sent(&context().claim("qsh", "").hs256(secret)), refused(401, "not_context_token"))
        .send(0, sent(&context().claim("qsh", "CONTEXT-QSH").hs256(secret)), refused(401, "not_context_token"))
        .send(0, sent(&context().header("kid", KID).rs256(first_key())), refused(401, "algorithm"))
        .send(0, sent(&context().unsigned()), refused(401, "algorithm"))
        .send(0, sent(&context().hs256(GLOBEX.secret.as_bytes())), refused(401, "signature"))
        .send(0, sent(&context().claim("iss", "tenant-nobody").hs256(secret)), refused(401, "unknown_tenant"))
        .send(0, sent(&context().without_claim("exp").hs256(secret)), refused(401, "claim_missing"))
        .send(0, get("/page").jwt(&context().hs256(secret)), refused(401, "context_token"))
        .send(0, get("/standard?lic=active").jwt(&context().hs256(secret)), refused(401, "context_token"))
}

fn places() -> Case {
    let one = ACME.context_token(0).hs256(ACME.secret.as_bytes());
    let other = ACME.context_token(-1).hs256(ACME.secret.as_bytes());
    case("token-place", "the token of a call is in the header or in the query, and never two different ones")
        .installed(&ACME)
        .send(0, get("/api/me"), refused(401, "token_missing"))
        .send(0, get("/api/me").query_token(&one), ok())
        .send(0, get("/api/me").jwt(&one).query_token(&other), refused(401, "token_conflict"))
        .send(0, get("/api/me").jwt(&one).jwt(&other), refused(401, "token_conflict"))
        .send(0, get("/api/me").bearer(&one), refused(401, "token_scheme"))
}

fn life() -> Case {
    let sent = || ACME.api(0, "/api/me", ACME.secret);
    case("life", "a context token of 900 s proves for 900 s and the leeway")
        .installed(&ACME)
        .send(899, sent(), ok())
        .send(901, sent(), ok())
        .send(900 + LEEWAY - 1, sent(), ok())
        .send(900 + LEEWAY, sent(), refused(401, "expired"))
        .send(900 + LEEWAY + 1, sent(), refused(401, "expired"))
}

fn gates() -> Case {
    let with = |path: &str, license: Value| -> Sent {
        let token = ACME.context_token(0).claim("context", json!({ "license": license }));
        get(path).jwt(&token.hs256(ACME.secret.as_bytes()))
    };
    let advanced = || json!({ "active": true, "capabilitySet": "capabilityAdvanced" });
    case("gates", "a context token says nothing of a license, unless it does; a query beside it proves nothing")
        .app(json!({ "connect": { "features": { "features": { "bulk-export": "advanced" } } } }))
        .installed(&ACME)
        .send(0, ACME.api(0, "/api/standard", ACME.secret), refused(403, "absent"))
        .send(0, ACME.api(0, "/api/standard?lic=active", ACME.secret), refused(403, "absent"))
        .send(0, with("/api/standard", json!({ "active": true })), ok())
        .send(0, with("/api/advanced", json!({ "active": true })), refused(402, "capability_missing"))
        .send(0, with("/api/advanced", advanced()), ok())
        .send(0, with("/api/feature", advanced()), ok())
        .send(0, with("/api/feature", json!({ "active": true })), refused(402, "capability_missing"))
        .send(0, with("/api/standard", json!({ "active": false })), refused(402, "inactive"))
        .send(0, with("/api/standard", json!({ "active": "true" })), refused(402, "inactive"))
}
