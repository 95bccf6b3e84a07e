//! `app-license trust`

use app_license_testkit::TrustTab;
use serde_json::json;

use super::both;
use crate::common::{file, run};

const ID: &str = "6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11";

fn story() -> serde_json::Value {
    json!({"commonCloud": {
        "dataAccessAndStorage": {"appProcessEUDOutsideAtlassian": "TRUE",
            "appStoresEUDOutsideAtlassian": "TRUE",
            "typesOfDataAccessed": ["CONTENT"], "typesOfDataStored": ["CONTENT"]},
        "dataResidency": {"isDataResidencySupported": "STORED_EXTERNAL_TO_ATLASSIAN",
            "countriesWhereEndUserDataStored": ["US"]},
        "thirdPartyInformation": {"isEndUserDataShared": "FALSE"},
        "privacy": {"dataProcessingAgreement": {"isDPASupported": true, "link": "https://example.com/dpa"}},
        "security": {"securityContact": "security@example.com", "isDiskEncryptionSupported": "true",
            "hasCompliantCertifications": "TRUE", "compliantCertifications": ["SOC2"]}
    }})
}

#[test]
fn the_german_customers_gaps_are_named() {
    let listing = file("programs/listing.json", story().to_string());
    let (human, json) = both(&[
        "trust",
        "explain",
        &listing,
        "--need",
        "residency=DE",
        "--need",
        "cert=ISO27001",
    ]);
    assert_eq!((human.code, &json["gaps"]), (2, &2.into()));
    assert!(
        human
            .out
            .contains("data is stored outside Atlassian, in US, not in DE")
    );
    assert!(human.out.contains("SOC2 is listed, not ISO27001"));
    let (human, _) = both(&[
        "trust",
        "explain",
        &listing,
        "--need",
        "residency=US",
        "--need",
        "cert=SOC 2",
    ]);
    assert_eq!(human.code, 0, "{}", human.out);
    assert_eq!(
        run(&["trust", "explain", &listing]).code,
        3,
        "a need is required"
    );
    assert_eq!(
        run(&["trust", "explain", &listing, "--need", "weather"]).code,
        3
    );
}

#[test]
fn a_lint_finds_contradictions_and_nothing_in_a_good_listing() {
    let good = file("programs/good.json", story().to_string());
    let (human, json) = both(&["trust", "lint", &good]);
    assert_eq!(
        (human.code, &json["clean"]),
        (0, &true.into()),
        "{}",
        human.out
    );
    let mut bad = story();
    bad["commonCloud"]["security"]["compliantCertifications"] = json!([]);
    let bad = file("programs/bad.json", bad.to_string());
    let (human, json) = both(&["trust", "lint", &bad]);
    assert_eq!(human.code, 2);
    assert_eq!(json["diagnostics"][0]["code"], "certifications_not_listed");
}

#[test]
fn a_page_for_the_apps_site_is_markdown() {
    let listing = file("programs/page.json", story().to_string());
    let ran = run(&["trust", "markdown", &listing, "--app", "Example"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("# Example: privacy and security\n"));
    assert!(ran.out.contains("| Certifications | SOC2 |"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_listing_is_read_and_never_written() {
    let mock = TrustTab::start("dev@example.com", "secret-token")
        .await
        .unwrap();
    mock.set_live(ID, story());
    let mut draft = story();
    draft["commonCloud"]["dataResidency"]["countriesWhereEndUserDataStored"] = json!(["DE"]);
    mock.set_draft(ID, draft.clone());
    let url = mock.url().to_owned();
    let auth = file("programs/auth", "dev@example.com:secret-token\n");
    let wrong = file("programs/auth-wrong", "dev@example.com:other\n");
    let draft_file = file("programs/draft.json", draft.to_string());
    tokio::task::spawn_blocking(move || {
        let live = ["--product-id", ID, "--marketplace-url", &url];
        let ran = run(&[&["trust", "lint"], &live[..]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let (human, json) = both(&[&["trust", "diff", &draft_file], &live[..]].concat());
        assert_eq!(human.code, 2, "{}", human.err);
        assert_eq!(json["changes"][0]["before"], "US");
        assert_eq!(json["changes"][0]["after"], "DE");
        let of_draft = [&live[..], &["--state", "draft"]].concat();
        let ran = run(&[&["trust", "lint"], &of_draft[..]].concat());
        assert_eq!(ran.code, 3, "a draft needs credentials");
        let ran = run(&[
            &["trust", "diff", &draft_file],
            &of_draft[..],
            &["--auth-file", &auth],
        ]
        .concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let ran = run(&[&["trust", "lint"], &of_draft[..], &["--auth-file", &wrong]].concat());
        assert_eq!(ran.code, 1);
        assert!(
            ran.err.contains("401") && !ran.err.contains("other"),
            "{}",
            ran.err
        );
        let other = [
            "--product-id",
            "00000000-0000-4000-8000-000000000000",
            "--marketplace-url",
            &url,
        ];
        let ran = run(&[&["trust", "lint"], &other[..]].concat());
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("404"), "{}", ran.err);
        for id in [
            "com.example.app",
            "../products",
            "",
            "6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a1/",
        ] {
            assert_eq!(run(&["trust", "lint", "--product-id", id]).code, 3, "{id}");
        }
        let plain = [
            "--product-id",
            ID,
            "--marketplace-url",
            "http://api.example.com",
        ];
        assert_eq!(run(&[&["trust", "lint"], &plain[..]].concat()).code, 3);
    })
    .await
    .unwrap();
    assert_eq!(mock.writes(), 0);
}

#[test]
fn text_of_a_listing_cannot_begin_a_line_of_its_own() {
    let live = file("programs/lines-live.json", story().to_string());
    let mut draft = story();
    draft["commonCloud"]["security"]["securityContact"] = json!("a\nforged line");
    let draft = file("programs/lines-draft.json", draft.to_string());
    let (human, _) = both(&["trust", "diff", &draft, &live]);
    assert_eq!(human.code, 2);
    assert!(!human.out.contains("\nforged"), "{}", human.out);
}

#[test]
fn the_fields_are_a_file_that_can_be_replaced() {
    let shipped = run(&["trust", "fields"]);
    assert_eq!(shipped.code, 0);
    let ours = file("programs/fields.toml", &shipped.out);
    let listing = file("programs/fields.json", story().to_string());
    assert_eq!(run(&["trust", "lint", &listing, "--fields", &ours]).code, 0);
    let ran = run(&["trust", "lint"]);
    assert!(
        ran.code == 3 && ran.err.contains("--product-id"),
        "{}",
        ran.err
    );
}

#[test]
fn a_diff_of_long_values_stays_within_80_columns() {
    let live = file("programs/wide-live.json", story().to_string());
    let mut draft = story();
    draft["commonCloud"]["privacy"]["gdpr"]["dataTransfer"] = json!({
        "isTransferComplianceMechanismsAdhered": true,
        "transferComplianceMechanismsAdheredDetails": "standard contractual clauses ".repeat(12)});
    let draft = file("programs/wide-draft.json", draft.to_string());
    assert_eq!(both(&["trust", "diff", &draft, &live]).0.code, 2);
}
