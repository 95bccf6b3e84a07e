//! Evidence and reviews.

use app_license_marketplace::fortified::{Evidence, ItemState, ReliabilityProgram};

use super::{date, program};

#[test]
fn a_checklist_says_what_is_missing_and_why() {
    let program = program();
    let text = "\
app = \"com.example.app\"
approved = 2025-03-14
[evidence.privacy_security_tab]
link = \"https://marketplace.example.com\"
date = 2026-11-01
[evidence.bug_bounty]
link = \"https://bounty.example.com\"
date = 2026-01-01
expires = \"2026-11-27\"
[evidence.health_check]
link = \"run 7\"
date = 2026-10-27
[evidence.alerting]
link = \" \"
date = 2026-11-01
[evidence.support_hours]
link = \"page\"
date = 2026-12-01
";
    let list = program
        .checklist(&Evidence::from_toml(text).unwrap(), date("2026-11-28"))
        .unwrap();
    assert!(!list.ready);
    let state = |id: &str| list.items.iter().find(|it| it.id == id).unwrap().state;
    assert_eq!(state("privacy_security_tab"), ItemState::Met);
    assert_eq!(state("bug_bounty"), ItemState::Expired);
    assert_eq!(
        state("health_check"),
        ItemState::Outdated,
        "32 days old, 31 allowed"
    );
    assert_eq!(
        state("alerting"),
        ItemState::Missing,
        "an empty link is none"
    );
    assert_eq!(state("support_hours"), ItemState::InFuture);
    assert_eq!(state("restoration_plan"), ItemState::Missing);
}

#[test]
fn everything_shown_is_ready() {
    let program = program();
    let mut text = "app = \"com.example.app\"\n".to_owned();
    for requirement in &program.requirements {
        let id = &requirement.id;
        text.push_str(&format!(
            "[evidence.{id}]\nlink = \"https://wiki.example.com/{id}\"\ndate = 2026-11-28\n"
        ));
    }
    let evidence = Evidence::from_toml(&text).unwrap();
    let list = program.checklist(&evidence, date("2026-11-28")).unwrap();
    assert!(list.ready, "{list:?}");
    assert_eq!(list.review, None, "there is none before the approval");
}

#[test]
fn evidence_that_cannot_be_is_refused() {
    let program = program();
    for (text, code) in [
        ("", "syntax"),
        ("app = 1", "syntax"),
        ("app = 'a'\nextra = 1", "syntax"),
        ("app = 'a'\napproved = 'soon'", "syntax"),
        ("app = 'a'\napproved = 2026-02-30", "syntax"),
        ("app = 'a'\napproved = 2026-11-29", "value"),
        (
            "app = 'a'\n[evidence.weather]\nlink='x'\ndate=2026-01-01",
            "value",
        ),
        (
            "app = 'a'\n[evidence.alerting]\nlink='x'\ndate=2026-02-01\nexpires=2026-01-01",
            "contradiction",
        ),
    ] {
        let found = Evidence::from_toml(text)
            .and_then(|it| program.checklist(&it, date("2026-11-28")))
            .unwrap_err();
        assert_eq!(found.code(), code, "{text}: {found}");
    }
}

