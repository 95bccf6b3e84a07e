//! Install keys: rotation, outages, nonsense, floods, clouds.

use app_license_testkit::SigningKey;
use serde_json::json;

use super::kit::{
    ACME, BASE_URL, GLOBEX, KEY_HOST, KID, NEXT_KID, SECOND_KEY_HOST, Sent, answering, case, connect_file, document, fault,
    first_key, key_url, no_content, ok, post, refused, second_key,
};
use crate::file::{PlatformResponse, Case, File, Text};

pub(super) fn file() -> anyhow::Result<File> {
    let cases = vec![
        failing("key-host-fails", "status", answering(500, "oops"), None),
        failing("key-host-unavailable", "status", answering(503, "later").with_header("retry-after", "1"), None),
        failing("key-host-unreachable", "unreachable", fault("unreachable"), None),
        failing("key-is-html", "unreadable", answering(200, "<html>no key</html>"), None),
        failing("key-is-cut", "unreadable", answering(200, "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B"), None),
        failing("key-breaks-off", "unreachable", document("install-key").failing("truncated"), None),
        failing("key-is-empty", "unreadable", answering(200, ""), None),
        failing("key-host-redirects", "redirected", answering(302, "").with_header("location", "https://evil.example/"), None),
        failing("key-is-huge", "answer_too_large", huge(), None),
        timeout(),
        half_known(),
        first_down(),
        weak(),
        published_late(),
        rotation(),
        replaced(),
        never_worse(),
        flood(),
        cheap_flood(),
        full_queue(),
        test_keys(),
        restarted(),
        staging(),
        government(),
        further_places(),
    ];
    connect_file("The platform's install keys: a fault of a key host is never a refusal, and no stranger shuts the platform out.", cases)
}

fn huge() -> PlatformResponse {
    PlatformResponse {
        body: Some(Text::Repeated { repeat: "a".to_owned(), times: 200_000 }),
        ..PlatformResponse::default()
    }
}

fn installed(at: i64) -> Sent {
    ACME.signed_event(at, "installed")
}

fn signed_by(at: i64, kid: &str, key: &SigningKey) -> Sent {
    let token = ACME.install_token(at, "/installed").header("kid", kid).rs256(key);
    post("/installed").jwt(&token).json(&ACME.body("installed"))
}

