//! The parser: one pass, bounded depth.

use std::collections::BTreeSet;

use super::{Cause, Cut, Departure, Loose, Problem};

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

/// The character of a surrogate pair.
fn pair(high: u32, low: u32) -> Option<char> {
    let units = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    char::decode_utf16(units).next()?.ok()
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

    fn name(&mut self) -> Result<String, Problem> {
        match self.peek() {
            Some('"' | '\'' | '`' | '\u{201c}' | '\u{201e}' | '\u{2018}') => self.string(),
            Some('[') => {
                // [Symbol(name)]: value
                let tail = self.tail();
                let Some(end) = tail.find(']').filter(|n| *n < 200) else {
                    return Err(self.problem(Cause::Name));
                };
                let name = tail.get(..end).unwrap_or_default().to_owned();
                self.skip(end.saturating_add(1));
                self.departures.insert(Departure::BareNames);
                Ok(name)
            }
            _ => {
                let tail = self.tail();
                let is_name =
                    |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.' | '@');
                let rest = tail.trim_start_matches(is_name);
                let name = tail
                    .get(..tail.len().saturating_sub(rest.len()))
                    .unwrap_or_default();
                if name.is_empty() {
                    return Err(self.problem(Cause::Name));
                }
                self.skip(name.len());
                self.departures.insert(Departure::BareNames);
                Ok(name.to_owned())
            }
        }
    }

    /// A string with what Node prints after one; `None` when it was cut.
    fn text_with_more(&mut self) -> Result<Option<String>, Problem> {
        let mut text = self.string()?;
        loop {
            if self.tail().starts_with("... ") {
                let more = self.at;
                self.skip(3);
                self.more();
                if self
                    .text
                    .get(more..self.at)
                    .is_some_and(|m| m.contains("more char"))
                {
                    return Ok(None);
                }
                self.at = more;
                return Ok(Some(text));
            }
            // 'one part' +
            //   'and the next'
            let before = self.at;
            self.space();
            if !self.eat("+") {
                self.at = before;
                return Ok(Some(text));
            }
            self.space();
            text.push_str(&self.string()?);
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        let Some(open) = self.peek() else {
            return Err(self.problem(Cause::Value));
        };
        let closes = |c: char| match open {
            '\u{201c}' | '\u{201e}' => matches!(c, '\u{201d}' | '\u{201c}'),
            '\u{2018}' => c == '\u{2019}',
            quote => c == quote,
        };
        match open {
            '"' => {}
            '\'' | '`' => {
                self.departures.insert(Departure::Quotes);
            }
            '\u{201c}' | '\u{201e}' | '\u{2018}' => {
                self.departures.insert(Departure::TypographicQuotes);
            }
            _ => return Err(self.problem(Cause::Value)),
        }
        let start = self.at;
        self.skip(open.len_utf8());
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                self.at = start;
                return Err(Problem {
                    at: start,
                    cause: Cause::StringEnds,
                });
            };
            match c {
                c if closes(c) => {
                    self.skip(c.len_utf8());
                    return Ok(text);
                }
                '\n' if open != '`' => return Err(self.problem(Cause::LineBreak)),
                '\\' => text.push(self.escape()?),
                c => {
                    text.push(c);
                    self.skip(c.len_utf8());
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let start = self.at;
        self.skip(1);
        let Some(c) = self.peek() else {
            return Err(self.problem(Cause::StringEnds));
        };
        self.skip(c.len_utf8());
        let found = match c {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            '0' => Some('\0'),
            '"' | '\'' | '`' | '\\' | '/' => Some(c),
            'x' => self.hex(2).and_then(char::from_u32),
            'u' => match self.hex(4) {
                Some(high @ 0xd800..=0xdbff) if self.eat("\\u") => {
                    self.hex(4).and_then(|low| pair(high, low))
                }
                Some(code) => char::from_u32(code),
                None => None,
            },
            _ => None,
        };
        found.ok_or(Problem {
            at: start,
            cause: Cause::Escape,
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.tail().get(..digits)?;
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let code = u32::from_str_radix(text, 16).ok()?;
        self.skip(digits);
        Some(code)
    }

    fn write_text(&mut self, text: &str) {
        // a text always has a form in JSON
        self.out
            .push_str(&serde_json::Value::from(text).to_string());
    }

    /// A number, or a date as Node prints it.
    fn number(&mut self) -> Result<Made, Problem> {
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
            self.departures.insert(Departure::Words);
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

    fn word(&mut self) -> Result<Made, Problem> {
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
                self.departures.insert(Departure::Words);
            }
            self.out.push_str(literal);
            self.skip(word.len());
            return Ok(Made::Value);
        }
        if word == "undefined" {
            self.departures.insert(Departure::Words);
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

    fn value_after_class(&mut self) -> Result<Made, Problem> {
        match self.peek() {
            Some('{') => self.nested(Self::object),
            _ => self.nested(Self::array),
        }
    }

    /// `[Object]`, `[Function: name]`, `[Object: null prototype] {`: `None` for an array.
    fn bracketed(&mut self) -> Option<Made> {
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

    fn after_bracketed(&mut self, made: Made) -> Result<Made, Problem> {
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
    fn angle(&mut self) -> Result<Made, Problem> {
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
