//! Properties of reading a license, over objects nobody wrote by hand.

use app_license::{Capability, Edition, Hint, License, LicenseSource, Policy, State, UnixTime};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn known_fields() -> impl Strategy<Value = Map<String, Value>> {
    let flag = || {
        prop_oneof![
            4 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
            1 => Just(json!("true")),
            1 => Just(json!(1)),
        ]
    };
    let text = || {
        prop_oneof![
            Just(json!("capabilityAdvanced")),
            Just(json!("capabilityStandard")),
            Just(json!("CAPABILITY_ADVANCED")),
            Just(json!("capabilityUltra")),
            Just(json!("")),
            Just(json!("NULL")),
            Just(Value::Null),
            Just(json!(7)),
            any::<String>().prop_map(Value::from),
        ]
    };
    let date = prop_oneof![
        Just(json!("2026-12-08T00:00:00.000Z")),
        Just(json!("1689949707000")),
        Just(json!(1_689_949_707_000_u64)),
        Just(json!("NULL")),
        Just(Value::Null),
        any::<String>().prop_map(Value::from),
    ];
    let field = prop_oneof![
        flag().prop_map(|v| ("active", v)),
        flag().prop_map(|v| ("isActive", v)),
        flag().prop_map(|v| ("evaluation", v)),
        flag().prop_map(|v| ("isEvaluation", v)),
        text().prop_map(|v| ("capabilitySet", v)),
        text().prop_map(|v| ("type", v)),
        text().prop_map(|v| ("ccpEntitlementId", v)),
        date.clone().prop_map(|v| ("trialEndDate", v)),
        date.prop_map(|v| ("subscriptionEndDate", v)),
        Just(("modes", json!(["USER_ACCESS"]))),
    ];
    prop::collection::vec(field, 0..8)
        .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn unknown_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!({"active": true, "isActive": true, "capabilitySet": "capabilityAdvanced"})),
        Just(json!([{"deep": [1, {"license": {}}]}])),
    ];
    prop::collection::vec(("[a-zA-Z_]{1,12}", value), 1..6)
        .prop_map(|f| f.into_iter().map(|(k, v)| (format!("x-{k}"), v)).collect())
}

fn read(object: &Map<String, Value>) -> License {
    let text = serde_json::to_vec(object).unwrap();
    License::from_object(&text, LicenseSource::ForgeUiContext).unwrap()
}

/// Everything a license answers, but for its raw text.
fn answers(license: &License) -> Value {
    let mut summary = serde_json::to_value(license).unwrap();
    summary.as_object_mut().unwrap().remove("raw");
    let hint = Hint::new(license.clone());
    let decisions: Vec<Value> = ["capabilityFree", "capabilityStandard", "capabilityAdvanced"]
        .iter()
        .map(|c| {
            let decision = hint.decide(&Policy::new(), *c, UnixTime::EPOCH);
            serde_json::to_value(decision).unwrap()
        })
        .collect();
    json!([summary, decisions])
}

proptest! {
    #[test]
    fn an_unknown_field_never_changes_an_answer(
        known in known_fields(),
        unknown in unknown_fields(),
    ) {
        let plain = read(&known);
        let mut more = known;
        more.extend(unknown);
        prop_assert_eq!(answers(&plain), answers(&read(&more)));
    }

    #[test]
    fn only_an_active_license_grants_and_never_more_than_its_edition(known in known_fields()) {
        let license = read(&known);
        for wanted in Edition::ALL {
            if license.has_capability(wanted) {
                prop_assert_eq!(license.state(), State::Active);
                prop_assert!(license.edition().is_some_and(|has| has >= wanted));
            }
        }
        let truthy = |name: &str| known.get(name) == Some(&Value::Bool(true));
        if license.state() == State::Active {
            prop_assert!(truthy("active") || truthy("isActive"));
        }
    }

    #[test]
    fn what_is_read_is_kept_and_reads_the_same_again(
        known in known_fields(),
        unknown in unknown_fields(),
    ) {
        let mut object = known;
        object.extend(unknown);
        let license = read(&object);
        let raw = license.raw().unwrap();
        prop_assert_eq!(&serde_json::from_str::<Map<String, Value>>(raw).unwrap(), &object);
        let again = License::from_object(raw.as_bytes(), LicenseSource::ForgeUiContext).unwrap();
        prop_assert_eq!(again, license);
    }

    #[test]
    fn no_bytes_can_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = License::from_object(&bytes, LicenseSource::ForgeUiContext);
        let _ = License::from_connect_api(&bytes);
        let _ = License::from_forge_ui_context(&bytes);
    }

    #[test]
    fn a_capability_survives_unchanged(text in any::<String>()) {
        prop_assert_eq!(Capability::new(text.clone()).to_string(), text);
    }
}
