//! What is read of the shapes that carry a license, or say that there is none.

use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind, LicenseApiResponse};
use app_license::{License, LicenseSource};
use serde_json::Value;

use super::document::Document;
use super::names::{FUNCTION_CONTEXT, LICENSE, holds_a_license, what};
use crate::detect::Look;
use crate::detect::tokens::{short, user_access};
use crate::input_error::InputError;
use crate::reading::{Believe, Reading, What};

/// Reads a bare license object, as whatever the caller says it is.
pub(super) fn bare(source: LicenseSource, d: Document<'_>) -> Result<Reading, InputError> {
    let license = License::from_object(d.json.as_bytes(), source)?;
    Ok(Reading::of(LICENSE, license, d.look.now))
}

/// `null`, or what prints as `undefined`: the license of a context that has none.
pub(in super::super) fn null(look: Look) -> Result<Reading, InputError> {
    let source = look.source.unwrap_or(LicenseSource::ForgeFunctionContext);
    if !holds_a_license(source) {
        return Err(InputError::OtherShape {
            asked: source.to_string(),
            found: "null".to_owned(),
        });
    }
    let license = License::from_object(b"null", source)?;
    let mut reading = Reading::of(LICENSE, license, look.now);
    if look.source.is_none() {
        assumed(&mut reading, source);
    }
    Ok(reading)
}

pub(super) fn assumed(reading: &mut Reading, source: LicenseSource) {
    reading.note(
        "source_assumed",
        format!("a bare license object: taken as from the {source}; say `--as` to change"),
    );
}

/// Reads the context of a function.
pub(super) fn function_context(d: Document<'_>) -> Result<Reading, InputError> {
    let license = License::from_forge_function_context(d.json.as_bytes())?;
    let mut reading = Reading::of(FUNCTION_CONTEXT, license, d.look.now);
    reading.fact_if("install context", d.text("installContext").map(short));
    reading.fact_if("module", d.text("moduleKey").map(short));
    reading.fact_if("user access", d.fields.get("userAccess").map(user_access));
    Ok(reading)
}

/// Reads the context of a page of which little is left.
pub(super) fn page_context(d: Document<'_>) -> Result<Reading, InputError> {
    ui_context(
        what("forge_ui_context", "Forge UI context, a part of one"),
        d,
    )
}

pub(super) fn ui_context(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let license = License::from_forge_ui_context(d.json.as_bytes())?;
    let mut reading = Reading::of(what, license, d.look.now);
    reading.fact_if("site", d.text("siteUrl").map(short));
    reading.fact_if("module", d.text("moduleKey").map(short));
    reading.fact_if("user access", d.fields.get("userAccess").map(user_access));
    reading.fact_if("account type", d.text("accountType").map(short));
    Ok(reading)
}

pub(super) fn connect_answer(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let license = License::from_connect_api(d.json.as_bytes())?;
    let mut reading = Reading::of(what, license, d.look.now);
    reading.fact_if("app", d.text("key").map(short));
    reading.fact_if("state", d.text("state").map(short));
    if d.text("state").is_some_and(|state| state != "ENABLED") {
        reading.note(
            "app_not_enabled",
            "the app is not enabled on this site: the answer leaves the license out",
        );
    }
    let product = d.fields.get("host").and_then(|h| h.get("product"));
    reading.fact_if("product", product.and_then(Value::as_str).map(short));
    Ok(reading)
}

pub(super) fn error_answer(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let mut reading = Reading::new(what, Believe::NOTHING);
    let status = ["status-code", "statusCode", "status", "code"]
        .iter()
        .find_map(|name| d.fields.get(*name));
    let status = status.map(|value| match value {
        Value::String(text) => short(text),
        other => short(&other.to_string()),
    });
    reading.fact_if("status", status.clone());
    let first = |name: &str| d.fields.get(name)?.as_array()?.first();
    let message = d
        .text("message")
        .or_else(|| first("errorMessages")?.as_str())
        .or_else(|| first("errors")?.get("message")?.as_str())
        .or_else(|| d.fields.get("error")?.get("message")?.as_str())
        .or_else(|| d.text("error_description"))
        .or_else(|| d.text("error"));
    reading.fact_if("message", message.map(short));
    reading.note(
        "could_not_check",
        "an error answer says nothing about the license: keep the last good statement for a bounded time",
    );
    let cause = match status.as_deref() {
        Some("401") => "the token is missing, expired or not accepted there",
        Some("403") => "refused: an app may ask for its own key alone, and needs the scope READ",
        Some("404") => "the app is not installed on this site, or its key is another",
        Some("429") => "asked too often: wait as long as `Retry-After` says",
        _ => return Ok(reading),
    };
    reading.note("likely_cause", cause);
    Ok(reading)
}

pub(super) fn forge_answer(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let answer = LicenseApiResponse::parse(d.json.as_bytes())?;
    let mut reading = Reading::new(what, Believe::ANSWER);
    for (app, result) in answer.results() {
        match result {
            Ok(license) => reading.add(Some(app.to_string()), license.clone(), d.look.now),
            Err(error) => reading.note("could_not_check", format!("{app}: {error}")),
        }
    }
    Ok(reading)
}

pub(super) fn forge_event(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let kind = d.text("eventType").and_then(ForgeLifecycleKind::from_name);
    let guessed = if d.has("upgraderAccountId") {
        ForgeLifecycleKind::Upgraded
    } else {
        ForgeLifecycleKind::Installed
    };
    let event = ForgeLifecycleEvent::parse(kind.unwrap_or(guessed), d.json.as_bytes())?;
    let mut reading = Reading::new(what, Believe::NOTHING);
    reading.fact("event", event.kind());
    reading.fact_if("installation", event.installation_id());
    reading.fact_if("app", event.app_id());
    reading.fact_if("app version", event.app_version().map(short));
    reading.note(
        "no_license",
        "Forge lifecycle events never carry a license: ask the License API, or the next invocation",
    );
    Ok(reading)
}
