//! The levels: boundaries, dates, refunds.

use app_license_marketplace::partner::{
    PartnerProgram, RowState, Sale, SaleHosting, TierReport, YearSales, read_sales,
};

const CLOUD: SaleHosting = SaleHosting::Cloud;
const OTHER: SaleHosting = SaleHosting::Other;

fn program() -> PartnerProgram {
    PartnerProgram::shipped().unwrap()
}

fn sale(line: &str, date: &str, hosting: SaleHosting, price: &str) -> Sale {
    Sale::new(line, date.parse().unwrap(), hosting, price.parse().unwrap())
}

fn report(sales: &[Sale]) -> TierReport {
    let mut year = YearSales::new(&program(), 2026).unwrap();
    for sale in sales {
        year.add(sale).unwrap();
    }
    year.report(&program())
}

/// Sales of cloud and of the rest, on one day of the year.
fn split(cloud: &str, other: &str) -> TierReport {
    report(&[
        sale("1", "2026-01-15", CLOUD, cloud),
        sale("2", "2026-01-15", OTHER, other),
    ])
}

#[test]
fn half_a_million_is_gold_with_25_percent_of_cloud_and_not_with_24_9() {
    let gold = split("125000", "375000");
    assert_eq!(gold.by_sales.as_deref(), Some("Gold"));
    assert_eq!(gold.cloud_share_percent.as_deref(), Some("25.0000"));

    let silver = split("124500", "375500");
    assert_eq!(silver.by_sales.as_deref(), Some("Silver"));
    assert_eq!(silver.cloud_share_percent.as_deref(), Some("24.9000"));

    // a cent less than a quarter
    let silver = split("124999.99", "375000.01");
    assert_eq!(silver.by_sales.as_deref(), Some("Silver"));
    assert_eq!(silver.cloud_share_percent.as_deref(), Some("24.9999"));

    // a cent less than half a million
    let silver = split("499999.99", "0");
    assert_eq!(silver.by_sales.as_deref(), Some("Silver"));
}

#[test]
fn three_million_without_any_cloud_is_gold() {
    assert_eq!(split("0", "3000000").by_sales.as_deref(), Some("Gold"));
    assert_eq!(
        split("0", "2999999.99").by_sales,
        None,
        "Silver asks for cloud"
    );
}

#[test]
fn two_million_of_cloud_is_platinum_whatever_the_share() {
    assert_eq!(
        split("2000000", "9000000").by_sales.as_deref(),
        Some("Platinum")
    );
    assert_eq!(
        split("1999999.99", "9000000").by_sales.as_deref(),
        Some("Gold")
    );
    assert_eq!(
        split("350000", "650000").by_sales.as_deref(),
        Some("Platinum")
    );
    assert!(split("350000", "650000").next.is_none());
}

#[test]
fn the_year_ends_on_30_june_and_the_next_begins_on_1_july() {
    let report = report(&[
        sale("1", "2025-06-30", CLOUD, "1000000"),
        sale("2", "2025-07-01", CLOUD, "60000"),
        sale("3", "2026-06-30", CLOUD, "40000"),
        sale("4", "2026-07-01", CLOUD, "1000000"),
    ]);
    assert_eq!(report.total.to_string(), "100,000.00");
    assert_eq!((report.rows, report.rows_outside), (2, 2));
    assert_eq!(report.by_sales.as_deref(), Some("Silver"));
}

#[test]
fn a_refund_drops_a_level_whichever_sign_it_is_written_with() {
    let sold = sale("1", "2026-01-15", CLOUD, "500000");
    assert_eq!(
        report(std::slice::from_ref(&sold)).by_sales.as_deref(),
        Some("Gold")
    );
    for price in ["0.01", "-0.01"] {
        let date = "2026-02-01".parse().unwrap();
        let back = Sale::refund("2", date, CLOUD, price.parse().unwrap());
        let report = report(&[sold.clone(), back]);
        assert_eq!(report.by_sales.as_deref(), Some("Silver"), "{price}");
        assert_eq!(report.refunds.to_string(), "-0.01");
    }
}

#[test]
fn what_no_report_answers_is_unknown_never_met() {
    let report = split("9000000", "0");
    for tier in &report.tiers {
        let unknown = tier.rows.iter().filter(|it| it.state == RowState::Unknown);
        assert_eq!(unknown.count(), 5, "{}", tier.tier);
        let met = tier.rows.iter().filter(|it| it.state == RowState::Met);
        assert_eq!(met.count(), 1);
    }
}

