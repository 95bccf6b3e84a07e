use super::*;

#[test]
fn tiers_are_read_from_free_text() {
    for (text, tier) in [
        ("10 Users", Tier::Users(10)),
        ("1 user", Tier::Users(1)),
        ("10,000 Users", Tier::Users(10_000)),
        ("25", Tier::Users(25)),
        ("Evaluation", Tier::Evaluation),
        ("Unlimited Users", Tier::Unlimited),
        ("Per Unit Pricing (593 Users)", Tier::PerUnit(593)),
        ("per unit pricing (1 user)", Tier::PerUnit(1)),
        ("Enterprise 10 remote agents", Tier::Other),
        ("99999999999 Users", Tier::Other),
        ("\u{fc}ber 10", Tier::Other),
    ] {
        assert_eq!(Tier::from_text(text.into()), Some(tier), "{text}");
    }
}

#[test]
fn dates_may_be_time_stamps_and_nothing_else() {
    let date = |text: &'static str| Date::from_text(text.into());
    assert_eq!(date("2025-02-01"), Some(jiff::civil::date(2025, 2, 1)));
    assert_eq!(date("2025-02-01T10:00:00Z"), date("2025-02-01"));
    for wrong in [
        "NA",
        "",
        "2025-02-30",
        "01.02.2025",
        "2025\u{2013}02\u{2013}01x",
    ] {
        assert_eq!(date(wrong), None, "{wrong}");
    }
}
