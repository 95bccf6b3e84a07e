//! Remote conditions: the app answers, the host decides by the answer.

use app_license::json::{Scanner, Value};

use crate::document::{ReadError, name_of, read_object};

/// The largest answer that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Whether the host shows a module whose remote condition was answered like this: only status 200
/// with `{"shouldDisplay": true}`, or the text `true` in any case, shows it.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/conditions>
///
/// ```
/// use app_license_descriptor::connect::remote_condition_shown;
/// assert!(remote_condition_shown(200, br#"{"shouldDisplay": true}"#));
/// assert!(remote_condition_shown(200, br#"{"shouldDisplay": "TRUE"}"#));
/// assert!(!remote_condition_shown(200, br#"{"shouldDisplay": "yes"}"#));
/// assert!(!remote_condition_shown(500, br#"{"shouldDisplay": true}"#));
/// ```
#[must_use]
pub fn remote_condition_shown(status: u16, body: &[u8]) -> bool {
    let mut shown = false;
    let read = read_object(
        "remote condition answer",
        body,
        MAX_BYTES,
        |s: &mut Scanner<'_, 128>, key| {
            let value = s.value()?;
            if name_of(key) == "shouldDisplay" {
                shown = match value {
                    Value::Bool(yes) => yes,
                    Value::String(text) => text.to_string().eq_ignore_ascii_case("true"),
                    _ => false,
                };
            }
            Ok::<(), ReadError>(())
        },
    );
    status == 200 && read.is_ok() && shown
}
