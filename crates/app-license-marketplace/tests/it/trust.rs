//! The Privacy & Security tab.

mod needs;

use app_license_marketplace::trust::{Listing, Need, NeedState, TrustFields, TrustSeverity};
use serde_json::{Value, json};

fn fields() -> TrustFields {
    TrustFields::shipped().unwrap()
}

fn listing(value: &Value) -> Listing {
    Listing::from_json(value.to_string().as_bytes(), &fields()).unwrap()
}

fn needs(texts: &[&str]) -> Vec<Need> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

fn codes(value: &Value) -> Vec<&'static str> {
    let found = listing(value).lint(&fields());
    found
        .iter()
        .filter(|it| it.code != "filter_field_missing")
        .map(|it| it.code)
        .collect()
}

/// The app of the German customer's story: it stores outside Atlassian, not in Germany, and has
/// no ISO 27001.
fn story() -> Value {
    json!({"commonCloud": {
        "dataAccessAndStorage": {
            "appProcessEUDOutsideAtlassian": "TRUE",
            "appStoresEUDOutsideAtlassian": "TRUE",
            "typesOfDataAccessed": ["USER_PROFILE", "CONTENT"],
            "typesOfDataStored": ["CONTENT"]
        },
        "dataResidency": {
            "isDataResidencySupported": "STORED_EXTERNAL_TO_ATLASSIAN",
            "countriesWhereEndUserDataStored": ["US"]
        },
        "thirdPartyInformation": {"isEndUserDataShared": "FALSE"},
        "privacy": {"dataProcessingAgreement": {"isDPASupported": true, "link": "https://example.com/dpa"}},
        "security": {
            "securityContact": "security@example.com",
            "isDiskEncryptionSupported": "true",
            "hasCompliantCertifications": "TRUE",
            "compliantCertifications": ["SOC2"]
        },
        "properties": {"formStatus": "APPROVED", "updatedAt": 1}
    }})
}

#[test]
fn answers_are_booleans_any_case_text_and_not_applicable() {
    let state = |answer: Value| {
        let value =
            json!({"security": {"isDiskEncryptionSupported": answer, "securityContact": "x"}});
        let explained = listing(&value).explain(&needs(&["encryption"]), &fields());
        explained.elements[0].findings[0].state
    };
    for yes in [json!(true), json!("TRUE"), json!("True"), json!(" true ")] {
        assert_eq!(state(yes.clone()), NeedState::Met, "{yes}");
    }
    for no in [json!(false), json!("FALSE"), json!("false")] {
        assert_eq!(state(no.clone()), NeedState::Gap, "{no}");
    }
    for unclear in [
        json!("NOT_APPLICABLE"),
        json!("not_applicable"),
        json!("yes"),
        json!(1),
        json!([]),
        json!(null),
        json!({"a": true}),
    ] {
        assert_eq!(state(unclear.clone()), NeedState::Unclear, "{unclear}");
    }
}

