//! Each rule of security has a test whose name begins with the rule's.

use std::path::Path;

const RULES: [&str; 57] = [
    "alg-none",
    "alg-confusion",
    "empty-secret",
    "alg-downgrade-or-sibling",
    "context-jwt-on-lifecycle",
    "qsh-missing-accepted",
    "qsh-mismatch",
    "context-endpoint-takes-anything",
    "canonical-collision",
    "canonical-decoded-path",
    "body-as-parameters",
    "unauthenticated-install",
    "secret-overwritten",
    "unauthenticated-uninstall",
    "tenant-mismatch",
    "session-token-aud-overrides-iss",
    "aud-not-checked",
    "kid-not-validated",
    "trust-root-from-unverified-data",
    "ssrf-by-body",
    "weak-body-validation",
    "time-claims",
    "claim-type-confusion",
    "header-crit",
    "structure",
    "token-placement",
    "replay",
    "weak-rsa",
    "key-server-failure",
    "jwks-handling",
    "fit-claim-consistency",
    "lic-fails-open",
    "lic-duplicate-order",
    "license-truthiness",
    "issuer-case",
    "unverified-decode",
    "tenant-from-query",
    "secret-in-logs",
    "raw-body",
    "replay-mark-outlives-token",
    "repeated-delivery-inert",
    "mark-all-lifecycle",
    "dead-secret-revived",
    "disabled-tenant-served",
    "cost-linear",
    "flood-shuts-out-platform",
    "user-spends-shared-turn",
    "browser-or-platform",
    "stale-license-forever",
    "hint-as-proof-at-run-time",
    "look-alike-license",
    "invalid-time",
    "absent-by-mistake",
    "misconfigured-deny-or-blame",
    "gate-of-another-app",
    "base-path-optional",
    "lab-writes-on-get",
];

/// What the names of tests begin with, of Rust and of Node's test runner, in the sources below a folder.
fn names(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default();
            if name != "target" && name != "node_modules" {
                names(&path, found);
            }
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        match path.extension().and_then(|it| it.to_str()) {
            Some("rs") => {
                let functions = text.split("#[").skip(1).filter_map(|after| {
                    let (attribute, rest) = after.split_once(']')?;
                    let is_test =
                        attribute.ends_with("test") || attribute.starts_with("tokio::test");
                    let (_, name) = is_test.then(|| rest.split_once("fn "))??;
                    Some(name.split('(').next()?.replace('_', "-"))
                });
                found.extend(functions);
            }
            Some("mjs") => {
                let tests = text.split("test(").skip(1).map(|after| {
                    let name = after.trim_start_matches(['"', '`']);
                    let (point, rest) = name.split_once(": ").unwrap_or((name, ""));
                    let is_number = point.bytes().all(|b| b.is_ascii_digit());
                    if is_number { rest } else { name }.to_owned()
                });
                found.extend(tests);
            }
            _ => {}
        }
    }
}

#[test]
fn every_rule_has_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for folder in ["crates", "wasm/js/test"] {
        names(&root.join(folder), &mut found);
    }
    // a name that begins with a longer rule is that one's
    let rule_of = |name: &str| {
        let rules = RULES.iter().filter(|rule| name.starts_with(**rule));
        rules.max_by_key(|rule| rule.len()).copied()
    };
    let named: Vec<_> = found.iter().filter_map(|name| rule_of(name)).collect();
    let is_named = |rule: &&str| named.contains(rule);
    let without: Vec<_> = RULES.iter().filter(|rule| !is_named(rule)).collect();
    assert!(without.is_empty(), "no test begins with {without:?}");
}
