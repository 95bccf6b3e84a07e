//! `app-license partner`

use super::both;
use crate::common::{file, run};

fn transactions(rows: &[(&str, &str, &str, &str)]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .zip(1..)
        .map(|((date, hosting, price, kind), number)| {
            format!(
                r#"{{"transactionId":"AT-{number}","transactionLineItemId":"AT-{number}-1","purchaseDetails":{{"saleDate":"{date}","hosting":"{hosting}","purchasePrice":{price},"saleType":"{kind}"}}}}"#
            )
        })
        .collect();
    format!("{{\"transactions\":[{}]}}", rows.join(","))
}

#[test]
fn the_level_of_a_year_is_said_with_what_is_missing() {
    let text = transactions(&[
        ("2025-06-30", "Cloud", "900000", "New"),
        ("2025-07-01", "Cloud", "124500", "New"),
        ("2026-06-30", "Data Center", "375500", "Renewal"),
        ("2026-07-01", "Cloud", "900000", "New"),
    ]);
    let path = file("programs/transactions.json", text);
    let (human, json) = both(&["partner", "tier", &path, "--year", "2026"]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert_eq!(json["by_sales"], "Silver");
    assert_eq!(json["cloud_share_percent"], "24.9000");
    assert_eq!(json["next"]["tier"], "Gold");
    assert_eq!(json["next"]["ways"][0]["cloud"], "666.67");
    assert!(human.out.contains("unknown"), "{}", human.out);
    assert_eq!(json["program"]["name"], "Marketplace Partner Program");
    assert!(human.out.contains("last public numbers"), "{}", human.out);
    let gold = [
        "partner",
        "tier",
        &path,
        "--year",
        "2026",
        "--require",
        "gold",
    ];
    assert_eq!(run(&gold).code, 2);
    assert_eq!(run(&[&gold[..6], &["silver"]].concat()).code, 0);
    assert_eq!(run(&[&gold[..6], &["bronze"]].concat()).code, 3);
}

#[test]
fn the_year_is_the_one_that_is_going_on() {
    let path = file("programs/empty.json", "[]");
    for (now, first) in [
        ("2026-06-30T23:59:59Z", "2025-07-01"),
        ("2026-07-01T00:00:00Z", "2026-07-01"),
    ] {
        let ran = run(&["partner", "tier", &path, "--now", now, "--format", "json"]);
        assert_eq!(ran.json()["first_day"], first, "{now}");
        assert_eq!(ran.json()["by_sales"], serde_json::Value::Null);
    }
}

#[test]
fn a_row_that_cannot_be_read_is_an_error() {
    let text = transactions(&[("2026-01-01", "Cloud", "\"a lot\"", "New")]);
    let path = file("programs/wrong-row.json", text);
    let ran = run(&["partner", "tier", &path, "--year", "2026"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("row 1"), "{}", ran.err);
}

#[test]
fn a_folder_is_an_error_around_the_question_and_a_wrong_file_is_named() {
    assert_eq!(run(&["partner", "tier", "/"]).code, 1);
    let good = file("programs/good-list.json", "[]");
    let bad = file("programs/bad-list.json", "[{}]");
    let ran = run(&["partner", "tier", &good, &bad]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("bad-list.json"), "{}", ran.err);
}
