//! The header of a token: the algorithm, the key's id, and nothing else.

use std::ops::Range;

use crate::gate::json::{self, Scanner, Str, Value};

use super::Algorithm;
use super::segment::{decode, malformed};
use crate::error::{Error, ErrorKind, at_most, shown};
use crate::find::place;

/// The largest header segment, in bytes; an honest one has about 100.
const MAX_HEADER: usize = 4096;

impl Algorithm {
    /// The header segments seen on nearly every token, which need no reading.
    const fn usual_headers(self) -> &'static [&'static str] {
        match self {
            Self::Hs256 => &[
                // {"typ":"JWT","alg":"HS256"}
                "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
                // {"alg":"HS256","typ":"JWT"}
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
                // {"alg":"HS256"}
                "eyJhbGciOiJIUzI1NiJ9",
            ],
            // an RS256 header names a key
            Self::Rs256 => &[],
        }
    }
}

/// Reads a header segment and refuses any other algorithm than the one asked for, and `crit`. Members
/// that point to keys (`jku`, `jwk`, `x5u`, `x5c`) are not looked at. Answers where in the buffer, which is empty
/// before, the `kid` is.
pub(super) fn read_header(
    segment: &str,
    algorithm: Algorithm,
    buffer: &mut Vec<u8>,
) -> Result<Option<Range<usize>>, Error> {
    if algorithm.usual_headers().contains(&segment) {
        return Ok(None);
    }
    at_most("token header", segment.len(), MAX_HEADER)?;
    decode(segment, buffer)?;
    let text = json::checked(buffer).map_err(header_fault)?;
    let mut alg = None;
    let mut kid = None;
    let mut critical = false;
    let mut scanner = Scanner::<64>::from_text(text);
    scanner
        .object::<json::Error>(|s, key| {
            let value = s.value()?;
            if key == Str::from("alg") {
                alg = Some(value);
            } else if key == Str::from("kid") {
                kid = Some(value);
            } else if key == Str::from("crit") {
                critical = true;
            }
            Ok(())
        })
        .map_err(header_fault)?;
    scanner.end().map_err(header_fault)?;
    match alg {
        Some(Value::String(found)) if found == Str::from(algorithm.name()) => {}
        Some(Value::String(found)) => {
            return Err(ErrorKind::Algorithm {
                expected: algorithm.name(),
                found: shown(&found.to_string()),
            }
            .into());
        }
        _ => return Err(malformed("its header lacks a string `alg`")),
    }
    if critical {
        return Err(ErrorKind::CriticalHeader.into());
    }
    let kid = match kid {
        None => return Ok(None),
        Some(Value::String(kid)) => {
            let plain = kid.plain().and_then(|plain| place(plain, text));
            plain.ok_or_else(|| kid.to_string())
        }
        Some(_) => return Err(malformed("`kid` in its header is not a string")),
    };
    // what is written with escapes goes behind it as what it spells
    Ok(Some(kid.unwrap_or_else(|decoded| {
        let start = buffer.len();
        buffer.extend_from_slice(decoded.as_bytes());
        start..buffer.len()
    })))
}

#[cold]
fn header_fault(error: json::Error) -> Error {
    malformed(match error.kind() {
        json::ErrorKind::DuplicateKey => "a key occurs twice in its header",
        json::ErrorKind::TooDeep | json::ErrorKind::TooManyKeys => "its header is too complex",
        _ => "its header is not a JSON object",
    })
}
