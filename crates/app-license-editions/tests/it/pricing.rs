use app_license_editions::{
    Cycle, Editions, Money, Plan, Tier, TiersMode, check, compare, from_commerce,
};

fn editions(text: &str) -> Editions {
    Editions::from_toml("editions.toml", text).unwrap()
}

/// The codes and the first failing user count of two monthly plans.
fn compared(standard: &str, advanced: &str) -> (Vec<&'static str>, Option<u64>) {
    let text =
        format!("[pricing.standard.monthly]\n{standard}\n[pricing.advanced.monthly]\n{advanced}");
    let editions = editions(&text);
    let [standard, advanced] = editions.offerings() else {
        panic!("two offerings")
    };
    let comparison = compare(standard, advanced);
    let mut codes: Vec<_> = comparison.diagnostics().iter().map(|d| d.code()).collect();
    codes.dedup();
    (codes, comparison.first_failure().map(|(_, users)| users))
}

/// The monthly brackets of a real ladder: up to 10 flat, then per user from the first one.
const LADDER: &str =
    "starter = 1000\ntiers = [{ up-to = 100, per-user = 165 }, { up-to = 250, per-user = 77 }]";

#[test]
fn the_documented_prices() {
    let editions = editions(&format!("[pricing.standard.monthly]\n{LADDER}"));
    let price = |cycle, users| {
        let plan = editions.offerings()[0].plan(cycle).unwrap();
        plan.price(users).map(|price| price.to_string())
    };
    assert_eq!(price(Cycle::Monthly, 173).as_deref(), Some("221.21"));
    assert_eq!(price(Cycle::Monthly, 70).as_deref(), Some("115.50"));
    assert_eq!(price(Cycle::Annual, 200).as_deref(), Some("2420.00"));
    assert_eq!(price(Cycle::Monthly, 1).as_deref(), Some("10.00"));
    assert_eq!(price(Cycle::Monthly, 10).as_deref(), Some("10.00"));
    assert_eq!(price(Cycle::Monthly, 11).as_deref(), Some("18.15"));
    assert_eq!(price(Cycle::Monthly, 0), None);
    assert_eq!(price(Cycle::Monthly, 251), None);
}

#[test]
fn an_equal_price_at_one_breakpoint_fails_with_its_user_count() {
    let standard = "tiers = [{ up-to = 100, per-user = 100 }, { per-user = 50 }]";
    let above = "tiers = [{ up-to = 100, per-user = 101 }, { per-user = 51 }]";
    assert_eq!(compared(standard, above), (vec![], None));
    // 100 users: 100.00 and 100.00
    let touching =
        "tiers = [{ up-to = 99, per-user = 101 }, { up-to = 100, flat = 1 }, { per-user = 60 }]";
    let (codes, first) = compared(standard, touching);
    assert_eq!(codes, ["advanced_not_above_standard"]);
    assert_eq!(first, Some(100));
}

#[test]
fn different_splits_are_compared_on_the_union() {
    let standard = "tiers = [{ up-to = 100, per-user = 165 }, { per-user = 77 }]";
    let advanced = "tiers = [{ up-to = 50, per-user = 200 }, { per-user = 60 }]";
    // 50 x 200 + 60 n = 165 (50 + n): below from 17 users above 50
    assert_eq!(compared(standard, advanced).1, Some(67));
    // the lines cross far above the last breakpoint
    let slow = "tiers = [{ up-to = 100, per-user = 300 }, { per-user = 76 }]";
    // 13500 ahead at 100 users, one cent less for each further one
    assert_eq!(compared(standard, slow).1, Some(13_600));
}

#[test]
fn volume_tiers_reprice_everybody() {
    let standard =
        "mode = \"volume\"\ntiers = [{ up-to = 100, per-user = 100 }, { per-user = 80 }]";
    let advanced = "mode = \"volume\"\ntiers = [{ up-to = 50, per-user = 150 }, { per-user = 90 }]";
    // from 51 to 100 users 90 against 100
    assert_eq!(compared(standard, advanced).1, Some(51));
    let text = format!("[features]\na = \"standard\"\n[pricing.standard.monthly]\n{standard}");
    let found = check(&editions(&text));
    let falls: Vec<_> = found.iter().filter(|d| d.code() == "price_falls").collect();
    assert_eq!(falls.len(), 2, "{found:?}");
    assert_eq!(
        falls[0].message(),
        "standard monthly: 101 users cost 80.80, 100 cost 100.00"
    );
}

