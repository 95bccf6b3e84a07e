//! The four lifecycle routes: what is accepted, and every way to be refused.

use app_license_testkit::{TokenSpec, query_hash};
use serde_json::{Value, json};

use super::kit::{
    ACME, APP_KEY, BASE_URL, GLOBEX, KEY_HOST, KID, LEEWAY, LIFE, SECOND_KEY_HOST, Sent, case,
    connect_file, document, first_key, get, key_url, no_content, ok, post, refused, second_key,
    seconds,
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
            absent_fields(),
        ],
    )
}

fn installed(at: i64) -> Sent {
    ACME.signed_event(at, "installed")
}

/// `installed` with claims of one's own.
fn with(token: &TokenSpec) -> Sent {
    post("/installed")
        .jwt(&token.rs256(first_key()))
        .json(&ACME.body("installed"))
}

fn token() -> TokenSpec {
    ACME.install_token(0, "/installed")
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
    .send(11, page(11), refused(401, "unknown_tenant"))
    .send(
        11,
        ACME.api(11, "/api/me", ACME.secret),
        refused(401, "unknown_tenant"),
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

fn bad_tokens() -> Case {
    let sent = |token: &str| post("/installed").jwt(token).json(&ACME.body("installed"));
    let signed = token().rs256(first_key());
    let parts: Vec<&str> = signed.split('.').collect();
    let (header, claims, signature) = match parts.as_slice() {
        [header, claims, signature] => (*header, *claims, *signature),
        _ => ("", "", ""),
    };
    let public_key = first_key().public_pem();
    let kid = |kid: Value| with(&token().header("kid", kid));
    let malformed = || refused(401, "token_malformed");
    let algorithm = || refused(401, "algorithm");
    case(
        "token-form",
        "a token that is not strictly a compact RS256 token with a plain key id costs no fetch",
    )
    .keys_served()
    .send(0, sent(&token().unsigned()), algorithm())
    .send(
        0,
        sent(&format!("{}{signature}", token().unsigned())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "None").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "nOnE").rs256(first_key())),
        algorithm(),
    )
    .send(0, sent(&token().hs256(public_key.as_bytes())), algorithm())
    .send(0, sent(&token().hs256(ACME.secret.as_bytes())), algorithm())
    .send(
        0,
        sent(&token().header("alg", "RS384").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "RS512").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "PS256").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "ES256").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", json!(["RS256"])).rs256(first_key())),
        malformed(),
    )
    .send(
        0,
        with(&token().header("crit", json!(["exp"]))),
        refused(401, "critical_header"),
    )
    .send(0, sent("x"), malformed())
    .send(0, sent(&format!("{header}.{claims}")), malformed())
    .send(0, sent(&format!("{signed}.x")), malformed())
    .send(
        0,
        sent(&format!("{header}.{claims}.{signature}=")),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{claims}=.{signature}")),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{claims}.+{signature}")),
        malformed(),
    )
    .send(0, sent(&format!("{header}.W10.{signature}")), malformed())
    // {"iss":"tenant-acme","iss":"tenant-acme"}
    .send(
        0,
        sent(&format!(
            "{header}.eyJpc3MiOiJ0ZW5hbnQtYWNtZSIsImlzcyI6InRlbmFudC1hY21lIn0.{signature}"
        )),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{}.{signature}", "e".repeat(33_000))),
        refused(431, "too_large"),
    )
    .send(0, kid(json!(7)), malformed())
    .send(0, kid(json!("")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("../../evil")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("..")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key/evil")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key?evil=1")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key#evil")), refused(401, "key_id_invalid"))
    .send(
        0,
        kid(json!("https://evil.example/key")),
        refused(401, "key_id_invalid"),
    )
    .send(0, kid(json!("key\nevil")), refused(401, "key_id_invalid"))
    .send(
        0,
        kid(json!("k".repeat(2_000))),
        refused(401, "key_id_invalid"),
    )
    .send(0, sent(&without_kid()), refused(401, "key_id_missing"))
    .stored(vec![])
    .hooks(&[])
}

