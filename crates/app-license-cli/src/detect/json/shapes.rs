//! The shapes of JSON that are known, and the signs they are told by.

use app_license::{License, LicenseSource};
use serde_json::{Map, Value};

use super::licenses::{
    assumed, bare, connect_answer, error_answer, forge_answer, forge_event, function_context,
    ui_context,
};
use super::score::{Is, Sign, Signs};
use super::{Document, Recognition, Shape, rules};
use crate::detect::tokens::{self, short};
use crate::reading::{Reading, What};

pub(super) const fn what(code: &'static str, title: &'static str) -> What {
    What { code, title }
}

const fn signs(needs: u8, of: &'static [Sign], against: &'static [&'static str]) -> Recognition {
    Recognition::Signs(Signs { of, against, needs })
}

pub(super) const LICENSE: What = what("license", "bare license object");
pub(super) const FUNCTION_CONTEXT: What = what(
    "forge_function_context",
    "Forge function context, second argument",
);
const MANIFEST: What = what("forge_manifest", "Forge manifest");

/// The fields of a license object in all spellings, and how much each says.
const LICENSE_FIELDS: [(&str, u8); 16] = [
    ("active", 3),
    ("isActive", 3),
    ("capabilitySet", 3),
    ("evaluation", 2),
    ("isEvaluation", 2),
    ("billingPeriod", 2),
    ("trialEndDate", 2),
    ("subscriptionEndDate", 2),
    ("entitlementId", 2),
    ("ccpEntitlementId", 2),
    ("entitlementNumber", 2),
    ("ccpEntitlementSlug", 2),
    ("supportEntitlementNumber", 2),
    ("modes", 1),
    ("state", 1),
    ("type", 1),
];

/// What only Connect writes in a license object.
const OF_CONNECT: [&str; 3] = ["evaluation", "entitlementId", "entitlementNumber"];

fn is_license(value: &Value) -> bool {
    value.as_object().is_some_and(|f| license_points(f) > 0)
}

fn is_license_or_null(value: &Value) -> bool {
    value.is_null() || is_license(value)
}

/// The points of a license object: its fields are those of one, most of them at least.
fn license_points(fields: &Map<String, Value>) -> u8 {
    let known = LICENSE_FIELDS
        .iter()
        .filter(|(name, _)| fields.contains_key(*name));
    let count = known.clone().count();
    let points = known.map(|(_, points)| *points).sum();
    let others = fields.len().saturating_sub(count);
    let enough = points >= 3 && (others == 0 || (count >= 2 && others <= count));
    if enough { points } else { 0 }
}

fn is_user_access(value: &Value) -> bool {
    let bool = |name: &str| value.get(name).is_some_and(Value::is_boolean);
    bool("enabled") || bool("hasAccess")
}

fn are_results(value: &Value) -> bool {
    let is_result = |item: &Value| {
        item.get("appId").is_some_and(Value::is_string)
            && (item.get("data").is_some_and(Value::is_object)
                || item.get("error").is_some_and(Value::is_object))
    };
    value
        .as_array()
        .is_some_and(|items| !items.is_empty() && items.iter().all(is_result))
}

fn are_forge_modules(value: &Value) -> bool {
    let known = |name: &String| {
        name.contains(':')
            || [
                "function",
                "trigger",
                "scheduledTrigger",
                "webtrigger",
                "consumer",
                "macro",
                "endpoint",
                "action",
            ]
            .contains(&name.as_str())
    };
    value.as_object().is_some_and(|m| m.keys().any(known))
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: Recognition::Whole(|d| {
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
        told: Recognition::Whole(|d| if rules::is_condition(d.fields) { 4 } else { 0 }),
        read: |_, d| rules::condition(d.json),
    },
    Shape {
        what: what("forge_license_api", "Forge License API answer"),
        source: Some(LicenseSource::ForgeLicenseApi),
        told: Recognition::Whole(|d| {
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: signs(
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
        told: Recognition::Whole(|d| {
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
        told: signs(
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
        told: Recognition::Whole(|d| license_points(d.fields)),
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

/// Whether an object made from other text is a manifest.
pub(in super::super) fn is_manifest(fields: &Map<String, Value>) -> bool {
    let manifest = SHAPES.iter().find(|shape| shape.what == MANIFEST);
    manifest.is_some_and(|shape| match &shape.told {
        Recognition::Signs(signs) => signs.are_met(&signs.score(fields)),
        Recognition::Whole(_) => false,
    })
}

/// Whether an object is a context of Forge, of a page or of a function.
pub(super) fn is_forge_context(d: Document<'_>) -> bool {
    SHAPES
        .iter()
        .filter(|s| {
            matches!(
                s.source,
                Some(LicenseSource::ForgeUiContext | LicenseSource::ForgeFunctionContext)
            )
        })
        .any(|shape| shape.points(d).is_some())
}

/// Whether a license object alone can be from there.
pub(super) const fn holds_a_license(source: LicenseSource) -> bool {
    !matches!(
        source,
        LicenseSource::ConnectLifecycle | LicenseSource::ConnectIframeQuery
    )
}
