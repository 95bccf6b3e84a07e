//! The Forge key set: rotation, outages, floods.

use serde_json::json;

use super::forge_kit::{By, FIRST, KEY_SET, SECOND, call, fit, forge_file, key_set, key_set_with};
use super::kit::{Sent, answering, case, fault, first_key, get, json_answer, ok, refused, second_key};
use crate::file::{PlatformResponse, Case, File};

const DAY: u64 = 86_400;

pub(super) fn file() -> anyhow::Result<File> {
    forge_file(
        "The key set of Forge: kept, refreshed, followed when it rotates, and never lost to an outage or a flood.",
        &json!({}),
        vec![
            failing("set-fails", "status", answering(500, "")),
            failing("set-unreachable", "unreachable", fault("unreachable")),
            failing("set-is-html", "unreadable", answering(200, "<html>")),
            failing("set-is-cut", "unreadable", answering(200, "{\"keys\":[{\"kty\":")),
            failing("set-redirects", "redirected", answering(301, "").with_header("location", "https://evil.example/")),
            useless_keys(), refreshed(), rotation(), removed(), replaced(), outage(), emptied(), flood(), key_ids(), no_key_id(), restarted(), test_keys(),
        ],
    )
}

fn by_first(at: u64) -> Sent {
    call("/remote/me", &fit(signed(at), By::Page))
}

fn by_second(at: u64) -> Sent {
    let token = fit(signed(at), By::Page).header("kid", SECOND);
    get("/remote/me").bearer(&token.rs256(second_key()))
}

fn signed(at: u64) -> i64 {
    i64::try_from(at).unwrap_or_default()
}

fn failing(id: &str, code: &str, answer: PlatformResponse) -> Case {
    case(id, "a key set that cannot be had is an outage, 503, and asked for again after a moment")
        .answers(KEY_SET, vec![answer, key_set(&[FIRST]).since(5)])
        .send(0, by_first(0), refused(503, code).header("retry-after", Some("5")))
        .send(4, by_first(4), refused(503, code).fetches(1))
        .send(5, by_first(5), ok())
        .send(6, by_first(6), ok())
        .fetches(KEY_SET, 2)
}

fn useless_keys() -> Case {
    let sets = [
        key_set_with(&[("use", json!("enc"))]),
        key_set_with(&[("alg", json!("RS512"))]).since(100),
        key_set_with(&[("kty", json!("oct")), ("k", json!("AAAA"))]).since(200),
        json_answer(json!({ "keys": [] })).since(300),
        key_set(&[SECOND]).since(400),
        key_set(&[FIRST, SECOND]).since(500),
    ];
    let mut case = case("useless-keys", "keys for encryption, of other algorithms and of other kinds are no keys").answers(KEY_SET, sets.to_vec());
    for at in [0, 100, 200, 300, 400] {
        case = case.send(at, by_first(at), refused(401, "unknown_key"));
    }
    case.send(500, by_first(500), ok()).fetches(KEY_SET, 6)
}

fn refreshed() -> Case {
    case("set-refreshed", "a set is kept for five minutes, refreshed while it is served, and after a quarter of an hour before")
        .answers(KEY_SET, vec![key_set(&[FIRST])])
        .send(0, by_first(0), ok().fetches(1))
        .send(299, by_first(299), ok().fetches(1))
        .send(300, by_first(300), ok().fetches(2))
        .send(599, by_first(599), ok().fetches(2))
        .send(1500, by_first(1500), ok().fetches(3))
        .fetches(KEY_SET, 3)
}

fn rotation() -> Case {
    case("set-rotates", "a key that is not in the set makes it be fetched again, at once, and once a minute at most")
        .answers(KEY_SET, vec![key_set(&[FIRST]), key_set(&[FIRST, SECOND]).since(100)])
        .send(0, by_first(0), ok())
        .send(50, by_second(50), refused(401, "unknown_key").fetches(2))
        .send(101, by_second(101), refused(401, "unknown_key").fetches(2))
        .send(110, by_second(110), ok().fetches(3))
        .send(111, by_first(111), ok())
        .send(112, by_second(112), ok())
        .fetches(KEY_SET, 3)
}

fn removed() -> Case {
    case("key-removed", "a key that the platform removed proves for a quarter of an hour at most")
        .answers(KEY_SET, vec![key_set(&[FIRST, SECOND]), key_set(&[SECOND]).since(10)])
        .send(0, by_first(0), ok())
        .send(299, by_first(299), ok())
        .send(900, by_first(900), refused(401, "unknown_key"))
        .send(901, by_second(901), ok())
        .fetches(KEY_SET, 2)
}

