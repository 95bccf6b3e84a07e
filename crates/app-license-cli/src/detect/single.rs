//! The one payload of an input.

use crate::input_error::InputError;
use crate::reading::Reading;

/// The one thing that was found; what each is when there are several.
pub(super) fn one_of(
    mut found: Vec<(String, Reading)>,
    nothing: &str,
) -> Result<Reading, InputError> {
    if found.len() > 1 {
        let all: Vec<_> = found
            .iter()
            .take(8)
            .map(|(place, reading)| format!("{} ({place})", reading.what.title))
            .collect();
        return Err(InputError::Several {
            found: all.join(", "),
        });
    }
    match found.pop() {
        Some((place, reading)) => Ok(reading.found_in(&place)),
        None => Err(InputError::Undetected {
            reason: nothing.to_owned(),
        }),
    }
}