/// A token without `kid`, which signing would put in.
fn without_kid() -> String {
    // {"alg":"RS256","typ":"JWT"}
    let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    let signed = token().rs256(first_key());
    let rest = signed.split_once('.').map_or("", |(_, rest)| rest);
    format!("{header}.{rest}")
}

fn bad_claims() -> Case {
    let claim = |name: &str, value: Value| with(&token().claim(name, value));
    let now = seconds(0);
    let qsh = |method: &str, target: &str| claim("qsh", json!(query_hash(method, target, "")));
    let late = i64::try_from(LIFE + LEEWAY).unwrap_or_default();
    case(
        "claims",
        "a token proves what it says, for as long as it says, of this very request",
    )
    .keys_served()
    .send(
        0,
        with(&ACME.install_token(-late, "/installed")),
        refused(401, "expired"),
    )
    .send(0, claim("exp", json!(0)), refused(401, "expired"))
    .send(
        0,
        claim("exp", json!(format!("{}", now + 60))),
        refused(401, "claim_type"),
    )
    .send(0, claim("exp", json!(null)), refused(401, "claim_type"))
    .send(0, claim("exp", json!(1e300)), refused(401, "claim_type"))
    .send(
        0,
        with(&token().without_claim("exp")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        with(&token().without_claim("iat")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        claim("iat", json!(now + LEEWAY + 1)),
        refused(401, "not_yet_valid"),
    )
    .send(
        0,
        claim("nbf", json!(now + LEEWAY + 1)),
        refused(401, "not_yet_valid"),
    )
    .send(
        0,
        with(&token().without_claim("qsh")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        claim("qsh", json!("context-qsh")),
        refused(401, "context_token"),
    )
    .send(
        0,
        claim("qsh", json!([query_hash("POST", "/installed", "")])),
        refused(401, "claim_type"),
    )
    .send(0, qsh("POST", "/uninstalled"), refused(401, "qsh_mismatch"))
    .send(0, qsh("GET", "/installed"), refused(401, "qsh_mismatch"))
    .send(
        0,
        qsh("POST", "/installed?user=1"),
        refused(401, "qsh_mismatch"),
    )
    .send(
        0,
        installed(0).at("/installed?user=1"),
        refused(401, "qsh_mismatch"),
    )
    .send(0, claim("qsh", json!("")), refused(401, "qsh_mismatch"))
    .send(
        0,
        claim("iss", json!(GLOBEX.key)),
        refused(401, "tenant_mismatch"),
    )
    .send(
        0,
        claim("iss", json!([ACME.key])),
        refused(401, "claim_type"),
    )
    .send(0, claim("iss", json!("")), refused(401, "claim_missing"))
    .send(
        0,
        with(&token().without_claim("iss")),
        refused(401, "claim_missing"),
    )
    .stored(vec![])
    .hooks(&[])
}

fn bad_bodies() -> Case {
    let token = token().rs256(first_key());
    let text = |text: &str| post("/installed").jwt(&token).text(text);
    let changed = |name: &str, value: Value| {
        let mut body = ACME.body("installed");
        body[name] = value;
        text(&body.to_string())
    };
    let without = |name: &str| {
        let mut body = ACME.body("installed");
        if let Some(fields) = body.as_object_mut() {
            fields.remove(name);
        }
        text(&body.to_string())
    };
    let double = r#"{"clientKey":"tenant-acme","clientKey":"tenant-globex"}"#;
    case(
        "bodies",
        "a body that is not of this event, this app, this tenant and this cloud is refused unread",
    )
    .keys_served()
    .send(0, text(""), refused(400, "json_syntax"))
    .send(0, text("[]"), refused(400, "json_syntax"))
    .send(0, text("{"), refused(400, "json_syntax"))
    .send(
        0,
        text(&format!("{} ", ACME.body("installed")).replace("}", "}x")),
        refused(400, "json_trailing_bytes"),
    )
    .send(0, text(double), refused(400, "json_duplicate_key"))
    .send(
        0,
        post("/installed").jwt(&token).repeated("a", 300_000),
        refused(413, "too_large"),
    )
    .send(
        0,
        changed("eventType", json!("uninstalled")),
        refused(400, "field_value"),
    )
    .send(
        0,
        changed("eventType", json!("INSTALLED")),
        refused(400, "field_value"),
    )
    .send(
        0,
        changed("key", json!("com.example.other")),
        refused(400, "field_value"),
    )
    .send(0, without("key"), refused(400, "field_missing"))
    .send(0, without("clientKey"), refused(400, "field_missing"))
    .send(
        0,
        changed("clientKey", json!(["tenant-acme"])),
        refused(400, "field_type"),
    )
    .send(
        0,
        changed("clientKey", json!(GLOBEX.key)),
        refused(401, "tenant_mismatch"),
    )
    .send(0, without("sharedSecret"), refused(400, "field_missing"))
    .send(
        0,
        changed("sharedSecret", json!("")),
        refused(400, "field_missing"),
    )
    .send(
        0,
        changed("sharedSecret", json!("short")),
        refused(400, "weak_secret"),
    )
    .send(
        0,
        changed("sharedSecret", json!(7)),
        refused(400, "field_type"),
    )
    .send(0, without("baseUrl"), refused(400, "field_missing"))
    .send(
        0,
        changed("baseUrl", json!("http://acme.atlassian.net")),
        refused(400, "invalid_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.atlassian.net:8443")),
        refused(400, "invalid_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.atlassian.net.evil.example")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://evilatlassian.net")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://127.0.0.1")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.jira-dev.com")),
        refused(401, "foreign_base_url"),
    )
    .stored(vec![])
    .hooks(&[])
}

fn bad_keys() -> Case {
    let by_stranger = |at| {
        let token = ACME.install_token(at, "/installed").rs256_under(KID);
        post("/installed").jwt(&token).json(&ACME.body("installed"))
    };
    let unknown = ACME
        .install_token(0, "/installed")
        .header("kid", "a-made-up-id");
    case(
        "keys",
        "a signature that does not match is refused, whatever else is right",
    )
    .keys_served()
    .send(0, by_stranger(0), refused(401, "signature"))
    .send(1, by_stranger(1), refused(401, "signature"))
    .send(2, with(&unknown), refused(401, "unknown_key"))
    .send(3, with(&unknown), refused(401, "unknown_key"))
    .stored(vec![])
    // fetched, and once again because the signature did not match
    .fetches(&key_url(KEY_HOST, KID), 2)
    .fetches(&key_url(KEY_HOST, "a-made-up-id"), 1)
    .fetches(&key_url(SECOND_KEY_HOST, "a-made-up-id"), 1)
    .hooks(&[])
}

/// Signs with a stranger's key under the id of the platform's.
trait Forged {
    fn rs256_under(&self, kid: &str) -> String;
}

impl Forged for TokenSpec {
    fn rs256_under(&self, kid: &str) -> String {
        self.clone().header("kid", kid).rs256(second_key())
    }
}

fn uninstalled() -> Case {
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

fn enabled_and_disabled() -> Case {
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
        refused(401, "qsh_mismatch"),
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

fn late_disabled() -> Case {
    let bare = |event| post("/disabled").json(&ACME.body(event));
    case(
        "disabled-after-uninstall",
        "`disabled` may come after the uninstall and without a token: nothing is left to do",
    )
    .installed(&ACME)
    .seeded(-60, &ACME.body("uninstalled"))
    .send(0, bare("disabled"), no_content())
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
        2,
        post("/disabled").json(&GLOBEX.body("disabled")),
        no_content(),
    )
    .send(
        600,
        ACME.tenant_event(600, "disabled", ACME.secret),
        no_content(),
    )
    .stored(vec![ACME.stored("uninstalled", ACME.secret)])
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
