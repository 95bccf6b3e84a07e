//! What verifying and reading cost, against the bare cryptography and against the usual crates:
//! `cargo bench -p app-license`. One run measures everything and prints the ratios at the end.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may panic, prints, and is no library"
)]

#[path = "shared/ratios.rs"]
mod ratios;

use std::hint::black_box;

use app_license::connect::{
    BaseUrl, CanonicalRequest, IframeQuery, RequestLine, RequestVerifierConfig, TenantKeys,
    TokenClaims, UnverifiedRequestToken,
};
use app_license::{Capability, ClientKey, HmacKey, License, LicenseSource, SharedSecret, UnixTime};
use criterion::Criterion;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ratios::Goal;
use serde::Deserialize;

const SECRET: &str = "test-only-shared-secret-000000000000000000000000";
const QUERY: &str = "xdm_e=https%3A%2F%2Fexample.atlassian.net&xdm_c=channel-my-app__license-page\
    &cp=&xdm_deprecated_addon_key_do_not_use=my-app&lic=active&capSet=capabilityAdvanced\
    &cv=1001.0.0-SNAPSHOT&issueKey=TEST-1";
const LICENSE: &str = r#"{"active":true,"type":"COMMERCIAL","evaluation":false,
    "capabilitySet":"capabilityAdvanced","entitlementId":"e3b9d0c2-0000-4000-8000-000000000001",
    "entitlementNumber":"E-2AB-3CD-4EF-5GH","supportEntitlementNumber":null}"#;
const FORGE_LICENSE: &str = r#"{"isActive":true,"billingPeriod":"MONTHLY",
    "capabilitySet":"capabilityStandard","ccpEntitlementId":"e3b9d0c2-0000-4000-8000-000000000002",
    "ccpEntitlementSlug":"E-2AB-3CD-4EF-5GH","isEvaluation":true,"modes":["USER_ACCESS"],
    "subscriptionEndDate":"2026-12-22T00:00:00.000Z","supportEntitlementNumber":null,
    "trialEndDate":"2026-12-22T00:00:00.000Z","type":"COMMERCIAL"}"#;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The query hash as one writes it with the usual crates.
fn usual_canonical(method: &str, url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "jwt")
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    pairs.sort();
    let query: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let path = url.path().trim_end_matches('/').replace('&', "%26");
    let path = if path.is_empty() { "/" } else { &path };
    format!("{}&{path}&{}", method.to_uppercase(), query.join("&"))
}

fn usual_qsh(method: &str, url: &str) -> String {
    let canonical = usual_canonical(method, url);
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    hash.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

#[derive(Deserialize)]
struct UsualClaims {
    iss: String,
    sub: Option<String>,
    qsh: String,
    exp: u64,
    iat: u64,
}

/// The fields that a [`License`] keeps, owned, as one derives them. A key of these that comes twice is
/// refused; another one is not, and neither dates nor the text itself are kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading them is what is measured")]
struct UsualLicense {
    active: Option<bool>,
    is_active: Option<bool>,
    evaluation: Option<bool>,
    is_evaluation: Option<bool>,
    state: Option<String>,
    r#type: Option<String>,
    billing_period: Option<String>,
    capability_set: Option<String>,
    trial_end_date: Option<String>,
    subscription_end_date: Option<String>,
    #[serde(alias = "ccpEntitlementId")]
    entitlement_id: Option<String>,
    #[serde(alias = "ccpEntitlementSlug")]
    entitlement_number: Option<String>,
    support_entitlement_number: Option<String>,
    #[serde(default)]
    modes: Vec<String>,
}

/// The fewest fields that one does with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading them is what is measured")]
struct SixFields {
    active: Option<bool>,
    evaluation: Option<bool>,
    r#type: Option<String>,
    capability_set: Option<String>,
    entitlement_id: Option<String>,
    entitlement_number: Option<String>,
}

fn main() {
    let output = ratios::folder();
    let mut c = Criterion::default()
        .output_directory(&output)
        .configure_from_args();

    let now = UnixTime::from_seconds(1_800_000_000).unwrap();
    let key = HmacKey::new(&SharedSecret::new(SECRET).unwrap());
    let tenant = ClientKey::new("1a2b3c4d-0001-3000-8000-aaaaaaaaaaaa").unwrap();
    let keys = TenantKeys::new(tenant.clone(), key.clone());
    let base = BaseUrl::new("https://app.example.com").unwrap();
    let expected = RequestVerifierConfig::new(base.clone());
    let unsigned_target = format!("/license?{QUERY}");
    let canonical =
        CanonicalRequest::new(&RequestLine::new("GET", &unsigned_target), &base).unwrap();
    let token = TokenClaims::new(tenant.as_str(), now)
        .subject("557058:11111111-2222-3333-4444-555555555555")
        .qsh(&canonical)
        .claim("context", "{}")
        .unwrap()
        .sign(&key);
    let target = format!("{unsigned_target}&jwt={token}");
    let url = format!("https://app.example.com{target}");
    let request = RequestLine::new("GET", &target);
    assert_eq!(
        usual_canonical("GET", &url),
        CanonicalRequest::new(&request, &base).unwrap().as_str(),
    );

    verify(&mut c, &token, &target, &keys, &expected, now);
    qsh(&mut c, &target, &base);
    reading(&mut c);
    c.final_summary();
    print_ratios(&output);
}

fn verify(
    c: &mut Criterion,
    token: &str,
    target: &str,
    keys: &TenantKeys,
    expected: &RequestVerifierConfig,
    now: UnixTime,
) {
    c.bench_function("verify/ours", |b| {
        b.iter(|| {
            let token = UnverifiedRequestToken::parse(black_box(token)).unwrap();
            let request = RequestLine::new("GET", black_box(target));
            token.verify(keys, &request, expected, now).unwrap()
        });
    });
    let raw_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let request = RequestLine::new("GET", target);
    let canonical = CanonicalRequest::new(&request, expected.base_url()).unwrap();
    let url = format!("{}{target}", expected.base_url());
    c.bench_function("verify/raw", |b| {
        b.iter(|| {
            let mac = aws_lc_rs::hmac::sign(&raw_key, black_box(signed.as_bytes()));
            let bytes = black_box(canonical.as_str().as_bytes());
            (
                mac,
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes),
            )
        });
    });
    let decoding = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    c.bench_function("verify/usual", |b| {
        b.iter(|| {
            let data =
                jsonwebtoken::decode::<UsualClaims>(black_box(token), &decoding, &validation);
            let claims = data.unwrap().claims;
            assert!(claims.exp > now.as_seconds() && claims.iat <= now.as_seconds());
            assert_eq!(claims.qsh, usual_qsh("GET", black_box(&url)));
            (claims.iss, claims.sub)
        });
    });
}

