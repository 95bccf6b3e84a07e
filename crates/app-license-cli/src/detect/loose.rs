//! Objects as people paste them: JSON with comments, and what Node, browsers and Python print.
//!
//! Strict JSON is made of them, so that the library reads it as it reads everything. What the
//! printer left out (`[Object]`, `… 3 more`) is remembered: a license is never read from a text
//! that may have lost a part of it.

mod parser;

use std::collections::BTreeSet;

use super::source::Location;
use parser::Parser;

/// How a text differs from strict JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Departure {
    Comments,
    Quotes,
    BareNames,
    Commas,
    Words,
    Classes,
    TypographicQuotes,
}

impl Departure {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Quotes => "other quotes",
            Self::BareNames => "names without quotes",
            Self::Commas => "a comma too many",
            Self::Words => "words such as `undefined` or `None`",
            Self::Classes => "names of classes",
            Self::TypographicQuotes => "typographic quotes",
        }
    }
}

/// What the printer left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cut {
    /// A value, under this path of names.
    Value(Vec<String>),
    /// Fields of the object under this path.
    Fields(Vec<String>),
}

/// A value that was read.
#[derive(Debug)]
pub(super) struct Loose {
    /// The value as strict JSON.
    pub(super) json: String,
    /// The byte after it.
    pub(super) end: usize,
    pub(super) departures: BTreeSet<Departure>,
    pub(super) cuts: Vec<Cut>,
}

/// Why a text is not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) cause: Cause,
}

/// The likely cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The text ends inside what opened at this byte.
    Ends(usize),
    StringEnds,
    LineBreak,
    Escape,
    Comma,
    Colon,
    Equals,
    Name,
    Value,
    Word,
    Number,
    Twice,
    TooDeep,
    Pending,
    Markup,
    Closing(char),
}

impl Cause {
    /// The cause, for people; nothing of the input is shown.
    pub(super) fn say(self, text: &str) -> String {
        match self {
            Self::Ends(opened) => {
                let place = Location::of(text, opened);
                format!(
                    "the text ends inside what opens at line {}, column {}: was it cut off when it was copied?",
                    place.line, place.column
                )
            }
            Self::StringEnds => "a string has no closing quote: was the text cut off?".to_owned(),
            Self::LineBreak => {
                "a line break inside a string: a closing quote is missing, or a terminal wrapped the text"
                    .to_owned()
            }
            Self::Escape => "an escape in a string is not one of JSON".to_owned(),
            Self::Comma => "a comma or a closing bracket is missing".to_owned(),
            Self::Colon => "a colon is missing after a name".to_owned(),
            Self::Equals => {
                "`=` between a name and its value: Java prints maps so; print JSON instead"
                    .to_owned()
            }
            Self::Name => "a name of a field is expected here".to_owned(),
            Self::Value => "a value is expected here".to_owned(),
            Self::Word => "a value without quotes".to_owned(),
            Self::Number => "this is not a number".to_owned(),
            Self::Twice => {
                "a name occurs twice in one object: two readers could read different values"
                    .to_owned()
            }
            Self::TooDeep => "the text nests too deep".to_owned(),
            Self::Pending => {
                "a promise was printed, not its value: `await` it before it is printed".to_owned()
            }
            Self::Markup => "HTML or XML begins here".to_owned(),
            Self::Closing(found) => format!("`{found}` closes nothing that is open"),
        }
    }
}

/// Reads the value that begins at a byte of a text.
pub(super) fn value(text: &str, start: usize) -> Result<Loose, Problem> {
    Parser::new(text, start).run()
}

/// Reads a text that is one value.
pub(super) fn whole(text: &str, start: usize, end: usize) -> Result<Loose, Problem> {
    let text = text.get(..end).unwrap_or(text);
    let loose = value(text, start)?;
    match parser::rest(text, loose.end) {
        None => Ok(loose),
        Some((at, found)) => Err(Problem {
            at,
            cause: match found {
                '}' | ']' => Cause::Closing(found),
                _ => Cause::Comma,
            },
        }),
    }
}

#[cfg(test)]
mod tests;
