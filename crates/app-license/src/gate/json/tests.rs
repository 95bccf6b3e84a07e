use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use proptest::prelude::*;
// raw: serde_json refuses numbers that it cannot hold
use serde_json::value::RawValue;

use super::{Error, ErrorKind, Kind, MAX_DEPTH, Scanner, Str, Value};

/// Skips a value.
fn skip(text: &[u8]) -> Result<(), ErrorKind> {
    let run = || -> Result<(), Error> {
        let mut s = Scanner::<64>::new(text)?;
        s.value()?;
        s.end()
    };
    run().map_err(|e| e.kind())
}

/// Walks a value, and all values in it.
fn read(text: &[u8]) -> Result<(), ErrorKind> {
    let run = || -> Result<(), Error> {
        let mut s = Scanner::<64>::new(text)?;
        s.walk()?;
        s.end()
    };
    run().map_err(|e| e.kind())
}

#[test]
fn a_duplicate_key_is_found_at_any_depth_and_behind_escapes() {
    for text in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"b":{"x":1,"y":2,"x":3}}"#,
        r#"[{"lic":1,"l\u0069c":2}]"#,
        r#"{"l\u0069c":1,"lic":2}"#,
        r#"{"\u0061":1,"\u0061":2}"#,
    ] {
        assert_eq!(
            read(text.as_bytes()),
            Err(ErrorKind::DuplicateKey),
            "{text}"
        );
    }
    assert_eq!(read(br#"{"a":{"a":1},"b":{"a":2}}"#), Ok(()));
    assert_eq!(read(br#"{"ab":1,"aab":2,"abb":2,"acb":3}"#), Ok(()));
    // in what is skipped nobody looks for it
    assert_eq!(skip(br#"{"a":1,"a":2}"#), Ok(()));
}

#[test]
fn what_is_skipped_may_be_deep_and_have_many_keys() {
    for deep in [64, 65, 4096] {
        let text = "[".repeat(deep) + &"]".repeat(deep);
        assert_eq!(skip(text.as_bytes()), Ok(()), "{deep}");
        let text = "{\"a\":".repeat(deep) + "1" + &"}".repeat(deep);
        assert_eq!(skip(text.as_bytes()), Ok(()), "{deep}");
    }
    let text = "[".repeat(4097) + &"]".repeat(4097);
    assert_eq!(skip(text.as_bytes()), Err(ErrorKind::TooDeep));
    let fields: Vec<String> = (0..1000).map(|i| format!("\"k{i}\":[{{}},0]")).collect();
    assert_eq!(skip(format!("{{{}}}", fields.join(",")).as_bytes()), Ok(()));
    for wrong in [
        "[}",
        "{]",
        "[[}]",
        "{\"a\":[1}",
        "[1,{}",
        "{\"a\"}",
        "{\"a\":1,}",
        "[,1]",
        "{1:1}",
    ] {
        assert!(skip(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_kind() {
    let deep = "[".repeat(usize::from(MAX_DEPTH) + 1);
    let cases: Vec<(&[u8], ErrorKind)> = vec![
        (b"", ErrorKind::UnexpectedEnd),
        (b"\xef\xbb\xbf{}", ErrorKind::Syntax),
        (b"{} x", ErrorKind::TrailingBytes),
        (b"{\"a\":1,}", ErrorKind::Syntax),
        (b"[1,]", ErrorKind::Syntax),
        (b"{'a':1}", ErrorKind::Syntax),
        (b"01", ErrorKind::TrailingBytes),
        (b"1.", ErrorKind::Syntax),
        (b"-", ErrorKind::Syntax),
        (b"NaN", ErrorKind::Syntax),
        (b"tru", ErrorKind::Syntax),
        (b"\"a", ErrorKind::UnexpectedEnd),
        (b"\"a\nb\"", ErrorKind::InvalidString),
        (b"\"\\x\"", ErrorKind::InvalidString),
        (b"\"\\ud80\"", ErrorKind::InvalidString),
        (b"\"\\ud800\\u00\"", ErrorKind::InvalidString),
        (b"\"\xff\"", ErrorKind::NotUtf8),
        (deep.as_bytes(), ErrorKind::TooDeep),
    ];
    for (text, kind) in cases {
        assert_eq!(read(text), Err(kind), "{}", String::from_utf8_lossy(text));
        // what is skipped may be deep
        let skipped = if kind == ErrorKind::TooDeep {
            ErrorKind::UnexpectedEnd
        } else {
            kind
        };
        assert_eq!(
            skip(text),
            Err(skipped),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

/// A text that was cut in the middle of a character stands in fields that nobody reads, as names of users do.
#[test]
fn half_of_a_character_reads_as_the_replacement_character() {
    for (text, want) in [
        (r#""\ud83d\ude00""#, "\u{1f600}"),
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ude00b""#, "\u{fffd}b"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        (r#""\ud83dx\ude00""#, "\u{fffd}x\u{fffd}"),
    ] {
        let Value::String(read) = Scanner::<1>::from_text(text).value().unwrap() else {
            panic!("{text}")
        };
        assert_eq!(read.to_string(), want, "{text}");
        assert_eq!(skip(format!("[{text}]").as_bytes()), Ok(()), "{text}");
    }
    // two halves are one key
    let twice = br#"{"\ud800":1,"\udc00":2}"#;
    assert_eq!(read(twice), Err(ErrorKind::DuplicateKey));
}

#[test]
fn the_number_of_open_keys_is_bounded() {
    let object = |n: usize| {
        let fields: Vec<String> = (0..n).map(|i| format!("\"k{i}\":0")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert_eq!(read(object(64).as_bytes()), Ok(()));
    assert_eq!(read(object(65).as_bytes()), Err(ErrorKind::TooManyKeys));
    // closed objects give their keys back
    assert_eq!(
        read(format!("[{},{}]", object(60), object(60)).as_bytes()),
        Ok(())
    );
}

#[test]
fn asking_for_another_type_says_what_was_expected() {
    let error = Scanner::<1>::from_text(" 7")
        .object::<Error>(|_, _| Ok(()))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expected(Kind::Object));
    assert_eq!(error.to_string(), "expected an object at byte 1");
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn reads_whatever_serde_json_writes(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read(text.as_bytes()), Ok(()));
        prop_assert_eq!(skip(text.as_bytes()), Ok(()));
    }

    #[test]
    fn accepts_nothing_that_serde_json_refuses(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if read(&bytes).is_ok() || skip(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<&RawValue>(&bytes).is_ok());
        }
    }

    #[test]
    fn accepts_nothing_json_like_that_serde_json_refuses(
        text in r#"[\[\]{}:,"\\u0-9a-f.eE+\- tn]{0,24}"#,
    ) {
        if read(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn strings_decode_as_serde_json_decodes_them(s in any::<String>()) {
        let text = serde_json::to_string(&s).unwrap();
        let value = Scanner::<1>::from_text(&text).value();
        let Ok(Value::String(read)) = value else { return Err(TestCaseError::fail("no string")) };
        prop_assert_eq!(read.to_string(), s.clone());
        prop_assert!(read == Str::from(s.as_str()));
    }
}
