//! Numbers, words, and what programs print in place of values.

use super::super::problem::{Cause, Problem};
use super::super::value::Departure;
use super::{Made, Parser};

impl Parser<'_> {
    /// A number, or a date as Node prints it.
    pub(super) fn number(&mut self) -> Result<Made, Problem> {
        if self.tail().starts_with("...") {
            self.skip(3);
            self.more();
            return Ok(Made::Cut);
        }
        let tail = self.tail();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | ':' | '_');
        let rest = tail.trim_start_matches(part);
        let token = tail
            .get(..tail.len().saturating_sub(rest.len()))
            .unwrap_or_default();
        let is_date = token.len() >= 10
            && token.bytes().zip(b"0000-00-00".iter()).all(|(b, form)| {
                (*form == b'-') == (b == b'-') && (b == b'-' || b.is_ascii_digit())
            });
        let big = token.strip_suffix('n').filter(|n| !n.is_empty());
        if serde_json::from_str::<serde_json::Number>(token).is_ok() {
            self.out.push_str(token);
        } else if is_date {
            self.write_text(token);
            self.departures.insert(Departure::Values);
        } else if let Some(big) = big
            && serde_json::from_str::<serde_json::Number>(big).is_ok()
        {
            self.out.push_str(big);
        } else {
            return Err(self.problem(Cause::Number));
        }
        self.skip(token.len());
        Ok(Made::Value)
    }

    pub(super) fn word(&mut self) -> Result<Made, Problem> {
        let tail = self.tail();
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
        let rest = tail.trim_start_matches(part);
        let word = tail
            .get(..tail.len().saturating_sub(rest.len()))
            .unwrap_or_default();
        let literal = match word {
            "true" | "false" | "null" => Some(word),
            "True" => Some("true"),
            "False" => Some("false"),
            "None" | "NaN" | "Infinity" => Some("null"),
            _ => None,
        };
        if let Some(literal) = literal {
            if literal != word {
                self.departures.insert(Departure::Values);
            }
            self.out.push_str(literal);
            self.skip(word.len());
            return Ok(Made::Value);
        }
        if word == "undefined" {
            self.departures.insert(Departure::Values);
            self.skip(word.len());
            return Ok(Made::Nothing);
        }
        // Name { … }, Name(3) [ … ]
        let mut after = rest;
        if let Some(counted) = after.strip_prefix('(') {
            let digits = counted.trim_start_matches(|c: char| c.is_ascii_digit());
            if word == "Symbol" {
                let end = counted.find([')', '\n']).unwrap_or(counted.len());
                self.skip(word.len().saturating_add(end).saturating_add(2));
                self.at = self.at.min(self.text.len());
                return Ok(Made::Cut);
            }
            after = digits.strip_prefix(')').unwrap_or(rest);
        }
        let after = after.trim_start();
        if after.starts_with(['{', '[']) && !word.is_empty() {
            self.departures.insert(Departure::Classes);
            self.skip(tail.len().saturating_sub(after.len()));
            return self.value_after_class();
        }
        Err(self.problem(Cause::Word))
    }

    pub(super) fn value_after_class(&mut self) -> Result<Made, Problem> {
        match self.peek() {
            Some('{') => self.nested(Self::object),
            _ => self.nested(Self::array),
        }
    }

    /// `[Object]`, `[Function: name]`, `[Object: null prototype] {`: `None` for an array.
    pub(super) fn bracketed(&mut self) -> Option<Made> {
        let tail = self.tail();
        let inner = tail.strip_prefix('[')?;
        if !inner.starts_with(|c: char| c.is_ascii_uppercase()) && !inner.starts_with("class ") {
            return None;
        }
        if ["True", "False", "None", "NaN"].iter().any(|w| {
            inner
                .strip_prefix(w)
                .is_some_and(|r| r.starts_with([',', ']', ' ', '\n']))
        }) {
            return None;
        }
        let end = inner
            .find([']', '\n', '{', '"', '\''])
            .filter(|n| *n < 200)?;
        if !inner.get(end..).is_some_and(|r| r.starts_with(']')) {
            return None;
        }
        let said = inner.get(..end).unwrap_or_default();
        let has_value = said.ends_with("null prototype");
        self.skip(end.saturating_add(2));
        self.departures.insert(Departure::Classes);
        Some(if has_value { Made::Nothing } else { Made::Cut })
    }

    pub(super) fn after_bracketed(&mut self, made: Made) -> Result<Made, Problem> {
        if matches!(made, Made::Cut) {
            return Ok(made);
        }
        self.space();
        if self.peek() == Some('{') {
            return self.nested(Self::object);
        }
        Err(self.problem(Cause::Value))
    }

    /// `<ref *1> {`, `<pending>`, `<Buffer 01 02>`
    pub(super) fn angle(&mut self) -> Result<Made, Problem> {
        let tail = self.tail();
        if tail.starts_with("<pending") || tail.starts_with("<rejected") {
            return Err(self.problem(Cause::Pending));
        }
        let end = tail.find(['>', '\n']).filter(|n| *n < 400);
        let closed = end.filter(|n| tail.get(*n..).is_some_and(|t| t.starts_with('>')));
        let Some(end) = closed else {
            return Err(self.problem(Cause::Markup));
        };
        if tail.starts_with("<ref ") {
            self.departures.insert(Departure::Classes);
            self.skip(end.saturating_add(1));
            self.space();
            return match self.peek() {
                Some('{') => self.nested(Self::object),
                Some('[') => self.nested(Self::array),
                _ => Err(self.problem(Cause::Value)),
            };
        }
        if tail.starts_with("<Buffer") {
            self.skip(end.saturating_add(1));
            return Ok(Made::Cut);
        }
        Err(self.problem(Cause::Markup))
    }
}
