use serde_json::{Value, json};

use super::{InvocationToken, UnverifiedInvocationToken, Verifier};
use crate::error::Error;
use crate::forge::IsolatedCloud;
use crate::gate::facts::State;
use crate::gate::policy::Policy;
use crate::ids::ForgeAppId;
use crate::jwt::{Jwks, RsaSigningKey, rs256_token};
use crate::time::UnixTime;
use crate::verified::Verified;

const APP: &str = "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
const SITE: &str = "11111111-2222-4333-8444-555555555555";
const KID: &str = "forge/invocation-token/test-1";
const MODULUS: &str = "wU7JcslqdjmcugFe7l17QGLg3Dv2ekuygICuRXEw6VOIVte5uKrnFGkn_DAxrWV_k1_qGUioG9tLQy07Apxl6BPa-RBcS5yi9QdRWUx9zlDuirqOTkY8Bpr_uzmYwtWTmHxRSMjdKOpWERujOJu9F0lblNk9B6H0gL4zflJl5EIIfJ2C_28tkDwTEU5yEovaQmqwo44NF7THXgMwRzS_uxTs5LoADfi6OLBWw9SC3u1jbizN96P_6VRQSqSnt6pbg1eYEmB1S_519goxzufkfsUATBq5EBNf5Hjij_FdMiEVqMIWLzr6yblSVhDRELWFgzaTWe74BdqKVO04ADOaYw";

fn key() -> RsaSigningKey {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../app-license-testkit/keys/test-1.pem"
    );
    RsaSigningKey::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn keys() -> Jwks {
    let set =
        json!({"keys": [{"kty": "RSA", "e": "AQAB", "n": MODULUS, "kid": KID, "use": "sig"}]});
    Jwks::parse(set.to_string().as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "forge/invocation-token", "aud": APP, "iat": 1000, "nbf": 1000, "exp": 1025,
        "jti": "d8a4", "principal": "user-1",
        "app": {
            "id": APP, "version": 5, "appVersion": "2.15.0",
            "installationId": "ari:cloud:ecosystem::installation/i",
            "apiBaseUrl": format!("https://api.atlassian.com/ex/confluence/{SITE}"),
            "environment": {"type": "PRODUCTION", "id": "ari:cloud:ecosystem::environment/e"},
            "module": {"type": "core:endpoint", "key": "remote"},
            "installation": {
                "id": "ari:cloud:ecosystem::installation/i",
                "contexts": [
                    {"name": "confluence", "cloudId": SITE,
                     "apiBaseUrl": format!("https://api.atlassian.com/ex/confluence/{SITE}")},
                    {"name": "bitbucket", "apiBaseUrl": "https://api.bitbucket.org",
                     "workspaceId": "w"}
                ]
            },
            "license": {"active": true, "capabilitySet": "capabilityAdvanced"}
        },
        "context": {"cloudId": SITE, "moduleKey": "remote", "siteUrl": "https://a.atlassian.net",
                    "userAccess": {"enabled": true, "hasAccess": true}, "extension": {"x": [1]}}
    })
}

fn expected() -> Verifier {
    Verifier::new(ForgeAppId::new(APP).unwrap())
}

fn verify_with(
    claims: &Value,
    expected: &Verifier,
    now: u64,
) -> Result<Verified<InvocationToken>, Error> {
    let token = rs256_token(&claims.to_string(), KID, &key()).unwrap();
    let now = UnixTime::EPOCH.plus(now);
    UnverifiedInvocationToken::parse(&token)?.verify(&keys(), expected, now)
}

fn verify(claims: &Value) -> Result<Verified<InvocationToken>, Error> {
    verify_with(claims, &expected(), 1010)
}

/// The claims with the one at a JSON pointer replaced, or removed.
fn with(pointer: &str, value: Option<Value>) -> Value {
    let mut claims = claims();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = claims.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name)),
    }
    claims
}

