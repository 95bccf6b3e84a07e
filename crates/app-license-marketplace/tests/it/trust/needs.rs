//! What a customer needs, held against a listing.

use app_license_marketplace::trust::{Element, Need, NeedState};
use serde_json::{Value, json};

use super::{codes, fields, listing, needs, story};

#[test]
fn the_german_customer_finds_two_gaps_residency_and_iso_27001() {
    let fields = fields();
    let needs = needs(&["residency=DE", "cert=ISO27001"]);
    let explained = listing(&story()).explain(&needs, &fields);
    assert_eq!((explained.met, explained.gaps), (false, 2));
    let of = |element| {
        let found = explained.elements.iter().find(|it| it.element == element);
        found.unwrap().findings.clone()
    };
    let privacy = &of(Element::Privacy)[0];
    assert_eq!(privacy.state, NeedState::Gap);
    assert_eq!(
        privacy.says,
        "data is stored outside Atlassian, in US, not in DE"
    );
    let compliance = &of(Element::Compliance)[0];
    assert_eq!(compliance.state, NeedState::Gap);
    assert_eq!(compliance.says, "SOC2 is listed, not ISO27001");
    // the five elements, in the document's order
    let titles: Vec<_> = explained
        .elements
        .iter()
        .map(|it| it.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "Security",
            "Reliability and support",
            "Compliance",
            "Privacy and data management",
            "Transparency and control"
        ]
    );
}

#[test]
fn the_german_customer_is_content_once_both_are_there() {
    let mut value = story();
    let cloud = &mut value["commonCloud"];
    cloud["dataResidency"]["countriesWhereEndUserDataStored"] = json!(["de"]);
    cloud["security"]["compliantCertifications"] = json!(["SOC2", "ISO/IEC 27001"]);
    let explained = listing(&value).explain(&needs(&["residency=DE", "cert=iso27001"]), &fields());
    assert!(explained.met, "{explained:?}");
}

#[test]
fn what_is_not_clear_is_no_yes() {
    let residency = |countries: Value, need: &str| {
        let mut value = story();
        value["commonCloud"]["dataResidency"]["countriesWhereEndUserDataStored"] = countries;
        let explained = listing(&value).explain(&needs(&[need]), &fields());
        let found = explained.elements.into_iter().flat_map(|it| it.findings);
        found.map(|it| it.state).next().unwrap()
    };
    // stored in Germany or in the USA: for whom?
    assert_eq!(
        residency(json!(["US", "DE"]), "residency=DE"),
        NeedState::Unclear
    );
    // the EU is no single country of it
    assert_eq!(residency(json!(["EU"]), "residency=DE"), NeedState::Unclear);
    assert_eq!(residency(json!(["DE"]), "residency=EU"), NeedState::Met);
    assert_eq!(
        residency(json!(["DE", "FR"]), "residency=EU"),
        NeedState::Met
    );
    assert_eq!(
        residency(json!(["DE", "US"]), "residency=EU"),
        NeedState::Unclear
    );
    assert_eq!(residency(json!([]), "residency=DE"), NeedState::Gap);
    assert_eq!(
        residency(json!("DE"), "residency=DE"),
        NeedState::Gap,
        "no list"
    );
    // nothing answered at all
    let explained = listing(&json!({"commonCloud": {}})).explain(
        &needs(&["residency=DE", "cert=SOC2", "dpa", "encryption"]),
        &fields(),
    );
    assert_eq!((explained.met, explained.gaps), (false, 4));
    // and nothing asked is nothing met
    assert!(!listing(&story()).explain(&[], &fields()).met);
}

#[test]
fn needs_that_mean_nothing_are_refused() {
    for text in [
        "",
        "residency",
        "residency=",
        "residency=D3",
        "residency=GERMANY",
        "cert=",
        "cert=a\0b",
        "retention=",
        "retention=-1",
        "retention=NaN",
        "retention=99999999999999999999",
        "weather",
        "dpa=yes",
        "=",
        "=DE",
    ] {
        assert!(text.parse::<Need>().is_err(), "{text:?}");
    }
}

#[test]
fn the_eu_lies_within_the_eea() {
    let with = |place: &str| {
        json!({"dataAccessAndStorage": {"appStoresEUDOutsideAtlassian": true, "typesOfDataStored": ["CONTENT"]},
            "dataResidency": {"countriesWhereEndUserDataStored": [place]},
            "privacy": {"gdpr": {"dataTransfer": {"isEndUserDataTransferredOutsideEEA": false}}}})
    };
    for place in ["EU", "EEA", "DE", "NO"] {
        assert_eq!(codes(&with(place)), Vec::<&str>::new(), "{place}");
    }
    assert_eq!(codes(&with("US")), ["transfer_contradicts_countries"]);
}

fn finding(value: &Value, need: &str) -> (NeedState, String) {
    let explained = listing(value).explain(&needs(&[need]), &fields());
    let found = explained.elements.into_iter().flat_map(|it| it.findings);
    found.map(|it| (it.state, it.says)).next().unwrap()
}

#[test]
fn what_a_listing_contradicts_is_not_met() {
    let mut parties = story();
    parties["commonCloud"]["thirdPartyInformation"]["thirdPartyDetails"] =
        json!([{"name": "Cloud Ltd"}]);
    let mut reversed = story();
    reversed["commonCloud"]["dataRetention"] = json!({"isDataRetentionSupported": true,
        "retentionDurationInDays": {"min": 90, "max": 30}});
    let mut rejected = story();
    rejected["commonCloud"]["properties"]["formStatus"] = json!("REJECTED");
    for (value, need) in [
        (&parties, "no-third-parties"),
        (&reversed, "retention=30"),
        (&rejected, "encryption"),
        (&rejected, "residency=US"),
        (&rejected, "cert=SOC2"),
    ] {
        let (state, says) = finding(value, need);
        assert_eq!(state, NeedState::Unclear, "{need}: {says}");
        assert!(says.contains("; but "), "{says}");
    }
    // a contradiction of other fields does not touch a need
    assert_eq!(finding(&parties, "encryption").0, NeedState::Met);
}

#[test]
fn a_certification_is_met_under_any_of_its_names() {
    let with = |name: &str| {
        let mut value = story();
        value["commonCloud"]["security"]["compliantCertifications"] = json!([name]);
        value
    };
    for (listed, wanted, met) in [
        ("ISO/IEC 27001:2022", "ISO27001", true),
        ("ISO 27001:2013", "ISO27001", true),
        ("ISO27001:2022", "iso 27001", true),
        ("iso_27001-2022", "ISO27001", true),
        ("SOC2_TYPE_2", "SOC2", true),
        ("SOC 2 Type II", "soc2 type 2", true),
        ("PCI", "PCI DSS", true),
        // a year or a type that is wanted has to be listed
        ("ISO27001", "ISO27001:2022", false),
        ("ISO 27001:2013", "ISO27001:2022", false),
        ("SOC 2 Type I", "SOC 2 Type II", false),
        ("ISO27018", "ISO27001", false),
        ("ISO270011", "ISO27001", false),
        ("SOC 1", "SOC2", false),
        ("SOC 3", "SOC2", false),
    ] {
        let (state, says) = finding(&with(listed), &format!("cert={wanted}"));
        assert_eq!(state == NeedState::Met, met, "{listed} {wanted}: {says}");
    }
}
