//! What a policy states, and what is accepted beyond one app at one base URL.

use super::support::{BASE, keys, secret, sign, verify};
use crate::common::{Ran, file, run};

const APP: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
const OTHER: &str = "11111111-1f69-42a5-8e40-8b6e0b3f8d11";

/// A page with this query, verified with these options.
fn page(test: &str, query: &str, more: &[&str]) -> Ran {
    let secret = secret(test);
    let url = format!("/connect/panel?{query}");
    let base = [
        "request",
        "--secret-file",
        &secret,
        "--base-url",
        BASE,
        "--url",
        &url,
    ];
    let token = sign(&[&base[..], &["--client-key", "tenant-1"]].concat());
    verify(
        &[
            &base[..],
            &["--token", &token, "--require", "standard"],
            more,
        ]
        .concat(),
    )
}

fn decided(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(words), "{}", ran.out);
}

#[test]
fn an_app_that_sells_nothing_says_so_and_a_newer_answer_overrules_a_none() {
    let not_active = "denied: the license is not active";
    decided(&page("none", "lic=none", &[]), 2, not_active);
    decided(
        &page("none", "lic=none", &["--when-absent", "advanced"]),
        2,
        not_active,
    );
    let stated = "granted: the policy states that the app sells nothing";
    for query in ["lic=none", "lic=active&lic=none", "cp=%2Fwiki"] {
        decided(&page("none", query, &["--sells-nothing"]), 0, stated);
    }
    let active = file(
        "none/a.json",
        r#"{"key":"com.example.app","license":{"active":true}}"#,
    );
    let ended = file(
        "none/e.json",
        r#"{"key":"com.example.app","license":{"active":false}}"#,
    );
    let bought = page("none", "lic=none", &["--license-api-file", &active]);
    decided(&bought, 0, "from the Connect License API");
    decided(
        &page("none", "lic=none", &["--license-api-file", &ended]),
        2,
        not_active,
    );
    let trial = file(
        "none/t.json",
        r#"{"key":"com.example.app","license":{"active":false,"evaluation":true}}"#,
    );
    // as a backend says it, which asked the same
    decided(
        &page("none", "lic=none", &["--license-api-file", &trial]),
        2,
        "denied: the trial has ended",
    );
    let silent = page("none", "cp=", &["--license-api-file", &active]);
    decided(&silent, 0, "from the Connect License API");
    let denied = page(
        "none",
        "lic=none&userAccess=false",
        &["--license-api-file", &active],
    );
    decided(&denied, 2, "denied: this user has no access to the app");
}

#[test]
fn a_user_without_access_is_denied_on_a_page() {
    let no_access = "denied: this user has no access to the app";
    decided(
        &page("access", "lic=active&userAccess=false", &[]),
        2,
        no_access,
    );
    decided(
        &page("access", "lic=active&userAccess=maybe", &[]),
        2,
        no_access,
    );
    decided(
        &page("access", "lic=active&userAccess=true", &[]),
        0,
        "granted: ",
    );
    let ignored = page(
        "access",
        "lic=active&userAccess=false",
        &["--ignore-user-access"],
    );
    decided(&ignored, 0, "granted: ");
}

/// An invocation in an environment, with perhaps more claims, verified with these options.
fn invocation(test: &str, made: &[&str], more: &[&str]) -> Ran {
    let keys = keys(test);
    let base = [
        "invocation",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
    ];
    let token = sign(&[&base[..], &["--app-id", APP], made].concat());
    let args = ["invocation", "--jwks-file", &keys.set, "--token", &token];
    verify(&[&args[..], more].concat())
}

#[test]
fn absent_outside_production_is_one_statement() {
    let asked = [
        "--app-id",
        APP,
        "--require",
        "standard",
        "--when-absent-outside-production",
        "standard",
    ];
    let of = |environment: &str| invocation("outside", &["--environment", environment], &asked);
    let assumed = "granted: the policy assumes an edition where none is said";
    decided(&of("DEVELOPMENT"), 0, assumed);
    decided(&of("STAGING"), 0, assumed);
    decided(
        &of("PRODUCTION"),
        2,
        "denied: nothing is said about a license",
    );
}

