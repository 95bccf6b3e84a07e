//! Damaged reports: every error has its place, and what can be read is.

use std::io::Write;

use app_license_marketplace::report::{Completeness, LicenseReader, MAX_RECORD};

use super::{Got, read};

#[track_caller]
fn check(report: impl AsRef<[u8]>, keys: &[&str], errors: &[&str], end: Completeness) {
    let expected = Got {
        keys: keys.iter().map(ToString::to_string).collect(),
        errors: errors.iter().map(ToString::to_string).collect(),
        end,
    };
    assert_eq!(read(report.as_ref()), expected);
}

const PARTIAL: Completeness = Completeness::Partial;
const ONE_BAD: Completeness = Completeness::WithoutBadRecords(1);

#[test]
fn a_bad_record_is_located_and_the_next_is_read() {
    for (bad, error) in [
        (
            r#"{"a":x}"#,
            "record_syntax: expected a value, found `x` (line 2, record 2, byte 27)",
        ),
        (
            r#"{"a" 1}"#,
            "record_syntax: expected `:`, found `1` (line 2, record 2, byte 27)",
        ),
        (
            r#"{"a":1 "b":2}"#,
            "record_syntax: expected `,` or `}`, found `\"` (line 2, record 2, byte 29)",
        ),
        (
            r#"{"a":01}"#,
            "record_syntax: expected `,` or `}`, found `1` (line 2, record 2, byte 28)",
        ),
        (
            r#"{"a":NaN}"#,
            "record_syntax: expected a value, found `N` (line 2, record 2, byte 27)",
        ),
        (
            r#"{"a":"\x"}"#,
            "record_syntax: expected an escape, found `x` (line 2, record 2, byte 29)",
        ),
        (
            r#"{"a":"\ud800"}"#,
            "record_syntax: expected the second half of an escape, found `\"` (line 2, record 2, byte 34)",
        ),
        (
            r#"{"a":[1,2}"#,
            "record_syntax: expected `,` or `]`, found `}` (line 2, record 2, byte 31)",
        ),
        (
            r#"{"a":{"b":1]}"#,
            "record_syntax: expected `,` or `}`, found `]` (line 2, record 2, byte 33)",
        ),
        (
            r#"{"a":1,}"#,
            "record_syntax: expected a field name, found `}` (line 2, record 2, byte 29)",
        ),
        (
            r#"{"status":"a","status":"b"}"#,
            "record_duplicate: `status` is there twice (line 2, record 2, byte 36)",
        ),
        (
            r#"{"status":{}}"#,
            "record_shape: `status` must be a text, found an object (line 2, record 2, byte 32)",
        ),
        (
            r#"{"contactDetails":[]}"#,
            "record_shape: `contactDetails` must be an object, found a list (line 2, record 2, byte 40)",
        ),
        (
            "null",
            "record_shape: `licenses` must be a list of objects, found null (line 2, record 2, byte 22)",
        ),
        (
            "[1]",
            "record_shape: `licenses` must be a list of objects, found a list (line 2, record 2, byte 22)",
        ),
    ] {
        let report = format!("[{{\"licenseId\":\"E-1\"}},\n{bad},\n{{\"licenseId\":\"E-3\"}}]");
        check(report, &["E-1", "E-3"], &[error], ONE_BAD);
    }
}

#[test]
fn a_quote_that_is_missing_costs_its_own_record_alone() {
    let report =
        r#"[{"licenseId":"E-1"},{"licenseId":"E-2},{"licenseId":"E-3"},{"licenseId":"E-4"}]"#;
    check(
        report,
        &["E-1", "E-3", "E-4"],
        &["record_syntax: expected `,` or `}`, found `l` (line 1, record 2, byte 42)"],
        ONE_BAD,
    );
}

#[test]
fn commas_between_records_are_checked() {
    check(
        r#"[{"licenseId":"E-1"} {"licenseId":"E-2"}]"#,
        &["E-1", "E-2"],
        &["record_syntax: expected `,` or `]`, found `{` (line 1, record 2, byte 21)"],
        ONE_BAD,
    );
    check(
        r#"[{"licenseId":"E-1"},]"#,
        &["E-1"],
        &["record_syntax: expected a record, found `]` (line 1, record 2, byte 21)"],
        ONE_BAD,
    );
}

#[test]
fn a_bad_line_costs_itself_alone() {
    check(
        "{\"licenseId\":\"E-1\"}\n{\"licenseId\":\n{\"licenseId\":\"E-3\"}\nx\n{\"licenseId\":\"E-4\"}",
        &["E-1", "E-3", "E-4"],
        &[
            "record_shape: `licenseId` must be a text, found an object (line 3, record 2, byte 34)",
            "record_syntax: expected a record, found `x` (line 4, record 4, byte 54)",
        ],
        Completeness::WithoutBadRecords(2),
    );
    check(
        "licenseId,tier\nE-1,a\nE-2\nE-3,c\nE-4,\"d\nE-5,e\n",
        &["E-1", "E-3", "E-5"],
        &[
            "record_columns: the line has 1 cells, the header has 2 (line 3, record 2, byte 21)",
            "record_syntax: expected a closing quote, found the end of the line (line 5, record 4, byte 31)",
        ],
        Completeness::WithoutBadRecords(2),
    );
}

