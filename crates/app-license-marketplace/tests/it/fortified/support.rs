//! The support deadline.

use super::program;

#[test]
fn friday_17_00_in_sydney_is_due_on_monday_17_00_across_the_change_of_clocks() {
    let support = program().support.clone();
    let due = |text: &str| {
        let due = support.deadline(&text.parse().unwrap()).unwrap();
        due.to_string()
    };
    for (received, expected) in [
        // an ordinary week
        (
            "2026-05-08T17:00[Australia/Sydney]",
            "2026-05-11T17:00:00+10:00[Australia/Sydney]",
        ),
        // clocks go back on Sunday, 5 April 2026
        (
            "2026-04-03T17:00[Australia/Sydney]",
            "2026-04-06T17:00:00+10:00[Australia/Sydney]",
        ),
        // clocks go forward on Sunday, 4 October 2026
        (
            "2026-10-02T17:00[Australia/Sydney]",
            "2026-10-05T17:00:00+11:00[Australia/Sydney]",
        ),
        // a weekend does not count
        (
            "2026-10-03T10:00[Australia/Sydney]",
            "2026-10-06T00:00:00+11:00[Australia/Sydney]",
        ),
        (
            "2026-10-05T00:00[Australia/Sydney]",
            "2026-10-06T00:00:00+11:00[Australia/Sydney]",
        ),
        // a whole Tuesday
        (
            "2026-10-06T09:30[Australia/Sydney]",
            "2026-10-07T09:30:00+11:00[Australia/Sydney]",
        ),
        // clocks go forward at midnight of a working day: Friday, 24 April 2026 has no 00:00
        (
            "2026-04-23T12:00[Africa/Cairo]",
            "2026-04-24T13:00:00+03:00[Africa/Cairo]",
        ),
    ] {
        assert_eq!(due(received), expected, "{received}");
    }
}

#[test]
fn the_end_of_the_calendar_is_an_error() {
    let received = "9999-12-30T17:00[UTC]".parse().unwrap();
    assert_eq!(
        program().support.deadline(&received).unwrap_err().code(),
        "value"
    );
}
