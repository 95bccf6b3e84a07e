//! Requests of the platform that are bound to their URL: pages of iframes, webhooks.

use app_license_testkit::{TokenSpec, query_hash};
use serde_json::json;

use super::kit::{
    ACME, APP_KEY, BASE_URL, GLOBEX, KEY_HOST, KID, LEEWAY, LIFE, Sent, USER, case, connect_file, first_key, get, key_url,
    no_content, ok, post, refused, seconds,
};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    connect_file(
        "Requests that are bound to their URL: where the token is, what it must say, and which URL it is of.",
        vec![
            places(), forms(), claims(), life(), canonical(), tampered(), encoded_path(), webhooks(), below_base_path(),
            outside_base_path(), stripped_base_path(), base_urls(),
        ],
    )
}

fn signed(token: &TokenSpec) -> String {
    token.hs256(ACME.secret.as_bytes())
}

fn of(target: &str) -> TokenSpec {
    ACME.url_token(0, "GET", target)
}

fn page(token: &TokenSpec) -> Sent {
    get("/page").jwt(&signed(token))
}

fn places() -> Case {
    let (one, other) = (signed(&of("/page")), signed(&ACME.url_token(-1, "GET", "/page")));
    let form = post("/page").text(&format!("jwt={one}")).header("accept", "*/*");
    case("token-place", "the token of a page is in the query or in the header; two different ones are refused")
        .installed(&ACME)
        .send(0, get("/page"), refused(401, "token_missing"))
        .send(0, get("/page?jwt="), refused(401, "token_missing"))
        .send(0, get(&format!("/page?JWT={one}")), refused(401, "token_missing"))
        .send(0, form, refused(401, "token_missing"))
        .send(0, get("/page").query_token(&one), ok().body(json!({ "client_key": ACME.key, "account_id": USER })))
        .send(0, get("/page").jwt(&one), ok())
        .send(0, get("/page").header("authorization", &format!("jwt {one}")), ok())
        .send(0, get("/page").jwt(&one).query_token(&one), ok())
        .send(0, get("/page").jwt(&one).jwt(&one), ok())
        .send(0, get("/page").jwt(&one).query_token(&other), refused(401, "token_conflict"))
        .send(0, get("/page").jwt(&one).jwt(&other), refused(401, "token_conflict"))
        .send(0, get("/page").query_token(&one).query_token(&other), refused(401, "token_conflict"))
        .send(0, get("/page").bearer(&one), refused(401, "token_scheme"))
        .send(0, get("/page").header("authorization", "Basic YTpi"), refused(401, "token_scheme"))
        // a proxy's own credentials beside a token in the query
        .send(0, get("/page").query_token(&one).header("authorization", "Basic YTpi"), ok())
        .send(0, get("/page").query_token(&one).bearer("a.b.c"), refused(401, "token_scheme"))
        .stored(vec![ACME.stored("installed", ACME.secret)])
}

fn forms() -> Case {
    let sent = |token: &str| get("/page").jwt(token);
    let token = || of("/page");
    let one = signed(&token());
    let rest = one.split_once('.').map_or("", |(_, rest)| rest);
    case("token-form", "a token of a page is a strict HS256 token, whatever its header says of itself")
        .installed(&ACME)
        .keys_served()
        .send(0, sent(&token().unsigned()), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "NONE").hs256(ACME.secret.as_bytes())), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "HS384").hs256(ACME.secret.as_bytes())), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "HS512").hs256(ACME.secret.as_bytes())), refused(401, "algorithm"))
        .send(0, sent(&token().header("kid", KID).rs256(first_key())), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "hs256").hs256(ACME.secret.as_bytes())), refused(401, "algorithm"))
        .send(0, sent(&signed(&token().header("crit", json!(["exp"])))), refused(401, "critical_header"))
        .send(0, sent(&signed(&token().claim("other", (0..5_000).fold(json!(1), |inner, _| json!([inner]))))), refused(413, "too_complex"))
        .send(0, sent(&token().hs256(b"")), refused(401, "signature"))
        .send(0, sent(&token().hs256(ACME.secret.to_uppercase().as_bytes())), refused(401, "signature"))
        .send(0, sent(&token().hs256(GLOBEX.secret.as_bytes())), refused(401, "signature"))
        .send(0, sent(&format!("{one}=")), refused(401, "token_malformed"))
        .send(0, sent(&format!("{one}.{one}")), refused(401, "token_malformed"))
        .send(0, sent(&format!("e30.{rest}")), refused(401, "token_malformed"))
        .send(0, sent("a.b"), refused(401, "token_malformed"))
        .send(0, sent(&one), ok())
}

