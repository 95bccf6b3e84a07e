//! An answer to everything that may be wrong: status and headers of the table, a body that is JSON, and
//! nothing of what a token should have been.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Refusal, ReportedRefusal, out_of_reach};
use crate::error::{Error, ErrorClass, ErrorKind as K};
use crate::gate::json::{self, Kind};
use crate::gate::policy::Policy;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::Verified;

/// Stands in all that is told of a refused value.
const EVIDENCE: &str = "the-evidence";

/// The first kind of errors, with this evidence.
fn first(_: &str) -> K {
    K::TooLarge {
        what: "body",
        limit: 1,
        found: 2,
    }
}

/// The kind after this one. A kind that is new does not compile until it has its place here.
fn after(kind: &K, evidence: &str) -> Option<K> {
    let text = || evidence.to_owned();
    let (expected, found) = (text(), text());
    let now = UnixTime::EPOCH;
    Some(match kind {
        K::TooLarge { .. } => K::TooComplex { what: "token" },
        K::TooComplex { .. } => K::TooMany {
            what: "keys",
            limit: 1,
            found: 2,
        },
        K::TooMany { .. } => K::Json {
            what: "body",
            source: json::Scanner::<1>::from_text("x").value().unwrap_err(),
        },
        K::Json { .. } => K::FieldMissing {
            what: "body",
            field: "clientKey",
        },
        K::FieldMissing { .. } => K::FieldType {
            what: "body",
            field: "clientKey",
            expected: Kind::String,
            found: Kind::Null,
        },
        K::FieldType { .. } => K::FieldValue {
            what: "body",
            field: "key",
            expected,
            found,
        },
        K::FieldValue { .. } => K::InvalidId { what: "id", found },
        K::InvalidId { .. } => K::InvalidBaseUrl {
            expected: "https",
            found,
        },
        K::InvalidBaseUrl { .. } => K::WeakSecret {
            bytes: 1,
            minimum: 16,
        },
        K::WeakSecret { .. } => K::TokenMissing { expected: "JWT" },
        K::TokenMissing { .. } => K::TokenConflict,
        K::TokenConflict => K::TokenScheme {
            expected: "JWT",
            found,
        },
        K::TokenScheme { .. } => K::TokenMalformed { reason: "it is" },
        K::TokenMalformed { .. } => K::Algorithm {
            expected: "RS256",
            found,
        },
        K::Algorithm { .. } => K::CriticalHeader,
        K::CriticalHeader => K::KeyIdInvalid { found },
        K::KeyIdInvalid { .. } => K::KeyIdMissing,
        K::KeyIdMissing => K::UnknownKey { kid: found },
        K::UnknownKey { .. } => K::Signature,
        K::Signature => K::ClaimMissing { claim: "iss" },
        K::ClaimMissing { .. } => K::ClaimType {
            claim: "iss",
            expected: "a text",
        },
        K::ClaimType { .. } => K::Expired {
            expired_at: now,
            now,
            leeway: 30,
        },
        K::Expired { .. } => K::NotYetValid {
            claim: "iat",
            at: now,
            now,
            leeway: 30,
        },
        K::NotYetValid { .. } => K::Audience { expected, found },
        K::Audience { .. } => K::Issuer { expected, found },
        K::Issuer { .. } => K::QshMismatch { expected, found },
        K::QshMismatch { .. } => K::OutsideBaseUrl {
            path: expected,
            base_url: found,
        },
        K::OutsideBaseUrl { .. } => K::ContextToken,
        K::ContextToken => K::NotContextToken,
        K::NotContextToken => K::TenantMismatch {
            field: "clientKey",
            expected,
            found,
        },
        K::TenantMismatch { .. } => K::ClaimsContradict {
            one: "aud",
            other: "app.id",
        },
        K::ClaimsContradict { .. } => K::ForgeContextToken,
        K::ForgeContextToken => K::IsolatedCloud { found },
        K::IsolatedCloud { .. } => K::ForeignBaseUrl { found },
        K::ForeignBaseUrl { .. } => K::Replayed,
        K::Replayed => K::KeyMalformed {
            what: "key",
            reason: "it is",
        },
        K::KeyMalformed { .. } => K::WeakKey {
            bits: 1024,
            minimum: 2048,
        },
        K::WeakKey { .. } => K::NotChecked {
            app: expected,
            reason: found,
        },
        K::NotChecked { .. } => K::FeatureMap { reason: found },
        K::FeatureMap { .. } => K::UnknownFeature { feature: found },
        K::UnknownFeature { .. } => K::UnknownLimit { limit: found },
        K::UnknownLimit { .. } => K::UnknownServiceLevel {
            service_level: found,
        },
        K::UnknownServiceLevel { .. } => K::Condition { reason: found },
        K::Condition { .. } => return None,
    })
}