#[test]
fn a_report_that_was_cut_off_is_partial_at_every_byte() {
    let whole = br#"{"totalCount":2,"licenses":[{"licenseId":"E-1","contactDetails":{"company":"a"}},{"licenseId":"E-2"}]}"#;
    for length in 1..whole.len() {
        let got = read(&whole[..length]);
        assert_eq!(got.end, PARTIAL, "{length}");
        assert_eq!(got.errors.len(), 1, "{length}");
        let error = &got.errors[0];
        assert!(error.starts_with("report_truncated"), "{length}: {error}");
        assert!(
            error.ends_with(&format!("byte {length})")),
            "{length}: {error}"
        );
        let whole_records = usize::from(length >= 80) + usize::from(length >= 100);
        assert_eq!(got.keys.len(), whole_records, "{length}");
    }
    check(
        "[{\"licenseId\":\"E-1\"},\n{\"lic",
        &["E-1"],
        &[
            "report_truncated: the report ends within a record: it was cut off (line 2, record 1, byte 27)",
        ],
        PARTIAL,
    );
    check(
        "licenseId,tier\nE-1,a\nE-2",
        &["E-1"],
        &[
            "report_truncated: the report ends within a record: it was cut off (line 3, record 1, byte 24)",
        ],
        PARTIAL,
    );
}

#[test]
fn damaged_gzip_gives_what_was_before_the_damage() {
    let mut report = String::from("[");
    for n in 0..20_000 {
        report.push_str(&format!(
            "{{\"licenseId\":\"E-{n}\",\"x\":{}}},",
            n * 7919 % 10_007
        ));
    }
    report.push_str("{\"tier\":\"x\"}]");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(report.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();

    let mut cut = LicenseReader::new(&gzip[..gzip.len() / 2]);
    let mut last = String::new();
    while let Some(next) = cut.next() {
        if let Err(error) = next {
            last = error.to_string();
        }
    }
    assert!(
        cut.progress().records() > 5_000,
        "{}",
        cut.progress().records()
    );
    assert!(
        last.starts_with("the report ends within the gzip data: it was cut off"),
        "{last}"
    );
    assert_eq!(cut.completeness(), PARTIAL);

    // a byte of the checksum, which is behind the last record
    let mut wrong = gzip.clone();
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    let mut reader = LicenseReader::new(&wrong[..]);
    let mut code = "";
    while let Some(next) = reader.next() {
        code = next.map_or_else(|error| error.code(), |_| "");
    }
    assert_eq!((code, reader.completeness()), ("report_gzip", PARTIAL));
    assert_eq!(reader.progress().records(), 20_001);
}

#[test]
fn other_encodings_and_other_files_are_named() {
    let utf16 = |text: &str, mark: &[u8], big: bool| -> Vec<u8> {
        let unit = |u: u16| {
            if big {
                u.to_be_bytes()
            } else {
                u.to_le_bytes()
            }
        };
        mark.iter()
            .copied()
            .chain(text.encode_utf16().flat_map(unit))
            .collect()
    };
    for (report, code, text) in [
        (vec![], "report_empty", "the report is empty"),
        (b" \n".to_vec(), "report_empty", "the report is empty"),
        (
            utf16("[{}]", b"\xff\xfe", false),
            "report_encoding",
            "the report is UTF-16, little-endian",
        ),
        (
            utf16("[{}]", b"\xfe\xff", true),
            "report_encoding",
            "the report is UTF-16, big-endian",
        ),
        (
            utf16("a,b", b"", false),
            "report_encoding",
            "the report is UTF-16, little-endian",
        ),
        (
            b"[\0\0\0{\0\0\0".to_vec(),
            "report_encoding",
            "the report is UTF-32",
        ),
        (
            b"<!DOCTYPE html>".to_vec(),
            "not_a_report",
            "expected JSON or CSV of a report, found a page of HTML",
        ),
        (
            b"  <html>".to_vec(),
            "not_a_report",
            "expected JSON or CSV of a report, found a page of HTML",
        ),
        (
            b"PK\x03\x04".to_vec(),
            "not_a_report",
            "expected JSON or CSV of a report, found a zip archive",
        ),
        (
            b"\x7fELF\x01".to_vec(),
            "report_no_column",
            "no column of the first line is one of the report",
        ),
        (
            b"{\"code\":401,\"message\":\"no\"}".to_vec(),
            "report_no_list",
            "the document has no list `licenses`; its fields: `code`, `message`",
        ),
        (
            b"{\"code\":401,}".to_vec(),
            "not_a_report",
            "expected JSON or CSV of a report, found JSON that is not well-formed",
        ),
        (
            b"name,age\nx,1".to_vec(),
            "report_no_column",
            "no column of the first line is one of the report: `name`, `age`",
        ),
        (
            b"[{\"tier\":1}] x".to_vec(),
            "report_trailing",
            "the report goes on after its end, with `x`",
        ),
    ] {
        let got = read(&report);
        assert_eq!((got.end, got.errors.len()), (PARTIAL, 1), "{text}");
        let error = &got.errors[0];
        assert!(error.starts_with(&format!("{code}: {text}")), "{error}");
    }
}

#[test]
fn a_byte_of_another_encoding_is_located() {
    let report = b"[{\"licenseId\":\"E-1\"},\n{\"licenseId\":\"caf\xe9\"},{\"licenseId\":\"E-3\"}]";
    check(
        report,
        &["E-1", "E-3"],
        &[
            "record_not_utf8: the byte 0xe9 is not UTF-8; the report may be ISO-8859-1 or Windows-1252 (line 2, record 2, byte 39)",
        ],
        ONE_BAD,
    );
    check(
        b"licenseId\nE-1\ncaf\xe9\nE-3\n",
        &["E-1", "E-3"],
        &[
            "record_not_utf8: the byte 0xe9 is not UTF-8; the report may be ISO-8859-1 or Windows-1252 (line 3, record 2, byte 17)",
        ],
        ONE_BAD,
    );
}

#[test]
fn a_record_larger_than_any_honest_one_is_skipped() {
    let long = "x".repeat(2 * MAX_RECORD);
    let report = format!(r#"[{{"licenseId":"E-1"}},{{"a":"{long}"}},{{"licenseId":"E-3"}}]"#);
    check(
        report,
        &["E-1", "E-3"],
        &["record_too_large: the record has more than 1048576 bytes (line 1, record 2, byte 21)"],
        ONE_BAD,
    );
    let deep = format!(
        "[{{\"a\":{}}},{{\"licenseId\":\"E-2\"}}]",
        "[".repeat(65) + &"]".repeat(65)
    );
    check(
        deep,
        &["E-2"],
        &["record_too_deep: the record nests more than 64 values (line 1, record 1, byte 70)"],
        ONE_BAD,
    );
}

#[test]
fn strict_reading_stops_at_the_first_bad_record() {
    let report = &b"[{\"tier\":1},{\"status\":1,\"status\":2},{}]"[..];
    let mut reader = LicenseReader::new(report).strict(true);
    assert!(reader.next().unwrap().is_ok());
    assert_eq!(
        reader.next().unwrap().unwrap_err().code(),
        "record_duplicate"
    );
    assert!(reader.next().is_none());
    assert_eq!(reader.completeness(), PARTIAL);
}

#[test]
fn a_failing_input_is_told_after_what_came_before() {
    struct Fails<'b>(&'b [u8]);
    impl std::io::Read for Fails<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("the network is gone")),
                count => Ok(count),
            }
        }
    }
    let mut reader = LicenseReader::new(Fails(b"[{\"tier\":1},{\"licenseId\":\"E-"));
    assert!(reader.next().unwrap().is_ok());
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(error.code(), "report_read");
    assert!(error.to_string().contains("the network is gone"));
    assert_eq!(reader.completeness(), PARTIAL);
}

