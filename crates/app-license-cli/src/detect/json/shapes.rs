//! The shapes of JSON that are known, and the signs they are recognized by.

use app_license::{License, LicenseSource};
use serde_json::Value;

use super::licenses::{
    assumed, bare, connect_answer, error_answer, forge_answer, forge_event, function_context,
    ui_context,
};
use super::names::{FUNCTION_CONTEXT, LICENSE, MANIFEST, what};
use super::rules;
use super::score::{Is, Sign, Signs};
use super::shape::{Recognition, Shape};
use super::signs::{
    OF_CONNECT, are_forge_modules, are_results, is_license, is_license_or_null, is_user_access,
    license_points,
};
use crate::detect::tokens::{self, short};
use crate::reading::{FORGE_LICENSE_API, Reading};

const fn signs(needs: u8, of: &'static [Sign], against: &'static [&'static str]) -> Recognition {
    Recognition::Signs(Signs { of, against, needs })
}

const EVENTS: &[&str] = &["installed", "uninstalled", "enabled", "disabled"];
const NOT_CONFIGURATION: &[&str] = &[
    "license",
    "environmentType",
    "moduleKey",
    "localId",
    "invocationId",
    "appAri",
    "app.installationId",
    "cloudId",
    "siteUrl",
    "installContext",
    "iss",
    "eventType",
];

/// Equals are taken in this order.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        what: what("forge_lifecycle", "Forge lifecycle event"),
        source: None,
        recognition: signs(
            4,
            &[
                Sign("eventType", Is::Begins("avi:forge:"), 4),
                Sign("id", Is::Text, 1),
                Sign("app.id", Is::Text, 2),
                Sign("app.version", Is::Text, 1),
                Sign("environment.id", Is::Text, 1),
                Sign("installerAccountId", Is::Text, 3),
                Sign("upgraderAccountId", Is::Text, 3),
                Sign("context", Is::Begins("ari:"), 1),
                Sign("retryContext", Is::Object, 1),
            ],
            &["app.installationId", "iss", "modules", "license"],
        ),
        read: forge_event,
    },
    Shape {
        what: what("connect_lifecycle", "Connect lifecycle event"),
        source: Some(LicenseSource::ConnectLifecycle),
        recognition: signs(
            4,
            &[
                Sign("eventType", Is::OneOf(EVENTS), 3),
                Sign("clientKey", Is::Text, 3),
                Sign("sharedSecret", Is::Text, 3),
                Sign("baseUrl", Is::Text, 1),
                Sign("productType", Is::Text, 2),
                Sign("key", Is::Text, 1),
                Sign("serverVersion", Is::Text, 1),
                Sign("pluginsVersion", Is::Text, 1),
                Sign("publicKey", Is::Text, 1),
                Sign("oauthClientId", Is::Text, 1),
                Sign("installationId", Is::Text, 1),
            ],
            &["modules", "iss", "license"],
        ),
        read: rules::lifecycle,
    },
    Shape {
        what: what("connect_descriptor", "Connect app descriptor"),
        source: None,
        recognition: signs(
            5,
            &[
                Sign("key", Is::Text, 1),
                Sign("baseUrl", Is::Text, 2),
                Sign("modules", Is::Object, 2),
                Sign("authentication", Is::Object, 2),
                Sign("lifecycle", Is::Object, 2),
                Sign("apiVersion", Is::Number, 1),
                Sign("apiMigrations", Is::Object, 2),
                Sign("enableLicensing", Is::There, 2),
                Sign("regionBaseUrls", Is::Object, 2),
                Sign("scopes", Is::List, 1),
                Sign("vendor", Is::Object, 1),
            ],
            &["clientKey", "sharedSecret", "iss", "app"],
        ),
        read: rules::descriptor,
    },
    Shape {
        what: MANIFEST,
        source: None,
        recognition: signs(
            4,
            &[
                Sign("app", Is::Object, 1),
                Sign("app.id", Is::Begins("ari:cloud:ecosystem::app/"), 2),
                Sign("app.licensing", Is::There, 3),
                Sign("app.access", Is::Object, 3),
                Sign("app.runtime", Is::Object, 2),
                Sign("app.package", Is::Object, 2),
                Sign("app.connect", Is::Object, 3),
                Sign("modules", Is::Object, 2),
                Sign("modules", Is::That(are_forge_modules), 2),
                Sign("connectModules", Is::Object, 3),
                Sign("permissions", Is::Object, 1),
                Sign("permissions.scopes", Is::List, 1),
                Sign("remotes", Is::List, 2),
                Sign("resources", Is::List, 2),
                Sign("providers", Is::Object, 1),
                Sign("environment.variables", Is::List, 2),
                Sign("translations", Is::Object, 1),
                Sign("licensing", Is::Object, 1),
            ],
            NOT_CONFIGURATION,
        ),
        read: rules::manifest,
    },
    Shape {
        what: what("forge_display_condition", "Forge display conditions"),
        source: None,
        recognition: Recognition::Whole(|d| {
            if rules::is_display_condition(d.fields) {
                4
            } else {
                0
            }
        }),
        read: rules::display_condition,
    },
    Shape {
        what: what("connect_condition", "Connect condition"),
        source: None,
        recognition: Recognition::Whole(|d| if rules::is_condition(d.fields) { 4 } else { 0 }),
        read: |_, d| rules::condition(d.json),
    },
    Shape {
        what: FORGE_LICENSE_API,
        source: Some(LicenseSource::ForgeLicenseApi),
        recognition: Recognition::Whole(|d| {
            let results = d.fields.get("results");
            let empty = results.and_then(Value::as_array).is_some_and(Vec::is_empty)
                && d.look.source == Some(LicenseSource::ForgeLicenseApi);
            if empty || results.is_some_and(are_results) {
                6
            } else {
                0
            }
        }),
        read: forge_answer,
    },
    Shape {
        what: what("connect_license_api", "Connect License API answer"),
        source: Some(LicenseSource::ConnectLicenseApi),
        recognition: signs(
            3,
            &[
                Sign("key", Is::Text, 1),
                Sign("version", Is::Text, 1),
                Sign("state", Is::Text, 2),
                Sign("license", Is::That(is_license_or_null), 2),
                Sign("host", Is::Object, 2),
                Sign("links", Is::Object, 1),
            ],
            &[
                "iss",
                "modules",
                "clientKey",
                "cloudId",
                "status-code",
                "errorMessages",
            ],
        ),
        read: connect_answer,
    },
    Shape {
        what: what("error_answer", "error answer of an API of the platform"),
        source: None,
        recognition: signs(
            3,
            &[
                Sign("message", Is::Text, 2),
                Sign("errorMessages", Is::List, 2),
                Sign("errors", Is::There, 2),
                Sign("error", Is::Text, 2),
                Sign("error", Is::Object, 1),
                Sign("error.message", Is::Text, 2),
                Sign("code", Is::There, 2),
                Sign("status-code", Is::There, 2),
                Sign("statusCode", Is::There, 2),
                Sign("status", Is::There, 1),
                Sign("timestamp", Is::There, 1),
                Sign("path", Is::Text, 1),
                Sign("reason", Is::Text, 1),
                Sign("error_description", Is::Text, 2),
                Sign("data", Is::That(Value::is_null), 1),
            ],
            &[
                "license",
                "iss",
                "active",
                "isActive",
                "capabilitySet",
                "context",
                "level",
                "results",
            ],
        ),
        read: error_answer,
    },
    Shape {
        what: what("token_claims", "claims of a token"),
        source: None,
        recognition: signs(
            4,
            &[
                Sign("iss", Is::Text, 2),
                Sign("exp", Is::There, 2),
                Sign("iat", Is::There, 1),
                Sign("nbf", Is::There, 1),
                Sign("qsh", Is::Text, 3),
                Sign("aud", Is::There, 1),
                Sign("sub", Is::Text, 1),
                Sign("jti", Is::Text, 1),
                Sign("app.installationId", Is::Text, 1),
                Sign("context", Is::Object, 1),
            ],
            &["modules", "clientKey"],
        ),
        read: |_, d| tokens::claims(d.fields, d.json, None, d.look),
    },
    Shape {
        what: what(
            "forge_invocation_context",
            "Forge invocation context, as containers are told it",
        ),
        source: Some(LicenseSource::ForgeInvocationToken),
        recognition: signs(
            4,
            &[
                Sign("app.installationId", Is::Text, 2),
                Sign("app.apiBaseUrl", Is::Text, 1),
                Sign("app.id", Is::Begins("ari:cloud:ecosystem::app/"), 1),
                Sign("app.environment.type", Is::Text, 2),
                Sign("app.module", Is::Object, 2),
                Sign("app.installation", Is::Object, 1),
                Sign("app.license", Is::Object, 1),
                Sign("context", Is::Object, 1),
                Sign("principal", Is::Text, 1),
            ],
            &["iss", "exp", "modules", "eventType"],
        ),
        read: |what, d| tokens::invocation(what, d.fields, d.json, d.look),
    },
    Shape {
        what: what(
            "forge_app_context",
            "Forge function context, `getAppContext()`",
        ),
        source: Some(LicenseSource::ForgeFunctionContext),
        recognition: signs(
            4,
            &[
                Sign("appAri", Is::There, 2),
                Sign("environmentAri", Is::There, 2),
                Sign("installationAri", Is::There, 2),
                Sign("invocationId", Is::Text, 2),
                Sign("appVersion", Is::Text, 1),
                Sign("environmentType", Is::Text, 1),
                Sign("moduleKey", Is::Text, 1),
                Sign("license", Is::That(is_license_or_null), 1),
                Sign("installation", Is::Object, 1),
                Sign("permissions", Is::Object, 1),
            ],
            &["iss", "modules", "eventType"],
        ),
        read: |what, d| {
            let license = License::from_forge_app_context(d.json.as_bytes())?;
            let mut reading = Reading::of(what, license, d.look.now);
            reading.fact_if("app version", d.text("appVersion").map(short));
            reading.fact_if("module", d.text("moduleKey").map(short));
            Ok(reading)
        },
    },
    Shape {
        what: what("forge_ui_context", "Forge UI context, `view.getContext()`"),
        source: Some(LicenseSource::ForgeUiContext),
        recognition: signs(
            3,
            UI_CONTEXT,
            &[
                "iss",
                "modules",
                "eventType",
                "installContext",
                "appAri",
                "payload",
            ],
        ),
        read: ui_context,
    },
    Shape {
        what: FUNCTION_CONTEXT,
        source: Some(LicenseSource::ForgeFunctionContext),
        recognition: Recognition::Whole(|d| {
            let mut points = 0_u8;
            let mut add = |yes: bool, more: u8| {
                if yes {
                    points = points.saturating_add(more);
                }
            };
            let at = |path: &str| super::score::at(d.fields, path);
            let context = at("installContext").and_then(Value::as_str);
            add(context.is_some_and(|c| c.starts_with("ari:")), 4);
            add(at("principal.accountId").is_some(), 2);
            add(at("installation.ari").is_some(), 2);
            add(at("installation.contexts").is_some(), 1);
            add(at("license").is_some_and(is_license_or_null), 1);
            add(at("jobId").is_some(), 1);
            add(at("workspaceId").is_some(), 1);
            // a resolver's context holds the page's too
            let page = UI_CONTEXT.iter().filter(|sign| d.has(sign.0)).count();
            add(context.is_some() && page > 1, 4);
            let against = d.has_any(&["iss", "modules", "eventType", "app", "appAri"]);
            if against || points < 3 { 0 } else { points }
        }),
        read: |_, d| function_context(d),
    },
    Shape {
        what: what(
            "connect_context",
            "Connect browser context, `AP.context.getContext()`",
        ),
        source: Some(LicenseSource::ConnectContext),
        recognition: signs(
            4,
            &[
                Sign("jira", Is::Object, 2),
                Sign("jira.issue", Is::Object, 2),
                Sign("jira.project", Is::Object, 2),
                Sign("confluence", Is::Object, 2),
                Sign("confluence.content", Is::Object, 2),
                Sign("confluence.space", Is::Object, 2),
                Sign("license", Is::That(is_license), 2),
                Sign("url", Is::Text, 1),
            ],
            &["iss", "modules", "eventType", "localId", "app"],
        ),
        read: |what, d| {
            let license = License::from_connect_context(d.json.as_bytes())?;
            Ok(Reading::of(what, license, d.look.now))
        },
    },
    Shape {
        what: LICENSE,
        source: None,
        recognition: Recognition::Whole(|d| license_points(d.fields)),
        read: |_, d| {
            let source = if d.has_any(&OF_CONNECT) {
                LicenseSource::ConnectLicenseApi
            } else {
                LicenseSource::ForgeFunctionContext
            };
            let mut reading = bare(source, d)?;
            assumed(&mut reading, source);
            Ok(reading)
        },
    },
];

const UI_CONTEXT: &[Sign] = &[
    Sign("localId", Is::Text, 2),
    Sign("siteUrl", Is::Text, 2),
    Sign("environmentType", Is::Text, 2),
    Sign("environmentId", Is::Text, 2),
    Sign("extension", Is::Object, 2),
    Sign("moduleKey", Is::Text, 2),
    Sign("cloudId", Is::Text, 1),
    Sign("accountId", Is::Text, 1),
    Sign("accountType", Is::Text, 1),
    Sign("locale", Is::Text, 1),
    Sign("timezone", Is::Text, 1),
    Sign("theme", Is::There, 1),
    Sign("surfaceColor", Is::There, 1),
    Sign("userAccess", Is::Object, 1),
    Sign("userAccess", Is::That(is_user_access), 2),
    Sign("permissions", Is::Object, 1),
    Sign("license", Is::That(is_license_or_null), 1),
];
