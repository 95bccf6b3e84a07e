//! JSON of every shape.

mod document;
mod licenses;
mod listed;
mod names;
mod recognize;
mod rules;
mod score;
mod shape;
mod shapes;
mod signs;
mod wrappers;

use serde_json::Value;

use super::loose::{self, Cut, Loose};
use super::{Look, single, text, tokens};
use crate::input_error::InputError;
use crate::reading::Reading;
use crate::{raw, token};
use document::{Document, Inner};
use score::Score;
use shape::{Recognition, Shape};
use shapes::SHAPES;
use wrappers::MAX_WRAPPERS;

pub(super) use licenses::null;
pub(crate) use listed::Listed;
pub(super) use listed::list;
pub(super) use recognize::is_manifest;

/// What wrappers hold is JSON, or a text of any kind.
const INNER: Inner = Inner {
    json: wrapped,
    text: text_of_json,
};

/// Reads JSON text.
pub(super) fn read(json: &str, look: Look) -> Result<Reading, InputError> {
    raw::check(json)?;
    wrapped(json, look, 0)
}

/// Reads JSON that has been checked, so many wrappers down.
fn wrapped(json: &str, look: Look, depth: u8) -> Result<Reading, InputError> {
    let value: Value = serde_json::from_str(json).map_err(|e| InputError::Json(e.to_string()))?;
    match &value {
        Value::Object(fields) => object(Document { json, fields, look }, depth),
        Value::Null => null(look),
        Value::Array(items) => list_of(json, items, look, depth),
        Value::String(text) if depth < MAX_WRAPPERS => {
            text_of_json(text, look, depth.saturating_add(1))
        }
        _ => Err(InputError::Undetected {
            reason: "a JSON text, number or boolean alone".to_owned(),
        }),
    }
}

fn object(document: Document<'_>, depth: u8) -> Result<Reading, InputError> {
    let mut fitting: Vec<(u8, &Shape)> = SHAPES
        .iter()
        .filter_map(|shape| Some((shape.points(document)?, shape)))
        .collect();
    // the first of equals stays first
    fitting.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let Some(asked) = document.look.source else {
        if let Some((_, shape)) = fitting.first() {
            return (shape.read)(shape.what, document);
        }
        let unwrapped = wrappers::unwrap(document, depth, INNER)?;
        return unwrapped.ok_or_else(|| unknown(document));
    };
    // what the caller says decides between shapes that fit, never for one that does not
    if let Some((_, shape)) = fitting.iter().find(|(_, s)| s.source == Some(asked)) {
        return (shape.read)(shape.what, document);
    }
    let bare = fitting
        .first()
        .is_some_and(|(_, s)| s.what == names::LICENSE);
    if (bare || document.fields.is_empty()) && names::holds_a_license(asked) {
        return licenses::bare(asked, document);
    }
    if let Some((_, shape)) = fitting.first() {
        // claims of a token say themselves what they are
        let reading = (shape.read)(shape.what, document)?;
        return reading.must_be(asked);
    }
    match wrappers::unwrap(document, depth, INNER)? {
        Some(reading) => reading.must_be(asked),
        None => Err(InputError::OtherShape {
            asked: asked.to_string(),
            found: unknown(document).to_string(),
        }),
    }
}

/// Nothing fits: what is nearest.
fn unknown(document: Document<'_>) -> InputError {
    let nearest = SHAPES
        .iter()
        .filter_map(|shape| match &shape.recognition {
            Recognition::Signs(signs) => Some((shape, signs.score(document.fields))),
            Recognition::Whole(_) => None,
        })
        .filter(|(_, score)| !score.found.is_empty() && !score.against)
        .max_by_key(|(_, score)| score.points);
    let reason = match nearest {
        Some((shape, Score { found, .. })) => {
            let found: Vec<_> = found.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "a JSON object of no known kind; the nearest is {}, but of its fields it has only {}",
                shape.what.title,
                found.join(", ")
            )
        }
        None if document.fields.is_empty() => {
            "an empty object; say with `--as` where it is from".to_owned()
        }
        None => "a JSON object with none of the fields that the platform writes".to_owned(),
    };
    InputError::Undetected { reason }
}

/// Reads a list: of conditions, or with one thing in it that is known.
fn list_of(json: &str, items: &[Value], look: Look, depth: u8) -> Result<Reading, InputError> {
    if rules::are_conditions(items) {
        return rules::condition(json);
    }
    if depth >= MAX_WRAPPERS || items.len() > 64 {
        return Err(InputError::Undetected {
            reason: "a long or deep list".to_owned(),
        });
    }
    let mut found = Vec::new();
    for (n, item) in items.iter().enumerate() {
        if !(item.is_object() || item.is_string()) {
            continue;
        }
        match wrapped(&item.to_string(), look, depth.saturating_add(1)) {
            Ok(reading) => found.push((format!("item {}", n.saturating_add(1)), reading)),
            Err(InputError::Undetected { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    single::one_of(found, "a list of which no item is known")
}

/// Reads a value that has been made from other text, a manifest, say.
pub(super) fn read_value(value: &Value, look: Look) -> Result<Reading, InputError> {
    read(&value.to_string(), look)
}

/// Reads what has been made strict, unless a part of it is missing that could say something else.
pub(super) fn read_loose(loose: &Loose, look: Look) -> Result<Reading, InputError> {
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
    let mut reading = read(&loose.json, look)?;
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
            None => read(inner, look),
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
