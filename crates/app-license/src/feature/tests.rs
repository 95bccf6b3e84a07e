use std::time::Duration;

use crate::gate::capability::Edition;
use crate::gate::policy::{Policy, WhenAbsent};

use super::{FeatureMap, Limit};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::{Hint, Verified};

const MAP: &str = r#"
[features]
export = "standard"
"bulk-export" = "advanced"
"hello" = "free"
beta = { requires = "capability_ultra", description = "for the chosen few" }

[limits]
projects = { none = 3, standard = 10, advanced = 100 }
rows = { standard = 1000, advanced = "unlimited", capabilityUltra = 7 }
seats = { advanced = 5 }

[service-levels]
support = { standard = "48 h", advanced = "4 h" }
"#;

fn map() -> FeatureMap {
    FeatureMap::from_toml(MAP).unwrap()
}

fn license(json: &str) -> Verified<License> {
    let license = License::from_object(json.as_bytes(), LicenseSource::ConnectLicenseApi).unwrap();
    Verified::dangerous_assume(license)
}

#[test]
fn what_each_customer_gets() {
    let map = map();
    let (policy, now) = (Policy::new(), UnixTime::EPOCH);
    let cases = [
        ("null", "", [3, 0, 0], None),
        (
            r#"{"active":false,"capabilitySet":"capabilityAdvanced"}"#,
            "",
            [3, 0, 0],
            None,
        ),
        (
            r#"{"active":true}"#,
            "export hello",
            [10, 1000, 0],
            Some("48 h"),
        ),
        (
            r#"{"active":true,"capabilitySet":"capabilityFree"}"#,
            "hello",
            [3, 0, 0],
            None,
        ),
        (
            r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
            "bulk-export export hello",
            [100, u64::MAX, 5],
            Some("4 h"),
        ),
        (
            r#"{"active":true,"capabilitySet":"capabilityUltra"}"#,
            "beta",
            [3, 7, 0],
            None,
        ),
        (
            r#"{"active":true,"capabilitySet":"capabilityOther"}"#,
            "",
            [3, 0, 0],
            None,
        ),
    ];
    for (json, features, limits, support) in cases {
        let license = license(json);
        let allowed: Vec<&str> = map
            .features()
            .filter(|f| map.check(f, &license, &policy, now).unwrap().is_allowed())
            .collect();
        assert_eq!(allowed.join(" "), features, "{json}");
        for (name, want) in ["projects", "rows", "seats"].into_iter().zip(limits) {
            let limit = map.limit(name, &license, &policy, now).unwrap();
            assert_eq!(limit.count().unwrap_or(u64::MAX), want, "{json} {name}");
            let hint = Hint::new(license.clone().into_inner());
            assert_eq!(map.limit_hint(name, &hint, &policy, now).unwrap(), limit);
        }
        let level = map
            .service_level("support", &license, &policy, now)
            .unwrap();
        assert_eq!(level, support, "{json}");
    }
}

#[test]
fn limits_follow_the_policy() {
    let map = map();
    let now = UnixTime::EPOCH.plus(1000);
    let assume = Policy::new().when_absent(WhenAbsent::Assume(Edition::Standard));
    let absent = license("null");
    assert_eq!(
        map.limit("projects", &absent, &assume, now).unwrap(),
        Limit::Count(10)
    );
    let advanced = r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#;
    let stale = license(advanced);
    let fresh = Policy::new().max_age(Duration::from_secs(60));
    assert_eq!(
        map.limit("projects", &stale, &fresh, now).unwrap(),
        Limit::Count(3)
    );
}