fn replaced() -> Case {
    let by_new = |at: u64| get("/remote/me").bearer(&fit(signed(at), By::Page).rs256(second_key()));
    let mut new = second_key().public_jwk();
    new["kid"] = json!(FIRST);
    case("key-replaced", "a key replaced under its id is found when a signature does not match, once a minute at most")
        .answers(KEY_SET, vec![key_set(&[FIRST]), json_answer(json!({ "keys": [new] })).since(100)])
        .send(0, by_first(0), ok())
        .send(50, by_new(50), refused(401, "signature"))
        .send(101, by_new(101), refused(401, "signature").fetches(2))
        .send(110, by_new(110), ok().fetches(3))
        .send(111, get("/remote/me").bearer(&fit(111, By::Page).rs256(first_key())), refused(401, "signature"))
        .fetches(KEY_SET, 3)
}

fn outage() -> Case {
    case("set-kept-through-outage", "through an outage a known set serves for a day, and no longer")
        .answers(KEY_SET, vec![key_set(&[FIRST]), fault("unreachable").since(10)])
        .send(0, by_first(0), ok())
        .send(900, by_first(900), ok())
        .send(930, by_first(930), ok().fetches(2))
        .send(900 + DAY - 1, by_first(900 + DAY - 1), ok())
        .send(901 + DAY + 60, by_first(901 + DAY + 60), refused(503, "unreachable"))
        .send(901 + DAY + 60, by_second(901 + DAY + 60), refused(503, "unreachable"))
        .fetches_between(KEY_SET, 3, 6)
}

fn emptied() -> Case {
    case("set-emptied", "a set without a usable key does not replace one that has keys")
        .answers(KEY_SET, vec![key_set(&[FIRST]), json_answer(json!({ "keys": [] })).since(10), key_set_with(&[("use", json!("enc"))]).since(1000)])
        .send(0, by_first(0), ok())
        .send(300, by_first(300), ok().fetches(2))
        .send(301, by_first(301), ok())
        .send(1000, by_first(1000), ok().fetches(3))
        .send(1001, by_first(1001), ok())
        .fetches(KEY_SET, 3)
}

fn flood() -> Case {
    let header = r#"{"alg":"RS256","kid":"forge/invocation-token/flood-{n}","typ":"JWT"}"#;
    let token = fit(0, By::Page).rs256(second_key());
    case("flood-of-made-up-keys", "any number of made-up key ids is one fetch a minute, and nobody else waits for it")
        .answers(KEY_SET, vec![key_set(&[FIRST])])
        .send(0, by_first(0), ok().fetches(1))
        .send(1, get("/remote/me").flood(300, "Bearer", header, &token), refused(401, "unknown_key").fetches(2))
        .send(2, by_first(2), ok())
        .send(30, get("/remote/me").flood(20, "Bearer", header, &token), refused(401, "unknown_key").fetches(2))
        .fetches(KEY_SET, 2)
}

fn key_ids() -> Case {
    let with = |kid: &str| call("/remote/me", &fit(0, By::Page).header("kid", kid));
    case("key-ids", "a key id is compared exactly, and stands in no URL")
        .answers(KEY_SET, vec![key_set(&[FIRST])])
        .send(0, with(&FIRST.to_uppercase()), refused(401, "unknown_key"))
        .send(0, with(&format!("{FIRST}/")), refused(401, "unknown_key"))
        .send(0, with("../../evil"), refused(401, "unknown_key"))
        .send(0, with(""), refused(401, "unknown_key"))
        .send(0, with(FIRST), ok())
        .fetches_between(KEY_SET, 1, 2)
}

fn no_key_id() -> Case {
    let token = fit(0, By::Page).header("kid", "");
    case("no-key-id", "a token that names no key has nothing fetched")
        .answers(KEY_SET, vec![key_set(&[FIRST])])
        .send(0, call("/remote/me", &token), refused(401, "unknown_key").fetches(0))
        .fetches(KEY_SET, 0)
}

fn test_keys() -> Case {
    let with = |at: u64| call("/remote/me", &fit(signed(at), By::Page).header("kid", "test-key"));
    let mut test_key = first_key().public_jwk();
    test_key["kid"] = json!("test-key");
    let mut key = first_key().public_jwk();
    key["kid"] = json!(FIRST);
    case("test-keys", "keys for tests, whose private halves everybody has, prove nothing, even where the set has one")
        .app(json!({ "forge": { "refuse_test_keys": true } }))
        .answers(KEY_SET, vec![json_answer(json!({ "keys": [test_key, key] }))])
        .send(0, with(0), refused(401, "test_key").fetches(0))
        .send(1, by_first(1), ok())
        .send(2, with(2), refused(401, "test_key"))
        .fetches(KEY_SET, 1)
}

fn restarted() -> Case {
    case("set-after-restart", "after a deployment the set is fetched again")
        .answers(KEY_SET, vec![key_set(&[FIRST])])
        .send(0, by_first(0), ok())
        .restart(10)
        .send(10, by_first(10), ok())
        .fetches(KEY_SET, 2)
}
