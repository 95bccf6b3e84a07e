//! Text that is neither JSON nor a token: URLs, query strings.

use app_license::connect::IframeQuery;

use super::Look;
use super::tokens::short;
use crate::reading::{Reading, What};

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

/// The query of a URL or of a target, or text that is one.
pub(super) fn query_of(text: &str) -> Option<&str> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let before_fragment = text.split('#').next().unwrap_or(text);
    let url = is_url(text);
    match before_fragment.split_once('?') {
        Some((before, query)) if url || before.is_empty() => Some(query),
        None if url => Some(""),
        _ => (is_platform(before_fragment)).then_some(before_fragment),
    }
}

/// The query of a URL with something of the platform in it.
pub(super) fn platform_query(text: &str) -> Option<&str> {
    let query = query_of(text)?;
    is_platform(query).then_some(query)
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/')
}

fn is_platform(query: &str) -> bool {
    query.contains('=')
        && query
            .split('&')
            .filter_map(|pair| pair.split('=').next())
            .any(|name| PLATFORM.contains(&name))
}

/// Reads the query of an iframe.
pub(super) fn iframe(query: &str, look: Look) -> Reading {
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
    if query.contains("&amp;") {
        reading.note(
            "escaped_for_html",
            "`&amp;` stands between the parameters, as in the source of a page: write `&`",
        );
    }
    reading
}
