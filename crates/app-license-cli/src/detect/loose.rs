//! Objects as people paste them: JSON with comments, and what Node, browsers and Python print.
//!
//! Strict JSON is made of them, so that the library reads it as it reads everything. What the
//! printer left out (`[Object]`, `… 3 more`) is remembered: a license is never read from a text
//! that may have lost a part of it.

mod parser;
mod problem;
mod value;

use parser::Parser;
pub(super) use problem::{Cause, Problem};
pub(super) use value::{Cut, Loose};

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
