//! Conditions of both frameworks: read, print, read again, compare.
#![no_main]

use app_license_descriptor::connect::{Condition, InlineCondition, remote_condition_shown};
use app_license_descriptor::forge::DisplayCondition;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = remote_condition_shown(200, bytes);
    let _ = DisplayCondition::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = InlineCondition::parse(text);
        let _ = InlineCondition::find_in(text).count();
    }
    let Ok(condition) = Condition::parse(bytes) else { return };
    let json = condition.to_json();
    let again = Condition::parse(json.as_bytes()).unwrap();
    assert_eq!(again.to_json(), json);
});