fn claims() -> Case {
    let without = |name: &str| page(&of("/page").without_claim(name));
    let session = TokenSpec::new()
        .claim("iss", APP_KEY)
        .claim("aud", json!([ACME.key]))
        .claim("iat", seconds(0))
        .claim("exp", seconds(900));
    case("claims", "a token of a page says which page, of which tenant, and for how long")
        .installed(&ACME)
        .installed(&GLOBEX)
        .send(0, without("qsh"), refused(401, "claim_missing"))
        .send(0, without("exp"), refused(401, "claim_missing"))
        .send(0, without("iat"), refused(401, "claim_missing"))
        .send(0, without("iss"), refused(401, "claim_missing"))
        .send(0, without("sub"), ok().body(json!({ "account_id": null })))
        .send(0, page(&ACME.context_token(0)), refused(401, "context_token"))
        .send(0, page(&of("/panel")), refused(401, "qsh_mismatch"))
        .send(0, page(&ACME.url_token(0, "POST", "/page")), refused(401, "qsh_mismatch"))
        .send(0, page(&of("/page").claim("qsh", query_hash("GET", "/page", "").to_uppercase())), refused(401, "qsh_mismatch"))
        .send(0, page(&of("/page").claim("iss", "tenant-nobody")), refused(401, "unknown_tenant"))
        .send(0, page(&of("/page").claim("iss", "TENANT-ACME")), refused(401, "unknown_tenant"))
        .send(0, page(&of("/page").claim("iss", json!([ACME.key]))), refused(401, "claim_type"))
        // the issuer picks the tenant, whatever else names one
        .send(0, page(&of("/page").claim("iss", GLOBEX.key)), refused(401, "signature"))
        .send(0, page(&session), refused(401, "unknown_tenant"))
        .send(0, page(&session.clone().claim("qsh", query_hash("GET", "/page", ""))), refused(401, "unknown_tenant"))
        .send(0, page(&of("/page").claim("aud", json!([GLOBEX.key]))), ok().body(json!({ "client_key": ACME.key })))
        .send(0, page(&of("/page").claim("exp", "1800000060")), refused(401, "claim_type"))
        .send(0, page(&of("/page").claim("exp", -1)), refused(401, "claim_type"))
}

fn life() -> Case {
    let token = of("/page");
    let early = of("/page").claim("iat", seconds(0) + LEEWAY + 10).claim("exp", seconds(0) + 300);
    let long = of("/page").claim("exp", seconds(900));
    case("life", "a token proves from `iat` to `exp`, with 30 s on both sides for clocks that differ")
        .installed(&ACME)
        .send(0, page(&token), ok())
        .send(9, page(&early), refused(401, "not_yet_valid"))
        .send(10, page(&early), ok())
        .send(LIFE - 1, page(&token), ok())
        .send(LIFE, page(&token), ok())
        .send(LIFE + 1, page(&token), ok())
        .send(LIFE + LEEWAY - 1, page(&token), ok())
        .send(LIFE + LEEWAY, page(&token), refused(401, "expired"))
        .send(LIFE + LEEWAY + 1, page(&token), refused(401, "expired"))
        .send(899, page(&long), ok())
        .send(930, page(&long), refused(401, "expired"))
}

/// Targets, each with the token of what the host would hash.
fn canonical() -> Case {
    let mut case = case("canonical", "the query is hashed as the host hashes it: decoded, sorted, encoded strictly")
        .installed(&ACME);
    for target in [
        "/page?",
        "/page?a=1&b=2",
        "/page?b=2&a=1",
        "/page?a=2&a=1",
        "/page?ids=%3A1&ids=.1&ids=%3A2&ids=.2",
        "/page?a=x+y",
        "/page?a=x%20y",
        "/page?a=%2B",
        "/page?a=1,2&b=1%2C2",
        "/page?a=*~!'()",
        "/page?a=&b",
        "/page?a=%C3%BC&%C3%A4=1",
        "/page?a==b=c",
        "/page?&&a=1&",
        "/page?A=1&a=2&B=3",
    ] {
        case = case.send(0, ACME.page(0, target, ACME.secret), ok());
    }
    case
}

fn tampered() -> Case {
    let token = |target: &str| signed(&of(target));
    let (none, both) = (token("/standard?lic=none"), token("/standard?lic=none&lic=active"));
    case("tampered", "nothing that a user changes in the URL passes, and what is not hashed in its order counts in no order")
        .installed(&ACME)
        .send(0, get("/standard?lic=none").query_token(&none), refused(402, "inactive"))
        .send(0, get("/standard?lic=active").query_token(&none), refused(401, "qsh_mismatch"))
        .send(0, get("/standard?lic=none&capSet=capabilityAdvanced").query_token(&none), refused(401, "qsh_mismatch"))
        .send(0, get("/standard?lic=active&lic=none").query_token(&both), refused(402, "inactive"))
        .send(0, get("/standard?lic=none&lic=active").query_token(&both), refused(402, "inactive"))
        .send(0, get("/advanced?lic=none").query_token(&none), refused(401, "qsh_mismatch"))
}

