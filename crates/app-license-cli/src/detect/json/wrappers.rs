//! What payloads are wrapped in when people copy them.

use app_license::LicenseSource;
use serde_json::Value;

use super::document::{Document, Inner};
use crate::detect::single::one_of;
use crate::detect::tokens;
use crate::input_error::InputError;
use crate::raw;
use crate::reading::Reading;

/// The names under which payloads stand in logs, requests and answers.
const NAMES: &[&str] = &[
    "context",
    "args",
    "event",
    "request",
    "req",
    "payload",
    "body",
    "data",
    "response",
    "result",
    "claims",
    "decoded",
    "appContext",
    "productContext",
    "token",
    "jwt",
    "contextJwt",
    "contextToken",
    "invocationToken",
    "authorization",
    "Authorization",
    "headers",
    "license",
    "licence", // as an app's own code may spell it
    "licenseDetails",
    "message",
    "msg",
    "value",
];

/// How deep a payload may be wrapped.
pub(super) const MAX_WRAPPERS: u8 = 6;

/// Reads what an object of no known shape wraps; `None` when there is nothing known in it.
pub(super) fn unwrap(
    document: Document<'_>,
    depth: u8,
    readers: Inner,
) -> Result<Option<Reading>, InputError> {
    if depth >= MAX_WRAPPERS {
        return Ok(None);
    }
    let depth = depth.saturating_add(1);
    if let Some(reading) = decoded_token(document)? {
        return Ok(Some(
            reading.found_in("`payload`, beside the token's header"),
        ));
    }
    if let Some(reading) = page_data(document, depth, readers)? {
        return Ok(Some(reading));
    }
    // what is said of the user stands beside the license: never read one without the other
    if document.has("license") && document.has("userAccess") {
        return super::licenses::page_context(document).map(Some);
    }
    // a resolver's request: the license is in its context, the payload is the page's own data
    let is_request = document.has("payload") && document.has("context");
    if is_request && let Some(reading) = resolver_request(document, depth, readers)? {
        return Ok(Some(reading.found_in("`context` of a resolver's request")));
    }
    let mut found = Vec::new();
    for name in NAMES {
        if let Some(reading) = inner(document, name, depth, readers)? {
            found.push((format!("`{name}`"), reading));
        }
    }
    match found.is_empty() {
        true => Ok(None),
        false => one_of(found, "").map(Some),
    }
}

/// What stands under a name, when it is known.
fn inner(
    document: Document<'_>,
    name: &str,
    depth: u8,
    readers: Inner,
) -> Result<Option<Reading>, InputError> {
    let read = match document.fields.get(name) {
        Some(Value::Object(fields)) if name == "license" || name == "licence" => {
            if fields.is_empty() {
                return Ok(None);
            }
            (readers.json)(&raw_at(document, name), document.look, depth)
        }
        Some(Value::Object(_) | Value::Array(_)) => {
            (readers.json)(&raw_at(document, name), document.look, depth)
        }
        Some(Value::String(text)) => (readers.text)(text, document.look, depth),
        // a context that says of its license that there is none
        Some(Value::Null) if name == "license" && document.fields.len() == 1 => {
            super::licenses::null(document.look)
        }
        _ => return Ok(None),
    };
    match read {
        Ok(reading) => Ok(Some(reading)),
        Err(InputError::Undetected { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

fn raw_at(document: Document<'_>, name: &str) -> String {
    raw::at(document.json, &[name]).unwrap_or("null").to_owned()
}

/// `{payload, protectedHeader}` of jose, `{header, payload, signature}` of jsonwebtoken.
fn decoded_token(document: Document<'_>) -> Result<Option<Reading>, InputError> {
    let header = ["protectedHeader", "header"]
        .iter()
        .find_map(|name| document.fields.get(*name)?.as_object());
    let (Some(header), Some(Value::Object(claims))) = (header, document.fields.get("payload"))
    else {
        return Ok(None);
    };
    if !header.contains_key("alg") {
        return Ok(None);
    }
    let json = raw_at(document, "payload");
    tokens::decoded(header, claims, &json, document.look).map(Some)
}

/// The data of a page of the host: the URL of an iframe, with the tokens beside it.
fn page_data(
    document: Document<'_>,
    depth: u8,
    readers: Inner,
) -> Result<Option<Reading>, InputError> {
    let Some(reading) = ["url", "src", "uri", "href", "iframeUrl"]
        .iter()
        .find_map(|name| {
            let url = document.text(name)?;
            let query = crate::detect::text::platform_query(url)?;
            Some((*name, crate::detect::text::iframe(query, document.look)))
        })
    else {
        return Ok(None);
    };
    let (name, reading) = reading;
    let mut reading = reading.found_in(&format!("`{name}` of a page's data"));
    if document.text("contextJwt").is_some() {
        let token = inner(document, "contextJwt", depth, readers)?;
        let what = token.map_or("a token", |t| t.what.title);
        reading.note(
            "context_jwt",
            format!("beside it stands `contextJwt`, {what}: paste it alone to read it"),
        );
    }
    Ok(Some(reading))
}

fn resolver_request(
    document: Document<'_>,
    depth: u8,
    readers: Inner,
) -> Result<Option<Reading>, InputError> {
    let Some(Value::Object(fields)) = document.fields.get("context") else {
        return Ok(None);
    };
    let json = raw_at(document, "context");
    let context = Document {
        json: &json,
        fields,
        look: document.look,
    };
    // `context` of a resolver is a function's context, whatever the browser put in it
    let is_context = fields.contains_key("license") || super::recognize::is_forge_context(context);
    if is_context
        && document
            .look
            .source
            .is_none_or(|t| t == LicenseSource::ForgeFunctionContext)
    {
        return super::licenses::function_context(context).map(Some);
    }
    inner(document, "context", depth, readers)
}
