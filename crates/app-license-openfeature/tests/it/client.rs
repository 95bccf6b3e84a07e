use app_license::{
    Edition, FeatureMap, License, LicenseSource, Policy, UnixTime, Verified, WhenAbsent,
};
use app_license_openfeature::{LicenseProvider, LookupError, lookup};
use open_feature::{
    Client, EvaluationContext, EvaluationErrorCode, EvaluationReason, FlagMetadataValue,
    OpenFeature, StructValue,
};

const MAP: &str = r#"
[features]
export = "standard"
bulk-export = "advanced"
[limits]
rows = { standard = 100, advanced = "unlimited" }
[service-levels]
support = { advanced = "4 h" }
"#;

fn of_json(json: &str) -> Result<Verified<License>, LookupError> {
    let license = License::from_object(json.as_bytes(), LicenseSource::ConnectLicenseApi)?;
    let license = license.at(UnixTime::from_seconds(1000).unwrap());
    Ok(Verified::dangerous_assume(license))
}

/// Tenants by their key, as a store would find them.
async fn client(policy: Policy) -> (OpenFeature, Client) {
    let licenses = lookup(|context: &EvaluationContext| {
        match context
            .targeting_key
            .as_deref()
            .ok_or(LookupError::NoTenant)?
        {
            "advanced" => of_json(r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#),
            "standard" => of_json(r#"{"active":true}"#),
            "ended" => of_json(r#"{"active":false,"evaluation":true}"#),
            "absent" => of_json("null"),
            "broken" => of_json("[]"),
            "starting" => Err(LookupError::NotReady),
            "down" => Err(LookupError::Unavailable("the store is gone".to_owned())),
            other => Err(LookupError::UnknownTenant(other.to_owned())),
        }
    });
    let provider = LicenseProvider::new(FeatureMap::from_toml(MAP).unwrap(), licenses)
        .policy(policy)
        .clock(|| UnixTime::from_seconds(1060).unwrap());
    let mut api = OpenFeature::default();
    api.set_provider(provider).await;
    let client = api.create_client();
    (api, client)
}

fn tenant(key: &str) -> EvaluationContext {
    EvaluationContext::default().with_targeting_key(key)
}

#[tokio::test]
async fn each_tenant_gets_what_it_bought() {
    let (_api, client) = client(Policy::new()).await;
    for (key, export, bulk, rows, support) in [
        ("advanced", true, true, i64::MAX, "4 h"),
        ("standard", true, false, 100, ""),
        ("ended", false, false, 0, ""),
        ("absent", false, false, 0, ""),
    ] {
        let at = tenant(key);
        let value = client.get_bool_value("export", Some(&at), None).await;
        assert_eq!(value, Ok(export), "{key}");
        let value = client.get_bool_value("bulk-export", Some(&at), None).await;
        assert_eq!(value, Ok(bulk), "{key}");
        let value = client.get_int_value("rows", Some(&at), None).await;
        assert_eq!(value, Ok(rows), "{key}");
        let value = client.get_string_value("support", Some(&at), None).await;
        assert_eq!(value.as_deref(), Ok(support), "{key}");
    }
    let at = tenant("advanced");
    let rows = client
        .get_float_details("rows", Some(&at), None)
        .await
        .unwrap();
    assert!(rows.value.is_infinite());
    assert_eq!(rows.variant.as_deref(), Some("unlimited"));
}

#[tokio::test]
async fn reasons_follow_the_license() {
    let reason = async |policy: Policy, key: &str| {
        let (_api, client) = client(policy).await;
        let at = tenant(key);
        let details = client
            .get_bool_details("export", Some(&at), None)
            .await
            .unwrap();
        (details.value, details.reason.unwrap().to_string())
    };
    let match_ = "TARGETING_MATCH".to_owned();
    assert_eq!(
        reason(Policy::new(), "standard").await,
        (true, match_.clone())
    );
    assert_eq!(reason(Policy::new(), "ended").await, (false, match_));
    let assume = Policy::new().when_absent(WhenAbsent::Assume(Edition::Standard));
    assert_eq!(reason(assume, "absent").await, (true, "DEFAULT".to_owned()));
    let fresh = Policy::new().max_age(std::time::Duration::from_secs(59));
    assert_eq!(reason(fresh, "standard").await, (false, "STALE".to_owned()));
}

#[tokio::test]
async fn the_decision_travels_in_the_metadata() {
    let (_api, client) = client(Policy::new()).await;
    let at = tenant("standard");
    let details = client
        .get_bool_details("bulk-export", Some(&at), None)
        .await
        .unwrap();
    assert_eq!(details.reason, Some(EvaluationReason::TargetingMatch));
    assert_eq!(details.variant.as_deref(), Some("false"));
    let values = &details.flag_metadata.values;
    let text = |name: &str| match values.get(name) {
        Some(FlagMetadataValue::String(text)) => text.as_str(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(text("reason"), "capability_missing");
    assert_eq!(text("needs"), "capabilityAdvanced");
    assert_eq!(text("has"), "capabilityStandard");
    assert_eq!(text("state"), "active");
    assert_eq!(text("trust"), "verified");
    assert_eq!(values.get("age"), Some(&FlagMetadataValue::Int(60)));
    assert!(
        values
            .values()
            .any(|v| *v == FlagMetadataValue::String("connect_license_api".to_owned()))
    );
    // a limit asks for no capability of its own
    let rows = client
        .get_int_details("rows", Some(&at), None)
        .await
        .unwrap();
    assert!(!rows.flag_metadata.values.contains_key("needs"));
}

#[tokio::test]
async fn errors_have_the_specifications_codes() {
    let (_api, client) = client(Policy::new()).await;
    let code = async |flag: &str, key: &str| {
        let at = tenant(key);
        let error = client
            .get_bool_value(flag, Some(&at), None)
            .await
            .unwrap_err();
        (error.code.to_string(), error.message.unwrap())
    };
    let (error, message) = code("exprot", "advanced").await;
    assert_eq!(error, "FLAG_NOT_FOUND");
    assert_eq!(message, "the feature map does not name `exprot`");
    let (error, message) = code("rows", "advanced").await;
    assert_eq!(error, "TYPE_MISMATCH");
    assert_eq!(message, "`rows` is a number, not a bool");
    assert_eq!(code("export", "starting").await.0, "PROVIDER_NOT_READY");
    assert_eq!(code("export", "nobody").await.0, "INVALID_CONTEXT");
    assert_eq!(code("export", "broken").await.0, "PARSE_ERROR");
    let (error, message) = code("export", "down").await;
    assert_eq!(error, "the license could not be fetched: the store is gone");
    assert_eq!(
        message,
        "the license could not be fetched: the store is gone"
    );
    let error = client
        .get_bool_value("export", None, None)
        .await
        .unwrap_err();
    assert_eq!(error.code, EvaluationErrorCode::TargetingKeyMissing);
    let at = tenant("advanced");
    let error = client
        .get_struct_value::<Fields>("export", Some(&at), None)
        .await;
    assert_eq!(
        error.map(drop).unwrap_err().code,
        EvaluationErrorCode::TypeMismatch
    );
}

struct Fields;

impl TryFrom<StructValue> for Fields {
    type Error = String;

    fn try_from(_: StructValue) -> Result<Self, String> {
        Ok(Self)
    }
}
