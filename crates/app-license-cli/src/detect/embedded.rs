//! Payloads in the middle of other text: log lines, HTTP requests and answers, access logs.

use super::json::read_loose;
use super::loose::{self, Loose, Problem};
use super::single::one_of;
use super::source::Location;
use super::{Look, text, tokens};
use crate::input_error::InputError;
use crate::reading::Reading;
use crate::token;

/// The most places where an object may begin that are tried in vain.
const MAX_TRIES: usize = 64;
/// The most payloads of one text that are read.
const MAX_FOUND: usize = 64;

/// Reads the one payload that stands somewhere in a text.
pub(super) fn read(whole: &str, look: Look) -> Result<Reading, InputError> {
    let mut found: Vec<(String, Reading)> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut last = None;
    let (objects, problem) = objects(whole);
    let mut outside = String::new();
    let mut from = 0;
    for (start, object) in objects {
        outside.push_str(whole.get(from..start).unwrap_or_default());
        outside.push('\n');
        from = object.end;
        if found.len() >= MAX_FOUND || seen.contains(&object.json) {
            continue;
        }
        seen.push(object.json.clone());
        let line = Location::of(whole, start).line;
        match read_loose(&object, look) {
            Ok(reading) => found.push((format!("line {line}"), reading)),
            Err(InputError::Undetected { .. }) => {}
            Err(other) => last = Some(other),
        }
    }
    outside.push_str(whole.get(from..).unwrap_or_default());
    for (name, reading) in words(&outside, whole, look)? {
        found.push((name, reading));
    }
    if found.is_empty()
        && let Some(fault) = last
    {
        return Err(fault);
    }
    if found.is_empty()
        && let Some(Problem { at, cause }) = problem
    {
        return Err(super::source::syntax("JSON", whole, at, cause.say(whole)));
    }
    one_of(found, "")
}

/// The objects of a text, and what is wrong with the one that went furthest.
fn objects(text: &str) -> (Vec<(usize, Loose)>, Option<Problem>) {
    let mut objects = Vec::new();
    let mut furthest: Option<(usize, Problem)> = None;
    let mut at = 0_usize;
    let mut tries = 0_usize;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at.saturating_add(next);
        match loose::value(text, start) {
            Ok(object) => {
                at = object.end.max(start.saturating_add(1));
                if object.json.len() > 2 {
                    objects.push((start, object));
                }
            }
            Err(problem) => {
                tries = tries.saturating_add(1);
                let length = problem.at.saturating_sub(start);
                if furthest.is_none_or(|(longest, _)| length > longest) {
                    furthest = Some((length, problem));
                }
                if tries > MAX_TRIES {
                    break;
                }
                at = start.saturating_add(1);
            }
        }
        if objects.len() > MAX_FOUND {
            break;
        }
    }
    // prose with a bracket in it is no broken object
    let furthest = furthest
        .filter(|(length, problem)| *length >= 12 || problem.cause == loose::Cause::Pending);
    (objects, furthest.map(|(_, problem)| problem))
}

/// Tokens, and URLs with what the platform puts into them, that stand as words.
fn words(outside: &str, whole: &str, look: Look) -> Result<Vec<(String, Reading)>, InputError> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    let edge = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | ',' | ';')
    };
    for word in outside.split(edge).filter(|w| w.len() > 8) {
        if found.len() >= MAX_FOUND || seen.contains(&word) {
            continue;
        }
        let reading = if token::looks_like_token(word) {
            Some(tokens::read(word, look)?)
        } else {
            text::platform_query(word).map(|query| text::iframe(query, look))
        };
        if let Some(reading) = reading {
            seen.push(word);
            let at = whole.find(word).unwrap_or_default();
            found.push((format!("line {}", Location::of(whole, at).line), reading));
        }
    }
    Ok(found)
}