#[test]
fn advanced_has_no_free_starter_tier() {
    let tiers = "tiers = [{ per-user = 165 }]";
    let standard = format!("starter = 0\n{tiers}");
    let (codes, first) = compared(&standard, &format!("starter = 0\n{tiers}"));
    assert!(codes.contains(&"free_starter_on_advanced"), "{codes:?}");
    assert_eq!(first, Some(1));
    let (codes, first) = compared(&standard, "starter = 1\ntiers = [{ per-user = 166 }]");
    assert_eq!((codes, first), (vec![], None));
}

#[test]
fn both_editions_have_a_price_wherever_one_has() {
    let standard = "tiers = [{ up-to = 100, per-user = 1 }]";
    let advanced = "tiers = [{ up-to = 50, per-user = 2 }]";
    assert_eq!(
        compared(standard, advanced),
        (vec!["price_missing"], Some(51))
    );
    assert_eq!(compared(advanced, standard).1, Some(1));
    let text = "[features]\na = \"standard\"\nb = \"advanced\"\n[pricing.advanced.monthly]\ntiers = [{ per-user = 2 }]";
    assert!(
        check(&editions(text))
            .iter()
            .any(|d| d.code() == "price_missing")
    );
}

#[test]
fn a_year_is_checked_by_itself() {
    let text = "
[pricing.standard.monthly]
tiers = [{ per-user = 100 }]
[pricing.advanced.monthly]
tiers = [{ per-user = 200 }]
[pricing.advanced.annual]
mode = \"volume\"
tiers = [{ up-to = 10, flat = 100000 }, { per-user = 900 }]
";
    let editions = editions(text);
    let [standard, advanced] = editions.offerings() else {
        panic!("two offerings")
    };
    let comparison = compare(standard, advanced);
    assert_eq!(comparison.first_failure(), Some((Cycle::Annual, 11)));
    assert_eq!(
        comparison.diagnostics()[0].message(),
        "at 11 users a year, Advanced (99.00) is not above Standard (110.00)"
    );
}

#[test]
fn currencies_do_not_compare() {
    let text = "
[pricing.standard]
currency = \"JPY\"
monthly = { tiers = [{ per-user = 1 }] }
[pricing.advanced]
monthly = { tiers = [{ per-user = 2 }] }
";
    let editions = editions(text);
    let [standard, advanced] = editions.offerings() else {
        panic!("two offerings")
    };
    assert_eq!(
        compare(standard, advanced).diagnostics()[0].code(),
        "currency_differs"
    );
}

#[test]
fn amounts_beyond_counting_are_refused() {
    let tier = |cents| Tier {
        floor: 1,
        ceiling: None,
        unit: Some(Money::from_cents(cents)),
        flat: None,
    };
    let plan = |cents| Plan::new(TiersMode::Graduated, vec![tier(cents)]);
    assert_eq!(plan(u64::MAX).unwrap_err().code(), "too_large");
    let largest = plan(1_000_000_000_000).unwrap();
    assert!(largest.price(1 << 40).is_some());
    assert!(largest.price(u64::MAX).is_none());
}

fn commerce(name: &str, mode: &str, tiers: &str) -> String {
    format!(
        r#"{{"id":"p","offeringName":"{name}","currency":"USD","type":"COMMERCIAL","status":"ACTIVE",
        "primaryCycle":{{"name":"MONTHLY","interval":"MONTH","count":1}},"version":3,
        "items":[{{"chargeType":"LICENSED","chargeElement":"user","tiersMode":"{mode}","tiers":[{tiers}]}}]}}"#
    )
}

#[test]
fn the_commerce_apis_plans_are_read() {
    let tiers = r#"{"floor":1,"ceiling":10,"flatAmount":1000,"unitAmount":null},
        {"floor":11,"ceiling":11,"flatAmount":815},
        {"floor":12,"ceiling":100,"unitAmount":165},
        {"floor":101,"ceiling":250,"unitAmountDecimal":"77.0"}"#;
    let json = format!(
        r#"{{"values":[{}],"nextId":null}}"#,
        commerce("Standard", "GRADUATED", tiers)
    );
    let offerings = from_commerce(json.as_bytes()).unwrap();
    let plan = offerings[0].plan(Cycle::Monthly).unwrap();
    // from the first user, as in the file's own words
    let price = |users| plan.price(users).unwrap().to_string();
    assert_eq!(price(10), "10.00");
    assert_eq!(price(11), "18.15");
    assert_eq!(price(70), "115.50");
    assert_eq!(price(173), "221.21");
}

