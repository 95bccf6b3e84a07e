//! Every shared vector holds, and every one of them can fail.

mod falsified;

use crate::common::{file, run, vector, vectors};
use serde_json::{Value, json};

fn names() -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(vectors())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    assert!(names.len() >= 19, "{names:?}");
    names
}

#[test]
fn every_vector_holds() {
    let paths: Vec<_> = names()
        .iter()
        .map(|name| vectors().join(name).to_str().unwrap().to_owned())
        .collect();
    let args: Vec<_> = ["conformance"]
        .into_iter()
        .chain(paths.iter().map(String::as_str))
        .collect();
    let ran = run(&args);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for name in names() {
        let line = ran
            .out
            .lines()
            .find(|line| line.starts_with(&format!("{name}: ")));
        assert!(line.unwrap().contains(" passed, 0 failed, "), "{name}");
    }
    assert!(
        ran.out
            .contains("connect-qsh.json: 62 passed, 0 failed, 0 policy\n")
    );
    assert!(
        ran.out
            .contains("license-readings.json: 28 passed, 0 failed, 4 policy\n")
    );
    assert!(ran.out.contains("12 scenarios are prose"));
    assert!(
        ran.out
            .contains("lifecycle-scenarios.json: 0 passed, 0 failed, 0 policy\n")
    );
    let json = run(&[&args[..], &["--format", "json"]].concat()).json();
    assert_eq!(json["failed"], 0);
    assert_eq!(json["files"].as_array().unwrap().len(), names().len());
}

#[test]
fn an_expectation_that_is_not_known_is_a_failure_that_says_so() {
    let unknown = "an expectation that this runner does not know";
    let license = json!({"kind": "connect-license-api", "cases": [{
        "id": "a", "http_status": 200, "body": {"key": "a", "license": {"active": true}},
        "expect": {"active": true, "seats": 5}
    }]});
    let query = json!({"kind": "connect-iframe-query", "cases": [
        {"id": "a", "query": "lic=active", "expect_seats": 5}
    ]});
    let wording = {
        let mut top = vector("forge-invocation-requests.json");
        let cases = top["cases"].as_array_mut().unwrap();
        cases.retain(|case| case["id"] == "fit-license-active-true");
        cases[0]["license_expected"] = json!("active, platinum");
        top
    };
    let endpoint = {
        let mut top = vector("connect-requests.json");
        top["cases"][0]["endpoint"] = json!("carrier-pigeon");
        top
    };
    let beside = {
        let mut top = vector("connect-requests.json");
        top["cases"][0]["expect_seats"] = json!(5);
        top
    };
    for (name, top) in [
        ("beside", beside),
        ("license", license),
        ("query", query),
        ("wording", wording),
        ("endpoint", endpoint),
    ] {
        let ran = run(&[
            "conformance",
            &file(&format!("unknown-{name}.json"), top.to_string()),
        ]);
        assert_eq!(ran.code, 1, "{name}");
        assert!(ran.out.contains(unknown), "{name}: {}", ran.out);
    }
}

#[test]
fn keys_of_a_license_in_every_spelling_are_known() {
    let top = json!({"kind": "connect-license-api", "cases": [{
        "id": "all", "http_status": 200,
        "body": {"key": "a", "license": {
            "active": true, "evaluation": true, "type": "COMMERCIAL", "billingPeriod": "ANNUAL",
            "capabilitySet": "CAPABILITY_ADVANCED", "entitlementId": "i", "entitlementNumber": "E-1",
            "trialEndDate": "2026-12-08T00:00:00.000Z", "subscriptionEndDate": "1796688000000"
        }},
        "expect": {
            "active": true, "state": "active", "license_present": true, "evaluation": true,
            "isEvaluation": true, "type": "COMMERCIAL", "billingPeriod": "ANNUAL",
            "billing_period": "ANNUAL", "edition": "advanced", "entitlementId": "i",
            "entitlement_number": "E-1", "trialEndDate": "2026-12-08T00:00:00Z",
            "subscription_end_date": 1_796_688_000_000_u64, "raw_capability_set": "CAPABILITY_ADVANCED",
            "has_capability_standard": true, "has_capability_advanced": true,
            "has_capability_free": true, "supportEntitlementNumber": null, "modes": [], "note": "x"
        }
    }]});
    let ran = run(&["conformance", &file("spellings.json", top.to_string())]);
    assert_eq!(
        (ran.code, ran.out.contains("1 passed, 0 failed")),
        (0, true),
        "{}",
        ran.out
    );
}

#[test]
fn policy_cases_are_counted_apart() {
    let mut disputed = vector("canonical-requests.json");
    let cases = disputed["cases"].as_array_mut().unwrap();
    cases.truncate(2);
    cases[0]["status"] = json!("disputed");
    cases[0]["candidates"] = json!({"npm": "x", "java": "y"});
    cases[0].as_object_mut().unwrap().remove("canonical");
    cases[1]["status"] = json!("policy");
    cases[1]["target"] = json!("not a target at all");
    let ran = run(&["conformance", &file("disputed.json", disputed.to_string())]);
    assert_eq!(ran.out, "disputed.json: 0 passed, 0 failed, 2 policy\n");
    assert_eq!(ran.code, 0);

    let mut open = vector("connect-lifecycle-requests.json");
    for case in open["cases"].as_array_mut().unwrap() {
        case["expect"] = Value::Null;
    }
    let ran = run(&["conformance", &file("open.json", open.to_string())]);
    assert_eq!(ran.out, "open.json: 0 passed, 0 failed, 31 policy\n");
}