#[test]
fn everything_is_read() {
    let token = verify(&claims()).unwrap();
    assert_eq!(token.app_id().as_str(), APP);
    assert_eq!(
        token.installation_id().as_str(),
        "ari:cloud:ecosystem::installation/i"
    );
    assert_eq!(token.environment_type().unwrap().as_str(), "PRODUCTION");
    assert_eq!(
        token.environment_id(),
        Some("ari:cloud:ecosystem::environment/e")
    );
    assert_eq!(token.module_key(), Some("remote"));
    assert_eq!(token.module_type(), Some("core:endpoint"));
    assert_eq!(token.app_version(), Some("2.15.0"));
    assert_eq!(token.contexts().len(), 2);
    assert_eq!(token.contexts()[1].workspace_id(), Some("w"));
    assert_eq!(token.cloud_id().unwrap().as_str(), SITE);
    assert_eq!(token.site_url(), Some("https://a.atlassian.net"));
    assert_eq!(token.principal(), Some("user-1"));
    assert!(token.user_access().unwrap().allows());
    assert!(token.is_from_user_interface());
    assert_eq!(token.token_id(), Some("d8a4"));
    let license = token.license();
    assert!(license.has_capability("capabilityAdvanced"));
    assert_eq!(license.as_of(), Some(UnixTime::EPOCH.plus(1000)));
    assert_eq!(license.environment(), token.environment_type());
}

#[test]
fn claims_that_may_be_missing_may_be_missing() {
    for pointer in [
        "/context",
        "/principal",
        "/jti",
        "/nbf",
        "/app/license",
        "/app/version",
        "/app/module",
        "/app/appVersion",
        "/app/apiBaseUrl",
        "/app/environment",
        "/app/installation",
        "/app/installationId",
        "/app/installation/contexts",
        "/app/installation/id",
        "/context/cloudId",
        "/context/installation",
        "/context/userAccess",
    ] {
        for value in [None, Some(Value::Null)] {
            // registered claims have one type
            if matches!(pointer, "/jti" | "/nbf") && value.is_some() {
                continue;
            }
            verify(&with(pointer, value)).unwrap_or_else(|e| panic!("{pointer}: {e}"));
        }
    }
    verify(&with("/app/version", Some(json!("16")))).unwrap();
    let backend = verify(&with("/context", None)).unwrap();
    assert_eq!(backend.cloud_id().unwrap().as_str(), SITE);
    assert_eq!(backend.user_access(), None);
}

#[test]
fn browser_or_platform_the_principal_and_the_module_tell_and_the_context_does_not() {
    let call = |kind: Value, principal: Value, context: Value| {
        let mut claims = claims();
        claims["app"]["module"]["type"] = kind;
        claims["principal"] = principal;
        claims["context"] = context;
        verify(&claims).unwrap().is_from_user_interface()
    };
    // as lifecycle triggers were recorded, and as the platform documents them
    let recorded =
        json!({"cloudId": SITE, "moduleKey": "remote", "userAccess": {"enabled": false}});
    for kind in [
        "core:trigger",
        "core:scheduledTrigger",
        "core:endpoint",
        "trigger",
    ] {
        assert!(!call(json!(kind), Value::Null, recorded.clone()), "{kind}");
        assert!(!call(json!(kind), Value::Null, Value::Null), "{kind}");
        // somebody is named: a browser, whatever the module
        assert!(call(json!(kind), json!("user-1"), Value::Null), "{kind}");
        assert!(
            call(json!(kind), json!("user-1"), recorded.clone()),
            "{kind}"
        );
    }
    // a page for anonymous users names nobody
    for kind in [
        "xen:macro",
        "jira:issuePanel",
        "Core:trigger",
        "score:x",
        "",
    ] {
        assert!(call(json!(kind), Value::Null, Value::Null), "{kind}");
    }
    assert!(call(Value::Null, Value::Null, Value::Null));
}