#[test]
fn a_statement_of_the_future_is_of_unknown_age() {
    let (map, now) = (map(), UnixTime::EPOCH.plus(1000));
    let decide = |ahead: u64, policy: &Policy| {
        let dated = license(r#"{"active":true}"#).into_inner();
        let dated = Verified::dangerous_assume(dated.at(now.plus(ahead)));
        let decision = map.check("export", &dated, policy, now);
        let decision = decision.unwrap();
        (decision.code(), decision.age())
    };
    let fresh = Policy::new().max_age(Duration::from_secs(60));
    assert_eq!(decide(0, &fresh), ("granted", Some(0)));
    assert_eq!(decide(300, &fresh), ("granted", Some(0)));
    assert_eq!(decide(301, &fresh), ("stale", None));
    assert_eq!(decide(86_400, &fresh), ("stale", None));
    assert_eq!(decide(301, &Policy::new()), ("granted", None));
}

#[test]
fn an_unknown_name_is_an_error_and_never_a_silent_denial() {
    let map = map();
    let (license, policy, now) = (license("null"), Policy::new(), UnixTime::EPOCH);
    let error = map.check("Export", &license, &policy, now).unwrap_err();
    assert_eq!(error.to_string(), "the feature map has no feature `Export`");
    assert_eq!(
        map.limit("x", &license, &policy, now).unwrap_err().code(),
        "unknown_limit"
    );
    let level = map.service_level("x", &license, &policy, now);
    assert_eq!(level.unwrap_err().code(), "unknown_service_level");
}

#[test]
fn json_and_toml_say_the_same() {
    let map = map();
    let json = map.to_json();
    assert_eq!(FeatureMap::from_json(json.as_bytes()).unwrap(), map);
    assert!(json.contains(r#""advanced":"unlimited""#), "{json}");
    assert_eq!(map.description("beta"), Some("for the chosen few"));
}

#[test]
fn mistakes_are_named_with_their_line() {
    let reason = |toml: &str| {
        let text = FeatureMap::from_toml(toml).unwrap_err().to_string();
        text.strip_prefix("the feature map is not valid: ")
            .unwrap()
            .to_owned()
    };
    for (toml, want) in [
        (
            "[feature]\na = \"free\"",
            "unknown field `feature`, expected one of `features`, `limits`, `service-levels`, `app`, `editions`, `pricing` (line 1)",
        ),
        (
            "[features]\n\nExport = \"free\"",
            "`Export` is not a valid name: expected lower-case letters, digits, `.`, `_` and `-`, a letter or digit first, at most 128 characters (line 3)",
        ),
        (
            "[features]\na = { requires = \"free\", x = 1 }",
            "unknown field `x`, expected one of `requires`, `description`, `name`, `order`, `gated` (line 2)",
        ),
        (
            "[features]\na = { description = \"free\" }",
            "missing field `requires` (line 2)",
        ),
        (
            "[features]\na = \"Standard\"",
            "unknown edition `Standard`: expected `free`, `standard`, `advanced`, or a capability string beginning with `capability` (line 2)",
        ),
        (
            "[limits]\na = { standard = -1 }",
            "invalid value: integer `-1`, expected a whole number from 0 to 9007199254740991, or `unlimited` (line 2)",
        ),
        (
            "[limits]\na = { standard = 1.5 }",
            "invalid type: floating point `1.5`, expected a whole number from 0 to 9007199254740991, or `unlimited` (line 2)",
        ),
        (
            "[limits]\na = { standard = 1, capabilityStandard = 2 }",
            "an edition occurs twice (line 2)",
        ),
        ("[limits]\na = {}", "a row without any edition (line 2)"),
        (
            "[limits]\na = { premium = 1 }",
            "unknown edition `premium`: expected `free`, `standard`, `advanced`, or a capability string beginning with `capability` (line 2)",
        ),
    ] {
        assert_eq!(reason(toml), want);
    }
    assert!(reason("[features]\na = \"free\"\na = \"free\"").contains("line 3"));
}

#[test]
fn json_mistakes_too() {
    for (json, want) in [
        (
            r#"{"features":{"a":"free","a":"free"}}"#,
            "`a` occurs twice",
        ),
        (r#"{"features":{},"features":{}}"#, "duplicate field"),
        (r#"{"features":{}} x"#, "trailing characters"),
        (
            r#"{"limits":{"a":{"standard":1,"standard":2}}}"#,
            "an edition occurs twice",
        ),
        (
            r#"{"limits":{"a":{"standard":99999999999999999999}}}"#,
            "invalid type",
        ),
        (r#"[]"#, "expected a JSON object"),
    ] {
        let error = FeatureMap::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "feature_map");
        assert!(error.to_string().contains(want), "{json}: {error}");
    }
}

#[test]
fn bounded() {
    let rows = |n: usize| {
        let rows: Vec<String> = (0..n).map(|i| format!("f{i} = \"free\"")).collect();
        format!("[features]\n{}", rows.join("\n"))
    };
    assert_eq!(
        FeatureMap::from_toml(&rows(4096))
            .unwrap()
            .features()
            .count(),
        4096
    );
    assert_eq!(
        FeatureMap::from_toml(&rows(4097)).unwrap_err().code(),
        "feature_map"
    );
    let large = format!("#{}", "x".repeat(256 * 1024));
    assert_eq!(
        FeatureMap::from_toml(&large).unwrap_err().code(),
        "too_large"
    );
    let deep = format!("[features]\na = {}", "[".repeat(10_000));
    assert_eq!(
        FeatureMap::from_toml(&deep).unwrap_err().code(),
        "feature_map"
    );
    assert_eq!(FeatureMap::from_toml("").unwrap(), FeatureMap::default());
}

#[test]
fn what_only_the_publisher_needs_changes_no_gate() {
    let toml = r#"
[app]
key = "com.example.app"
[features]
a = { requires = "advanced", name = "A", order = 1, gated = "code" }
[editions.capabilityUltra]
name = "Ultra"
[pricing.standard.monthly]
starter = 1000
"#;
    let map = FeatureMap::from_toml(toml).unwrap();
    let plain = FeatureMap::from_toml("[features]\na = \"advanced\"").unwrap();
    assert_eq!(map, plain);
    assert_eq!(map.to_json(), plain.to_json());
}
