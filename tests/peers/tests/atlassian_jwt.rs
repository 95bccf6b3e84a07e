//! Canonical requests against npm `atlassian-jwt` itself: thousands of generated requests through
//! `canonical.mjs`. Needs Node and `npm ci` in this folder, which `cargo xtask test` sees to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use app_license::connect::{BaseUrl, CanonicalRequest, RequestLine};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const REQUESTS: usize = 20_000;

/// A request both sides get.
#[derive(Debug, Clone)]
struct Case {
    method: &'static str,
    path: String,
    query: Option<String>,
    base: &'static str,
}

impl Case {
    fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Why npm may answer something else, if it may: the known deviations, with the reason each.
    fn deviation(&self) -> Option<&'static str> {
        let query = self.query.as_deref().unwrap_or_default();
        let names: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .filter(|name| name != "jwt")
            .collect();
        let plain = |name: &String| {
            name.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        let below = self.path.strip_prefix(self.base);
        if names.iter().any(|name| name == "__proto__") {
            return Some("npm skips a parameter called `__proto__`");
        }
        if !names.iter().all(plain) {
            return Some("npm sorts names before encoding; the platform sorts encoded names");
        }
        if self
            .path
            .bytes()
            .any(|b| !b.is_ascii_graphic() || b"'\"<>`{}|\\^".contains(&b))
        {
            return Some("Node's url.parse escapes characters in the path");
        }
        if query.bytes().any(|b| b"'\"<>`{}|\\^ ".contains(&b)) {
            // the value is the same after decoding, unless an escape was cut in two
            return query
                .contains('%')
                .then_some("Node's url.parse escapes before decoding");
        }
        if self.path.starts_with("//") {
            return Some("Node's url.parse reads a host out of a path of two slashes");
        }
        if below.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
            return Some("npm cuts the base path off in the middle of a segment");
        }
        None
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let segment = prop_oneof![
        4 => "[a-zA-Z0-9._~-]{1,6}",
        1 => "[a-c]%[2-7][0-9A-F][a-c]",
        1 => "[a-c&;,:@!$()*+='-]{1,4}",
        1 => Just("connectors".to_owned()),
        1 => Just("connect".to_owned()),
    ];
    let path = proptest::collection::vec(segment, 0..4)
        .prop_flat_map(|segments| {
            let path = format!("/{}", segments.join("/"));
            (Just(path), any::<bool>())
        })
        .prop_map(|(path, slash)| if slash { format!("{path}/") } else { path });
    let name = prop_oneof![
        6 => "[a-zA-Z0-9._~-]{1,5}",
        1 => Just("jwt".to_owned()),
        1 => Just("%6Awt".to_owned()),
        1 => Just("__proto__".to_owned()),
        1 => "%[2-7][0-9A-Fa-f][a-c]?",
        1 => Just("constructor".to_owned()),
    ];
    let value = prop_oneof![
        4 => "[a-zA-Z0-9._~-]{0,6}",
        2 => "([a-c]|%[2-7][0-9A-Fa-f]|\\+|%20){0,5}",
        2 => "[a-c;,:@!$()*/?=%-]{0,5}",
        1 => "(%E5%AE%AE|%F0%9F%98%80|%EF%BF%BD|%C3%A9|%FF|%E5%AE|a){0,3}",
        1 => "[a'\"<>{}|^`]{0,3}",
    ];
    let pair = prop_oneof![
        8 => (name.clone(), value).prop_map(|(n, v)| format!("{n}={v}")),
        1 => name,
        1 => Just(String::new()),
    ];
    let query = proptest::option::weighted(
        0.9,
        proptest::collection::vec(pair, 0..8).prop_map(|pairs| pairs.join("&")),
    );
    let base = prop_oneof![Just(""), Just("/connect")];
    (
        prop_oneof![Just("GET"), Just("post"), Just("DELETE")],
        path,
        query,
        base,
    )
        .prop_map(|(method, path, query, base)| Case {
            method,
            path: format!("{base}{path}"),
            query,
            base,
        })
}

fn ask_npm(cases: &[Case]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/canonical.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = node.stdin.take().unwrap();
    for case in cases {
        let line = json!({
            "method": case.method, "target": case.target(), "baseUrl": case.base,
        });
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn npm_atlassian_jwt_makes_the_same_canonical_requests() {
    let mut runner = TestRunner::deterministic();
    let strategy = cases();
    let cases: Vec<Case> = (0..REQUESTS)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let answers = ask_npm(&cases);
    assert_eq!(answers.len(), cases.len());
    let mut compared = 0;
    let mut deviations = std::collections::BTreeMap::<&str, usize>::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let base = BaseUrl::new(&format!("https://app.example.com{}", case.base)).unwrap();
        let target = case.target();
        let ours = CanonicalRequest::new(&RequestLine::new(case.method, &target), &base).unwrap();
        if answer["canonical"] == ours.as_str() {
            assert_eq!(answer["qsh"], ours.qsh().as_str());
            compared += 1;
            continue;
        }
        let reason = case.deviation();
        assert!(
            reason.is_some(),
            "{case:?}\n npm: {answer}\nours: {}",
            ours.as_str()
        );
        *deviations.entry(reason.unwrap_or_default()).or_default() += 1;
    }
    assert!(
        compared > REQUESTS / 2,
        "{compared} of {REQUESTS}: {deviations:?}"
    );
}