/// What a page puts into `context.extension` is nobody's business: only the size of the whole is.
#[test]
fn limits_on_data_nobody_reads_are_of_size_alone() {
    let keys = |fields: usize, bytes: usize| {
        let long = "a".repeat(bytes.saturating_sub(5));
        let all: Vec<_> = (0..fields)
            .map(|number| format!("\"\\u0061{long}{number:04}\":1"))
            .collect();
        format!("{{{}}}", all.join(","))
    };
    let verify = |data: &str| {
        let claims = with("/context/extension", Some(json!("DATA"))).to_string();
        let claims = claims.replace("\"DATA\"", data);
        let token = rs256_token(&claims, KID, &key()).unwrap();
        let now = UnixTime::EPOCH.plus(1010);
        UnverifiedInvocationToken::parse(&token)?.verify(&self::keys(), &expected(), now)
    };
    for (fields, bytes) in [(254, 70), (1000, 6), (1, 20_000)] {
        let token = verify(&keys(fields, bytes)).unwrap();
        assert!(token.license().has_capability("capabilityAdvanced"));
    }
    verify(&format!("{}{}", "[".repeat(4000), "]".repeat(4000))).unwrap();
    let larger = verify(&keys(254, 1000)).unwrap_err();
    assert_eq!(larger.code(), "too_large");
    let deeper = verify(&format!("{}{}", "[".repeat(5000), "]".repeat(5000))).unwrap_err();
    assert_eq!(deeper.code(), "too_complex");
    // what is read is bounded, and the code is no lie
    let mut wide = claims();
    for number in 0..1100 {
        wide[format!("c{number}")] = json!(0);
    }
    assert_eq!(self::verify(&wide).unwrap_err().code(), "too_complex");
}

