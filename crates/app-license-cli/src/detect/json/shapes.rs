//! The shapes of JSON that are known, in the order they are tried.

use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind, LicenseApiResponse};
use app_license::{License, Touchpoint};
use serde_json::Value;

use super::{Document, Shape, rules};
use crate::detect::tokens::{self, short, user_access};
use crate::fault::Fault;
use crate::raw;
use crate::reading::{Believe, Reading, What};

const fn what(code: &'static str, title: &'static str) -> What {
    What { code, title }
}

/// The fields of a licence object, in all spellings.
const LICENSE_FIELDS: [&str; 15] = [
    "active",
    "isActive",
    "capabilitySet",
    "evaluation",
    "isEvaluation",
    "billingPeriod",
    "trialEndDate",
    "subscriptionEndDate",
    "entitlementId",
    "ccpEntitlementId",
    "entitlementNumber",
    "ccpEntitlementSlug",
    "supportEntitlementNumber",
    "modes",
    "type",
];

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        what: what("forge_lifecycle", "Forge lifecycle event"),
        touchpoint: None,
        fits: |d| {
            let event = d
                .text("eventType")
                .is_some_and(|e| e.starts_with("avi:forge:"));
            let app = d.fields.get("app").is_some_and(|a| a.get("id").is_some());
            event || (app && d.text("id").is_some())
        },
        read: forge_event,
    },
    Shape {
        what: what("connect_lifecycle", "Connect lifecycle event"),
        touchpoint: Some(Touchpoint::ConnectLifecycle),
        fits: |d| {
            d.has_any(&["eventType", "sharedSecret"]) && !d.has_any(&["app", "modules"])
                || (d.has("clientKey") && d.has("baseUrl"))
        },
        read: rules::lifecycle,
    },
    Shape {
        what: what("connect_descriptor", "Connect app descriptor"),
        touchpoint: None,
        fits: |d| d.text("key").is_some() && d.has("baseUrl") && d.has("modules"),
        read: rules::descriptor,
    },
    Shape {
        what: what("forge_manifest", "Forge manifest"),
        touchpoint: None,
        fits: |d| {
            let app = d.fields.get("app");
            let app_says = |name: &str| app.is_some_and(|a| a.get(name).is_some());
            !app_says("installationId")
                && (d.has_any(&["modules", "permissions", "remotes", "connectModules"])
                    || ["licensing", "access", "runtime", "package"]
                        .into_iter()
                        .any(app_says))
        },
        read: rules::manifest,
    },
    Shape {
        what: what("forge_display_condition", "Forge display conditions"),
        touchpoint: None,
        fits: |d| rules::is_display_condition(d.fields),
        read: rules::display_condition,
    },
    Shape {
        what: what("connect_condition", "Connect condition"),
        touchpoint: None,
        fits: |d| rules::is_condition(d.fields),
        read: |_, d| rules::condition(d.json),
    },
    Shape {
        what: what("forge_license_api", "Forge License API answer"),
        touchpoint: Some(Touchpoint::ForgeLicenseApi),
        fits: |d| d.fields.get("results").is_some_and(Value::is_array),
        read: forge_answer,
    },
    Shape {
        what: what("connect_license_api", "Connect License API answer"),
        touchpoint: Some(Touchpoint::ConnectLicenseApi),
        fits: |d| d.text("key").is_some() && d.has_any(&["state", "license", "host"]),
        read: connect_answer,
    },
    Shape {
        what: what("error_answer", "error answer of a License API"),
        touchpoint: None,
        fits: |d| d.text("message").is_some() && d.has_any(&["code", "status-code", "statusCode"]),
        read: error_answer,
    },
    Shape {
        what: what("token_claims", "claims of a token"),
        touchpoint: None,
        fits: |d| tokens::are_claims(d.fields),
        read: |_, d| tokens::claims(d.fields, d.json, None, d.look),
    },
    Shape {
        what: what("forge_invocation_context", "Forge invocation context"),
        touchpoint: Some(Touchpoint::ForgeInvocationToken),
        fits: |d| {
            d.fields
                .get("app")
                .is_some_and(|a| a.get("installationId").is_some())
        },
        read: |_, d| tokens::claims(d.fields, d.json, None, d.look),
    },
    Shape {
        what: what(
            "forge_app_context",
            "Forge function context, `getAppContext()`",
        ),
        touchpoint: Some(Touchpoint::ForgeFunctionContext),
        fits: |d| {
            d.has_any(&[
                "appAri",
                "environmentAri",
                "installationAri",
                "invocationId",
            ])
        },
        read: |what, d| {
            let license = License::from_forge_app_context(d.json.as_bytes())?;
            Ok(Reading::of(what, license, d.look.now))
        },
    },
    Shape {
        what: what("forge_ui_context", "Forge UI context, `view.getContext()`"),
        touchpoint: Some(Touchpoint::ForgeUiContext),
        fits: |d| {
            d.has_any(&[
                "environmentType",
                "userAccess",
                "localId",
                "siteUrl",
                "extension",
            ]) && !d.has("installContext")
        },
        read: ui_context,
    },
    Shape {
        what: what(
            "forge_function_context",
            "Forge function context, second argument",
        ),
        touchpoint: Some(Touchpoint::ForgeFunctionContext),
        fits: |d| d.has_any(&["installContext", "principal", "installation"]),
        read: |what, d| {
            let license = License::from_forge_function_context(d.json.as_bytes())?;
            let mut reading = Reading::of(what, license, d.look.now);
            reading.fact_if("install context", d.text("installContext").map(short));
            Ok(reading)
        },
    },
    Shape {
        what: what(
            "connect_context",
            "Connect browser context, `AP.context.getContext()`",
        ),
        touchpoint: Some(Touchpoint::ConnectContext),
        fits: |d| {
            d.has_any(&["jira", "confluence", "url"])
                || (d.has("license") && !is_spelled_by_forge(d.json))
        },
        read: |what, d| {
            let license = License::from_connect_context(d.json.as_bytes())?;
            Ok(Reading::of(what, license, d.look.now))
        },
    },
    Shape {
        what: what("forge_ui_context", "Forge context"),
        touchpoint: Some(Touchpoint::ForgeUiContext),
        fits: |d| d.has("license"),
        read: ui_context,
    },
    Shape {
        what: what("license", "bare licence object"),
        touchpoint: None,
        fits: |d| d.fields.is_empty() || d.has_any(&LICENSE_FIELDS),
        read: |_, d| {
            let connect = d.has_any(&["evaluation", "entitlementId", "entitlementNumber"]);
            let touchpoint = if connect {
                Touchpoint::ConnectLicenseApi
            } else {
                Touchpoint::ForgeFunctionContext
            };
            let mut reading = bare(touchpoint, d)?;
            reading.note(
                "touchpoint_assumed",
                format!(
                    "a bare licence object: taken as from the {touchpoint}; say `--as` to change"
                ),
            );
            Ok(reading)
        },
    },
];