/// All of them.
fn kinds(evidence: &str) -> Vec<K> {
    std::iter::successors(Some(first(evidence)), |kind| after(kind, evidence)).collect()
}

const CLASSES: [(ErrorClass, u16); 5] = [
    (ErrorClass::Malformed, 400),
    (ErrorClass::Refused, 401),
    (ErrorClass::TooLarge, 413),
    (ErrorClass::Misuse, 500),
    (ErrorClass::CouldNotCheck, 503),
];

/// What every answer is, whatever happened: gives `error` of its body.
fn checked(
    (status, code, body): (u16, &str, &str),
    headers: impl Iterator<Item = (&'static str, &'static str)>,
) -> Result<Value, TestCaseError> {
    prop_assert!(
        [400, 401, 402, 403, 408, 413, 431, 500, 503].contains(&status),
        "{}",
        status
    );
    let body: Value = serde_json::from_str(body).unwrap();
    let error = body.get("error").unwrap().clone();
    let names: Vec<_> = error.as_object().unwrap().keys().cloned().collect();
    prop_assert_eq!(names, ["code", "decision", "message"]);
    prop_assert_eq!(body.as_object().unwrap().len(), 1);
    prop_assert_eq!(error.get("code").unwrap(), code);
    prop_assert!(
        error
            .get("message")
            .unwrap()
            .as_str()
            .is_some_and(|said| !said.is_empty())
    );
    let headers: Vec<_> = headers.collect();
    let wanted = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
    ];
    let again = (status == 503).then_some(("retry-after", Refusal::RETRY_AFTER));
    prop_assert_eq!(headers, wanted.into_iter().chain(again).collect::<Vec<_>>());
    Ok(error)
}

#[test]
fn every_kind_is_walked_once() {
    let codes: Vec<_> = kinds("x")
        .into_iter()
        .map(|kind| Error::from(kind).code())
        .collect();
    let mut once = codes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), codes.len());
    // each class has its errors
    for (class, _) in CLASSES {
        let of_class = |kind: &K| Error::from(kind.clone()).class() == class;
        assert!(kinds("x").iter().any(of_class), "{class:?}");
    }
}

