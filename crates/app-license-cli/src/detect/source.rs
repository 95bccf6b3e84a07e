//! The text of an input: its encoding, and where in it something stands.

use std::borrow::Cow;

use crate::input_error::InputError;

/// A place in a text, for people: both count from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Location {
    /// The place of a byte.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let before = text.get(..end).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: line.saturating_add(1),
            column: last.chars().count().saturating_add(1),
        }
    }
}

/// A fault of the syntax of a text, at a byte of it.
pub(super) fn syntax(
    what: &'static str,
    text: &str,
    offset: usize,
    cause: impl Into<String>,
) -> InputError {
    let Location { line, column } = Location::of(text, offset);
    InputError::Syntax {
        what,
        line,
        column,
        cause: cause.into(),
    }
}

/// The text of an input: UTF-8, or UTF-16 with its mark, as PowerShell writes files; without a byte
/// order mark, and without the sequences that color a terminal.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, InputError> {
    let text: Cow<'_, str> = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?.into(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).into(),
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let before = String::from_utf8_lossy(valid);
                return Err(syntax(
                    "text",
                    &before,
                    before.len(),
                    "these bytes are not UTF-8: save the text as UTF-8, or give text rather than a file of another kind",
                ));
            }
        },
    };
    Ok(if text.contains('\u{1b}') {
        without_colors(&text).into()
    } else {
        text
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, InputError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(syntax("text", "", 0, "it begins as UTF-16 but is not")),
    }
}

/// Takes out `ESC [ … letter`.
fn without_colors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split("\u{1b}[");
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = |c: char| c.is_ascii_digit() || c == ';';
        let rest = piece.trim_start_matches(digits);
        match rest.strip_prefix(|c: char| c.is_ascii_alphabetic()) {
            Some(rest) => plain.push_str(rest),
            None => plain.push_str(piece),
        }
    }
    plain
}

/// The part of a text that is meant: without white space around it, without the fence of a code
/// block, and without the quotes of a shell around the whole.
pub(super) fn meant(text: &str) -> (usize, &str) {
    let mut inner = text.trim();
    if let Some(fenced) = inner.strip_prefix("```")
        && let Some((_, body)) = fenced.split_once('\n')
    {
        let body = body.trim_end();
        inner = body.strip_suffix("```").unwrap_or(body).trim();
    }
    for quote in ['\'', '`'] {
        let quoted = inner
            .strip_prefix(quote)
            .and_then(|i| i.strip_suffix(quote));
        if let Some(quoted) = quoted
            && !quoted.contains(quote)
        {
            inner = quoted.trim();
        }
    }
    inner = inner.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    // a slice of the text: where it begins
    let start = (inner.as_ptr().addr()).saturating_sub(text.as_ptr().addr());
    (start, inner)
}

#[cfg(test)]
mod tests {
    use super::{Location, decode, meant};

    #[test]
    fn every_encoding_that_editors_write() {
        let text = "{\"ä\": 1}";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe", le.as_slice()].concat(),
            [b"\xfe\xff", be.as_slice()].concat(),
            "\u{1b}[36m{\"ä\":\u{1b}[0;1m 1}".as_bytes().to_vec(),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
        }
        let error = decode(b"line\nab\xff").unwrap_err().to_string();
        assert!(error.contains("line 2, column 3"), "{error}");
        assert!(decode(b"\xff\xfe\x00").is_err());
    }

    #[test]
    fn what_is_meant_of_a_paste() {
        for (text, want) in [
            ("  {} \n", (2, "{}")),
            ("```json\n{}\n```\n", (8, "{}")),
            ("'lic=active'", (1, "lic=active")),
            ("{ a: 'x' };", (0, "{ a: 'x' }")),
            ("'a' 'b'", (0, "'a' 'b'")),
            ("", (0, "")),
        ] {
            assert_eq!(meant(text), want, "{text}");
        }
        let place = Location::of("ä\nbcd", 5);
        assert_eq!((place.line, place.column), (2, 3));
    }
}
