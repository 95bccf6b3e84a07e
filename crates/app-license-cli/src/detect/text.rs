//! Text that is neither JSON nor a token: URLs, query strings, manifests.

use app_license::connect::IframeQuery;

use super::tokens::short;
use super::{Look, json};
use crate::fault::Fault;
use crate::reading::{Reading, What};
use crate::yaml;

const IFRAME: What = What {
    code: "connect_iframe_query",
    title: "Connect iframe query",
};

/// What the platform itself puts into a query.
const PLATFORM: [&str; 8] = [
    "lic",
    "capSet",
    "capabilitySet",
    "xdm_e",
    "xdm_c",
    "cp",
    "cv",
    "jwt",
];

/// Reads a URL, a query string or a manifest; `None` when it is none of them.
pub(super) fn read(text: &str, look: Look) -> Result<Option<Reading>, Fault> {
    if let Some(query) = query_of(text) {
        return Ok(Some(iframe(query, look)));
    }
    manifest(text, look)
}

/// The query of a URL or of a target, or text that is one.
fn query_of(text: &str) -> Option<&str> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let before_fragment = text.split('#').next().unwrap_or(text);
    let url = text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/');
    match before_fragment.split_once('?') {
        Some((before, query)) if url || before.is_empty() => Some(query),
        None if url => Some(""),
        _ => {
            let names = |name: &str| PLATFORM.contains(&name);
            let platform = text
                .split('&')
                .filter_map(|pair| pair.split('=').next())
                .any(names);
            (platform && text.contains('=')).then_some(before_fragment)
        }
    }
}

fn iframe(query: &str, look: Look) -> Reading {
    let read = IframeQuery::parse(query);
    let mut reading = Reading::of(IFRAME, read.license(), look.now);
    reading.fact_if("lic", read.lic().map(|lic| short(&lic)));
    reading.fact_if("capSet", read.capability_set().map(|c| short(c.as_str())));
    reading.fact_if("host", read.host_url().map(|url| short(&url)));
    reading.fact_if("context path", read.context_path().map(|cp| short(&cp)));
    reading.fact(
        "token",
        if read.has_jwt() {
            "present, not shown"
        } else {
            "none in the query"
        },
    );
    if read.lic().is_none()
        && reading
            .licenses
            .iter()
            .all(|n| n.license.state() == app_license::State::Absent)
    {
        reading.note(
            "lic_missing",
            "no `lic`: cacheable iframes and REST calls carry none; ask the License API",
        );
    }
    reading
}

fn manifest(text: &str, look: Look) -> Result<Option<Reading>, Fault> {
    const KEYS: [&str; 6] = [
        "app:",
        "modules:",
        "permissions:",
        "remotes:",
        "resources:",
        "connectModules:",
    ];
    let starts = |line: &str| KEYS.iter().any(|key| line.starts_with(key));
    if !text.lines().any(starts) {
        return Ok(None);
    }
    json::read_value(&yaml::to_json(text)?, look).map(Some)
}
