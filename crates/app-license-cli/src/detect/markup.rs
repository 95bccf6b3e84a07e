//! HTML and XML: error pages and error answers, which say nothing of a license.

use super::Look;
use super::tokens::{clip, short};
use crate::input_error::InputError;
use crate::reading::{Believe, Reading, What};

const HTML: What = What {
    code: "html_page",
    title: "HTML page, not an answer of the platform's APIs",
};
const XML: What = What {
    code: "xml_answer",
    title: "XML answer, an error most of the time",
};

/// Reads markup; `None` when the text is none.
pub(super) fn read(text: &str, look: Look) -> Result<Option<Reading>, InputError> {
    let start: String = text.chars().take(512).collect::<String>().to_lowercase();
    if !start.starts_with('<') || start.starts_with("<ref ") {
        return Ok(None);
    }
    // markup of a page may hold the iframe itself
    if let Some(reading) = iframe(text, look) {
        return Ok(Some(reading));
    }
    let html = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<iframe",
        "<div",
        "<title",
        "<center",
    ];
    let is_html = html.iter().any(|tag| start.contains(tag));
    if let Some(source) = look.source {
        return Err(InputError::OtherShape {
            asked: source.to_string(),
            found: if is_html { HTML.title } else { XML.title }.to_owned(),
        });
    }
    let mut reading = Reading::new(if is_html { HTML } else { XML }, Believe::NOTHING);
    reading.fact_if("title", element(text, "title").map(short));
    let status = element(text, "status-code").or_else(|| element(text, "code"));
    reading.fact_if("status", status.map(short));
    reading.fact_if("message", element(text, "message").map(|m| clip(m, 160)));
    reading.note(
        "could_not_check",
        "an error answer says nothing about the license: keep the last good statement for a bounded time",
    );
    reading.note("likely_cause", cause(text, status));
    Ok(Some(reading))
}

fn cause(text: &str, status: Option<&str>) -> &'static str {
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if status == Some("401")
        || says(&[
            "log in",
            "login",
            "sign in",
            "unauthorized",
            "must be authenticated",
        ])
    {
        "the request was not authenticated: the token is missing or was refused, or a browser's session is asked for"
    } else if status == Some("403") || says(&["forbidden", "access denied"]) {
        "the request was refused: an app may ask for its own key alone"
    } else if status == Some("404") || says(&["not found", "dead link", "page unavailable"]) {
        "the address is wrong: Confluence's base URL ends in `/wiki`, and the path is `/rest/atlassian-connect/1/addons/{appKey}`"
    } else if says(&[
        "bad gateway",
        "service unavailable",
        "gateway timeout",
        "502",
        "503",
        "504",
    ]) {
        "a proxy or the site itself did not answer: ask again later"
    } else {
        "a proxy, a login page or the site itself answered in place of the API"
    }
}

/// The text of the first element with a name, without markup in it.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = text.split_once(&format!("<{name}"))?;
    let (_, body) = after.split_once('>')?;
    let end = body.find('<')?;
    let body = body.get(..end)?.trim();
    (!body.is_empty()).then_some(body)
}

/// The source of an iframe, with `&amp;` as it stands in a page.
fn iframe(text: &str, look: Look) -> Option<Reading> {
    for quote in ["src=\"", "src='"] {
        for after in text.split(quote).skip(1).take(64) {
            let Some(end) = after.find(['"', '\'']) else {
                continue;
            };
            let url = after.get(..end).unwrap_or_default().replace("&amp;", "&");
            if let Some(query) = super::text::platform_query(&url) {
                return Some(super::text::iframe(query, look).found_in("the source of an iframe"));
            }
        }
    }
    None
}