#[test]
fn the_split_tier_from_11_users_is_one() {
    let split = r#"{"floor":1,"ceiling":10,"flatAmount":1000},
        {"floor":11,"ceiling":11,"unitAmount":0,"flatAmount":2000},
        {"floor":12,"ceiling":15,"unitAmount":null,"flatAmount":2000}"#;
    for (mode, at_12) in [("VOLUME", "20.00"), ("GRADUATED", "30.00")] {
        let json = commerce("Standard", mode, split);
        let offerings = from_commerce(json.as_bytes()).unwrap();
        let plan = offerings[0].plan(Cycle::Monthly).unwrap();
        assert_eq!(plan.tiers().len(), 2, "{mode}");
        assert_eq!(plan.tiers()[1].ceiling, Some(15));
        assert_eq!(plan.price(12).unwrap().to_string(), at_12, "{mode}");
    }
    // parts that say different things stay apart
    let apart = split.replace("null,\"flatAmount\":2000", "null,\"flatAmount\":2500");
    let json = commerce("Standard", "VOLUME", &apart);
    let plan_of = from_commerce(json.as_bytes()).unwrap();
    assert_eq!(plan_of[0].plan(Cycle::Monthly).unwrap().tiers().len(), 3);
}

#[test]
fn other_plans_and_broken_ones() {
    let tiers = r#"{"floor":1,"unitAmount":1}"#;
    let draft = commerce("Standard", "VOLUME", tiers).replace("ACTIVE", "DRAFT");
    let error = from_commerce(draft.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "commerce_json");
    for (json, code) in [
        ("{", "commerce_json"),
        ("[1]", "commerce_json"),
        (&*commerce("Standard", "STEPS", tiers), "commerce_json"),
        (
            &*commerce("Standard", "VOLUME", r#"{"floor":1,"unitAmount":-1}"#),
            "commerce_json",
        ),
        (
            &*commerce("Standard", "VOLUME", r#"{"floor":1,"unitAmount":1.5e2}"#),
            "commerce_json",
        ),
        (
            &*commerce("Standard", "VOLUME", r#"{"floor":5,"unitAmount":1}"#),
            "tier_gap",
        ),
        (&*commerce("Standard", "VOLUME", ""), "tiers_missing"),
    ] {
        match from_commerce(json.as_bytes()) {
            Err(error) => assert_eq!(error.code(), code, "{json}"),
            // 150.0 is a plain number once it is read
            Ok(_) => assert!(json.contains("1.5e2"), "{json}"),
        }
    }
    let twice = format!("[{0},{0}]", commerce("Standard", "VOLUME", tiers));
    assert!(
        from_commerce(twice.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("two monthly plans")
    );
}

#[test]
fn a_tier_that_is_not_higher_is_named_where_totals_are_above() {
    let standard = "tiers = [{ up-to = 100, per-user = 100 }, { up-to = 200, per-user = 200 }]";
    let advanced = "tiers = [{ up-to = 100, per-user = 400 }, { up-to = 200, per-user = 1 }]";
    let code = "advanced_tier_not_above_standard";
    assert_eq!(compared(standard, advanced), (vec![code], None));
    let text = format!(
        "[features]\na = \"standard\"\nb = \"advanced\"\n[pricing.standard.monthly]\n{standard}\n[pricing.advanced.monthly]\n{advanced}"
    );
    let found = check(&editions(&text));
    let message = found.iter().find(|d| d.code() == code).unwrap().message();
    assert_eq!(
        message,
        "tier of 101 to 200 users a month: Advanced adds 0.01 a user, Standard 2.00"
    );
}

#[test]
fn a_missing_price_is_called_missing() {
    let text = "[pricing.standard.monthly]\ntiers = [{ up-to = 50, per-user = 10 }]\n[pricing.advanced.monthly]\ntiers = [{ up-to = 100, per-user = 20 }]";
    let editions = editions(text);
    let [standard, advanced] = editions.offerings() else {
        panic!()
    };
    let comparison = compare(standard, advanced);
    assert_eq!(
        comparison.diagnostics()[0].message(),
        "at 51 users a month, Standard has no price, Advanced costs 10.20"
    );
}