#[test]
fn claims_that_must_be_there_must_be_there_and_have_their_type() {
    for (pointer, claim) in [
        ("/iss", "iss"),
        ("/aud", "aud"),
        ("/iat", "iat"),
        ("/exp", "exp"),
        ("/app", "app.id"),
        ("/app/id", "app.id"),
    ] {
        let error = verify(&with(pointer, None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the token lacks the claim `{claim}`")
        );
    }
    let mut nowhere = with("/app/installationId", None);
    nowhere["app"]["installation"]
        .as_object_mut()
        .unwrap()
        .remove("id");
    assert_eq!(verify(&nowhere).unwrap_err().code(), "claim_missing");
    for pointer in [
        "/app",
        "/app/id",
        "/app/installationId",
        "/app/apiBaseUrl",
        "/app/appVersion",
        "/app/environment",
        "/app/environment/type",
        "/app/module",
        "/app/module/key",
        "/app/installation",
        "/app/installation/contexts",
        "/context",
        "/context/cloudId",
        "/context/workspaceId",
        "/context/siteUrl",
        "/principal",
        "/icLabel",
        "/iss",
        "/aud",
        "/exp",
        "/iat",
        "/nbf",
        "/jti",
    ] {
        let error = verify(&with(pointer, Some(json!(true)))).unwrap_err();
        assert_eq!(error.code(), "claim_type", "{pointer}");
    }
    for contexts in [json!(["x"]), json!([null]), json!([{"cloudId": 7}])] {
        let error = verify(&with("/app/installation/contexts", Some(contexts))).unwrap_err();
        assert_eq!(error.code(), "claim_type");
    }
}

/// Several apps behind one backend: the token says which one it is for.
#[test]
fn the_matched_one_of_several_apps_is_told() {
    let own = claims()["aud"].as_str().unwrap().to_owned();
    let other = "ari:cloud:ecosystem::app/00000000-0000-4000-8000-00000000000a";
    let app = |id: &str| ForgeAppId::new(id).unwrap();
    let both = Verifier::new(app(other)).accept_app(app(&own));
    let verify = |claims: &Value| verify_with(claims, &both, 1010);
    assert_eq!(verify(&claims()).unwrap().app_id().as_str(), own);
    // an audience of both: it is from the one that it says
    let audience = with("/aud", Some(json!([other, own])));
    assert_eq!(verify(&audience).unwrap().app_id().as_str(), own);
    // the audience of one, from the other
    let mixed = with("/aud", Some(json!(other)));
    assert_eq!(verify(&mixed).unwrap_err().code(), "claims_contradict");
    let third = with("/aud", Some(json!("ari:cloud:ecosystem::app/third")));
    let error = verify(&third).unwrap_err();
    assert_eq!(error.code(), "audience");
    assert!(
        error.to_string().contains(other) && error.to_string().contains(&own),
        "{error}"
    );
}

/// What is no object of booleans is not refused: it denies.
#[test]
fn user_access_denies_and_refuses_no_token() {
    for (access, want) in [
        (
            json!({"enabled": true, "hasAccess": false}),
            "no_user_access",
        ),
        (json!({"enabled": true, "hasAccess": true}), "granted"),
        (json!({"enabled": false}), "granted"),
        (json!(true), "no_user_access"),
        (json!({"enabled": "false"}), "no_user_access"),
    ] {
        let token = verify(&with("/context/userAccess", Some(access.clone()))).unwrap();
        let now = token.issued_at();
        let decision = token
            .license()
            .decide(&Policy::new(), "capabilityStandard", now);
        assert_eq!(decision.code(), want, "{access}");
    }
}

#[test]
fn what_is_no_license_grants_nothing() {
    for license in [json!([]), json!(true), json!("active"), json!(1)] {
        let token = verify(&with("/app/license", Some(license))).unwrap();
        assert_eq!(token.license().state(), State::Inactive);
    }
    let token = verify(&with("/app/license", Some(json!(null)))).unwrap();
    assert_eq!(token.license().state(), State::Absent);
}

#[test]
fn app_installation_and_site_agree_wherever_they_are_named() {
    let other = || Some(json!("99999999-0000-4000-8000-000000000000"));
    let api = |id: &str| {
        Some(json!(format!(
            "https://api.atlassian.com/ex/jira/{id}/rest"
        )))
    };
    for (pointer, value, code) in [
        (
            "/app/id",
            Some(json!("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")),
            "claims_contradict",
        ),
        ("/app/installationId", other(), "claims_contradict"),
        ("/app/installation/id", other(), "claims_contradict"),
        ("/context/installationId", other(), "claims_contradict"),
        ("/context/installation", other(), "claims_contradict"),
        (
            "/context/installation",
            Some(json!({"id": other()})),
            "claims_contradict",
        ),
        ("/context/cloudId", other(), "claims_contradict"),
        ("/app/apiBaseUrl", api("x"), "claims_contradict"),
        (
            "/aud",
            Some(json!("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")),
            "audience",
        ),
        ("/aud", Some(json!(format!("{APP}x"))), "audience"),
        ("/aud", Some(json!([])), "audience"),
        (
            "/iss",
            Some(json!("forge/context-token")),
            "forge_context_token",
        ),
        ("/iss", Some(json!("Forge/Invocation-Token")), "issuer"),
    ] {
        let error = verify(&with(pointer, value)).unwrap_err();
        assert_eq!(error.code(), code, "{pointer}");
    }
    assert!(verify(&with("/app/apiBaseUrl", api(SITE))).is_ok());
    // an installation may be named by its ARI or by the id in it
    let ari = claims()["app"]["installationId"].clone();
    let id = ari.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for same in [ari, json!(id)] {
        assert!(verify(&with("/context/installation", Some(same.clone()))).is_ok());
        assert!(verify(&with("/context/installation", Some(json!({"ari": same})))).is_ok());
    }
    // without products the other two are compared alone
    let mut backend = with("/app/installation", None);
    backend["context"]["cloudId"] = other().unwrap();
    assert_eq!(verify(&backend).unwrap_err().code(), "claims_contradict");
    // a product whose two claims differ
    let mut product = claims();
    product["app"]["installation"]["contexts"][0]["cloudId"] = other().unwrap();
    assert_eq!(verify(&product).unwrap_err().code(), "claims_contradict");
    // older products name their site in the URL alone
    let mut older = claims();
    older["app"]["installation"]["contexts"][0]
        .as_object_mut()
        .unwrap()
        .remove("cloudId");
    assert!(verify(&older).is_ok());
    older["context"]["cloudId"] = other().unwrap();
    older["app"].as_object_mut().unwrap().remove("apiBaseUrl");
    assert_eq!(verify(&older).unwrap_err().code(), "claims_contradict");
    // several products on several sites: any of them may call
    let mut two = claims();
    let contexts = two["app"]["installation"]["contexts"]
        .as_array_mut()
        .unwrap();
    contexts.push(json!({"name": "jira", "cloudId": other().unwrap()}));
    assert!(verify(&two).is_ok());
}

#[test]
fn an_isolated_cloud_only_by_configuration() {
    let orange = expected().isolated_cloud(IsolatedCloud::new("orange").unwrap());
    let labeled = with("/icLabel", Some(json!("orange")));
    assert!(verify_with(&labeled, &orange, 1010).is_ok());
    assert_eq!(verify(&labeled).unwrap_err().code(), "isolated_cloud");
    assert_eq!(
        verify_with(&claims(), &orange, 1010).unwrap_err().code(),
        "claim_missing"
    );
    for label in ["blue", "Orange", "../evil", &"a".repeat(51)] {
        let error = verify_with(&with("/icLabel", Some(json!(label))), &orange, 1010).unwrap_err();
        assert_eq!(error.code(), "isolated_cloud", "{label}");
    }
}

#[test]
fn times_count_with_the_leeway() {
    for (now, code) in [
        (969, Some("not_yet_valid")),
        (970, None),
        (1054, None),
        (1055, Some("expired")),
    ] {
        let result = verify_with(&claims(), &expected(), now);
        assert_eq!(result.err().map(|e| e.code()), code, "{now}");
    }
}

#[test]
fn another_kind_of_token_and_unknown_keys_are_told_apart() {
    let token = |kid: &str| rs256_token(&claims().to_string(), kid, &key()).unwrap();
    let context = token("forge/context-token/172aa642");
    let error = UnverifiedInvocationToken::parse(&context).unwrap_err();
    assert_eq!(error.code(), "forge_context_token");
    let unknown = token("forge/invocation-token/other");
    let unknown = UnverifiedInvocationToken::parse(&unknown).unwrap();
    let error = unknown
        .verify(&keys(), &expected(), UnixTime::EPOCH)
        .unwrap_err();
    assert_eq!(error.code(), "unknown_key");
    assert_eq!(
        error.to_string(),
        "no key `forge/invocation-token/other` is known"
    );
}

#[test]
fn the_documented_and_observed_tokens_verify_once_they_are_signed() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/forge-fit-tokens.json"
    );
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for sample in file["tokens"].as_array().unwrap() {
        let claims = &sample["claims"];
        let app = ForgeAppId::new(claims["aud"].as_str().unwrap()).unwrap();
        let mut expected = Verifier::new(app);
        if let Some(label) = claims["icLabel"].as_str() {
            expected = expected.isolated_cloud(IsolatedCloud::new(label).unwrap());
        }
        let now = claims["iat"].as_u64().unwrap();
        let token = verify_with(claims, &expected, now).unwrap_or_else(|e| panic!("{e}"));
        let licensed = claims["app"]["license"].is_object();
        assert_eq!(
            token.license().has_capability("capabilityStandard"),
            licensed
        );
    }
}

