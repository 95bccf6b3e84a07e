//! Finding out what an input is, by its shape alone.

mod json;
mod text;
mod tokens;

use app_license::{Touchpoint, UnixTime};

use crate::fault::Fault;
use crate::reading::Reading;
use crate::token;

/// How to look at an input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) now: UnixTime,
    /// What the caller says it is, where its shape could be several things.
    pub(crate) touchpoint: Option<Touchpoint>,
}

/// Reads whatever this is.
pub(crate) fn detect(bytes: &[u8], look: Look) -> Result<Reading, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Fault::Undetected {
            tried: "text (the input is not UTF-8)".to_owned(),
        })?
        .trim();
    if matches!(text.as_bytes().first(), Some(b'{' | b'[')) || text == "null" {
        return json::read(text, look);
    }
    if let Some(token) = token::strip_scheme(text) {
        return tokens::read(token, look);
    }
    if let Some(reading) = text::read(text, look)? {
        return Ok(reading);
    }
    Err(Fault::Undetected {
        tried: format!(
            "JSON ({}), a compact token or an Authorization header, an iframe URL or query \
             string, a Forge manifest (YAML)",
            json::titles()
        ),
    })
}