/// Reads a bare licence object, as whatever the caller says it is.
pub(super) fn bare(touchpoint: Touchpoint, d: Document<'_>) -> Result<Reading, Fault> {
    let license = License::from_object(d.json.as_bytes(), touchpoint)?;
    Ok(Reading::of(
        what("license", "bare licence object"),
        license,
        d.look.now,
    ))
}

fn is_spelled_by_forge(json: &str) -> bool {
    raw::at(json, &["license"])
        .and_then(|object| serde_json::from_str::<Value>(object).ok())
        .is_some_and(|license| {
            [
                "isActive",
                "isEvaluation",
                "ccpEntitlementId",
                "billingPeriod",
                "modes",
            ]
            .iter()
            .any(|name| license.get(name).is_some())
        })
}

fn ui_context(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let license = License::from_forge_ui_context(d.json.as_bytes())?;
    let mut reading = Reading::of(what, license, d.look.now);
    reading.fact_if("site", d.text("siteUrl").map(short));
    reading.fact_if("module", d.text("moduleKey").map(short));
    reading.fact_if("user access", d.fields.get("userAccess").map(user_access));
    reading.fact_if("account type", d.text("accountType").map(short));
    Ok(reading)
}

fn connect_answer(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let license = License::from_connect_api(d.json.as_bytes())?;
    let mut reading = Reading::of(what, license, d.look.now);
    reading.fact_if("app", d.text("key").map(short));
    reading.fact_if("state", d.text("state").map(short));
    if d.text("state").is_some_and(|state| state != "ENABLED") {
        reading.note(
            "app_not_enabled",
            "the app is not enabled on this site: the answer leaves the licence out",
        );
    }
    let product = d.fields.get("host").and_then(|h| h.get("product"));
    reading.fact_if("product", product.and_then(Value::as_str).map(short));
    Ok(reading)
}

fn error_answer(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let mut reading = Reading::new(what, Believe::NOTHING);
    reading.fact_if("message", d.text("message").map(short));
    reading.note(
        "could_not_check",
        "an error answer says nothing about the licence: keep the last good word for a bounded time",
    );
    Ok(reading)
}

fn forge_answer(what: What, d: Document<'_>) -> Result<Reading, Fault> {
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

fn forge_event(what: What, d: Document<'_>) -> Result<Reading, Fault> {
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
        "Forge lifecycle events never carry a licence: ask the License API, or the next invocation",
    );
    Ok(reading)
}