/// The first host answers badly and the second does not know the key; later both are well.
fn failing(id: &str, code: &str, answer: PlatformResponse, second: Option<PlatformResponse>) -> Case {
    let (first_url, second_url) = (key_url(KEY_HOST, KID), key_url(SECOND_KEY_HOST, KID));
    let second = second.unwrap_or_else(|| answering(404, ""));
    case(id, "what a key host cannot say is an outage, 503; it is remembered for a moment, and then asked again")
        .answers(&first_url, vec![answer, document("install-key").since(6)])
        .answers(&second_url, vec![second])
        .send(0, installed(0), refused(503, code))
        .send(1, installed(1), refused(503, code))
        .send(4, installed(4), refused(503, code).fetches(2))
        .send(6, installed(6), no_content())
        .send(7, installed(7), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .fetches(&first_url, 2)
        .fetches(&second_url, 1)
        .hooks(&[ACME.hook("installed")])
}

fn timeout() -> Case {
    let (first_url, second_url) = (key_url(KEY_HOST, KID), key_url(SECOND_KEY_HOST, KID));
    case("key-host-hangs", "a key host that does not answer in time is an outage")
        .answers(&first_url, vec![fault("timeout"), document("install-key").since(6)])
        .send(0, installed(0), refused(503, "timed_out"))
        .send(1, installed(1), refused(503, "timed_out"))
        .send(6, installed(6), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .fetches(&first_url, 2)
        .fetches(&second_url, 1)
}

fn half_known() -> Case {
    let unknown = || signed_by(0, "a-made-up-id", second_key());
    case("half-the-hosts-answer", "a key is unknown only when every host says so")
        .answers(&key_url(KEY_HOST, "a-made-up-id"), vec![answering(404, ""), answering(404, "").since(6)])
        .answers(&key_url(SECOND_KEY_HOST, "a-made-up-id"), vec![answering(500, ""), answering(404, "").since(6)])
        .send(0, unknown(), refused(503, "status").header("retry-after", Some("5")))
        .send(6, unknown(), refused(401, "unknown_key").header("retry-after", None))
        .stored(vec![])
        .fetches(&key_url(KEY_HOST, "a-made-up-id"), 2)
        .fetches(&key_url(SECOND_KEY_HOST, "a-made-up-id"), 2)
}

fn first_down() -> Case {
    case("second-host-helps", "while the first host fails, the second serves, and a host that is down is left alone for a moment")
        .answers(&key_url(KEY_HOST, KID), vec![fault("unreachable")])
        .answers(&key_url(SECOND_KEY_HOST, KID), vec![document("install-key")])
        .answers(&key_url(SECOND_KEY_HOST, NEXT_KID), vec![document("next-install-key")])
        .send(0, installed(0), no_content())
        .send(1, signed_by(1, NEXT_KID, second_key()), no_content())
        .fetches(&key_url(KEY_HOST, KID), 1)
        .fetches(&key_url(SECOND_KEY_HOST, KID), 1)
        .fetches(&key_url(SECOND_KEY_HOST, NEXT_KID), 1)
}

fn weak() -> Case {
    case("short-key", "a key of 1024 bits proves nothing, whoever serves it")
        .answers(&key_url(KEY_HOST, KID), vec![document("short-install-key")])
        .answers(&key_url(SECOND_KEY_HOST, KID), vec![document("install-key")])
        .send(0, installed(0), refused(401, "weak_key"))
        .send(30, installed(30), refused(401, "weak_key"))
        .stored(vec![])
        .fetches(&key_url(KEY_HOST, KID), 1)
}

fn published_late() -> Case {
    case("key-published-late", "an unknown key stays unknown for a minute, and no longer")
        .answers(&key_url(KEY_HOST, NEXT_KID), vec![answering(404, ""), document("next-install-key").since(30)])
        .send(0, signed_by(0, NEXT_KID, second_key()), refused(401, "unknown_key"))
        .send(31, signed_by(31, NEXT_KID, second_key()), refused(401, "unknown_key"))
        .send(61, signed_by(61, NEXT_KID, second_key()), no_content())
        .fetches(&key_url(KEY_HOST, NEXT_KID), 2)
        .fetches(&key_url(SECOND_KEY_HOST, NEXT_KID), 1)
}

fn rotation() -> Case {
    case("key-rotation", "a new key is found by its id, and the old one is not forgotten for it")
        .keys_served()
        .answers(&key_url(KEY_HOST, NEXT_KID), vec![document("next-install-key")])
        .send(0, installed(0), no_content())
        .send(10, signed_by(10, NEXT_KID, second_key()), no_content())
        .send(11, signed_by(11, NEXT_KID, first_key()), refused(401, "signature"))
        .send(86_400, installed(86_400), no_content())
        .send(86_401, signed_by(86_401, NEXT_KID, second_key()), no_content())
        .fetches(&key_url(KEY_HOST, KID), 1)
        // once more for the signature that did not match
        .fetches(&key_url(KEY_HOST, NEXT_KID), 2)
}

fn replaced() -> Case {
    let url = key_url(KEY_HOST, KID);
    case("key-replaced", "a key that was replaced under its id is found when a signature does not match, once a minute at most")
        .answers(&url, vec![document("install-key"), document("next-install-key").since(100)])
        .send(0, installed(0), no_content())
        .send(50, signed_by(50, KID, second_key()), refused(401, "signature"))
        .send(101, signed_by(101, KID, second_key()), refused(401, "signature"))
        .send(111, signed_by(111, KID, second_key()), no_content())
        .send(112, installed(112), refused(401, "signature"))
        .fetches(&url, 3)
}

fn never_worse() -> Case {
    let url = key_url(KEY_HOST, KID);
    case("key-kept-through-outage", "a key that is known is not lost when the key host fails or answers nonsense")
        .answers(&url, vec![document("install-key"), answering(500, "").since(10), answering(200, "<html>").since(100), answering(404, "").since(200)])
        .send(0, installed(0), no_content())
        .send(10, signed_by(10, KID, second_key()), refused(401, "signature"))
        .send(11, installed(11), no_content())
        .send(100, signed_by(100, KID, second_key()), refused(401, "signature"))
        .send(101, installed(101), no_content())
        .send(200, signed_by(200, KID, second_key()), refused(401, "signature"))
        .send(201, installed(201), no_content())
        .fetches(&url, 4)
        .fetches_between(&key_url(SECOND_KEY_HOST, KID), 0, 3)
}

fn flood() -> Case {
    let header = r#"{"alg":"RS256","kid":"flood-{n}","typ":"JWT"}"#;
    let token = GLOBEX.install_token(0, "/installed").rs256(second_key());
    let made_up = || post("/installed").json(&GLOBEX.body("installed")).flood(300, "JWT", header, &token);
    case("flood-of-made-up-keys", "made-up key ids cost two fetches each, once; known keys stay, and a newcomer is installed")
        .keys_served()
        .answers(&key_url(KEY_HOST, NEXT_KID), vec![document("next-install-key")])
        .send(0, installed(0), no_content())
        .send(1, made_up(), refused(401, "unknown_key"))
        .send(2, made_up(), refused(401, "unknown_key"))
        .send(3, installed(3), no_content())
        .send(4, signed_by(4, NEXT_KID, second_key()), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .fetches(&key_url(KEY_HOST, KID), 1)
        .fetches(&key_url(KEY_HOST, NEXT_KID), 1)
        .fetches(&format!("{KEY_HOST}/*"), 300)
        .fetches(&format!("{SECOND_KEY_HOST}/*"), 300)
}

fn cheap_flood() -> Case {
    let header = r#"{"alg":"RS256","kid":"flood-{n}","typ":"JWT"}"#;
    let body = ACME.body("installed");
    let wrong = [
        (ACME.install_token(-400, "/installed"), "expired"),
        (ACME.install_token(0, "/installed").claim("aud", json!(["https://other.example.com"])), "audience"),
        (ACME.install_token(0, "/uninstalled"), "qsh_mismatch"),
        (GLOBEX.install_token(0, "/installed"), "tenant_mismatch"),
    ];
    let mut case = case("flood-that-costs-nothing", "what cannot be right whatever the key costs no fetch").keys_served();
    for (token, code) in wrong {
        let token = token.rs256(second_key());
        case = case.send(0, post("/installed").json(&body).flood(25, "JWT", header, &token), refused(401, code));
    }
    case.stored(vec![])
}

/// Five unknown ids a minute are a caller's own. Those beyond share four fetches, and a queue of 96.
fn full_queue() -> Case {
    const COUNT: u64 = 150;
    let header = r#"{"alg":"RS256","kid":"flood-{n}","typ":"JWT"}"#;
    let later = r#"{"alg":"RS256","kid":"later-{n}","typ":"JWT"}"#;
    let token = GLOBEX.install_token(0, "/installed").rs256(second_key());
    let made_up = |count, header| post("/installed").json(&GLOBEX.body("installed")).flood(count, "JWT", header, &token);
    let mut case = case("more-made-up-keys-than-may-wait", "of made-up key ids that come at once while the key hosts hang, those beyond the queue are turned away: nothing waits without a bound")
        .keys_served()
        .send(0, installed(0), no_content())
        .send(1, made_up(6, header), refused(401, "unknown_key"));
    for turn in 0..COUNT {
        for host in [KEY_HOST, SECOND_KEY_HOST] {
            case = case.answers(&key_url(host, &format!("later-{turn}")), vec![fault("timeout")]);
        }
    }
    case.send(2, made_up(COUNT, later).at_once(), refused(503, "").codes("unknown_key_flood", 1, COUNT).codes("timed_out", 1, COUNT))
        // a known key is asked of nobody
        .send(3, installed(3), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .fetches(&key_url(KEY_HOST, KID), 1)
        .fetches_between(&format!("{KEY_HOST}/*"), 10, 30)
        .fetches_between(&format!("{SECOND_KEY_HOST}/*"), 10, 30)
}

fn test_keys() -> Case {
    case("test-keys", "keys for tests, whose private halves everybody has, prove nothing and cost no fetch")
        .app(json!({ "connect": { "refuse_test_keys": true } }))
        .keys_served()
        .answers(&key_url(KEY_HOST, "test-key"), vec![document("install-key")])
        .send(0, signed_by(0, "test-key", first_key()), refused(401, "test_key").fetches(0))
        .send(1, signed_by(1, "test-", first_key()), refused(401, "test_key").fetches(0))
        .send(2, installed(2), no_content())
        .send(3, signed_by(3, "test-key", first_key()), refused(401, "test_key"))
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .fetches(&key_url(KEY_HOST, KID), 1)
        .hooks(&[ACME.hook("installed")])
}

fn restarted() -> Case {
    case("key-kept-over-restart", "a key that verified a token is known after a deployment, while the key hosts are down")
        .answers(&key_url(KEY_HOST, KID), vec![document("install-key"), fault("unreachable").since(10)])
        .answers(&key_url(SECOND_KEY_HOST, KID), vec![fault("unreachable").since(10)])
        .send(0, installed(0), no_content())
        .restart(20)
        .send(20, installed(20), no_content())
        .send(20, ACME.page(20, "/page", ACME.secret), ok())
        .fetches(&key_url(KEY_HOST, KID), 1)
}

/// `installed` of a site on this host.
fn from(at: i64, base_url: &str) -> Sent {
    let mut body = ACME.body("installed");
    body["baseUrl"] = json!(base_url);
    ACME.signed_event_with(at, &body)
}

fn staging() -> Case {
    let hosts = [
        "https://asap-distribution.us-west-2.staging.atl-asap.net",
        "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
    ];
    case("cloud-staging", "the cloud is a setting: it decides which sites may install and where keys are, never the request")
        .app(json!({ "connect": { "cloud": "staging" } }))
        .answers(&key_url(hosts[1], KID), vec![document("install-key")])
        .send(0, from(0, "https://acme.atlassian.net"), refused(401, "foreign_base_url"))
        .send(1, from(1, "https://acme.jira-dev.com"), no_content())
        .fetches(&key_url(hosts[0], KID), 1)
        .fetches(&key_url(hosts[1], KID), 1)
}

fn government() -> Case {
    let host = "https://connect-install-keys.atlassian-us-gov-mod.com";
    case("cloud-government", "the government cloud has sites of two domains and key hosts of its own")
        .app(json!({ "connect": { "cloud": "fedramp-moderate" } }))
        .answers(&key_url(host, KID), vec![document("install-key")])
        .send(0, from(0, "https://acme.atlassian-us-gov-mod.net"), no_content())
        .send(1, from(1, "https://acme.atlassian-us-gov-mod.com"), no_content())
        .send(2, from(2, "https://acme.atlassian.net"), refused(401, "foreign_base_url"))
        .fetches(&key_url(host, KID), 1)
}

fn further_places() -> Case {
    let host = "https://keys.perimeter.example";
    case("further-places", "an app may name one more domain of sites and one more key host, which is asked last")
        .app(json!({ "connect": { "accept_site_domains": ["perimeter.example"], "accept_key_hosts": [host] } }))
        .answers(&key_url(host, KID), vec![document("install-key")])
        .send(0, from(0, "https://acme.perimeter.example"), no_content())
        .send(1, from(1, "https://perimeter.example.evil.example"), refused(401, "foreign_base_url"))
        .send(2, from(2, &format!("{BASE_URL}.example")), refused(401, "foreign_base_url"))
        .fetches(&key_url(KEY_HOST, KID), 1)
        .fetches(&key_url(SECOND_KEY_HOST, KID), 1)
        .fetches(&key_url(host, KID), 1)
}
