//! Raw bodies, kept without their secrets.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Bodies larger than this are not kept, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The JSON object without every member whose name speaks of a secret; `None` for anything else.
/// What is kept is kept as it was written.
pub(crate) fn without_secrets(body: &[u8]) -> Option<String> {
    if body.len() > MAX_BYTES {
        return None;
    }
    let mut object: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    let mut secrets = Vec::new();
    object.retain(|name, value| {
        let secret = name.to_ascii_lowercase().contains("secret");
        if secret {
            secrets.push(serde_json::from_str::<String>(value.get()).unwrap_or_default());
        }
        !secret
    });
    let text = serde_json::to_string(&object).ok()?;
    let lower = text.to_ascii_lowercase();
    // named or repeated deeper inside, where no field of the platform has it
    let leaks =
        lower.contains("secret\"") || secrets.iter().any(|s| !s.is_empty() && text.contains(s));
    (!leaks).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn the_secret_goes_and_the_rest_stays_as_written() {
        let body = br#"{"sharedSecret":"0123456789abcdef","n":1.50e2,"new":{"b":1,"a":[ ]}}"#;
        assert_eq!(
            without_secrets(body).unwrap(),
            r#"{"n":1.50e2,"new":{"b":1,"a":[ ]}}"#
        );
    }

    #[test]
    fn what_still_holds_a_secret_is_not_kept() {
        for body in [
            r#"{"sharedSecret":"0123456789abcdef","description":"0123456789abcdef"}"#,
            r#"{"inner":{"sharedSecret":"0123456789abcdef"}}"#,
            "[1]",
            "rubbish",
        ] {
            assert_eq!(without_secrets(body.as_bytes()), None, "{body}");
        }
    }
}
