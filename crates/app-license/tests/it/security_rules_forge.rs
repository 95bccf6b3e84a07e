//! The security rules, as far as Forge closes them: one test a rule, named after its id.

use app_license::forge::{
    InvocationToken, IsolatedCloud, JwksUrl, UnverifiedInvocationToken, UserAccess, Verifier,
    bearer_token,
};
use app_license::{
    Error, ErrorClass, ForgeAppId, Hint, Jwks, Leeway, License, LicenseSource, Policy, State,
    UnixTime, Verified,
};
use serde_json::{Value, json};

fn file() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/forge-invocation-requests.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn header(file: &Value, id: &str) -> String {
    let cases = file["cases"].as_array().unwrap();
    let case = cases.iter().find(|c| c["id"] == id).unwrap();
    case["authorization"].as_str().unwrap().to_owned()
}

fn keys(set: &Value) -> Jwks {
    Jwks::parse(set.to_string().as_bytes()).unwrap()
}

fn expected() -> Verifier {
    Verifier::new(ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap())
}

const NOW: u64 = 1_800_000_000;

fn verify_at(header: &str, set: &Value, now: u64) -> Result<Verified<InvocationToken>, Error> {
    let now = UnixTime::from_seconds(now).unwrap();
    let token = UnverifiedInvocationToken::parse(bearer_token([header])?)?;
    token.verify(&keys(set), &expected(), now)
}

/// The code with which a case of the vectors is refused.
fn code(id: &str) -> &'static str {
    let file = file();
    let set = file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["id"] == id)
        .unwrap()["jwks"]
        .as_str()
        .unwrap()
        .to_owned();
    match verify_at(&header(&file, id), &file["jwks_sets"][set], NOW) {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
}

#[test]
fn alg_none() {
    assert_eq!(code("fit-alg-none"), "algorithm");
}

#[test]
fn alg_confusion() {
    assert_eq!(code("fit-alg-hs256-pubkey-pem"), "algorithm");
}

#[test]
fn alg_downgrade_or_sibling() {
    assert_eq!(code("fit-alg-rs384-key-pinned"), "algorithm");
}

#[test]
fn aud_not_checked() {
    assert_eq!(code("fit-aud-other-app"), "audience");
    assert_eq!(code("fit-aud-array-two"), "accepted");
}

#[test]
fn header_crit() {
    assert_eq!(code("fit-header-crit"), "critical_header");
    // what the header points at is never looked at
    assert_eq!(code("fit-header-jku"), "accepted");
}

#[test]
fn issuer_case() {
    assert_eq!(code("fit-iss-wrong"), "issuer");
    assert_eq!(code("fit-kid-case"), "unknown_key");
}

#[test]
fn kid_not_validated() {
    assert_eq!(code("fit-kid-missing-two-keys"), "key_id_missing");
}

#[test]
fn structure() {
    assert_eq!(code("fit-sig-noncanonical-bits"), "token_malformed");
    let good = header(&file(), "fit-valid-ui");
    let set = &file()["jwks_sets"]["alg"];
    for bad in [
        good.clone() + ".",
        good.clone() + "=",
        good.replace('.', ".."),
        format!("{good} x"),
        format!("Bearer {}", "a".repeat(100_000)),
    ] {
        assert!(verify_at(&bad, set, NOW).is_err());
    }
}

#[test]
fn time_claims() {
    assert_eq!(code("fit-time-exp-1h-ago"), "expired");
    let (file, set) = (file(), file()["jwks_sets"]["alg"].clone());
    let good = header(&file, "fit-valid-ui");
    // issued at NOW - 2, expires at NOW + 58, 30 s of leeway
    for (now, code) in [
        (NOW - 33, Some("not_yet_valid")),
        (NOW - 32, None),
        (NOW + 87, None),
        (NOW + 88, Some("expired")),
    ] {
        let found = verify_at(&good, &set, now).err().map(|e| e.code());
        assert_eq!(found, code, "{now}");
    }
    assert!(Leeway::from_seconds(180).is_none());
}

fn place<'t>(headers: &[&'t str]) -> Result<&'t str, &'static str> {
    bearer_token(headers.iter().copied()).map_err(|e| e.code())
}

