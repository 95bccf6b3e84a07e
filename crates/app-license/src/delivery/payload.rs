//! Raw bodies, kept without their secrets.

use std::collections::BinaryHeap;

use crate::gate::json::{self, Scanner, Value};

use crate::document::name_of;

/// Bodies larger than this are not kept, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Bodies with more members are not kept: more than any reader of events takes.
const MAX_KEYS: usize = 256;

/// The JSON object without every member whose name speaks of a secret, its members by name; `None`
/// for anything else. The values that are kept are kept as they were written.
pub(super) fn without_secrets(body: &str) -> Option<String> {
    if body.len() > MAX_BYTES {
        return None;
    }
    // a heap: what sorts slices is 5 KB of machine code, and is for more than these few
    let mut members = BinaryHeap::new();
    let mut secrets = Vec::new();
    let mut scanner = Scanner::<MAX_KEYS>::from_text(body);
    let read = scanner.object::<json::Error>(|s, name| {
        let name = name_of(name);
        let mut value = Value::Null;
        let written = s.span::<json::Error>(|s| {
            value = s.value()?;
            Ok(())
        })?;
        if !name.to_ascii_lowercase().contains("secret") {
            members.push((name, written));
        } else if let Value::String(secret) = value {
            secrets.push(secret.to_string());
        }
        Ok(())
    });
    read.and_then(|()| scanner.end()).ok()?;
    let mut text = String::from("{");
    for (name, value) in members.into_sorted_vec() {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(&name).ok()?);
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    let lower = text.to_ascii_lowercase();
    // named or repeated deeper inside, where no field of the platform has it
    let leaks =
        lower.contains("secret\"") || secrets.iter().any(|s| !s.is_empty() && text.contains(s));
    (!leaks).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::without_secrets;

    #[test]
    fn the_secret_goes_and_the_rest_stays_as_written() {
        let body = r#"{"sharedSecret":"0123456789abcdef","n":1.50e2, "new" : {"b":1,"a":[ ]}}"#;
        assert_eq!(
            without_secrets(body).unwrap(),
            r#"{"n":1.50e2,"new":{"b":1,"a":[ ]}}"#
        );
        let escaped = r#"{"z":"\u00e9\n","shared\u0053ecret":"0123456789abcdef","a\"":null}"#;
        assert_eq!(
            without_secrets(escaped).unwrap(),
            r#"{"a\"":null,"z":"\u00e9\n"}"#
        );
    }

    #[test]
    fn what_still_holds_a_secret_is_not_kept() {
        for body in [
            r#"{"sharedSecret":"0123456789abcdef","description":"0123456789abcdef"}"#,
            r#"{"inner":{"sharedSecret":"0123456789abcdef"}}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1}x"#,
            "[1]",
            "rubbish",
        ] {
            assert_eq!(without_secrets(body), None, "{body}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(256 * 1024));
        assert_eq!(without_secrets(&long), None);
    }

    proptest! {
        #[test]
        fn a_payload_reads_as_the_body_without_what_is_secret(
            members in proptest::collection::btree_map(
                "[a-cé\"]{0,2}(Secret|secret|)", "[ -~é]{0,9}", 0..9,
            ),
        ) {
            let body = serde_json::to_string(&members).unwrap();
            if let Some(payload) = without_secrets(&body) {
                let kept: BTreeMap<String, &RawValue> = serde_json::from_str(&payload).unwrap();
                let wanted: BTreeMap<String, &RawValue> = serde_json::from_str(&body).unwrap();
                for (name, value) in &wanted {
                    let secret = name.to_ascii_lowercase().contains("secret");
                    let found = kept.get(name).map(|v| v.get());
                    prop_assert_eq!(found, (!secret).then(|| value.get()), "{}", name);
                }
                prop_assert_eq!(serde_json::to_string(&kept).unwrap(), payload);
            }
        }
    }
}