fn qsh(c: &mut Criterion, target: &str, base: &BaseUrl) {
    let url = format!("{base}{target}");
    c.bench_function("qsh/ours", |b| {
        b.iter(|| {
            let request = RequestLine::new("GET", black_box(target));
            CanonicalRequest::new(&request, base).unwrap().qsh()
        });
    });
    c.bench_function("qsh/usual", |b| {
        b.iter(|| usual_qsh("GET", black_box(&url)))
    });
}

fn reading(c: &mut Criterion) {
    c.bench_function("iframe/ours", |b| {
        b.iter(|| IframeQuery::parse(black_box(QUERY)));
    });
    c.bench_function("iframe/ours, as a license", |b| {
        b.iter(|| IframeQuery::parse(black_box(QUERY)).license());
    });
    c.bench_function("iframe/usual", |b| {
        b.iter(|| {
            let mut found = [const { None }; 6];
            for (name, value) in form_urlencoded::parse(black_box(QUERY).as_bytes()) {
                let slot = match &*name {
                    "lic" => 0,
                    "capSet" | "capabilitySet" => 1,
                    "cp" => 2,
                    "xdm_e" => 3,
                    "xdm_c" => 4,
                    "cv" => 5,
                    _ => continue,
                };
                if let Some(slot) = found.get_mut(slot) {
                    *slot = Some(value);
                }
            }
            found
        });
    });

    for (group, json) in [("license", LICENSE), ("license of Forge", FORGE_LICENSE)] {
        c.bench_function(&format!("{group}/ours"), |b| {
            let source = LicenseSource::ConnectLicenseApi;
            b.iter(|| License::from_object(black_box(json.as_bytes()), source).unwrap());
        });
        // what comes over a network is bytes; from text, serde_json has no UTF-8 to check
        c.bench_function(&format!("{group}/usual, typed"), |b| {
            b.iter(|| serde_json::from_slice::<UsualLicense>(black_box(json.as_bytes())).unwrap());
        });
        c.bench_function(&format!("{group}/usual, typed, of text"), |b| {
            b.iter(|| serde_json::from_str::<UsualLicense>(black_box(json)).unwrap());
        });
        c.bench_function(&format!("{group}/usual, untyped"), |b| {
            b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(json)).unwrap());
        });
    }
    c.bench_function("license/usual, six fields, of text", |b| {
        b.iter(|| serde_json::from_str::<SixFields>(black_box(LICENSE)).unwrap());
    });

    let license = IframeQuery::parse(QUERY).license();
    c.bench_function("has_capability", |b| {
        b.iter(|| black_box(&license).has_capability(&Capability::ADVANCED));
    });
}

fn print_ratios(output: &std::path::Path) {
    let typed = Goal::AtMost(1.5);
    ratios::print(
        output,
        &[
            ("verify/ours", "verify/raw", Goal::AtMost(2.7)),
            ("verify/usual", "verify/ours", Goal::AtLeast(7.0)),
            ("qsh/usual", "qsh/ours", Goal::AtLeast(9.0)),
            ("iframe/usual", "iframe/ours", Goal::AtLeast(6.0)),
            ("iframe/usual", "iframe/ours, as a license", Goal::Nothing),
            ("license/ours", "license/usual, typed", typed),
            ("license/ours", "license/usual, typed, of text", typed),
            ("license/ours", "license/usual, six fields, of text", typed),
            ("license/ours", "license/usual, untyped", Goal::Nothing),
            (
                "license of Forge/ours",
                "license of Forge/usual, typed",
                typed,
            ),
            (
                "license of Forge/ours",
                "license of Forge/usual, typed, of text",
                typed,
            ),
        ],
    );
    if let Some(ns) = ratios::fastest(output, "has_capability") {
        println!("has_capability: {ns:.2} ns, goal <= 1 ns");
    }
}
