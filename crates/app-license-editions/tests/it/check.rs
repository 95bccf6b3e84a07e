use app_license_editions::{Editions, check};

fn codes(text: &str) -> Vec<&'static str> {
    let editions = Editions::from_toml("editions.toml", text).unwrap();
    check(&editions).iter().map(|d| d.code()).collect()
}

#[test]
fn standard_is_mandatory_and_advanced_never_alone() {
    assert!(codes("[features]\na = \"standard\"").is_empty());
    assert!(codes("[features]\na = \"standard\"\nb = \"advanced\"").is_empty());
    assert_eq!(codes("[features]\nb = \"advanced\""), ["standard_missing"]);
    assert_eq!(codes(""), ["nothing_sold"]);
    // a service level is enough
    assert!(
        codes("[features]\nb = \"advanced\"\n[service-levels]\ns = { standard = \"48 h\" }")
            .is_empty()
    );
}

#[test]
fn an_edition_with_a_price_sells_something() {
    let prices = "\n[pricing.standard.monthly]\ntiers = [{ per-user = 1 }]\n[pricing.advanced.monthly]\ntiers = [{ per-user = 2 }]\n";
    assert_eq!(
        codes(&format!("[features]\na = \"standard\"{prices}")),
        ["edition_empty"]
    );
    assert!(
        codes(&format!(
            "[features]\na = \"standard\"\nb = \"advanced\"{prices}"
        ))
        .is_empty()
    );
    // the same service level as below is nothing of its own
    let levels = "[service-levels]\ns = { standard = \"48 h\", advanced = \"48 h\" }";
    assert_eq!(codes(&format!("{levels}{prices}")), ["edition_empty"]);
}

#[test]
fn editions_to_come_are_declared() {
    let feature = "[features]\na = \"standard\"\nb = \"capabilityUltra\"\n";
    assert_eq!(codes(feature), ["edition_undeclared"]);
    assert!(
        codes(&format!(
            "{feature}[editions.capability_ultra]\nname = \"Ultra\""
        ))
        .is_empty()
    );
}

#[test]
fn upgrades_lose_nothing() {
    let limits = "[features]\na = \"standard\"\n[limits]\nrows = { standard = 10, advanced = 5 }";
    assert_eq!(codes(limits), ["limit_falls"]);
}

#[test]
fn who_lists_lists_all() {
    let text = "[features]\na = { requires = \"standard\", name = \"A\", description = \"a\" }\nb = \"standard\"";
    assert_eq!(codes(text), ["listing_text_missing"]);
}

#[test]
fn findings_have_their_place() {
    let text = "[features]\na = \"standard\"\n\n  b = \"capabilityUltra\"\n";
    let editions = Editions::from_toml("x/editions.toml", text).unwrap();
    let found = check(&editions);
    assert_eq!(found[0].place().unwrap().to_string(), "x/editions.toml:4:3");
    assert!(
        found[0]
            .to_string()
            .starts_with("x/editions.toml:4:3: warning[edition_undeclared]: ")
    );
}

#[test]
fn a_name_is_of_one_kind() {
    let text = "[features]\na = \"standard\"\n[limits]\na = { standard = 5 }\nb = { standard = 1 }\n[service-levels]\nb = { standard = \"x\" }\n";
    assert_eq!(codes(text), ["name_twice", "name_twice"]);
    let editions = Editions::from_toml("editions.toml", text).unwrap();
    let error = app_license_editions::Generator::OpenFeature
        .generate(&editions)
        .unwrap_err();
    assert!(
        error.contains("`a` stands in [features] and [limits]"),
        "{error}"
    );
}

#[test]
fn names_that_generated_code_cannot_tell_apart_are_errors() {
    let text = "[features]\na-b = \"standard\"\na_b = \"standard\"\n\"a.b\" = \"advanced\"\n[limits]\nrow-s = { standard = 5 }\nrow_s = { standard = 5 }\n";
    assert_eq!(codes(text), ["name_collides"; 3]);
    let editions = Editions::from_toml("editions.toml", text).unwrap();
    let found = check(&editions);
    let shown: Vec<_> = found
        .iter()
        .filter(|d| d.code() == "name_collides")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown[0],
        "editions.toml:3:1: error[name_collides]: `a-b` and `a_b` are both `AB` in generated Rust \
         and in generated TypeScript"
    );
    for generator in [
        app_license_editions::Generator::Rust,
        app_license_editions::Generator::TypeScript,
    ] {
        assert!(generator.generate(&editions).is_err());
    }
}

#[test]
fn the_app_of_the_file_is_that_of_the_manifest() {
    use app_license_editions::{AppIdentity, check_app};
    let text = "[app]\nkey = \"com.example.a\"\nid = \"ari:cloud:ecosystem::app/0000-A\"\n";
    let editions = Editions::from_toml("editions.toml", text).unwrap();
    let found = |key: Option<&str>, id: Option<&str>| -> Vec<String> {
        let mut app = AppIdentity::new("manifest.yml");
        (app.key, app.id) = (key.map(str::to_owned), id.map(str::to_owned));
        check_app(&editions, &app)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let none = Vec::<String>::new();
    assert_eq!(found(Some("com.example.a"), Some("0000-a")), none);
    assert_eq!(found(None, None), none);
    assert_eq!(found(None, Some("ari:cloud:ecosystem::app/${ID}")), none);
    assert_eq!(
        found(
            Some("com.example.b"),
            Some("ari:cloud:ecosystem::app/0000-b")
        ),
        [
            "editions.toml:2:1: error[app_differs]: the key of the app is `com.example.a` here and `com.example.b` in manifest.yml",
            "editions.toml:3:1: error[app_differs]: the id of the app is `ari:cloud:ecosystem::app/0000-A` here and `ari:cloud:ecosystem::app/0000-b` in manifest.yml",
        ]
    );
}