proptest! {
    /// Of every kind of error, with evidence as strangers may write it.
    #[test]
    fn answer_is_total_over_errors(said in any::<String>()) {
        let evidence = format!("{EVIDENCE}{said}");
        for kind in kinds(&evidence) {
            let error = Error::from(kind);
            let (class, code) = (error.class(), error.code());
            let (_, status) = CLASSES.into_iter().find(|(it, _)| *it == class).unwrap();
            let message = error.to_string();
            let reported = ReportedRefusal::new(code, class, Some(&message));
            let refusal = Refusal::Error(error);
            prop_assert_eq!((refusal.status(), refusal.code()), (status, code));
            let error = checked((status, code, &refusal.body()), refusal.headers())?;
            prop_assert_eq!(error.get("decision").unwrap(), &Value::Null);
            if class == ErrorClass::Refused {
                prop_assert!(!refusal.body().contains(EVIDENCE), "{}", code);
            }
            // what is left of it in another language is answered alike, but for codes that have words of
            // their own, and for an outage of the platform, which is told in the core's
            prop_assert_eq!(reported.status(), status);
            checked((status, code, &reported.body()), reported.headers())?;
            if !["replayed", "not_checked"].contains(&code) {
                prop_assert_eq!(reported.body(), refusal.body());
            }
        }
    }

    /// Of every code and class that a shell may report, with any message.
    #[test]
    fn answer_is_total_over_what_shells_report(
        known in any::<prop::sample::Index>(), other in any::<String>(), message in any::<String>(),
    ) {
        let codes: Vec<_> = kinds("x").into_iter().map(|kind| Error::from(kind).code()).collect();
        let known = *known.get(&codes);
        let message = format!("{EVIDENCE}{message}");
        let whole = ["unknown_tenant", "tenant_disabled", "tenant_blocked", "replayed", "body_unreadable", "body_timed_out"];
        for code in [known, other.as_str(), "store_unavailable", "status", "misuse"].into_iter().chain(whole) {
            for (class, status) in CLASSES {
                let reported = ReportedRefusal::new(code, class, Some(&message));
                let error = checked((reported.status(), code, &reported.body()), reported.headers())?;
                if !whole.contains(&code) {
                    prop_assert_eq!(reported.status(), status);
                }
                prop_assert_eq!(error.get("decision").unwrap(), &Value::Null);
                // whose fault it is decides what may be told
                let told = matches!(class, ErrorClass::Malformed | ErrorClass::TooLarge | ErrorClass::Misuse);
                if !told || whole.contains(&code) {
                    prop_assert!(!reported.body().contains(EVIDENCE), "{}", code);
                }
            }
        }
    }

    /// Of every outage, and of what is larger than any honest input.
    #[test]
    fn answer_is_total_over_outages_and_limits(code in any::<String>(), limit in any::<usize>()) {
        prop_assert!(!out_of_reach(&code).is_empty());
        for (refusal, status) in [
            (Refusal::CouldNotCheck { what: out_of_reach(&code), code: "fetch" }, 503),
            (Refusal::BodyTooLarge { limit }, 413),
            (Refusal::HeadTooLarge { limit }, 431),
        ] {
            prop_assert_eq!(refusal.status(), status);
            checked((status, refusal.code(), &refusal.body()), refusal.headers())?;
        }
    }

    /// Of every decision that denies, whatever was asked for.
    #[test]
    fn answer_is_total_over_decisions(
        active in proptest::option::of(any::<bool>()), set in any::<String>(), needs in any::<String>(),
        confirmed in any::<bool>(), production in any::<bool>(), max_age in proptest::option::of(any::<u64>()),
    ) {
        let object = match active {
            Some(active) => json!({ "active": active, "capabilitySet": set }).to_string(),
            None => "null".to_owned(),
        };
        let mut policy = Policy::new().confirmed_only(confirmed).production_only(production);
        if let Some(seconds) = max_age {
            policy = policy.max_age(std::time::Duration::from_secs(seconds));
        }
        let Ok(license) = License::from_object(object.as_bytes(), LicenseSource::ConnectIframeQuery) else {
            return Ok(());
        };
        let license = Verified::dangerous_assume(license);
        for needs in [needs.as_str(), "capabilityStandard", "capabilityAdvanced"] {
            let decision = license.decide(&policy, needs, UnixTime::EPOCH);
            if decision.is_allowed() {
                continue;
            }
            let refusal = Refusal::Denied(decision.clone());
            prop_assert!([402, 403].contains(&refusal.status()));
            let error = checked((refusal.status(), refusal.code(), &refusal.body()), refusal.headers())?;
            prop_assert_eq!(error.pointer("/decision/allowed").unwrap(), false);
            let reported = ReportedRefusal::denied(decision);
            prop_assert_eq!(reported.status(), refusal.status());
            prop_assert_eq!(reported.body(), refusal.body());
        }
    }
}