#[test]
fn what_is_missing_to_the_next_level_would_be_enough() {
    for (cloud, other) in [
        ("0", "0"),
        ("15000", "90000"),
        ("100000", "400000"),
        ("0", "400000"),
        ("200000", "300000"),
    ] {
        let before = split(cloud, other);
        let next = before.next.unwrap();
        for way in next.ways {
            let more = way.cloud.unwrap();
            let after = report(&[
                sale("1", "2026-01-15", CLOUD, cloud),
                sale("2", "2026-01-15", OTHER, other),
                sale("3", "2026-01-16", CLOUD, &more.plain()),
            ]);
            let reached = after.tiers.iter().find(|it| it.tier == next.tier).unwrap();
            assert_eq!(reached.sales, RowState::Met, "{cloud} {other}: {more}");
        }
    }
    // and a cent less is not
    let before = split("100000", "400000");
    let way = &before.next.unwrap().ways[0];
    assert_eq!(way.cloud.unwrap().to_string(), "33,333.34");
    let after = report(&[
        sale("1", "2026-01-15", CLOUD, "133333.33"),
        sale("2", "2026-01-15", OTHER, "400000"),
    ]);
    assert_eq!(after.by_sales.as_deref(), Some("Silver"));
}

#[test]
fn more_paid_back_than_sold_is_no_level() {
    let date = "2026-02-01".parse().unwrap();
    let back = Sale::refund("1", date, OTHER, "9000000".parse().unwrap());
    let report = report(&[back, sale("2", "2026-02-01", CLOUD, "3000000")]);
    assert_eq!(report.by_sales, None);
    assert_eq!(report.cloud_share_percent, None);
}

#[test]
fn a_line_given_twice_counts_once_and_must_say_the_same() {
    let mut year = YearSales::new(&program(), 2026).unwrap();
    let one = sale("AT-1", "2026-01-15", CLOUD, "100");
    year.add(&one).unwrap();
    year.add(&one).unwrap();
    assert_eq!(year.report(&program()).total.to_string(), "100.00");
    assert_eq!(year.report(&program()).rows_repeated, 1);
    let other = sale("AT-1", "2026-01-15", CLOUD, "200");
    assert_eq!(year.add(&other).unwrap_err().code(), "contradiction");
}

fn row(fields: &str) -> String {
    format!(r#"[{{"transactionLineItemId":"AT-1-1","purchaseDetails":{{{fields}}}}}]"#)
}

/// The amounts of all lines, or the code of the error.
fn read(text: &str) -> Result<Vec<String>, &'static str> {
    let mut amounts = Vec::new();
    let read = read_sales(text.as_bytes(), |sale| {
        amounts.push(sale.amount().plain());
        Ok(())
    });
    read.map(|_| amounts).map_err(|error| error.code())
}

