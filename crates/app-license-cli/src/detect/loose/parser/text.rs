//! Names and texts.

use super::super::problem::{Cause, Problem};
use super::super::value::Departure;
use super::Parser;

/// The character of a surrogate pair.
fn pair(high: u32, low: u32) -> Option<char> {
    let units = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    char::decode_utf16(units).next()?.ok()
}

impl Parser<'_> {
    pub(super) fn name(&mut self) -> Result<String, Problem> {
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
    pub(super) fn text_with_more(&mut self) -> Result<Option<String>, Problem> {
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

    pub(super) fn string(&mut self) -> Result<String, Problem> {
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

    pub(super) fn escape(&mut self) -> Result<char, Problem> {
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

    pub(super) fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.tail().get(..digits)?;
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let code = u32::from_str_radix(text, 16).ok()?;
        self.skip(digits);
        Some(code)
    }

    pub(super) fn write_text(&mut self, text: &str) {
        // a text always has a form in JSON
        self.out
            .push_str(&serde_json::Value::from(text).to_string());
    }
}
