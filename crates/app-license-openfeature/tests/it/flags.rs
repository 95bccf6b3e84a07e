//! The cases that the npm package's provider answers too: `flags.json`.

use std::time::Duration;

use app_license::{
    Edition, FeatureMap, License, LicenseSource, Policy, UnixTime, Verified, WhenAbsent,
};
use app_license_openfeature::{LicenseProvider, lookup};
use open_feature::provider::{FeatureProvider as _, ResolutionDetails};
use open_feature::{
    EvaluationContext, EvaluationErrorCode, EvaluationResult, FlagMetadataValue, StructValue,
};
use serde_json::{Value, json};

/// The policies of the file are written as in JavaScript.
fn policy(said: &Value) -> Policy {
    let mut policy = Policy::new();
    for (name, value) in said.as_object().unwrap() {
        policy = match (name.as_str(), value) {
            ("whenAbsent", _) => {
                let edition = Edition::from_name(value.as_str().unwrap()).unwrap();
                policy.when_absent(WhenAbsent::Assume(edition))
            }
            ("maxAge", _) => policy.max_age(Duration::from_secs(value.as_u64().unwrap())),
            ("confirmedOnly", Value::Bool(yes)) => policy.confirmed_only(*yes),
            other => panic!("{other:?}"),
        };
    }
    policy
}

fn written<T>(
    result: EvaluationResult<ResolutionDetails<T>>,
    value: impl FnOnce(T) -> Value,
) -> Value {
    let details = match result {
        Ok(details) => details,
        Err(error) => {
            let code = match error.code {
                EvaluationErrorCode::FlagNotFound => "FLAG_NOT_FOUND",
                EvaluationErrorCode::TypeMismatch => "TYPE_MISMATCH",
                other => panic!("{other:?}"),
            };
            return json!({ "error": code });
        }
    };
    let fields = details.flag_metadata.unwrap().values;
    let metadata: serde_json::Map<_, _> = fields
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                FlagMetadataValue::Bool(value) => value.into(),
                FlagMetadataValue::Int(value) => value.into(),
                FlagMetadataValue::Float(value) => value.into(),
                FlagMetadataValue::String(value) => Value::String(value),
            };
            (name, value)
        })
        .collect();
    json!({
        "value": value(details.value),
        "variant": details.variant,
        "reason": details.reason.unwrap().to_string(),
        "metadata": metadata,
    })
}

async fn answered(file: &Value, case: &Value) -> Value {
    let of = |list: &str, one: &str| file[list][case[one].as_str().unwrap()].clone();
    let now = UnixTime::from_seconds(file["now"].as_u64().unwrap()).unwrap();
    let said = of("licenses", "license");
    let document = said["document"].to_string();
    let license = License::from_object(document.as_bytes(), LicenseSource::ConnectLicenseApi);
    let age = said["age"].as_u64().unwrap();
    let at = UnixTime::from_seconds(now.as_seconds() - age).unwrap();
    let license = Verified::dangerous_assume(license.unwrap().at(at));
    let features = FeatureMap::from_json(file["features"].to_string().as_bytes()).unwrap();
    let provider = LicenseProvider::new(features, lookup(move |_| Ok(license.clone())))
        .policy(policy(&of("policies", "policy")))
        .clock(move || now);
    let flag = of("flags", "flag");
    let (name, context) = (flag["name"].as_str().unwrap(), EvaluationContext::default());
    match flag["kind"].as_str().unwrap() {
        "boolean" => {
            let result = provider.resolve_bool_value(name, &context).await;
            written(result, Value::from)
        }
        "number" => {
            let result = provider.resolve_int_value(name, &context).await;
            let unlimited = |number| match number {
                i64::MAX => json!("unlimited"),
                number => json!(number),
            };
            written(result, unlimited)
        }
        "string" => {
            let result = provider.resolve_string_value(name, &context).await;
            written(result, Value::from)
        }
        "object" => {
            let result = provider.resolve_struct_value(name, &context).await;
            written(result, |_: StructValue| Value::Null)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn flags_are_answered_as_by_the_npm_package() {
    let file: Value = serde_json::from_str(include_str!("../flags.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() > 150, "{}", cases.len());
    for case in cases {
        let found = answered(&file, case).await;
        assert_eq!(found, case["expect"], "{case}");
    }
}
