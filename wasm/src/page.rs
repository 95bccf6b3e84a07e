//! Reading and deciding for pages: hints, nothing verified, no secret.
//!
//! A page holds a license as the bits of `license` and its capability set; the same two come
//! back for a decision. The entry `@app-license/sdk/wasm` calls these functions, and the rules in
//! TypeScript are held to them.

use std::time::Duration;

use app_license::connect::IframeQuery;
use app_license::edition::{Grants, RequiredCapability};
use app_license::forge::{LicenseApiResponse, UserAccess};
use app_license::json::Str;
use app_license::{
    Capability, Deployment, Edition, EnvironmentType, Error, ErrorKind, Evidence, ForgeAppId,
    License, LicenseSource, Policy, Reason, State, WhenAbsent,
};
use wasm_bindgen::prelude::*;

use crate::license::{NO_ACCESS, bits};
use crate::lines::line;

/// Reads what a license source handed over: a context or an answer of a License API as JSON text, or
/// the query of an iframe. `environment` counts where the document does not name its own; `app` is the
/// app whose license an answer of the Forge License API is read for, the only one without it.
///
/// Answers lines: the bits of the license, its capability set, its environment. A text is empty for
/// nothing, `=` and itself, or JSON. A refusal is thrown as a text: its code, a line break, its message.
#[wasm_bindgen(js_name = readLicense)]
pub fn read_license(
    source: String,
    document: String,
    environment: Option<String>,
    app: Option<String>,
) -> Result<String, JsValue> {
    read(&source, &document, environment.as_deref(), app.as_deref())
        .map_err(|error| JsValue::from_str(&format!("{}\n{error}", error.code())))
}

fn read(
    source: &str,
    document: &str,
    environment: Option<&str>,
    app: Option<&str>,
) -> Result<String, Error> {
    let json = document.as_bytes();
    let license = match LicenseSource::from_code(source) {
        Some(LicenseSource::ConnectIframeQuery) => {
            IframeQuery::parse(document.strip_prefix('?').unwrap_or(document)).license()
        }
        Some(LicenseSource::ConnectLicenseApi) => License::from_connect_api(json)?,
        Some(LicenseSource::ForgeUiContext) => License::from_forge_ui_context(json)?,
        Some(LicenseSource::ForgeFunctionContext) => License::from_forge_function_context(json)?,
        Some(LicenseSource::ForgeLicenseApi) => {
            let answer = LicenseApiResponse::parse(json)?;
            match app {
                Some(id) => answer.license(&ForgeAppId::new(id)?)?,
                None => answer.into_only()?,
            }
        }
        Some(LicenseSource::ConnectContext) => License::from_connect_context(json)?,
        _ => {
            let (what, field) = ("call", "source");
            return Err(ErrorKind::FieldMissing { what, field }.into());
        }
    };
    let silent = matches!(
        license.source(),
        LicenseSource::ForgeFunctionContext | LicenseSource::ForgeLicenseApi
    );
    let license = match environment {
        Some(environment) if silent => license.in_environment(EnvironmentType::new(environment)),
        _ => license,
    };
    let mut lines = bits(&license).to_string();
    line(&mut lines, license.capability_set().map(Capability::as_str));
    line(
        &mut lines,
        license.environment().map(EnvironmentType::as_str),
    );
    Ok(lines)
}

/// Whether an active license with this capability set, which may be empty, includes a capability.
#[wasm_bindgen]
pub fn includes(has: String, needs: String) -> bool {
    grants(&has).includes(RequiredCapability::from(needs.as_str()))
}

fn grants(has: &str) -> Grants<'_> {
    Grants::of_active(Some(Str::from(has)).filter(|has| !has.is_empty()))
}

/// How old a statement is, by the seconds from its time to now; nothing for one of too far in the future.
#[wasm_bindgen(js_name = statementAge)]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "whole seconds of a `Date`, which end where the numbers of JavaScript are exact"
)]
pub fn statement_age(seconds: f64) -> Option<f64> {
    // what is no number is no time
    let seconds = (!seconds.is_nan()).then_some(seconds as i64)?;
    Evidence::age(seconds).map(|age| age as f64)
}

