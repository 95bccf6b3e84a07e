//! Finding out what an input is, by its shape, and taking it out of what people paste around it.

mod embedded;
mod json;
mod look;
mod loose;
mod manifest;
mod markup;
mod single;
mod source;
mod text;
mod tokens;

use serde_json::Value;

use crate::input_error::InputError;
use crate::reading::Reading;
use crate::{raw, token, yaml};
use source::syntax;

pub(crate) use json::Listed;
pub(crate) use look::Look;

/// Every kind of input that is known.
pub(crate) fn list() -> Vec<Listed> {
    json::list().collect()
}

/// Reads whatever this is.
pub(crate) fn detect(bytes: &[u8], look: Look) -> Result<Reading, InputError> {
    let decoded = source::decode(bytes)?;
    let (start, text) = source::meant(&decoded);
    let reading = whole(&decoded, start, text, look)?;
    match look.source {
        Some(source) => reading.must_be(source),
        None => Ok(reading),
    }
}

/// Reads a text; `all` is what places are counted in, and `text` stands in it from `start` on.
fn whole(all: &str, start: usize, text: &str, look: Look) -> Result<Reading, InputError> {
    if text.is_empty() {
        return Err(InputError::Undetected {
            reason: "nothing: the input is empty".to_owned(),
        });
    }
    if matches!(text, "null" | "undefined" | "None") {
        return json::null(look);
    }
    if text == "[object Object]" {
        return Err(unknown_text(text));
    }
    if text.starts_with(['{', '[', '"']) {
        return json_like(all, start, text, look);
    }
    if let Some(token) = token::joined(text) {
        return tokens::read(&token, look);
    }
    if let Some(query) = text::query_of(text) {
        return Ok(text::iframe(query, look));
    }
    if let Some(reading) = markup::read(text, look)? {
        return Ok(reading);
    }
    if let Some(reading) = manifest::manifest(text, look)? {
        return Ok(reading);
    }
    match embedded::read(all, look) {
        Err(InputError::Undetected { .. }) => Err(unknown_text(text)),
        other => other,
    }
}

/// Reads JSON, and what is nearly JSON.
fn json_like(all: &str, start: usize, text: &str, look: Look) -> Result<Reading, InputError> {
    let Some(strict) = raw::fault(text) else {
        return json::read(text, look);
    };
    if !strict.is_syntax {
        let at = start.saturating_add(strict.offset);
        return Err(syntax("JSON", all, at, strict.cause));
    }
    let problem = match loose::whole(all, start, start.saturating_add(text.len())) {
        Ok(loose) => return json::read_loose(&loose, look),
        Err(problem) => problem,
    };
    // a manifest in flow style begins like an object
    if let Ok(Value::Object(fields)) = yaml::to_json(text)
        && json::is_manifest(&fields)
    {
        return json::read_value(&Value::Object(fields), look);
    }
    match embedded::read(all, look) {
        Err(InputError::Undetected { .. } | InputError::Syntax { .. }) => {}
        other => return other,
    }
    Err(syntax("JSON", all, problem.at, problem.cause.say(all)))
}

fn unknown_text(text: &str) -> InputError {
    let reason = if text.contains("-----BEGIN") {
        "a key or a certificate: keys are for `verify`"
    } else if text.starts_with("eyJ") {
        "it begins like a token, but holds characters that no token has"
    } else if text.contains("[object Object]") {
        "an object printed as `[object Object]`: print `JSON.stringify(value)` instead"
    } else {
        "a text without an object, a token or a URL of the platform in it"
    };
    InputError::Undetected {
        reason: reason.to_owned(),
    }
}
