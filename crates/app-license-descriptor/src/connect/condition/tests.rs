use proptest::prelude::*;

use super::{Condition, ConditionKind, InlineCondition, SingleCondition, remote_condition_shown};
use crate::visibility::HostLicense;
use app_license::FeatureMap;

fn parse(json: &str) -> Condition {
    Condition::parse(json.as_bytes()).unwrap()
}

fn reason(json: &str) -> String {
    Condition::parse(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn both_spellings_of_composites_are_read() {
    let want = parse(r#"{"or":[{"condition":"a"},{"and":[{"condition":"b"}]}]}"#);
    for json in [
        r#"{"type":"or","conditions":[{"condition":"a"},{"type":"AND","conditions":[{"condition":"b"}]}]}"#,
        r#"{"conditions":[{"condition":"a"},{"and":[{"condition":"b","future":1}]}],"type":"OR"}"#,
    ] {
        assert_eq!(parse(json), want, "{json}");
    }
}

#[test]
fn what_is_no_condition_is_refused() {
    for (json, want) in [
        ("{}", "expected `condition`, `and` or `or`"),
        ("7", "expected an object, found a number"),
        (r#"[["a"]]"#, "expected an object, found an array"),
        (
            r#"{"condition":7}"#,
            "`condition` must be a string, found a number",
        ),
        (
            r#"{"condition":""}"#,
            "the name of a condition has 1 to 2048 bytes",
        ),
        (
            r#"{"condition":"a","invert":"true"}"#,
            "`invert` must be a boolean, found a string",
        ),
        (
            r#"{"condition":"a","params":[]}"#,
            "`params` must be an object, found an array",
        ),
        (
            r#"{"condition":"capability_set"}"#,
            "`capability_set` needs the parameter `value`",
        ),
        (
            r#"{"condition":"capability_set","params":{"value":1}}"#,
            "`params.value` must be a string, found a number",
        ),
        (
            r#"{"and":[],"or":[]}"#,
            "only one of `and`, `or` and `conditions` may be there",
        ),
        (r#"{"and":{}}"#, "`and` must be an array, found an object"),
        (
            r#"{"conditions":[]}"#,
            "`conditions` needs a `type`, `and` or `or`",
        ),
        (
            r#"{"conditions":[],"type":"Or"}"#,
            "`type` must be `and` or `or`, found `Or`",
        ),
        (
            r#"{"and":[],"invert":true}"#,
            "`condition`, `invert` and `params` cannot stand beside `and`, `or` or `conditions`",
        ),
    ] {
        assert_eq!(
            reason(json),
            format!("not a valid condition: {want}"),
            "{json}"
        );
    }
    let many = format!("[{}]", vec![r#"{"condition":"a"}"#; 1001].join(","));
    assert!(reason(&many).contains("more than 1000 conditions"));
    let deep = format!("{}{}", r#"{"and":["#.repeat(40), "]}".repeat(40));
    assert!(reason(&deep).contains("nested too deep"));
    assert!(reason(r#"{"condition":"a","condition":"b"}"#).contains("twice"));
}

#[test]
fn the_host_compares_strings() {
    let none = |_: &str, _: &str| None;
    let shown = |json: &str, licensed, capability| {
        parse(json).evaluate(HostLicense::new(licensed, capability), &none)
    };
    let standard = r#"{"condition":"capability_set","params":{"value":"capabilityStandard"}}"#;
    assert_eq!(
        shown(standard, true, Some("capabilityAdvanced")),
        Some(false)
    );
    assert_eq!(
        shown(standard, true, Some("capabilitystandard")),
        Some(false)
    );
    assert_eq!(shown(standard, true, None), Some(false));
    assert_eq!(
        shown(standard, false, Some("capabilityStandard")),
        Some(true)
    );
}

#[test]
fn others_are_asked_with_their_parameters() {
    let condition = parse(r#"{"condition":"/beta","params":{"a":1},"invert":true}"#);
    let answer = |name: &str, params: &str| Some((name, params) == ("/beta", r#"{"a":1}"#));
    let host = HostLicense::new(false, None);
    assert_eq!(condition.evaluate(host, &answer), Some(false));
    assert_eq!(condition.evaluate(host, &|_, _| None), None);
    assert_eq!(condition.to_string(), r#"not /beta{"a":1}"#);
}

fn codes(json: &str) -> String {
    let diagnostics = parse(json).diagnostics(None);
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code()).collect();
    codes.join(" ")
}

#[test]
fn warnings_say_where_host_and_gate_differ() {
    let licensed = r#"{"condition":"addon_is_licensed"}"#;
    let cap = |v: &str| format!(r#"{{"condition":"capability_set","params":{{"value":"{v}"}}}}"#);
    let not = |v: &str| cap(v).replace(r#""params""#, r#""invert":true,"params""#);
    let (standard, advanced) = (cap("capabilityStandard"), cap("capabilityAdvanced"));
    for (json, want) in [
        (format!("[{licensed}]"), ""),
        (format!("[{licensed},{advanced}]"), ""),
        (
            format!("[{licensed},{standard}]"),
            "standard_hides_advanced standard_hides_unchanged",
        ),
        (advanced.clone(), "shown_to_inactive"),
        (
            format!(r#"[{licensed},{{"or":[{standard},{advanced}]}}]"#),
            "standard_hides_unchanged",
        ),
        // a hint to buy more, shown to whoever has not: what it says is what is meant
        (format!("[{licensed},{}]", not("capabilityAdvanced")), ""),
        (
            format!(r#"[{licensed},{{"condition":"user_is_admin"}},{standard}]"#),
            "standard_hides_advanced standard_hides_unchanged",
        ),
        (
            format!(r#"{{"or":[{{"condition":"user_is_admin"}},{standard}]}}"#),
            "standard_hides_advanced standard_hides_unchanged shown_to_inactive",
        ),
        (
            format!("[{licensed},{}]", cap("capability_advanced")),
            "capability_spelling",
        ),
        (
            format!("[{licensed},{}]", cap("capabilityUltra")),
            "unknown_capability",
        ),
        (r#"{"or":[]}"#.to_owned(), "never_shown"),
        (format!("[{advanced},{standard}]"), "never_shown"),
        (
            r#"[{"condition":"a"},{"condition":"a","invert":true}]"#.to_owned(),
            "never_shown",
        ),
        ("[]".to_owned(), ""),
    ] {
        assert_eq!(codes(&json), want, "{json}");
    }
    let map = FeatureMap::from_toml("[features]\nx = \"capabilityUltra\"").unwrap();
    let ultra = parse(&format!("[{licensed},{}]", cap("capabilityUltra")));
    assert_eq!(ultra.diagnostics(Some(&map)), []);
}

#[test]
fn inline_conditions_are_read_as_the_host_reads_them() {
    let read = |text: &str| InlineCondition::parse(text).map(|c| c.to_string());
    for (text, want) in [
        ("condition.is_admin", "{condition.is_admin}"),
        ("condition.is_admin()", "{condition.is_admin}"),
        ("condition.is_admin(  )", "{condition.is_admin}"),
        ("\tcondition.is_admin\n", "{condition.is_admin}"),
        (
            "condition.my-App__x-023(a=)",
            "{condition.my-App__x-023(a=)}",
        ),
        ("condition.x(a=1,,b=2,)", "{condition.x(a=1, b=2)}"),
        ("condition.x(a=(1))", "{condition.x(a=(1))}"),
    ] {
        assert_eq!(read(text).unwrap(), want, "{text}");
    }
    for text in [
        "",
        "condition.",
        "condition. is_admin",
        "ccondition.is_admin",
        "conditionis_admin",
        "Condition.is_admin",
        "is_admin",
        "{condition.is_admin}",
        "condition.is_admin(",
        "condition.is_admin)",
        "condition.is_admin()x",
        "condition.is_admin x",
        "condition.x(a)",
        "condition.x(a=1=2)",
        "condition.x(a=1,a=2)",
        "condition.x(a=\"b, c\")",
        "condition.é",
        "condition.$%^*&*.,;",
    ] {
        assert_eq!(read(text).unwrap_err().code(), "condition", "{text}");
    }
}

#[test]
fn inline_conditions_are_found_in_a_url() {
    let url = "/a?x={condition.a(k=v)}&{issue.key}{ condition.b }&{condition.c&y={CONDITION.d}";
    let found: Vec<_> = InlineCondition::find_in(url)
        .map(|c| c.map_or_else(|e| e.code().to_owned(), |c| c.name().to_owned()))
        .collect();
    assert_eq!(found, ["a", "b", "condition"]);
}

#[test]
fn a_remote_condition_shows_only_by_a_clear_yes() {
    for (status, body, want) in [
        (200, r#"{"shouldDisplay":true}"#, true),
        (200, r#"{"shouldDisplay":"True","x":[1]}"#, true),
        (200, r#"{"shouldDisplay":" true"}"#, false),
        (200, r#"{"shouldDisplay":false}"#, false),
        (200, r#"{"shouldDisplay":1}"#, false),
        (200, r#"{"shouldDisplay":null}"#, false),
        (200, r#"{"shoulddisplay":true}"#, false),
        (
            200,
            r#"{"shouldDisplay":false,"shouldDisplay":true}"#,
            false,
        ),
        (200, "true", false),
        (200, r#"[{"shouldDisplay":true}]"#, false),
        (200, "<html>", false),
        (200, "", false),
        (201, r#"{"shouldDisplay":true}"#, false),
        (302, r#"{"shouldDisplay":true}"#, false),
        (404, r#"{"shouldDisplay":true}"#, false),
    ] {
        assert_eq!(
            remote_condition_shown(status, body.as_bytes()),
            want,
            "{status} {body}"
        );
    }
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let name = prop_oneof![Just("user_is_admin".to_owned()), "[a-z/\\\\\"é]{1,8}"];
    let leaf = prop_oneof![
        Just(SingleCondition::new(ConditionKind::AddonIsLicensed)),
        "[a-zA-Z\"\\\\]{0,12}"
            .prop_map(|value| SingleCondition::new(ConditionKind::CapabilitySet { value })),
        name.prop_map(|name| SingleCondition::new(ConditionKind::Other { name })),
    ];
    let leaf = (leaf, any::<bool>())
        .prop_map(|(s, invert)| Condition::Single(if invert { s.inverted() } else { s }));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
            prop::collection::vec(inner, 0..4).prop_map(Condition::Or),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(condition in any_condition()) {
        let json = condition.to_json();
        prop_assert_eq!(Condition::parse(json.as_bytes()).unwrap(), condition, "{}", json);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = Condition::parse(&bytes);
        let _ = InlineCondition::parse(&String::from_utf8_lossy(&bytes));
        let _ = remote_condition_shown(200, &bytes);
    }
}
