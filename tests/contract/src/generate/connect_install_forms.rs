//! What is no request of the lifecycle: other paths and methods, bodies that are no bodies.

use serde_json::json;

use super::install_kit::{installed, token};
use super::kit::{ACME, Sent, case, first_key, get, no_content, ok, post, refused, request, status};
use crate::file::Case;

pub(super) fn other_routes() -> Case {
    let event = |method: &str, target: &str| {
        let token = token().rs256(first_key());
        let sent = request(method, target).jwt(&token);
        sent.json(&ACME.body("installed"))
    };
    let not_found = || status(404);
    let not_allowed = |allow: &str| status(405).header("allow", Some(allow));
    case("other-routes", "a path is compared exactly, and a route of the platform takes its own method alone: an event by another one changes nothing")
        .keys_served()
        .send(0, get("/installed"), not_allowed("POST"))
        .send(0, event("PUT", "/installed"), not_allowed("POST"))
        .send(0, event("DELETE", "/uninstalled"), not_allowed("POST"))
        .send(0, post("/atlassian-connect.json").json(&json!({})), not_allowed("GET,HEAD"))
        .send(0, event("POST", "/installed/"), not_found())
        .send(0, event("POST", "/INSTALLED"), not_found())
        .send(0, event("POST", "//installed"), not_found())
        .send(0, event("POST", "/x/installed"), not_found())
        .send(0, event("POST", "/%69nstalled"), not_found())
        .send(0, get("/nothing"), not_found())
        .send(0, get("/atlassian-connect.json"), ok())
        .send(1, installed(1), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed")])
}

/// `installed` with a field that nobody reads.
fn with_field(at: i64, value: &str) -> Sent {
    let body = ACME.body("installed").to_string();
    let body = body.replacen('{', &format!("{{\"other\":{value},"), 1);
    let token = ACME.install_token(at, "/installed").rs256(first_key());
    post("/installed").jwt(&token).text(&body)
}

pub(super) fn deep_bodies() -> Case {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let cut = |depth: usize| "[".repeat(depth);
    case("deep-bodies", "what nobody reads may be nested, within a bound: no body makes a server run out of its stack")
        .keys_served()
        .send(0, with_field(0, &nested(60)), no_content())
        .send(1, with_field(1, &nested(100_000)), refused(400, "json_too_deep"))
        .send(1, with_field(1, &objects(30_000)), refused(400, "json_too_deep"))
        .send(1, with_field(1, &cut(200_000)), refused(400, "json_too_deep"))
        .send(1, post("/installed").jwt(&token().rs256(first_key())).text(&nested(100_000)), refused(400, "json_syntax"))
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed")])
}

pub(super) fn broken_bodies() -> Case {
    let body = ACME.body("installed").to_string();
    let chunked = |body: &str| {
        let token = token().rs256(first_key());
        post("/installed").jwt(&token).text(body).header("transfer-encoding", "chunked")
    };
    let framed = |size: usize| format!("{size:x}\r\n{body}\r\n0\r\n\r\n");
    let by_node = "Node answers what is not framed as it says itself";
    case("broken-bodies", "a body that is not framed as it says is not read as if it were whole")
        .keys_served()
        .send(0, chunked(&body), refused(400, "body_unreadable"))
        .or_by_node(400, by_node)
        .send(0, chunked(&framed(body.len() - 1)), refused(400, "body_unreadable"))
        .or_by_node(400, by_node)
        .send(1, chunked(&framed(body.len())), no_content())
        .stored(vec![ACME.stored("installed", ACME.secret)])
        .one_key_fetched()
        .hooks(&[ACME.hook("installed")])
}
