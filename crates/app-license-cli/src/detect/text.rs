//! Text that is neither JSON nor a token: URLs, query strings, manifests.

use super::{Look, json};
use crate::fault::Fault;
use crate::reading::Reading;
use crate::yaml;

/// Reads a URL, a query string or a manifest; `None` when it is none of them.
pub(super) fn read(text: &str, look: Look) -> Result<Option<Reading>, Fault> {
    if text.is_empty() || text.lines().count() > 1 || !is_query(text) {
        return manifest(text, look);
    }
    Ok(None)
}

fn is_query(text: &str) -> bool {
    !text.contains(char::is_whitespace) && text.contains('=')
}

fn manifest(text: &str, look: Look) -> Result<Option<Reading>, Fault> {
    let starts = |line: &str| {
        [
            "app:",
            "modules:",
            "permissions:",
            "remotes:",
            "resources:",
            "connectModules:",
        ]
        .iter()
        .any(|key| line.starts_with(key))
    };
    if !text.lines().any(starts) {
        return Ok(None);
    }
    json::read_value(&yaml::to_json(text)?, look).map(Some)
}