#[test]
fn a_header_with_a_column_twice_ends_the_reading() {
    let got = read(b"cloudId,addonKey,tier,addonKey\nc-1,a,b,c\nc-2,a,b,c\n");
    assert_eq!(got.errors.len(), 1, "{:?}", got.errors);
    assert!(got.keys.is_empty());
    assert_eq!(got.end, Completeness::Partial);
}

#[test]
fn a_record_without_one_field_of_a_license_is_bad() {
    let none = "record_no_field: the record has no field of the report";
    for (report, keys, errors) in [
        ("{}", &[][..], &["(line 1, record 1, byte 0)"][..]),
        ("[{}]", &[], &["(line 1, record 1, byte 1)"]),
        (
            r#"{"licenses":{"a":1}}"#,
            &[],
            &["(line 1, record 1, byte 12)"],
        ),
        (
            "[{\"licenseId\":\"E-1\"},\n{\"a\":{\"status\":1}}, {},{\"licenseId\":\"E-2\"}]",
            &["E-1", "E-2"],
            &["(line 2, record 2, byte 22)", "(line 2, record 3, byte 42)"],
        ),
        // a cell that is known, or a line that says nothing
        (
            "a,licenseId\n1,E-1\n1,\n,\n,E-2\n,",
            &["E-1", "E-2"],
            &["(line 3, record 2, byte 18)"],
        ),
    ] {
        let errors: Vec<_> = errors
            .iter()
            .map(|place| format!("{none} {place}"))
            .collect();
        let errors: Vec<_> = errors.iter().map(String::as_str).collect();
        let bad = Completeness::WithoutBadRecords(errors.len() as u64);
        check(report, keys, &errors, bad);
    }
    // also where other fields are asked for
    let report = br#"[{"a":1},{"licenseId":"E-1"}]"#;
    let mut reader = LicenseReader::new(&report[..]).select(&[]);
    assert_eq!(
        reader.next().unwrap().unwrap_err().code(),
        "record_no_field"
    );
    assert!(reader.next().unwrap().is_ok());
}