#[test]
fn a_file_that_cannot_be_run_is_invalid() {
    let names = "canonical-requests, conditions, connect-conditions, ";
    for (name, text, message) in [
        (
            "empty.json",
            r#"{"kind": "conditions", "cases": []}"#,
            "`empty.json` holds no case of its kind\n".to_owned(),
        ),
        (
            "other.json",
            r#"{"kind": "colors", "cases": [{"id": 1, "color": "red"}]}"#,
            format!("`other.json` is of the kind `colors`, which is not known; there are {names}"),
        ),
        (
            "silent.json",
            r#"{"cases": [{"id": 1, "query": "lic=active"}]}"#,
            format!(
                "`silent.json` states no `kind`: add one to the file, or name it with --kind; \
                 there are {names}"
            ),
        ),
        (
            "number.json",
            r#"{"kind": 5, "cases": []}"#,
            "`number.json` has a `kind` that is no string\n".to_owned(),
        ),
        (
            "scalar.json",
            "5",
            "`scalar.json` holds neither an object nor an array\n".to_owned(),
        ),
    ] {
        let ran = run(&["conformance", &file(name, text)]);
        assert_eq!(ran.code, 3, "{name}");
        let start = format!("error[vectors]: {message}");
        assert!(ran.err.starts_with(&start), "{name}: {}", ran.err);
    }
    assert_eq!(run(&["conformance", &file("no.json", "{")]).code, 3);
    assert_eq!(run(&["conformance", "does-not-exist.json"]).code, 1);
    assert_eq!(run(&["conformance"]).code, 3);
    let path = file("kindless.json", r#"{"cases": []}"#);
    assert_eq!(run(&["conformance", "--kind", "colors", &path]).code, 3);
}

/// The name says nothing: the same cases under any name, in a plain array too.
#[test]
fn a_file_without_a_kind_is_run_as_the_one_that_is_named() {
    let cases = vector("conditions.json")["cases"].to_string();
    let path = file("anything.json", cases);
    let ran = run(&["conformance", "--kind", "conditions", &path]);
    assert_eq!(ran.out, "anything.json: 27 passed, 0 failed, 0 policy\n");
    let ran = run(&["conformance", "--kind", "connect-qsh", &path]);
    assert_eq!(
        ran.out.lines().last().unwrap(),
        "anything.json: 0 passed, 27 failed, 0 policy"
    );
    // what a file states counts
    let path = vectors().join("connect-qsh.json");
    let ran = run(&[
        "conformance",
        "--kind",
        "conditions",
        path.to_str().unwrap(),
    ]);
    assert_eq!(ran.out, "connect-qsh.json: 62 passed, 0 failed, 0 policy\n");
}

/// Every file of vectors states its kind, and every kind has a file and a schema.
#[test]
fn every_kind_has_a_file_and_a_schema() {
    let readme = std::fs::read_to_string(vectors().join("README.md")).unwrap();
    for name in names() {
        let kind = vector(&name)["kind"].clone();
        assert_eq!(format!("{}.json", kind.as_str().unwrap()), name);
        let heading = format!("### `{}`", kind.as_str().unwrap());
        assert!(readme.contains(&heading), "no {heading}");
    }
    let unknown = file("unknown-kind.json", r#"{"kind": "none such"}"#);
    let ran = run(&["conformance", &unknown]);
    let (_, kinds) = ran.err.trim_end().split_once("there are ").unwrap();
    let mut kinds: Vec<_> = kinds
        .split(", ")
        .map(|kind| format!("{kind}.json"))
        .collect();
    kinds.sort();
    assert_eq!(kinds, names());
}

/// Fields that describe a case are not looked at; a case that lacks a field of its kind, or has
/// one of another type, fails alone.
#[test]
fn a_case_is_read_with_the_fields_of_its_kind() {
    let mut top = vector("connect-qsh.json");
    let cases = top["vectors"].as_array_mut().unwrap();
    cases.truncate(3);
    cases[0]["color"] = json!({"of": "the case"});
    cases[1].as_object_mut().unwrap().remove("url");
    cases[2]["base_url"] = json!(5);
    let ran = run(&["conformance", &file("fields.json", top.to_string())]);
    assert!(
        ran.out
            .contains("fields.json: 1 passed, 2 failed, 0 policy"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("missing field `url`"), "{}", ran.out);
    assert!(ran.out.contains("expected a string"), "{}", ran.out);
}

/// A list of something else beside the cases is named; what is no case among them fails.
#[test]
fn what_is_no_case_is_said() {
    let mut top = vector("connect-conditions.json");
    top["peers"] = json!([{"name": "a library", "version": "1"}]);
    let ran = run(&["conformance", &file("beside.json", top.to_string())]);
    assert_eq!(
        ran.out,
        "beside.json: 7 passed, 0 failed, 0 policy\n  `peers` is no list of this kind: left out\n"
    );
    let cases = top["cases"].as_array_mut().unwrap();
    cases.extend([json!({"id": "new", "color": "red"}), json!("text")]);
    let ran = run(&["conformance", &file("among.json", top.to_string())]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains("among.json: 7 passed, 2 failed, 0 policy\n"),
        "{}",
        ran.out
    );
}

/// A larger file of the same kind runs unchanged.
#[test]
fn a_thousand_cases_run_as_well() {
    let cases: Vec<_> = (0..1000)
        .map(|n| json!({"id": n, "query": format!("lic=active&n={n}"), "active": true}))
        .collect();
    let path = file(
        "many.json",
        json!({"kind": "connect-iframe-query", "cases": cases}).to_string(),
    );
    assert_eq!(
        run(&["conformance", &path]).out,
        "many.json: 1000 passed, 0 failed, 0 policy\n"
    );
}
