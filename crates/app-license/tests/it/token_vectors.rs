//! Tokens of the vectors, by the signature backend that this build has, and the reasons of those that are
//! refused. Everything else in `tests/vectors` is run by `app-license conformance`, whose build has one backend,
//! and to which a reason is a word for people.

use app_license::connect::{
    BaseUrl, RequestLine, RequestVerifierConfig, TenantKeys, UnverifiedContextToken,
    UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
};
use app_license::forge::{InvocationToken, UnverifiedInvocationToken, Verifier, bearer_token};
use app_license::{
    AppKey, ClientKey, Error, ForgeAppId, HmacKey, Jwks, Leeway, RsaPublicKey, SharedSecret,
    UnixTime, Verified,
};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

fn text<'v>(case: &'v Value, field: &str) -> &'v str {
    case[field].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().unwrap()
}

fn time(value: &Value) -> UnixTime {
    UnixTime::from_seconds(value.as_u64().unwrap()).unwrap()
}

#[test]
fn connect_tokens() {
    let file = vectors("connect-jwt.json");
    let now = time(&file["now"]);
    let kid = text(&file, "kid");
    let key = RsaPublicKey::from_pem(text(&file, "rs256_public_key_pem")).unwrap();
    let secret = SharedSecret::new(text(&file, "hs256_shared_secret")).unwrap();
    let tenant = ClientKey::new(text(&file, "client_key")).unwrap();
    let keys = TenantKeys::new(tenant, HmacKey::new(&secret));
    let app = AppKey::new(text(&file, "app_key")).unwrap();
    let expected = |case: &Value| {
        let leeway = Leeway::from_seconds(case["leeway_s"].as_u64().unwrap()).unwrap();
        RequestVerifierConfig::new(BaseUrl::new(text(&file, "base_url")).unwrap()).leeway(leeway)
    };
    let check = |case: &Value, result: Result<(), Error>| {
        let accepted = text(case, "expect") == "accept";
        assert_eq!(result.is_ok(), accepted, "{}: {result:?}", case["id"]);
        if let Err(error) = result {
            assert_eq!(
                reason(&error),
                text(case, "reason"),
                "{}: {error}",
                case["id"]
            );
        }
    };
    for case in file["asymmetric_lifecycle"].as_array().unwrap() {
        let request = RequestLine::new(text(case, "method"), text(case, "url"));
        let body = ClientKey::new(text(case, "body_client_key")).unwrap();
        let verify = || {
            let token = UnverifiedInstallToken::parse(text(case, "token"))?;
            assert_eq!(token.kid().as_str(), kid);
            token.verify(&key, &request, &body, &expected(case), now)?;
            Ok(())
        };
        check(case, verify());
    }
    for case in file["symmetric"].as_array().unwrap() {
        let request = RequestLine::new(text(case, "method"), text(case, "url"));
        let (token, expected) = (text(case, "token"), expected(case));
        let verify = || match text(case, "endpoint_kind") {
            "url-bound" => {
                let token = UnverifiedRequestToken::parse(token)?;
                token.verify(&keys, &request, &expected, now).map(drop)
            }
            "context" => {
                let token = UnverifiedContextToken::parse(token)?;
                token.verify(&keys, &expected, now).map(drop)
            }
            "session" => {
                let token = UnverifiedSessionToken::parse(token)?;
                token.verify(&keys, &app, &expected, now).map(drop)
            }
            other => panic!("{other}"),
        };
        // the vectors name the flaw, not the first step that fails: a session token is refused
        // for its issuer, who is no tenant, before its missing hash is looked at
        if text(case, "id") == "session-token-on-url-bound" {
            assert_eq!(verify().unwrap_err().code(), "issuer");
        } else {
            check(case, verify());
        }
    }
}

/// The reason the vectors give for an error.
fn reason(error: &Error) -> &'static str {
    match error.code() {
        "algorithm" => "alg",
        "audience" => "audience",
        "claim_missing" if error.to_string().contains("`aud`") => "audience",
        "claim_missing" if error.to_string().contains("`iss`") => "issuer",
        "claim_missing" if error.to_string().contains("`exp`") => "expired",
        "claim_missing" if error.to_string().contains("`iat`") => "iat",
        "claim_missing" | "qsh_mismatch" | "context_token" | "not_context_token" => "qsh",
        "expired" => "expired",
        "issuer" => "issuer",
        "tenant_mismatch" => "issuer-mismatch",
        "key_id_missing" | "key_id_invalid" => "kid",
        "signature" => "signature",
        "token_malformed" => "malformed",
        other => panic!("{other}"),
    }
}

fn invocation(file: &Value, case: &Value) -> Result<Verified<InvocationToken>, Error> {
    let app = ForgeAppId::new(text(case, "app_id")).unwrap();
    let set = &file["jwks_sets"][text(case, "jwks")];
    let keys = Jwks::parse(set.to_string().as_bytes()).unwrap();
    let token = bearer_token(case["authorization"].as_str())?;
    let config = Verifier::new(app);
    UnverifiedInvocationToken::parse(token)?.verify(&keys, &config, time(&case["now"]))
}

#[test]
fn invocation_tokens() {
    let file = vectors("forge-invocation-requests.json");
    for case in list(&file, "cases") {
        let result = invocation(&file, case);
        // null leaves it open
        if let Some(expect) = case["expect"].as_str() {
            let accepted = expect == "accept";
            assert_eq!(result.is_ok(), accepted, "{}: {result:?}", case["id"]);
        }
    }
}

#[test]
fn a_flipped_byte_never_verifies() {
    let file = vectors("forge-invocation-requests.json");
    let case = &list(&file, "cases")[0];
    let token = text(case, "authorization");
    for at in ("Bearer ".len()..token.len()).step_by(7) {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let mut changed = case.clone();
        changed["authorization"] = String::from_utf8(bytes).unwrap().into();
        assert!(invocation(&file, &changed).is_err(), "{at}");
    }
}
