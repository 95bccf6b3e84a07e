//! The parser: one pass, bounded depth.

mod text;
mod word;

use std::collections::BTreeSet;

use super::problem::{Cause, Problem};
use super::value::{Cut, Departure, Loose};

const MAX_DEPTH: usize = 64;

/// What became of a value.
enum Made {
    /// It was written.
    Value,
    /// There is none: `undefined`.
    Nothing,
    /// The printer left it out.
    Cut,
}

pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    out: String,
    departures: BTreeSet<Departure>,
    cuts: Vec<Cut>,
    path: Vec<String>,
    depth: usize,
    opened: usize,
}

/// The first character after white space and comments, if any.
pub(super) fn rest(text: &str, end: usize) -> Option<(usize, char)> {
    let mut parser = Parser::new(text, end);
    parser.space();
    parser.peek().map(|c| (parser.at, c))
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, start: usize) -> Self {
        Self {
            text,
            at: start,
            out: String::new(),
            departures: BTreeSet::new(),
            cuts: Vec::new(),
            path: Vec::new(),
            depth: 0,
            opened: start,
        }
    }

    pub(super) fn run(mut self) -> Result<Loose, Problem> {
        match self.value()? {
            Made::Value => {}
            Made::Nothing => self.out.push_str("null"),
            Made::Cut => {
                self.cuts.push(Cut::Value(Vec::new()));
                self.out.push_str("null");
            }
        }
        Ok(Loose {
            json: self.out,
            end: self.at,
            departures: self.departures,
            cuts: self.cuts,
        })
    }

    fn tail(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.tail().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.tail().starts_with(token);
        if found {
            self.skip(token.len());
        }
        found
    }

    fn problem(&self, cause: Cause) -> Problem {
        let ends = self.at >= self.text.len();
        Problem {
            at: self.at,
            cause: match cause {
                Cause::Comma | Cause::Colon | Cause::Name | Cause::Value if ends => {
                    Cause::Ends(self.opened)
                }
                other => other,
            },
        }
    }

    fn space(&mut self) {
        loop {
            let tail = self.tail();
            let trimmed = tail.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.skip(tail.len().saturating_sub(trimmed.len()));
            let comment = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if let Some(body) = trimmed.strip_prefix("/*") {
                body.find("*/")
                    .map_or(trimmed.len(), |n| n.saturating_add(4))
            } else {
                return;
            };
            self.departures.insert(Departure::Comments);
            self.skip(comment);
        }
    }

    fn value(&mut self) -> Result<Made, Problem> {
        self.space();
        let Some(first) = self.peek() else {
            return Err(self.problem(Cause::Value));
        };
        match first {
            '{' => self.nested(Self::object),
            '[' => match self.bracketed() {
                Some(made) => self.after_bracketed(made),
                None => self.nested(Self::array),
            },
            '"' | '\'' | '`' | '\u{201c}' | '\u{201e}' | '\u{2018}' => {
                let text = self.text_with_more()?;
                match text {
                    Some(text) => {
                        self.write_text(&text);
                        Ok(Made::Value)
                    }
                    None => Ok(Made::Cut),
                }
            }
            '<' => self.angle(),
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            c if c.is_alphabetic() || matches!(c, '_' | '$') => self.word(),
            '\u{2026}' => {
                self.skip('\u{2026}'.len_utf8());
                Ok(Made::Cut)
            }
            '}' | ']' => Err(self.problem(Cause::Value)),
            _ => Err(self.problem(Cause::Value)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<(), Problem>) -> Result<Made, Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(self.problem(Cause::TooDeep));
        }
        self.depth = self.depth.saturating_add(1);
        let outer = std::mem::replace(&mut self.opened, self.at);
        read(self)?;
        self.opened = outer;
        self.depth = self.depth.saturating_sub(1);
        Ok(Made::Value)
    }

    fn object(&mut self) -> Result<(), Problem> {
        self.skip(1);
        self.out.push('{');
        let mut names = BTreeSet::new();
        let mut first = true;
        loop {
            self.space();
            if self.eat("}") {
                break;
            }
            if self.eat(",") {
                self.departures.insert(Departure::Commas);
                continue;
            }
            if self.eat("...") || self.eat("\u{2026}") {
                self.more();
                self.cuts.push(Cut::Fields(self.path.clone()));
                continue;
            }
            if self.tail().starts_with("<pending") || self.tail().starts_with("<rejected") {
                return Err(self.problem(Cause::Pending));
            }
            let name_at = self.at;
            let name = self.name()?;
            self.space();
            if !(self.eat(":") || self.eat("=>")) {
                let equals = self.tail().starts_with('=');
                return Err(self.problem(if equals { Cause::Equals } else { Cause::Colon }));
            }
            let before = self.out.len();
            if !first {
                self.out.push(',');
            }
            self.write_text(&name);
            self.out.push(':');
            self.path.push(name);
            let made = self.value()?;
            match made {
                Made::Value => {}
                Made::Cut => {
                    self.out.push_str("null");
                    self.cuts.push(Cut::Value(self.path.clone()));
                }
                Made::Nothing => self.out.truncate(before),
            }
            let name = self.path.pop().unwrap_or_default();
            // `undefined` is as if the field were not there, but not a second time
            if !names.insert(name) {
                self.at = name_at;
                return Err(self.problem(Cause::Twice));
            }
            first = first && matches!(made, Made::Nothing);
            self.space();
            if self.eat(",") {
                self.space();
                if self.peek() == Some('}') {
                    self.departures.insert(Departure::Commas);
                }
            } else if self.peek() != Some('}') {
                return Err(self.problem(Cause::Comma));
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn array(&mut self) -> Result<(), Problem> {
        self.skip(1);
        self.out.push('[');
        let mut first = true;
        loop {
            self.space();
            if self.eat("]") {
                break;
            }
            if self.eat("...") || self.eat("\u{2026}") {
                self.more();
                self.space();
                self.eat(",");
                continue;
            }
            if !first {
                self.out.push(',');
            }
            first = false;
            match self.value()? {
                Made::Value => {}
                Made::Cut | Made::Nothing => self.out.push_str("null"),
            }
            self.space();
            if self.eat(",") {
                self.space();
                if self.peek() == Some(']') {
                    self.departures.insert(Departure::Commas);
                }
            } else if self.peek() != Some(']') {
                return Err(self.problem(Cause::Comma));
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// Skips what follows three dots: ` 3 more items`.
    fn more(&mut self) {
        let tail = self.tail();
        let word = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '$' | '.' | '(' | ')');
        let rest = tail.trim_start_matches(word);
        self.skip(tail.len().saturating_sub(rest.len()));
    }
}
