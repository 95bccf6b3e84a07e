//! The header of a token: the algorithm, the key's id, and nothing else.

use crate::gate::json::{self, Scanner, Str, Value};

use super::Algorithm;
use super::segment::{decode, malformed};
use crate::error::{Error, ErrorKind, at_most, shown};

/// The largest header segment, in bytes; an honest one has about 100.
const MAX_HEADER: usize = 4096;

/// The header of a token whose algorithm is the one asked for.
pub(super) struct Header {
    pub(super) kid: Option<String>,
}

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

impl Header {
    /// Reads a header segment and refuses any other algorithm, and `crit`. Members that point to
    /// keys (`jku`, `jwk`, `x5u`, `x5c`) are not looked at.
    pub(super) fn read(segment: &str, algorithm: Algorithm) -> Result<Self, Error> {
        if algorithm.usual_headers().contains(&segment) {
            return Ok(Self { kid: None });
        }
        at_most("token header", segment.len(), MAX_HEADER)?;
        let mut bytes = Vec::with_capacity(segment.len());
        decode(segment, &mut bytes)?;
        let mut alg = None;
        let mut kid = None;
        let mut critical = false;
        let mut scanner = Scanner::<64>::new(&bytes).map_err(header_fault)?;
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
            None => None,
            Some(Value::String(kid)) => Some(kid.to_string()),
            Some(_) => return Err(malformed("`kid` in its header is not a string")),
        };
        Ok(Self { kid })
    }
}

#[cold]
fn header_fault(error: json::Error) -> Error {
    malformed(match error.kind() {
        json::ErrorKind::DuplicateKey => "a key occurs twice in its header",
        json::ErrorKind::TooDeep | json::ErrorKind::TooManyKeys => "its header is too complex",
        _ => "its header is not a JSON object",
    })
}
