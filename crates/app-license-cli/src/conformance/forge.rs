//! Forge: license objects, contexts, and lifecycle events.

use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind, UiContext};
use app_license::{Event, Installation, License, LicenseSource, UnixTime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::suite::{has, with};
use super::{Checks, Outcome, licenses, oracle, readings};

/// A license object of a surface.
#[derive(Deserialize)]
pub(super) struct ObjectCase {
    /// Null where the surface has none.
    license: Value,
    surface: String,
    expect: Option<Value>,
}

/// Reads the object alone, and inside the documents that carry it.
pub(super) fn license_object(case: &ObjectCase) -> Outcome {
    let mut checks = Checks::default();
    let object = &case.license;
    let source = readings::source(&case.surface);
    let text = object.to_string();
    let Some(license) = checks.ok("license", License::from_object(text.as_bytes(), source)) else {
        return checks.outcome();
    };
    oracle::check(&mut checks, Some(object), &license);
    if let Some(expect) = &case.expect {
        licenses::check(&mut checks, expect, &license);
    }
    let document = json!({"environmentType": "PRODUCTION", "license": object}).to_string();
    for (name, read) in [
        ("UI context", License::from_forge_ui_context as Read),
        ("function context", License::from_forge_function_context),
        ("app context", License::from_forge_app_context),
    ] {
        if let Some(inside) = checks.ok(name, read(document.as_bytes())) {
            oracle::check(&mut checks, Some(object), &inside);
        }
    }
    if let Value::Object(fields) = object {
        let mut more = fields.clone();
        more.insert(
            "aFieldOfTomorrow".to_owned(),
            json!({"active": true, "list": [1, null]}),
        );
        let more = Value::Object(more);
        let read = License::from_object(more.to_string().as_bytes(), source);
        if let Some(more_license) = checks.ok("with an unknown field", read) {
            oracle::check(&mut checks, Some(&more), &more_license);
        }
    }
    checks.outcome()
}

type Read = fn(&[u8]) -> Result<License, app_license::Error>;

/// A context, or a lifecycle event.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "payload") {
        with(case, event)
    } else {
        with(case, context)
    }
}

/// A context, read as the surface that it names.
#[derive(Deserialize)]
struct ContextCase {
    context: Value,
    surface: String,
    expect: Option<Value>,
}

fn context(case: &ContextCase) -> Outcome {
    let mut checks = Checks::default();
    let ContextCase {
        context,
        surface,
        expect,
    } = case;
    let text = context.to_string();
    if context.get("app").is_some() {
        let object = context.pointer("/app/license");
        let license = match object {
            None => Ok(License::absent(LicenseSource::ForgeInvocationToken)),
            Some(object) => License::from_object(
                object.to_string().as_bytes(),
                LicenseSource::ForgeInvocationToken,
            ),
        };
        if let Some(license) = checks.ok("app.license", license) {
            oracle::check(&mut checks, object, &license);
            if let Some(expect) = expect {
                licenses::check(&mut checks, expect, &license);
            }
        }
        return checks.outcome();
    }
    if surface.contains("workflow") && context.get("context").is_some() {
        let read = License::from_forge_workflow_arguments(text.as_bytes());
        if let Some(license) = checks.ok("context.license", read) {
            oracle::check(&mut checks, context.pointer("/context/license"), &license);
            if let Some(expect) = expect {
                licenses::check(&mut checks, expect, &license);
            }
        }
        return checks.outcome();
    }
    let source = readings::source(surface);
    let (read, environment): (Read, bool) = match source {
        _ if surface.contains("getAppContext") => (License::from_forge_app_context, true),
        _ if surface.contains("payload") || surface.contains("argument") => {
            (License::from_forge_function_context, false)
        }
        LicenseSource::ForgeFunctionContext => (License::from_forge_function_context, false),
        _ => (License::from_forge_ui_context, true),
    };
    if let Some(license) = checks.ok("context", read(text.as_bytes())) {
        oracle::check(&mut checks, context.get("license"), &license);
        let said = context.get("environmentType").filter(|_| environment);
        checks.same(
            "environmentType",
            said.unwrap_or(&Value::Null),
            &json!(license.environment()),
        );
        if let Some(expect) = expect {
            licenses::check(&mut checks, expect, &license);
        }
    }
    if let Some(stated) = context.get("userAccess")
        && let Some(read) = checks.ok("context", UiContext::parse(text.as_bytes()))
    {
        let expected = oracle::lets_the_user_in(stated);
        let found = read.user_access().is_none_or(|access| access.allows());
        checks.holds("userAccess", found == expected, expected, found);
    }
    still_reads_a_license(&mut checks, context, read);
    checks.outcome()
}

/// The same context with a license put in, so that a reader that sees nothing is found out.
fn still_reads_a_license(checks: &mut Checks, context: &Value, read: Read) {
    let mut fields = context.as_object().cloned().unwrap_or_else(Map::new);
    let object = json!({"active": true, "capabilitySet": "capabilityAdvanced"});
    fields.insert("license".to_owned(), object.clone());
    let text = Value::Object(fields).to_string();
    if let Some(license) = checks.ok("with a license put in", read(text.as_bytes())) {
        oracle::check(checks, Some(&object), &license);
    }
}

/// The payload of a lifecycle event.
#[derive(Deserialize)]
struct EventCase {
    event: String,
    payload: Value,
}

fn event(case: &EventCase) -> Outcome {
    let mut checks = Checks::default();
    let kind = ForgeLifecycleKind::from_name(&case.event);
    let Some(kind) = checks.need("event", kind) else {
        return checks.outcome();
    };
    let payload = &case.payload;
    let read = ForgeLifecycleEvent::parse(kind, payload.to_string().as_bytes());
    let Some(event) = checks.ok("payload", read) else {
        return checks.outcome();
    };
    let inner = payload.get("payload").unwrap_or(payload);
    let tail = |id: Option<&str>| id.and_then(|id| id.rsplit('/').next()).map(str::to_owned);
    let account = ["installerAccountId", "upgraderAccountId"]
        .iter()
        .find_map(|name| inner.get(*name));
    let at = |path: &str| inner.pointer(path);
    for (name, expected, found) in [
        (
            "id",
            at("/id"),
            json!(tail(event.installation_id().map(|i| i.as_str()))),
        ),
        (
            "app.id",
            at("/app/id"),
            json!(event.app_id().map(|a| a.uuid())),
        ),
        (
            "app.version",
            at("/app/version"),
            json!(event.app_version()),
        ),
        ("app.name", at("/app/name"), json!(event.app_name())),
        (
            "app.ownerAccountId",
            at("/app/ownerAccountId"),
            json!(event.app_owner_account_id()),
        ),
        (
            "environment.id",
            at("/environment/id"),
            json!(event.environment_id()),
        ),
        ("account", account, json!(event.account_id())),
    ] {
        checks.same(name, &last_segment(expected), &last_segment(Some(&found)));
    }
    let (after, _) = Installation::apply(None, &Event::from(event), UnixTime::EPOCH);
    let known = kind == ForgeLifecycleKind::PreUninstall || after.is_some();
    checks.holds("an installation comes of it", known, "one", "none");
    checks.outcome()
}

/// Ids are compared without their ARI prefix.
fn last_segment(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => json!(text.rsplit('/').next()),
        other => other.cloned().unwrap_or(Value::Null),
    }
}