#[test]
fn the_review_is_in_the_last_week_of_the_month_of_approval() {
    let rules = program().review.clone();
    let days = |approved: &str, today: &str| {
        let review = rules.next(date(approved), date(today)).unwrap();
        (review.first_day.to_string(), review.last_day.to_string())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // not in the month of the approval itself
    assert_eq!(
        days("2026-03-14", "2026-03-20"),
        pair("2027-03-25", "2027-03-31")
    );
    assert_eq!(
        days("2025-03-14", "2026-03-31"),
        pair("2026-03-25", "2026-03-31")
    );
    assert_eq!(
        days("2025-03-14", "2026-04-01"),
        pair("2027-03-25", "2027-03-31")
    );
    // a leap year
    assert_eq!(
        days("2025-02-28", "2028-01-01"),
        pair("2028-02-23", "2028-02-29")
    );
    let review = rules.next(date("2025-03-14"), date("2026-01-01")).unwrap();
    assert_eq!(review.notice_from.to_string(), "2026-03-11");
    assert_eq!(review.fix_until.to_string(), "2026-04-28");
}

#[test]
fn a_requirement_binds_after_six_months_of_notice() {
    let with = |announced: &str, binding: &str| {
        let text = format!(
            "{}\n[[requirement]]\nid = \"new\"\narea = \"security\"\ntitle = \"New\"\nannounced = {announced}\nbinding = {binding}\n",
            ReliabilityProgram::SHIPPED
        );
        ReliabilityProgram::from_toml(&text)
    };
    assert_eq!(
        with("2026-06-01", "2026-11-30").unwrap_err().code(),
        "contradiction"
    );
    let program = with("2026-06-01", "2026-12-01").unwrap();
    let evidence = Evidence::from_toml("app = 'a'").unwrap();
    let state = |today: &str| {
        let list = program.checklist(&evidence, date(today)).unwrap();
        list.items.last().unwrap().state
    };
    assert_eq!(state("2026-11-30"), ItemState::NotBinding);
    assert_eq!(state("2026-12-01"), ItemState::Missing);
}

#[test]
fn what_a_review_found_is_to_be_mended_until_its_last_day() {
    let program = program();
    let evidence = Evidence::from_toml("app = 'a'\napproved = 2025-03-14").unwrap();
    let until = |today: &str| {
        let list = program.checklist(&evidence, date(today)).unwrap();
        list.mending.map(|it| it.fix_until.to_string())
    };
    assert_eq!(until("2026-03-31"), None, "it is going on");
    assert_eq!(until("2026-04-01").as_deref(), Some("2026-04-28"));
    assert_eq!(until("2026-04-28").as_deref(), Some("2026-04-28"));
    assert_eq!(until("2026-04-29"), None);
    assert_eq!(until("2025-04-10"), None, "there is none in the first year");
    // across the end of a year
    let evidence = Evidence::from_toml("app = 'a'\napproved = 2024-12-01").unwrap();
    let list = program.checklist(&evidence, date("2026-01-10")).unwrap();
    assert_eq!(list.mending.unwrap().last_day, date("2025-12-31"));
}

#[test]
fn an_announced_requirement_without_a_date_binds_after_six_months() {
    let text = format!(
        "{}\n[[requirement]]\nid = \"new\"\narea = \"security\"\ntitle = \"New\"\nannounced = 2026-10-01\n",
        ReliabilityProgram::SHIPPED
    );
    let program = ReliabilityProgram::from_toml(&text).unwrap();
    let evidence = Evidence::from_toml("app = 'a'").unwrap();
    let item = |today: &str| {
        let list = program.checklist(&evidence, date(today)).unwrap();
        list.items.last().unwrap().clone()
    };
    assert_eq!(item("2026-11-28").state, ItemState::NotBinding);
    assert_eq!(item("2026-11-28").reason, "binds on 2027-04-01");
    assert_eq!(item("2027-04-01").state, ItemState::Missing);
}

#[test]
fn evidence_has_an_app_and_a_link_that_is_shown() {
    let program = program();
    let with = |app: &str, link: &str| {
        let text =
            format!("app = '{app}'\n[evidence.alerting]\nlink = '{link}'\ndate = 2026-11-01");
        program.checklist(&Evidence::from_toml(&text).unwrap(), date("2026-11-28"))
    };
    let list = with("a", "https://alerts.example.com").unwrap();
    let item = list.items.iter().find(|it| it.id == "alerting").unwrap();
    assert_eq!(item.link.as_deref(), Some("https://alerts.example.com"));
    assert!(with("a", "OPS-7").is_ok(), "a ticket");
    assert_eq!(
        with("a", "JavaScript:alert(1)").unwrap_err().code(),
        "value"
    );
    assert_eq!(with(" ", "OPS-7").unwrap_err().code(), "value");
}
