//! What verifying and reading cost, against the bare cryptography and against the usual crates:
//! `cargo bench -p app-license`. One run measures everything and prints the ratios at the end.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may panic, prints, and is no library"
)]

use std::hint::black_box;
use std::path::Path;

use app_license::connect::{
    BaseUrl, CanonicalRequest, IframeQuery, Request, RequestVerifierConfig, TenantKeys,
    TokenClaims, UnverifiedRequestToken,
};
use app_license::{Capability, ClientKey, HmacKey, License, LicenseSource, SharedSecret, UnixTime};
use criterion::Criterion;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

const SECRET: &str = "test-only-shared-secret-000000000000000000000000";
const QUERY: &str = "xdm_e=https%3A%2F%2Fexample.atlassian.net&xdm_c=channel-my-app__license-page\
    &cp=&xdm_deprecated_addon_key_do_not_use=my-app&lic=active&capSet=capabilityAdvanced\
    &cv=1001.0.0-SNAPSHOT&issueKey=TEST-1";
const LICENSE: &str = r#"{"active":true,"type":"COMMERCIAL","evaluation":false,
    "capabilitySet":"capabilityAdvanced","entitlementId":"e3b9d0c2-0000-4000-8000-000000000001",
    "entitlementNumber":"E-2AB-3CD-4EF-5GH","supportEntitlementNumber":null}"#;
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsualLicense {
    active: bool,
    evaluation: Option<bool>,
    r#type: Option<String>,
    capability_set: Option<String>,
    entitlement_id: Option<String>,
    entitlement_number: Option<String>,
}

fn main() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
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
    let canonical = CanonicalRequest::new(&Request::new("GET", &unsigned_target), &base).unwrap();
    let token = TokenClaims::new(tenant.as_str(), now)
        .subject("557058:11111111-2222-3333-4444-555555555555")
        .qsh(&canonical)
        .claim("context", "{}")
        .unwrap()
        .sign(&key);
    let target = format!("{unsigned_target}&jwt={token}");
    let url = format!("https://app.example.com{target}");
    let request = Request::new("GET", &target);
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
            let request = Request::new("GET", black_box(target));
            token.verify(keys, &request, expected, now).unwrap()
        });
    });
    let raw_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let request = Request::new("GET", target);
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
            let request = Request::new("GET", black_box(target));
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

    c.bench_function("license/ours", |b| {
        b.iter(|| {
            License::from_object(
                black_box(LICENSE.as_bytes()),
                LicenseSource::ConnectLicenseApi,
            )
        });
    });
    c.bench_function("license/usual, untyped", |b| {
        b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(LICENSE)).unwrap());
    });
    c.bench_function("license/usual, typed", |b| {
        b.iter(|| {
            let l: UsualLicense = serde_json::from_str(black_box(LICENSE)).unwrap();
            let rest = (
                l.evaluation,
                l.r#type,
                l.entitlement_id,
                l.entitlement_number,
            );
            (l.active, l.capability_set, rest)
        });
    });

    let license = IframeQuery::parse(QUERY).license();
    c.bench_function("has_capability", |b| {
        b.iter(|| black_box(&license).has_capability(&Capability::ADVANCED));
    });
}

/// Median times of this run, and what they are to each other.
fn print_ratios(output: &Path) {
    let median = |name: &str| {
        let folder = name.replace('/', "_");
        let path = output.join(folder).join("new/estimates.json");
        let text = std::fs::read_to_string(path).ok()?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        json.pointer("/median/point_estimate")?.as_f64()
    };
    println!("\n{:<44} {:>9} {:>9} {:>7}  goal", "", "ns", "ns", "ratio");
    for (one, other, goal) in [
        ("verify/ours", "verify/raw", "<= 2.3"),
        ("verify/usual", "verify/ours", ">= 7"),
        ("qsh/usual", "qsh/ours", ">= 12"),
        ("iframe/usual", "iframe/ours", ">= 6"),
        ("iframe/usual", "iframe/ours, as a license", ""),
        ("license/usual, untyped", "license/ours", ""),
        ("license/usual, typed", "license/ours", ""),
    ] {
        let (Some(a), Some(b)) = (median(one), median(other)) else {
            continue;
        };
        let names = format!("{one} : {other}");
        println!("{names:<44} {a:>9.1} {b:>9.1} {:>7.2}  {goal}", a / b);
    }
    if let Some(ns) = median("has_capability") {
        println!(
            "{:<44} {ns:>9.2} {:>9} {:>7}  <= 1 ns",
            "has_capability", "", ""
        );
    }
}