/// Decides on a hint. `license` holds its bits, `has` its capability set, which may be empty.
///
/// `policy` holds when-absent in the lowest two bits (free, standard, advanced, deny), then one bit
/// each: production only, confirmed only, `max_age` is given, `age` is known, absent means something
/// else outside production; in bits 7 and 8 what it means there; then one bit each: the app sells
/// nothing, user access is ignored. Ages are in seconds.
///
/// The lowest four bits of the answer are the reason: 0 or 2 inactive, 1 a trial that ended, 3 granted,
/// 4 capability missing, 6 absent, 7 not production, 8 stale, 9 unconfirmed, 10 no user access. Then
/// comes the edition asked for (free, standard, advanced, none).
#[wasm_bindgen(js_name = decideHint)]
pub fn decide_hint(
    license: u32,
    has: String,
    needs: String,
    policy: u32,
    max_age: u32,
    age: u32,
) -> u32 {
    let needs = RequiredCapability::from(needs.as_str());
    let evidence = Evidence {
        state: match license & 3 {
            0 => State::Active,
            1 => State::Inactive,
            _ => State::Absent,
        },
        grants: grants(&has),
        evaluation: match (license >> 4) & 3 {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        deployment: match (license >> 6) & 3 {
            0 => Deployment::Production,
            1 => Deployment::NotProduction,
            _ => Deployment::Unknown,
        },
        age: (policy & 32 != 0).then_some(u64::from(age)),
        // what a page holds is a hint
        confirmed: false,
        user_access: (u64::from(license) & NO_ACCESS != 0).then_some(UserAccess::UNREADABLE),
    };
    let mut rules = Policy::new()
        .when_absent(meaning(policy))
        .production_only(policy & 4 != 0)
        .confirmed_only(policy & 8 != 0)
        .sells_nothing(policy & 512 != 0)
        .ignore_user_access(policy & 1024 != 0);
    if policy & 64 != 0 {
        rules = rules.when_absent_outside_production(meaning(policy >> 7));
    }
    if policy & 16 != 0 {
        rules = rules.max_age(Duration::from_secs(u64::from(max_age)));
    }
    let reason = match rules.decide(&evidence, needs) {
        Reason::Inactive { trial: Some(false) } => 0,
        Reason::Inactive { trial: Some(true) } => 1,
        Reason::Inactive { trial: None } => 2,
        Reason::Granted => 3,
        Reason::CapabilityMissing => 4,
        Reason::Absent => 6,
        Reason::NotProduction => 7,
        Reason::Stale => 8,
        Reason::NoUserAccess => 10,
        _ => 9,
    };
    let edition = match needs.edition() {
        Some(Edition::Free) => 0,
        Some(Edition::Standard) => 1,
        Some(_) => 2,
        None => 3,
    };
    reason | (edition << 4)
}

const fn meaning(bits: u32) -> WhenAbsent {
    match bits & 3 {
        0 => WhenAbsent::Assume(Edition::Free),
        1 => WhenAbsent::Assume(Edition::Standard),
        2 => WhenAbsent::Assume(Edition::Advanced),
        _ => WhenAbsent::Deny,
    }
}

#[cfg(test)]
mod tests {
    use super::{decide_hint, includes, read};

    fn lines(source: &str, document: &str, environment: Option<&str>) -> String {
        read(source, document, environment, None).unwrap()
    }

    #[test]
    fn a_document_is_bits_and_two_texts() {
        let context = r#"{"license":{"active":true,"capabilitySet":"CAPABILITY_ADVANCED"},"environmentType":"PRODUCTION"}"#;
        let read = lines("forge_ui_context", context, Some("DEVELOPMENT"));
        assert_eq!(
            read,
            format!(
                "{}\n=CAPABILITY_ADVANCED\n=PRODUCTION",
                2 << 2 | 2 << 4 | 1 << 8
            )
        );
        let read = lines("forge_function_context", context, Some("STAGING"));
        assert_eq!(
            read,
            format!(
                "{}\n=CAPABILITY_ADVANCED\n=STAGING",
                2 << 2 | 2 << 4 | 1 << 6 | 1 << 8
            )
        );
        let query = lines("connect_iframe_query", "?lic=active&userAccess=false", None);
        assert_eq!(query, format!("{}\n\n", 1 << 2 | 2 << 4 | 512));
        assert!(super::read("connect_context", "[]", None, None).is_err());
    }

    #[test]
    fn a_hint_is_decided_and_never_confirmed() {
        let decide = |license, has: &str, policy| {
            decide_hint(
                license,
                has.into(),
                "capabilityAdvanced".into(),
                policy,
                10,
                11,
            )
        };
        assert_eq!(decide(2 << 2, "capabilityAdvanced", 3), 3 | 2 << 4);
        assert_eq!(decide(2 << 2, "", 3), 4 | 2 << 4);
        assert_eq!(decide(2 << 2, "capabilityAdvanced", 3 | 8), 9 | 2 << 4);
        assert_eq!(
            decide(2 << 2, "capabilityAdvanced", 3 | 16 | 32),
            8 | 2 << 4
        );
        assert_eq!(decide(2 << 2 | 512, "capabilityAdvanced", 3), 10 | 2 << 4);
        assert!(includes(
            "capabilityAdvanced".into(),
            "capability_standard".into()
        ));
    }
}