#[test]
fn rows_are_read_exactly_or_not_at_all() {
    let good = r#""saleDate":"2026-06-30","hosting":"cloud","purchasePrice":0.1,"saleType":"New""#;
    assert_eq!(read(&row(good)).unwrap(), ["0.10"]);
    for (from, to) in [
        ("0.1", "NaN"),
        ("0.1", "1e400"),
        ("0.1", "null"),
        ("0.1", "\"a lot\""),
        ("0.1", "99999999999999999999999999999"),
        ("0.1", "{}"),
        ("\"2026-06-30\"", "\"2026-02-30\""),
        ("\"2026-06-30\"", "\"30/06/2026\""),
        ("\"2026-06-30\"", "\"\""),
        ("\"cloud\"", "null"),
        (",\"purchasePrice\":0.1", ""),
    ] {
        let text = row(&good.replace(from, to));
        assert!(read(&text).is_err(), "{text}");
    }
    assert!(
        read(&row(good).replace("AT-1-1", "")).is_err(),
        "a line has an id"
    );
    for text in ["", "{}", "1", "[1]", "\0", "[{}]", "[", "<html>"] {
        assert!(read(text).is_err(), "{text:?}");
    }
    assert!(read("[]").unwrap().is_empty());
    // what the live API sends in place of an empty list
    assert!(read(r#"{"transactions":null}"#).unwrap().is_empty());
}

#[test]
fn a_page_without_the_next_one_is_no_year() {
    let good = r#""saleDate":"2026-06-30","hosting":"cloud","purchasePrice":5"#;
    let page = |links: &str| format!(r#"{{"_links":{{{links}}},"transactions":{}}}"#, row(good));
    assert_eq!(read(&page("")).unwrap(), ["5.00"]);
    assert_eq!(read(&page(r#""next":{"href":"/rest/3/x"}"#)), Err("syntax"));
}

#[test]
fn a_csv_export_is_read_too() {
    let csv = "transactionLineItemId,saleDate,hosting,purchasePrice,saleType\n\
        AT-1,2026-06-30,Cloud,10.5,New\nAT-2,2026-06-30,Data Center,2,Refund\n";
    assert_eq!(read(csv).unwrap(), ["10.50", "-2.00"]);
}

#[test]
fn a_program_file_that_cannot_be_is_refused() {
    let shipped = PartnerProgram::SHIPPED;
    for (from, to) in [
        ("total = \"100000\"", "total = \"NaN\""),
        ("total = \"100000\"", "total = \"-5\""),
        ("total = \"100000\"", "total = \"0\""),
        ("total = \"100000\"", "total = 100000"),
        ("cloud_share = \"15\"", "cloud_share = \"150\""),
        ("month = 7", "month = 13"),
        ("day = 1 }", "day = 31 }"),
        ("name = \"Gold\"", "name = \"silver\""),
        ("tiers = [\"Silver\"]", "tiers = [\"Bronze\"]"),
        ("{ total = \"3000000\" }", "{}"),
        ("retiring = false", ""),
    ] {
        assert!(shipped.contains(from), "{from}");
        assert!(
            PartnerProgram::from_toml(&shipped.replace(from, to)).is_err(),
            "{to}"
        );
    }
}

#[test]
fn a_program_of_ones_own_takes_its_place() {
    let ours = PartnerProgram::SHIPPED.replace("\"500000\"", "\"550000\"");
    let ours = PartnerProgram::from_toml(&ours).unwrap();
    let mut year = YearSales::new(&ours, 2026).unwrap();
    year.add(&sale("1", "2026-01-01", CLOUD, "500000")).unwrap();
    assert_eq!(year.report(&ours).by_sales.as_deref(), Some("Silver"));
}

#[test]
fn commas_stand_between_thousands_alone() {
    let csv = |price: &str| {
        format!(
            "transactionLineItemId;saleDate;hosting;saleType;purchasePrice\nLI-1;2025-09-01;Cloud;New;{price}\n"
        )
    };
    assert_eq!(read(&csv("1,000.50")).unwrap(), ["1000.50"]);
    assert_eq!(read(&csv("1,234,567")).unwrap(), ["1234567.00"]);
    for price in ["1000,50", "2,5", "1,2,3,4", "\",,5\"", "1234,567"] {
        assert!(read(&csv(price)).is_err(), "{price}");
    }
}

#[test]
fn what_was_never_paid_is_no_sale_and_what_is_open_is_shown() {
    let mut year = YearSales::new(&program(), 2026).unwrap();
    let csv = "transactionLineItemId,saleDate,hosting,purchasePrice,saleType,paymentStatus\n\
        AT-1,2026-05-30,Cloud,100000,New,Paid\n\
        AT-2,2026-05-30,Cloud,400000,New,Uncollectible\n\
        AT-3,2026-05-30,Cloud,20000,New,Open\n\
        AT-4,2026-05-30,Cloud,1000,New,Refunded\n\
        AT-5,2026-05-31,Cloud,1000,Refund,Paid\n";
    read_sales(csv.as_bytes(), |sale| year.add(sale)).unwrap();
    let report = year.report(&program());
    assert_eq!(report.total.to_string(), "120,000.00");
    assert_eq!(report.open.to_string(), "20,000.00");
    assert_eq!(report.uncollectible.to_string(), "400,000.00");
    assert_eq!(report.by_sales.as_deref(), Some("Silver"));
}

#[test]
fn a_hosting_or_a_payment_status_that_is_not_known_is_an_error() {
    let good = r#""saleDate":"2026-06-30","hosting":"cloud","purchasePrice":5"#;
    assert!(read(&row(&good.replace("cloud", "Data Center"))).is_ok());
    assert_eq!(read(&row(&good.replace("cloud", "Clod"))), Err("value"));
    let status = |status: &str| {
        row(good).replace(
            "\"purchaseDetails\"",
            &format!("\"paymentStatus\":\"{status}\",\"purchaseDetails\""),
        )
    };
    assert!(read(&status("PAID")).is_ok());
    assert_eq!(read(&status("Perhaps")), Err("value"));
}