#[test]
fn an_added_claim_never_changes_the_answer() {
    let plain = verify(&claims()).unwrap();
    for pointer in ["/new", "/app/new", "/app/installation/new", "/context/new"] {
        let token = verify(&with(pointer, Some(json!({"a": [1, {"b": null}]})))).unwrap();
        assert_eq!(token, plain, "{pointer}");
    }
    // settings of a macro may be many
    let many: serde_json::Map<_, _> = (0..200).map(|n| (format!("k{n}"), json!(n))).collect();
    assert!(verify(&with("/context/extension", Some(Value::Object(many)))).is_ok());
}

#[cfg(feature = "work-count")]
#[test]
fn cost_linear_claims_of_invocation_tokens() {
    let long = "a".repeat(90);
    let escaped: Vec<_> = (0..200)
        .map(|n| format!("\"\\u0061{long}{n:04}\":1"))
        .collect();
    let many: Vec<_> = (0..2000).map(|n| format!("\"k{n}\":1")).collect();
    for inside in [
        format!("{{{}}}", escaped.join(",")),
        format!("{{{}}}", many.join(",")),
        "[".repeat(4000) + &"]".repeat(4000),
        "{\"a\":".repeat(3000) + "1" + &"}".repeat(3000),
        format!("[{}0]", "{\"a\":1},".repeat(2000)),
        "9".repeat(20_000),
    ] {
        for name in ["context", "app", "license", "extension", "exp"] {
            let payload = format!("{{\"iss\":\"x\",\"{name}\":{inside}}}");
            let token = rs256_token(&payload, KID, &key()).unwrap();
            let (steps, _) = crate::gate::work::counted(|| {
                let token = UnverifiedInvocationToken::parse(&token)?;
                token.verify(&keys(), &expected(), UnixTime::EPOCH)
            });
            assert!(
                steps < 32 * token.len() as u64,
                "{name}: {steps} for {}",
                token.len()
            );
        }
    }
}