#[test]
fn token_placement() {
    let good = header(&file(), "fit-valid-ui");
    let token = good.strip_prefix("Bearer ").unwrap();
    assert_eq!(place(&[&good]), Ok(token));
    assert_eq!(place(&[&format!("bearer {token}")]), Ok(token));
    assert_eq!(place(&[]), Err("token_missing"));
    assert_eq!(place(&[&format!("JWT {token}")]), Err("token_scheme"));
    assert_eq!(place(&[&good, "Bearer other"]), Err("token_conflict"));
}

#[test]
fn trust_root_from_unverified_data() {
    // its apiBaseUrl says staging; the key set of production stays the key set
    assert_eq!(code("fit-staging-token-on-production-app"), "unknown_key");
    // a label of the sender's cannot become a part of a URL
    assert!(IsolatedCloud::new("x.evil.test/").is_err());
    let url = JwksUrl::of_isolated_cloud(&IsolatedCloud::new("orange").unwrap());
    assert!(JwksUrl::new(url.as_str()).is_ok());
}

#[test]
fn jwks_handling() {
    assert_eq!(code("fit-kid-old-set"), "unknown_key");
    assert_eq!(code("fit-jwks-key-use-enc"), "unknown_key");
    assert_eq!(code("fit-sig-wrong-key"), "signature");
    let file = file();
    let good = header(&file, "fit-valid-ui");
    for set in ["oct", "empty", "staging"] {
        let error = verify_at(&good, &file["jwks_sets"][set], NOW).unwrap_err();
        assert_eq!(error.code(), "unknown_key", "{set}");
        // the client may fetch once and try again; nobody else is to blame
        assert_eq!(error.class(), ErrorClass::Refused);
    }
    // a key twice under one id: the right one of them is found
    assert!(verify_at(&good, &file["jwks_sets"]["dup"], NOW).is_ok());
    assert!(verify_at(&good, &file["jwks_sets"]["noalg"], NOW).is_ok());
}

#[test]
fn fit_claim_consistency() {
    assert_eq!(code("fit-app-id-differs-from-aud"), "claims_contradict");
    assert_eq!(
        code("fit-cloudid-differs-context-vs-api"),
        "claims_contradict"
    );
    // every other pair of claims: unit tests beside the code
}

#[test]
fn license_truthiness() {
    for value in [
        json!("true"),
        json!(1),
        json!("false"),
        json!([true]),
        json!({"a": true}),
    ] {
        for field in ["active", "isActive"] {
            let json = json!({ field: value }).to_string();
            let license =
                License::from_object(json.as_bytes(), LicenseSource::ForgeUiContext).unwrap();
            assert_eq!(license.state(), State::Inactive, "{json}");
            assert!(!license.has_capability("capabilityFree"), "{json}");
        }
        let access = json!({"enabled": true, "hasAccess": value}).to_string();
        assert!(
            !UserAccess::from_json(access.as_bytes()).unwrap().allows(),
            "{access}"
        );
    }
}

#[test]
fn unverified_decode() {
    let (file, set) = (file(), file()["jwks_sets"]["alg"].clone());
    let good = header(&file, "fit-license-capability-advanced");
    let verified = verify_at(&good, &set, NOW).unwrap().license();
    let now = UnixTime::from_seconds(NOW).unwrap();
    let decision = verified.decide(&Policy::new(), "capabilityAdvanced", now);
    assert!(decision.is_allowed());
    assert_eq!(decision.trust().name(), "verified");
    // the same words from a browser stay a hint
    let hint = Hint::new(verified.into_inner());
    let decision = hint.decide(&Policy::new(), "capabilityAdvanced", now);
    assert_eq!(decision.trust().name(), "hint");
}

#[test]
fn secret_in_logs() {
    let good = header(&file(), "fit-valid-ui");
    let token = good.strip_prefix("Bearer ").unwrap();
    let signature = token.rsplit('.').next().unwrap();
    let unverified = UnverifiedInvocationToken::parse(token).unwrap();
    let printed = format!("{unverified:?}");
    assert!(
        !printed.contains(signature) && !printed.contains("eyJ"),
        "{printed}"
    );
    let error = verify_at(&good, &file()["jwks_sets"]["old"], NOW).unwrap_err();
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains(signature), "{printed}");
}
