//! Finding out what an input is, by its shape, and taking it out of what people paste around it.

mod embedded;
mod json;
mod loose;
mod markup;
mod source;
mod text;
mod tokens;

use app_license::{LicenseSource, UnixTime};
use serde_json::Value;

use crate::input_error::InputError;
use crate::reading::Reading;
use crate::{raw, token, yaml};
use loose::{Cut, Loose};
use source::syntax;

pub(crate) use json::Listed;

/// How to look at an input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) now: UnixTime,
    /// What the caller says it is, where its shape could be several things.
    pub(crate) source: Option<LicenseSource>,
}

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
    if let Some(reading) = text::manifest(text, look)? {
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
        Ok(loose) => return read_loose(&loose, look),
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

/// Reads what has been made strict, unless a part of it is missing that could say something else.
fn read_loose(loose: &Loose, look: Look) -> Result<Reading, InputError> {
    let mut left_out = Vec::new();
    for cut in &loose.cuts {
        let (path, fields) = match cut {
            Cut::Value(path) => (path, false),
            Cut::Fields(path) => (path, true),
        };
        let matters = path
            .last()
            .is_none_or(|name| fields || MATTERS.contains(&name.as_str()));
        let place = if path.is_empty() {
            "the whole".to_owned()
        } else {
            format!("`{}`", tokens::short(&path.join(".")))
        };
        if matters {
            return Err(InputError::CutShort { place });
        }
        left_out.push(place);
    }
    let mut reading = json::read(&loose.json, look)?;
    if !loose.departures.is_empty() {
        let how: Vec<_> = loose.departures.iter().map(|d| d.text()).collect();
        reading.note(
            "not_strict_json",
            format!(
                "read although it is not strict JSON ({}): a program that parses JSON refuses it",
                how.join(", ")
            ),
        );
    }
    if !left_out.is_empty() {
        left_out.truncate(5);
        reading.note(
            "cut_short",
            format!("the printer left out what {} holds", left_out.join(", ")),
        );
    }
    Ok(reading)
}

/// What must not be missing from a printed object.
const MATTERS: [&str; 22] = [
    "license",
    "context",
    "payload",
    "app",
    "appContext",
    "userAccess",
    "data",
    "body",
    "results",
    "active",
    "isActive",
    "capabilitySet",
    "state",
    "token",
    "jwt",
    "contextJwt",
    "claims",
    "url",
    "modules",
    "connectModules",
    "conditions",
    "displayConditions",
];

/// Reads a text that stands as a string in JSON; `Undetected` when it is of no known kind.
fn text_of_json(text: &str, look: Look, depth: u8) -> Result<Reading, InputError> {
    let inner = text.trim();
    let undetected = || InputError::Undetected {
        reason: "a text".to_owned(),
    };
    if depth > 4 {
        return Err(undetected());
    }
    if let Some(token) = token::joined(inner) {
        return tokens::read(&token, look);
    }
    if inner.starts_with(['{', '[']) {
        return match raw::fault(inner) {
            None => json::read(inner, look),
            Some(_) => match loose::whole(inner, 0, inner.len()) {
                Ok(loose) => read_loose(&loose, look),
                Err(_) => Err(undetected()),
            },
        };
    }
    match text::platform_query(inner) {
        Some(query) => Ok(text::iframe(query, look)),
        None => Err(undetected()),
    }
}

/// The one thing that was found; what each is when there are several.
fn one_of(mut found: Vec<(String, Reading)>, nothing: &str) -> Result<Reading, InputError> {
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