#[test]
fn a_user_without_access_is_denied_in_an_invocation() {
    let made = |access: &str| {
        let claim = format!(r#"context={{"userAccess":{access}}}"#);
        let license = r#"{"active":true}"#;
        let made = ["--license-json", license, "--claim", &claim];
        invocation(
            "fit-access",
            &made,
            &["--app-id", APP, "--require", "standard"],
        )
    };
    let no_access = "denied: this user has no access to the app";
    decided(&made(r#"{"enabled":true,"hasAccess":false}"#), 2, no_access);
    decided(&made(r#"{"enabled":true}"#), 2, no_access);
    decided(&made(r#""yes""#), 2, no_access);
    decided(&made(r#"{"enabled":false}"#), 0, "granted: ");
    decided(
        &made(r#"{"enabled":true,"hasAccess":true}"#),
        0,
        "granted: ",
    );
}

#[test]
fn several_apps_are_accepted_in_any_spelling_and_the_matched_one_is_told() {
    let loud = format!("ARI:CLOUD:ECOSYSTEM::APP/{}", APP.to_uppercase());
    let ran = invocation("apps", &[], &["--app-id", OTHER, "--app-id", &loud]);
    let told = format!("app               ari:cloud:ecosystem::app/{APP}\n");
    decided(&ran, 0, &told);
    let ran = invocation("apps", &[], &["--app-id", OTHER]);
    decided(&ran, 2, "refused[audience]");
}

#[test]
fn a_call_from_bitbucket_says_its_workspace_and_no_site() {
    let context = r#"context={"workspaceId":"{w-1}"}"#;
    let app = format!(
        r#"app={{"id":"ari:cloud:ecosystem::app/{APP}","installationId":"i-1","module":{{"type":"xen:macro","key":"p"}},"installation":{{"id":"i-1","contexts":[{{"name":"jira","cloudId":"c-1"}},{{"name":"bitbucket","workspaceId":"w-1"}}]}}}}"#
    );
    let ran = invocation(
        "bitbucket",
        &["--claim", context, "--claim", &app],
        &["--app-id", APP],
    );
    decided(&ran, 0, "workspace         {w-1}\n");
    assert!(!ran.out.contains("site"), "{}", ran.out);
    let context = r#"context={"workspaceId":"{w-2}"}"#;
    let ran = invocation(
        "bitbucket",
        &["--claim", context, "--claim", &app],
        &["--app-id", APP],
    );
    decided(&ran, 2, "refused[claims_contradict]");
}

#[test]
fn large_extensions_refuse_no_token() {
    let fields: Vec<String> = (0..500).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let deep = format!("{}1{}", "[".repeat(50), "]".repeat(50));
    for extension in [format!("{{{}}}", fields.join(",")), deep] {
        let context = format!(r#"context={{"extension":{extension}}}"#);
        let ran = invocation("extension", &["--claim", &context], &["--app-id", APP]);
        decided(&ran, 0, "accepted");
    }
}

#[test]
fn regions_of_a_descriptor_are_accepted() {
    let secret = secret("regions");
    let descriptor = file(
        "regions/atlassian-connect.json",
        r#"{"key":"com.example.app","baseUrl":"https://app.example.com",
            "regionBaseUrls":{"EU":"https://eu.app.example.com/connect"}}"#,
    );
    let token = sign(&[
        "request",
        "--secret-file",
        &secret,
        "--client-key",
        "tenant-1",
        "--base-url",
        "https://eu.app.example.com/connect",
        "--url",
        "/connect/panel?lic=active",
    ]);
    let url = ["--url", "/connect/panel?lic=active", "--token", &token];
    let base = ["request", "--secret-file", &secret];
    let ran = verify(&[&base[..], &url, &["--descriptor", &descriptor]].concat());
    decided(&ran, 0, "accepted");
    let several = ["--base-url", "https://app.example.com", "--base-url", BASE];
    decided(
        &verify(&[&base[..], &url, &several].concat()),
        0,
        "accepted",
    );
    let ran = verify(&[&base[..], &url].concat());
    assert_ne!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn tokens_live_as_long_as_the_platforms_do() {
    let secret = secret("lifetimes");
    let base = ["--secret-file", &secret, "--client-key", "tenant-1"];
    let request = ["request", "--base-url", BASE, "--url", "/connect/p"];
    let lives = |args: &[&str]| {
        let token = sign(args);
        let ran = run(&["inspect", "--format", "json", "--now", "1800000000", &token]);
        let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        found["facts"]["expires"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        lives(&[&request[..], &base].concat()),
        "2027-01-15T08:15:00Z"
    );
    assert_eq!(
        lives(&[&["context"][..], &base].concat()),
        "2027-01-15T08:15:00Z"
    );
    let short = [&request[..], &base, &["--lifetime", "180"]].concat();
    assert_eq!(lives(&short), "2027-01-15T08:03:00Z");
    let far = page("lifetimes", "lic=active", &["--leeway", "500"]);
    assert_eq!(far.code, 3);
    assert!(
        far.err.contains("more than the 179 s that are taken"),
        "{}",
        far.err
    );
    assert!(!far.err.contains("than a token lives"), "{}", far.err);
}
