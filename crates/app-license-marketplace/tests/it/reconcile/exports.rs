//! Installations out of an export, in every form that one may have, whole and damaged.

use std::io::Write as _;

use app_license_marketplace::reconcile::{ReadError, Unreadable};
use app_license_testkit::vendor::{ReportShape, Vendor};

use super::support::{assert_same, read_report, reconciler};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// The lines, as a list that a program may have written so.
fn list(lines: &str) -> String {
    let records: Vec<_> = lines.lines().collect();
    format!("\u{feff}\n[\n  {}\n]\n", records.join(",\n  "))
}

fn read(export: &[u8]) -> (u64, Result<Unreadable, ReadError>) {
    let mut reconciler = reconciler();
    let read = reconciler.read_ndjson(export);
    (reconciler.finish().unwrap().summary().installations, read)
}

const GOOD: &str = r#"{"key":{"connect":"tenant-1"}}"#;

#[test]
fn lists_and_gzip_are_read_as_lines_are() {
    let vendor = Vendor::new(3, 700).drift_in_every(6);
    let mut lines = Vec::new();
    vendor.write_ndjson(&mut lines).unwrap();
    let list = list(std::str::from_utf8(&lines).unwrap()).into_bytes();
    for export in [&gzip(&lines), &list, &gzip(&list)] {
        let mut reconciler = reconciler();
        read_report(&mut reconciler, &vendor, ReportShape::Export);
        let unreadable = reconciler.read_ndjson(&export[..]).unwrap();
        assert_eq!(unreadable, Unreadable::default());
        assert_same(&vendor, &reconciler.finish().unwrap());
    }
}

#[test]
fn a_bad_record_of_a_list_is_located_by_its_number() {
    let export = format!("[{GOOD},\n{GOOD},\n{{\"key\":7}},{GOOD}]");
    let (installations, unreadable) = read(export.as_bytes());
    assert_eq!(installations, 3);
    let unreadable = unreadable.unwrap();
    assert_eq!(unreadable.count, 1);
    let first = unreadable.first.unwrap();
    assert!(first.starts_with("record 3: "), "{first}");
}

#[test]
fn an_export_without_one_record_that_can_be_read_is_refused() {
    let utf16 = |big: bool| -> Vec<u8> {
        let unit = |u: u16| {
            if big {
                u.to_be_bytes()
            } else {
                u.to_le_bytes()
            }
        };
        GOOD.encode_utf16().flat_map(unit).collect()
    };
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let many = format!("{GOOD}\n").repeat(9_000);
    for (export, code, said) in [
        (
            utf16(false),
            "not_installations",
            "found UTF-16, little-endian; convert it to UTF-8",
        ),
        (
            utf16(true),
            "not_installations",
            "found UTF-16, big-endian; convert it to UTF-8",
        ),
        (
            gzip(&utf16(true)),
            "not_installations",
            "found UTF-16, big-endian",
        ),
        (
            b"PK\x03\x04".to_vec(),
            "not_installations",
            "found a zip archive; unpack it first",
        ),
        (
            b"<html>".to_vec(),
            "not_installations",
            "found a page of HTML",
        ),
        (
            cut(gzip(many.as_bytes())),
            "not_installations",
            "gzip data that is damaged or cut off",
        ),
        (
            format!("[{GOOD},{GOOD}").into_bytes(),
            "not_installations",
            "a list without its end",
        ),
        (
            b"{\"key\"\n5\n".to_vec(),
            "nothing_readable",
            "none of the 2 records",
        ),
        (b"tenant,status\n".to_vec(), "nothing_readable", "line 1: "),
        (b"[{},{}]".to_vec(), "nothing_readable", "record 1: "),
        (
            b"{\"key\":{\"connect\":\"t\"},\"status\":\"paused\"}".to_vec(),
            "nothing_readable",
            "`status` must be `installed`",
        ),
    ] {
        let error = read(&export).1.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    for empty in ["", "\n\n", "[]", "\u{feff}"] {
        let (installations, read) = read(empty.as_bytes());
        assert_eq!((installations, read.unwrap().count), (0, 0), "{empty:?}");
    }
}
