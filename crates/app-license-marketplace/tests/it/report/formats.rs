//! Every form that a report comes in gives the same records.

use std::io::Write;

use app_license_marketplace::report::{Completeness, Format, LicenseReader};

use super::{Got, read};

fn complete(keys: &[&str]) -> Got {
    Got {
        keys: keys.iter().map(ToString::to_string).collect(),
        errors: Vec::new(),
        end: Completeness::Complete,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const FORMS: &[(&str, Format)] = &[
    (
        r#"[{"appEntitlementNumber":"E-1"},{"appEntitlementNumber":"E-2"}]"#,
        Format::Array,
    ),
    (
        "\r\n [ {\"appEntitlementNumber\" :\t\"E-1\"}\r\n,\r\n{\"appEntitlementNumber\":\"E-2\"} ]\r\n",
        Format::Array,
    ),
    (
        r#"{"_links":{"next":{"href":"/x"}},"totalCount":2,"licenses":[{"appEntitlementNumber":"E-1"},{"appEntitlementNumber":"E-2"}]}"#,
        Format::Page,
    ),
    (
        r#"{"licenses":[{"appEntitlementNumber":"E-1"}],"totalCount":2}
           {"totalCount":2,"licenses":[{"appEntitlementNumber":"E-2"}],"_links":{}}"#,
        Format::Page,
    ),
    (
        r#"{"licenses":{"appEntitlementNumber":"E-1"}}{"licenses":null}{"licenses":[{"appEntitlementNumber":"E-2"}]}"#,
        Format::Page,
    ),
    (
        "{\"appEntitlementNumber\":\"E-1\"}\n{\"appEntitlementNumber\":\"E-2\"}\n",
        Format::Lines,
    ),
    (
        "{\n  \"appEntitlementNumber\": \"E-1\"\n}\r\n{\n  \"appEntitlementNumber\": \"E-2\"\n}",
        Format::Lines,
    ),
    (
        "appEntitlementNumber,company\nE-1,\"Smith, Jones\"\nE-2,\n",
        Format::Csv,
    ),
    (
        "company;App Entitlement Number\r\n\"a \"\"b\"\"\r\nc\";E-1\r\n;E-2",
        Format::Csv,
    ),
    ("app_entitlement_number\tx\nE-1\t\n\nE-2\ty\n", Format::Csv),
];

#[test]
fn every_form_gives_the_same_records() {
    for (report, format) in FORMS {
        assert_eq!(
            read(report.as_bytes()),
            complete(&["E-1", "E-2"]),
            "{report}"
        );
        let mut reader = LicenseReader::new(report.as_bytes());
        while reader.next().is_some() {}
        assert_eq!(reader.format(), Some(*format), "{report}");
        assert_eq!(reader.progress().bytes(), report.len() as u64, "{report}");
    }
}

#[test]
fn a_byte_order_mark_and_gzip_change_nothing() {
    for (report, _) in FORMS {
        let marked = [b"\xef\xbb\xbf", report.as_bytes()].concat();
        assert_eq!(read(&marked), complete(&["E-1", "E-2"]), "{report}");
        assert_eq!(read(&gzip(&marked)), complete(&["E-1", "E-2"]), "{report}");
    }
    // gzip files may be put one behind the other
    let (start, end) = FORMS[0].0.as_bytes().split_at(20);
    let both = [gzip(start), gzip(end)].concat();
    assert_eq!(read(&both), complete(&["E-1", "E-2"]));
}

#[test]
fn a_report_without_records_is_complete() {
    for report in [
        "[]",
        " [ ] ",
        r#"{"licenses":[]}"#,
        r#"{"licenses":null,"totalCount":0}"#,
        "cloudId\n",
    ] {
        assert_eq!(read(report.as_bytes()), complete(&[]), "{report}");
    }
}

#[test]
fn records_larger_than_the_window_are_read() {
    let long = "x".repeat(700_000);
    let report = format!(
        r#"[{{"appEntitlementNumber":"E-1","company":"{long}"}},{{"appEntitlementNumber":"E-2","contactDetails":{{"company":"{long}"}}}}]"#
    );
    assert_eq!(read(report.as_bytes()), complete(&["E-1", "E-2"]));
    let csv = format!("company,licenseId\n{long},E-1\n\"{long}\",E-2\n");
    assert_eq!(read(csv.as_bytes()), complete(&["E-1", "E-2"]));
}

#[test]
fn many_records_pass_the_window_at_every_offset() {
    // records of ever other sizes, so that the window ends within each kind of token
    let mut report = String::from("[");
    let mut keys = Vec::new();
    for n in 0..6_000 {
        let key = format!("E-{n}");
        let pad = "é\\u00e9".repeat(n % 37);
        report.push_str(&format!(
            "{}{{\"company\":\"{pad}\",\"appEntitlementNumber\":\"{key}\",\"x\":[1,{{\"y\":null}}]}}\n",
            if n == 0 { "" } else { "," }
        ));
        keys.push(key);
    }
    report.push(']');
    assert!(report.len() > 600_000);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(read(report.as_bytes()), complete(&keys));
}