#[test]
fn contradictions_are_found() {
    for (value, code) in [
        (
            json!({"security": {"hasCompliantCertifications": true, "compliantCertifications": []}}),
            "certifications_not_listed",
        ),
        (
            json!({"security": {"hasCompliantCertifications": "False", "compliantCertifications": ["SOC2"]}}),
            "certifications_denied_but_listed",
        ),
        (
            json!({"dataAccessAndStorage": {"appStoresEUDOutsideAtlassian": "TRUE", "typesOfDataStored": ["CONTENT"]}}),
            "countries_not_listed",
        ),
        (
            json!({"dataAccessAndStorage": {"appStoresEUDOutsideAtlassian": true, "typesOfDataStored": ["CONTENT"]},
                "dataResidency": {"isDataResidencySupported": "STORED_IN_ATLASSIAN_AND_DR_SUPPORTED",
                    "countriesWhereEndUserDataStored": ["DE"]}}),
            "residency_contradicts_storage",
        ),
        (
            json!({"dataAccessAndStorage": {"appStoresEUDOutsideAtlassian": false},
                "dataResidency": {"isDataResidencySupported": "STORED_EXTERNAL_TO_ATLASSIAN"}}),
            "residency_contradicts_storage",
        ),
        (
            json!({"thirdPartyInformation": {"isEndUserDataShared": true}}),
            "third_parties_not_listed",
        ),
        (
            json!({"thirdPartyInformation": {"isEndUserDataShared": false, "thirdPartyDetails": [{"name": "Cloud Ltd"}]}}),
            "third_parties_denied_but_listed",
        ),
        (
            json!({"dataRetention": {"retentionDurationInDays": {"min": 90, "max": 30}}}),
            "retention_reversed",
        ),
        (
            json!({"dataRetention": {"isRetentionIndefinite": "TRUE", "retentionDurationInDays": {"max": 30}}}),
            "retention_without_end",
        ),
        (
            json!({"dataAccessAndStorage": {"appStoresEUDOutsideAtlassian": true, "typesOfDataStored": ["CONTENT"]},
                "dataResidency": {"countriesWhereEndUserDataStored": ["US"]},
                "privacy": {"gdpr": {"dataTransfer": {"isEndUserDataTransferredOutsideEEA": false}}}}),
            "transfer_contradicts_countries",
        ),
        (
            json!({"logDetails": {"logEUDShareWithThirdParty": true}, "thirdPartyInformation": {"isEndUserDataShared": false}}),
            "logs_shared_but_no_third_party",
        ),
        (json!({"security": {"securityContact": 7}}), "wrong_type"),
        (json!({"security": "fine"}), "wrong_type"),
        (
            json!({"dataRetention": {"retentionDurationInDays": {"max": -1}}}),
            "wrong_type",
        ),
        (
            json!({"dataResidency": {"isDataResidencySupported": "MAYBE"}}),
            "unknown_answer",
        ),
        (
            json!({"dataResidency": {"countriesWhereEndUserDataStored": ["Germany"]}}),
            "unknown_country",
        ),
        (
            json!({"security": {"publicSecurityPoliciesLink": "http://example.com"}}),
            "not_a_link",
        ),
        (
            json!({"commonCloud": {"properties": {"formStatus": "REJECTED"}}}),
            "form_rejected",
        ),
    ] {
        assert_eq!(codes(&value), [code], "{value}");
    }
    assert_eq!(codes(&story()), Vec::<&str>::new());
    assert!(listing(&story()).lint(&fields()).is_empty());
}

#[test]
fn fields_that_customers_filter_by_are_asked_for() {
    let found = listing(&json!({"commonCloud": {}})).lint(&fields());
    let missing: Vec<_> = found.iter().flat_map(|it| it.fields.clone()).collect();
    assert!(found.iter().all(|it| it.code == "filter_field_missing"));
    assert!(found.iter().all(|it| it.severity == TrustSeverity::Warning));
    assert!(missing.contains(&"dataResidency.isDataResidencySupported".to_owned()));
    assert!(missing.contains(&"security.hasCompliantCertifications".to_owned()));
    // the countries are asked for only of an app that stores outside
    assert!(!missing.contains(&"dataResidency.countriesWhereEndUserDataStored".to_owned()));
}

#[test]
fn two_names_of_one_field_must_agree() {
    let value = json!({"dataRetention": {"isRetentionIndefinite": "TRUE", "isRetentionDurationIndefinite": "FALSE"}});
    assert_eq!(codes(&value), ["wrong_type"]);
}

#[test]
fn a_diff_counts_meaning_not_spelling() {
    let live = listing(&story());
    let mut same = story();
    same["commonCloud"]["security"]["isDiskEncryptionSupported"] = json!(true);
    same["commonCloud"]["dataAccessAndStorage"]["typesOfDataAccessed"] =
        json!(["CONTENT", "USER_PROFILE"]);
    assert!(live.diff(&listing(&same), &fields()).is_empty());

    let mut draft = story();
    draft["commonCloud"]["dataResidency"]["countriesWhereEndUserDataStored"] = json!(["DE", "US"]);
    draft["commonCloud"]["security"]["securityContact"] = json!(5);
    draft["commonCloud"]["newField"] = json!([1]);
    let changes = live.diff(&listing(&draft), &fields());
    let fields: Vec<_> = changes.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "security.securityContact",
            "dataResidency.countriesWhereEndUserDataStored",
            "newField"
        ]
    );
    assert_eq!(changes[0].after.as_deref(), Some("unreadable: 5"));
    assert_eq!(changes[1].before.as_deref(), Some("US"));
    assert_eq!(changes[1].after.as_deref(), Some("DE, US"));
}