fn encoded_path() -> Case {
    let with = |qsh: String| get("/a%20b").jwt(&signed(&of("/a%20b").claim("qsh", qsh)));
    case("encoded-path", "an encoded path is hashed as it was sent, or decoded, as hosts differ")
        .installed(&ACME)
        .send(0, with(query_hash("GET", "/a%20b", "")), ok())
        // the raw form: as if the path held a percent sign
        .send(0, with(query_hash("GET", "/a%2520b", "")), ok())
        .send(0, with(query_hash("GET", "/a+b", "")), refused(401, "qsh_mismatch"))
}

fn webhooks() -> Case {
    let hook = |target: &str| post(target).jwt(&signed(&ACME.url_token(0, "POST", target)));
    let form = |token: &str| post("/page").header("authorization", &format!("JWT {token}")).text("a=1");
    case("webhooks", "a webhook is verified by method, path and query; its body is no parameter")
        .installed(&ACME)
        .send(0, hook("/page").json(&json!({ "event": "x" })), ok())
        .send(0, hook("/page?user_id=1").json(&json!({})), ok())
        .send(0, hook("/page?user_id=1").at("/page?user_id=2"), refused(401, "qsh_mismatch"))
        .send(0, form(&signed(&ACME.url_token(0, "POST", "/page?a=1"))), refused(401, "qsh_mismatch"))
        .send(0, form(&signed(&ACME.url_token(0, "POST", "/page"))), ok())
}

fn with_path() -> serde_json::Value {
    json!({ "connect": { "base_url": format!("{BASE_URL}/connect") } })
}

fn below_base_path() -> Case {
    let token = |path: &str| signed(&of(path));
    let install = |path: &str| ACME.install_token(0, path).claim("aud", json!([format!("{BASE_URL}/connect")]));
    let body = ACME.body("installed");
    let installed = |token: &TokenSpec| post("/connect/installed").jwt(&token.rs256(first_key())).json(&body);
    case("base-path", "the path of the base URL is not hashed; what is below it is")
        .app(with_path())
        .installed(&GLOBEX)
        .keys_served()
        .send(0, installed(&install("/connect/installed")), refused(401, "qsh_mismatch"))
        .send(0, installed(&ACME.install_token(0, "/installed")), refused(401, "audience"))
        .send(0, installed(&install("/installed")), no_content())
        .send(1, get("/connect/page").jwt(&token("/page")), ok())
        .send(1, get("/connect/page").query_token(&token("/page")), ok())
        .send(1, get("/connect/page").jwt(&token("/connect/page")), refused(401, "qsh_mismatch"))
        .one_key_fetched()
}

fn outside_base_path() -> Case {
    let mut app = with_path();
    app["connect"]["mount"] = json!("");
    case("outside-base-url", "a path outside the base URL is refused: its hash could be that of another one below it")
        .app(app)
        .installed(&ACME)
        .send(0, page(&of("/page")), refused(401, "outside_base_url"))
        .send(0, page(&of("/connect/page")), refused(401, "outside_base_url"))
        .send(0, ACME.tenant_event(0, "disabled", ACME.secret), refused(401, "outside_base_url"))
        .send(0, ACME.api(0, "/api/me", ACME.secret), ok())
        .stored(vec![ACME.stored("installed", ACME.secret)])
}

fn stripped_base_path() -> Case {
    let mut app = with_path();
    app["connect"]["proxy_strips_base_path"] = json!(true);
    case("proxy-strips-base-path", "behind a proxy that strips the base path, the app says so, and paths are hashed as they come")
        .app(app)
        .installed(&ACME)
        .send(0, page(&of("/page")), ok())
        .send(0, page(&of("/connect/page")), refused(401, "qsh_mismatch"))
        .send(0, ACME.tenant_event(0, "disabled", ACME.secret), no_content())
        .stored(vec![ACME.stored("disabled", ACME.secret)])
}

fn base_urls() -> Case {
    let app = json!({ "connect": {
        "accept_base_urls": ["https://old.example.com"],
        "region_base_urls": { "EU": "https://eu.app.example.com" },
    } });
    let aud = |at: i64, url: &str| {
        let token = ACME.install_token(at, "/installed").claim("aud", json!([url]));
        post("/installed").jwt(&token.rs256(first_key())).json(&ACME.body("installed"))
    };
    case("base-urls", "an app may have moved, and may have a base URL in each region: tokens may be for any of them")
        .app(app)
        .keys_served()
        .send(0, aud(0, BASE_URL), no_content())
        .send(1, aud(1, "https://old.example.com"), no_content())
        .send(2, aud(2, "https://eu.app.example.com/"), no_content())
        .send(3, aud(3, "https://us.app.example.com"), refused(401, "audience"))
        .fetches(&key_url(KEY_HOST, KID), 1)
}
