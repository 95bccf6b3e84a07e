//! Every case with its expectation turned into another: each must fail.

use serde_json::{Value, json};

use super::names;
use crate::common::{file, run, vector};

/// Turns the expectation of one case into another; false when the case expects nothing.
fn falsify(case: &mut Value) -> bool {
    let fields = case.as_object_mut().unwrap();
    if fields.contains_key("given") || fields.contains_key("steps") {
        return false;
    }
    for name in [
        "canonical",
        "expect_allowed",
        "expect_shown",
        "expect_state",
        "expect",
        "reject",
    ] {
        if let Some(value) = fields.get_mut(name) {
            return flip(value, name);
        }
    }
    for name in ["ari", "base_urls", "key_urls"] {
        if let Some(value) = fields.get_mut(name) {
            *value = json!(["another"]);
            return true;
        }
    }
    if let Some(active) = fields.get_mut("active") {
        return flip(active, "active");
    }
    let broken = |name: &str, value: Value, fields: &mut serde_json::Map<String, Value>| {
        fields.insert(name.to_owned(), value);
        true
    };
    // cases that carry no expectation: the input itself is made one that must not be read
    if fields.contains_key("claims") {
        fields["claims"]["exp"] = json!(1);
        true
    } else if fields.contains_key("license") {
        broken("license", json!("text"), fields)
    } else if fields.contains_key("context") {
        fields["context"]["app"] = json!({"license": []});
        fields["context"]["license"] = json!([]);
        true
    } else if fields.contains_key("payload") {
        broken("payload", json!({"id": 1}), fields)
    } else if fields.contains_key("json") {
        broken("json", json!({"condition": 5}), fields)
    } else if fields.contains_key("status") {
        // an error answer with the status of an answer; an answer that is none
        if fields["status"] != 200 {
            return broken("status", json!(200), fields);
        }
        broken(
            "body",
            json!({"results": [{"appId": "a", "data": "text"}]}),
            fields,
        )
    } else if fields.contains_key("method") {
        broken("method", json!("POST"), fields)
    } else {
        // a fragment of a manifest
        broken("app", json!({"licensing": {"enabled": "yes"}}), fields)
    }
}

fn flip(value: &mut Value, name: &str) -> bool {
    *value = match (&*value, name) {
        (Value::Null, "expect") => json!({"name": "x", "params": {}}),
        (Value::Null, "active") => json!(true),
        // an open question stays one
        (Value::Null, _) => return false,
        (Value::Bool(b), _) => json!(!b),
        (Value::String(s), "expect") => json!(if s == "accept" { "reject" } else { "accept" }),
        (Value::String(s), "expect_state") => json!(if s == "active" { "none" } else { "active" }),
        (Value::String(s), _) => json!(format!("{s}x")),
        (Value::Object(fields), _) => {
            let mut fields = fields.clone();
            let key = fields.keys().find(|k| *k != "note").unwrap().clone();
            let changed = match &fields[&key] {
                Value::Bool(b) => json!(!b),
                Value::String(s) if key == "error" && s == "not found" => {
                    return {
                        *value = json!({"license_present": true});
                        true
                    };
                }
                Value::String(_) if key == "error" => {
                    return {
                        *value = json!({"has_secret": true});
                        true
                    };
                }
                Value::String(s) => json!(format!("{s}x")),
                Value::Number(n) => json!(n.as_u64().unwrap() + 1),
                Value::Null => json!("x"),
                other => panic!("{other}"),
            };
            fields.insert(key, changed);
            Value::Object(fields)
        }
        (other, _) => panic!("{name}: {other}"),
    };
    true
}

#[test]
fn every_case_can_fail() {
    for name in names() {
        let mut top = vector(&name);
        let mut flipped = 0;
        for (group, value) in top.as_object_mut().unwrap() {
            match value {
                Value::Array(items) => {
                    for case in items.iter_mut().filter(|item| item.is_object()) {
                        flipped += u64::from(falsify(case));
                    }
                }
                Value::Object(fragments) if group == "fragments" => {
                    for case in fragments.values_mut() {
                        flipped += u64::from(falsify(case));
                    }
                }
                _ => {}
            }
        }
        let path = file(&format!("falsified/{name}"), top.to_string());
        let ran = run(&["conformance", &path, "--format", "json"]);
        let report = &ran.json()["files"][0];
        assert_eq!(report["failed"], flipped, "{name}: {}", report["failures"]);
        assert_eq!(ran.code, i32::from(flipped > 0), "{name}");
        if name != "lifecycle-scenarios.json" {
            assert!(flipped > 0, "{name}");
            assert_eq!(report["passed"], 0, "{name}");
        }
    }
}

#[test]
fn one_flipped_expectation_is_one_failure() {
    for name in names() {
        let mut top = vector(&name);
        let group = [
            "cases",
            "vectors",
            "tokens",
            "responses",
            "symmetric",
            "fragments",
        ]
        .into_iter()
        .find(|group| top.get(group).is_some())
        .unwrap();
        let case = match &mut top[group] {
            Value::Array(cases) => cases.first_mut().unwrap(),
            fragments => fragments
                .as_object_mut()
                .unwrap()
                .values_mut()
                .next()
                .unwrap(),
        };
        if !falsify(case) {
            continue;
        }
        let ran = run(&[
            "conformance",
            &file(&format!("one/{name}"), top.to_string()),
        ]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.out);
        assert!(ran.out.contains(" 1 failed, "), "{name}: {}", ran.out);
        assert!(ran.out.contains("    expected "), "{name}: {}", ran.out);
    }
}