#[test]
fn the_page_for_the_apps_site_holds_no_markup_of_the_listing() {
    let mut value = story();
    value["commonCloud"]["security"]["securityContact"] = json!("<script>|x|</script>\n# Title");
    let page = listing(&value).to_markdown("Example *App*", &fields());
    assert!(page.starts_with("# Example \\*App\\*: privacy and security\n"));
    assert!(page.contains("| Countries where data is stored | US |"));
    assert!(!page.contains("<script>"));
    assert!(!page.contains("\n# Title"));
    assert_eq!(
        page.matches("\n## ").count(),
        4,
        "one section an element that is answered"
    );
}

#[test]
fn what_is_no_listing_is_refused() {
    for text in [
        "",
        "\0",
        "[]",
        "1",
        "null",
        "{}",
        r#"{"hello":1}"#,
        r#"{"commonCloud":[]}"#,
        r#"{"commonCloud":{"security":{},"security":{}}}"#,
        r#"{"commonCloud":{}} x"#,
    ] {
        assert!(
            Listing::from_json(text.as_bytes(), &fields()).is_err(),
            "{text}"
        );
    }
    let deep = format!("{}1{}", "{\"security\":".repeat(5_000), "}".repeat(5_000));
    assert!(Listing::from_json(deep.as_bytes(), &fields()).is_err());
    assert!(Listing::from_json(&vec![b' '; 2 << 20], &fields()).is_err());
}

#[test]
fn the_link_of_a_third_party_is_compared_checked_and_shown() {
    let with = |link: &str| {
        let mut value = story();
        value["commonCloud"]["thirdPartyInformation"] = json!({"isEndUserDataShared": true,
            "thirdPartyDetails": [{"name": "Cloud Ltd", "link": link, "purpose": "hosting",
                "thirdPartyCountries": ["US"]}]});
        value
    };
    let (one, other) = (with("https://example.com/a"), with("https://example.com/b"));
    let changes = listing(&one).diff(&listing(&other), &fields());
    assert_eq!(changes.len(), 1);
    let after = "Cloud Ltd (US): hosting, https://example.com/b";
    assert_eq!(changes[0].after.as_deref(), Some(after));
    assert_eq!(codes(&one), Vec::<&str>::new());
    assert_eq!(codes(&with("javascript:alert(1)")), ["not_a_link"]);
    let page = listing(&one).to_markdown("Example", &fields());
    assert!(page.contains("https://example.com/a"), "{page}");
}

#[test]
fn words_and_countries_that_are_none_and_types_that_differ_are_found() {
    let mut value = story();
    value["commonCloud"]["properties"]["formStatus"] = json!("PENDING?");
    assert_eq!(codes(&value), ["unknown_answer"]);
    let mut value = story();
    value["commonCloud"]["dataResidency"]["countriesWhereEndUserDataStored"] = json!(["ZZ"]);
    assert_eq!(codes(&value), ["unknown_country"]);
    let mut value = story();
    value["commonCloud"]["dataAccessAndStorage"]["isSameDataProcessedAndStored"] = json!(true);
    assert_eq!(codes(&value), ["same_types_differ"]);
    value["commonCloud"]["dataAccessAndStorage"]["typesOfDataStored"] =
        json!(["content", "USER_PROFILE"]);
    assert_eq!(codes(&value), Vec::<&str>::new());
}

#[test]
fn a_page_shows_answers_that_cannot_be_read() {
    let mut value = story();
    value["commonCloud"]["security"]["securityContact"] = json!(7);
    let page = listing(&value).to_markdown("Example", &fields());
    assert!(
        page.contains("| Security contact | (cannot be read) |"),
        "{page}"
    );
    assert!(page.contains("| STORED_EXTERNAL_TO_ATLASSIAN |"), "{page}");
}
