use app_license_editions::{Editions, schema};

fn error(text: &str) -> (usize, usize, String) {
    let error = Editions::from_toml("editions.toml", text).unwrap_err();
    (error.line(), error.column(), error.to_string())
}

#[test]
fn mistakes_have_line_and_column() {
    let cases = [
        (
            "[features]\nexport = \"premium\"",
            2,
            10,
            "unknown edition `premium`: expected",
        ),
        (
            "[features]\na = { requires = \"free\", x = 1 }",
            2,
            26,
            "unknown field `x`",
        ),
        (
            "[app]\nkey = \"k\"\nname = 1",
            3,
            8,
            "invalid type: integer `1`, expected a string",
        ),
        (
            "[features]\na = { requires = \"free\", gated = \"x\" }",
            2,
            34,
            "unknown variant `x`",
        ),
        ("[pricing.premium]\n", 1, 10, "unknown edition `premium`"),
        ("[editions.ultra]\n", 1, 11, "unknown edition `ultra`"),
        (
            "[pricing.standard.monthly]\ntiers = [{ up-to = 5 }]",
            1,
            10,
            "the tier from 1 users has no price",
        ),
        (
            "[pricing.standard.monthly]\ntiers = [{ flat = -1 }]",
            2,
            19,
            "invalid value: integer `-1`",
        ),
        ("[features", 1, 10, "unclosed table"),
    ];
    let found: Vec<_> = cases
        .iter()
        .map(|(text, _, _, message)| {
            let (line, column, found) = error(text);
            assert!(found.starts_with(message), "{text:?}: {found}");
            (*text, line, column)
        })
        .collect();
    assert_eq!(
        found,
        cases.map(|(text, line, column, _)| (text, line, column))
    );
}

#[test]
fn a_report_shows_the_line_with_a_caret_within_80_columns() {
    let text = "[features]\nexport = \"standard\"\nbulk-export = \"premium\"\n";
    let error = Editions::from_toml("editions.toml", text).unwrap_err();
    let report = error.report(80);
    assert!(report.contains("[editions.toml:3:15]"), "{report}");
    assert!(report.contains("3 │ bulk-export = \"premium\""), "{report}");
    assert!(report.contains("╰── here"), "{report}");
    assert!(
        report.lines().all(|line| line.chars().count() <= 80),
        "{report}"
    );
}

#[test]
fn every_file_of_gates_alone_is_still_valid() {
    for text in [
        "",
        include_str!("../../../../examples/connect-backend/editions.toml"),
        include_str!("../../../app-license-lab/assets/editions.toml"),
        "[features]\nbeta = { requires = \"capability_ultra\", description = \"for the chosen few\" }",
    ] {
        Editions::from_toml("editions.toml", text).unwrap();
    }
}

#[test]
fn the_listing_keeps_its_order() {
    let text = r#"[features]
zebra = "standard"
apple = "standard"
second = { requires = "advanced", order = 2 }
first = { requires = "advanced", order = 1 }
"#;
    let editions = Editions::from_toml("editions.toml", text).unwrap();
    let keys: Vec<_> = editions.features().iter().map(|f| f.key.as_str()).collect();
    assert_eq!(keys, ["first", "second", "zebra", "apple"]);
}

#[test]
fn the_schema_names_all_that_the_file_may_hold() {
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "app",
            "editions",
            "features",
            "limits",
            "pricing",
            "service-levels"
        ]
    );
    assert_eq!(schema["additionalProperties"], false);
    let long = &schema["definitions"]["LongFeature"];
    assert_eq!(long["additionalProperties"], false);
    assert!(long["properties"]["requires"]["description"].is_string());
    assert_eq!(long["required"], serde_json::json!(["requires"]));
    let tier = schema["definitions"]["TierEntry"]["properties"]
        .as_object()
        .unwrap();
    let names: Vec<_> = tier.keys().map(String::as_str).collect();
    assert_eq!(names, ["flat", "per-user", "up-to"]);
}

#[test]
fn a_report_shows_what_is_around_a_place_in_a_long_line() {
    let long = format!(
        "[features]\na = \"{}\" b = 2 \"{}\"\n",
        "x".repeat(50_000),
        "y".repeat(50_000)
    );
    let other = format!("# {}\n[features]\na = \"premium\"\n", "z".repeat(50_000));
    for text in [long, other] {
        let error = Editions::from_toml("editions.toml", &text).unwrap_err();
        let report = error.report(80);
        assert!(report.contains("here"), "{report}");
        for line in report.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_schema_says_what_a_limit_may_be() {
    let schema = schema();
    let count = schema["definitions"]["LimitEntry"].to_string();
    assert!(count.contains("\"maximum\":9007199254740991"), "{count}");
    assert_eq!(schema["definitions"]["LimitRow"]["minProperties"], 1);
}

#[test]
fn one_mistake_hides_no_other() {
    let text = "\
[app]
name = 1
plan = \"gold\"
[features]
export = \"premium\"
bulk-export = { requires = \"advanced\", nme = \"x\", order = \"first\" }
audit = { name = \"Audit\" }
good = \"standard\"
[limits]
rows = { standard = \"many\" }
[editions.ultra]
[pricing.standard.monthly]
tiers = [{ flat = -1 }, { up-to = \"x\", per-user = 2 }]
[pricing.premium]
[colors]
";
    let errors = Editions::read("editions.toml", text).unwrap_err();
    let found: Vec<_> = errors
        .iter()
        .map(|e| format!("{}:{} {e}", e.line(), e.column()))
        .collect();
    let places: Vec<_> = found.iter().map(|f| f.split(' ').next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "2:8", "3:1", "5:10", "6:40", "6:59", "7:9", "10:21", "11:11", "13:19", "13:35",
            "14:10", "15:2"
        ],
        "{found:#?}"
    );
    let first = Editions::from_toml("editions.toml", text).unwrap_err();
    assert_eq!(first.to_string(), errors[0].to_string());
    // syntax as well
    let errors = Editions::read(
        "editions.toml",
        "[features]\na = \nb = \"standard\"\nc = ]\n",
    );
    assert_eq!(errors.unwrap_err().len(), 2);
}

#[test]
fn characters_that_steer_a_terminal_or_turn_text_round_are_refused_where_they_stand() {
    for (text, line, column, message) in [
        (
            "[features]\na = { requires = \"free\", description = \"x\\u001b[31mred\" }",
            2,
            40,
            "a control character, U+001B",
        ),
        (
            "[features]\na = { requires = \"free\", name = \"ab\u{202e}c\" }",
            2,
            36,
            "a character that changes the order in which text is shown, U+202E",
        ),
        (
            "[app]\nname = \"a\\u0007\"",
            2,
            8,
            "a control character, U+0007",
        ),
        (
            "[features]\na = \"free\"\n[service-levels]\ns = { free = \"a\u{2066}b\" }",
            4,
            16,
            "U+2066",
        ),
        ("[editions.standard]\nname = \"a\u{200f}\"", 2, 10, "U+200F"),
    ] {
        let (found_line, found_column, found) = error(text);
        assert_eq!(
            (found_line, found_column),
            (line, column),
            "{text:?}: {found}"
        );
        assert!(found.contains(message), "{found}");
    }
    let several_lines =
        "[features]\na = { requires = \"free\", description = \"one\\n\\ttwo \u{e9}\u{1f600}\" }";
    assert!(Editions::from_toml("editions.toml", several_lines).is_ok());
}
