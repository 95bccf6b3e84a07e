//! Forge Invocation Tokens: requests with a key set and a clock, and claims to be signed here.

use std::sync::OnceLock;

use app_license::forge::{
    InvocationToken, IsolatedCloud, UnverifiedInvocationToken, Verifier, bearer_token,
};
use app_license::{Error, ForgeAppId, Jwks, License, Policy, State, UnixTime, Verified};
use serde::Deserialize;
use serde_json::{Value, json};

use super::scenarios;
use super::suite::{Fields, Suite, or_null, time, with};
use super::verdict::{end, verdict};
use super::{Checks, Outcome, licenses, oracle};
use crate::rsa::RsaSigner;

type Checked = Result<Verified<InvocationToken>, Error>;

/// The clock, the app and the key sets of a file of requests; a case may have its own.
#[derive(Deserialize)]
struct World {
    now: Option<u64>,
    app_id: Option<String>,
    isolated_cloud: Option<String>,
    #[serde(default)]
    jwks_sets: Fields,
}

/// A request: its header, the app, the name of a key set or the set itself, the clock.
#[derive(Deserialize)]
struct RequestCase {
    jwks: Value,
    /// One value, a list of them, or none.
    #[serde(default)]
    authorization: Value,
    app_id: Option<String>,
    isolated_cloud: Option<String>,
    now: Option<u64>,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
    /// The license of the verified token, in words.
    license_expected: Option<String>,
}

/// Takes the cases of a file of requests, and its scenarios.
pub(super) fn plan(suite: &mut Suite<'_>) -> Result<(), String> {
    let world: World = suite.settings()?;
    suite.cases(move |case: &RequestCase| case.run(&world));
    suite.lists(&["scenarios"], |case| with(case, scenarios::steps));
    Ok(())
}

impl RequestCase {
    fn run(&self, world: &World) -> Outcome {
        let mut checks = Checks::default();
        let set = match &self.jwks {
            Value::String(name) => world.jwks_sets.get(name.as_str()),
            other => Some(other),
        };
        let about = (
            checks.need("jwks", set),
            checks.need("app_id", self.app_id.as_ref().or(world.app_id.as_ref())),
            checks.need("now", time(self.now, world.now)),
        );
        let (Some(set), Some(app), Some(now)) = about else {
            return checks.outcome();
        };
        let cloud = self
            .isolated_cloud
            .as_ref()
            .or(world.isolated_cloud.as_ref());
        let found = self.check(set, app, cloud.map(String::as_str), now);
        let license = found.as_ref().ok().map(|token| token.license());
        let policy = verdict(&mut checks, self.expect.as_ref(), &found.map(drop));
        if let Some(wanted) = &self.license_expected {
            match &license {
                Some(license) => wording(&mut checks, wanted, license),
                None if policy => {}
                None => checks.holds("license_expected", false, wanted, "no verified token"),
            }
        }
        end(checks, policy)
    }

    fn check(&self, set: &Value, app: &str, cloud: Option<&str>, now: UnixTime) -> Checked {
        let keys = Jwks::parse(set.to_string().as_bytes())?;
        let mut expected = Verifier::new(ForgeAppId::new(app)?);
        if let Some(label) = cloud {
            expected = expected.isolated_cloud(IsolatedCloud::new(label)?);
        }
        let headers: Vec<_> = match &self.authorization {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let text = bearer_token(headers)?;
        UnverifiedInvocationToken::parse(text)?.verify(&keys, &expected, now)
    }
}

/// What a case says about the license in words; words in brackets are remarks.
fn wording(checks: &mut Checks, wanted: &str, license: &License) {
    let plain = wanted.split('(').next().unwrap_or(wanted).trim();
    let mut words = plain.split(',').map(str::trim);
    let state = license.state();
    let word = words.next().unwrap_or_default().to_ascii_lowercase();
    let state_holds = match licenses::state(&word) {
        // nothing is granted: an object that says nothing counts as well
        Some(State::Inactive) => state != State::Active,
        Some(expected) => state == expected,
        None => return checks.unknown("license_expected", &Value::from(wanted)),
    };
    checks.holds("license_expected", state_holds, wanted, state.name());
    let grants = license.has_capability("capabilityStandard") || license.edition().is_some();
    if state != State::Active {
        checks.holds("grants nothing", !grants, "nothing", "an edition");
    }
    for word in words {
        let edition = license.edition().map(app_license::Edition::name);
        let named = license.capability_set();
        let says = |part| word.contains(part);
        let (holds, found) = if says("unknown") && says("edition") {
            (edition.is_none() && named.is_some(), format!("{named:?}"))
        } else if says("no edition") || says("without edition") {
            (named.is_none(), format!("{named:?}"))
        } else if let Some(known) = ["advanced", "standard", "free"]
            .into_iter()
            .find(|e| word.to_ascii_lowercase().contains(e))
        {
            (edition == Some(known), format!("{edition:?}"))
        } else if says("trial") || says("evaluation") {
            let trial = license.is_evaluation();
            (trial == Some(!says("no")), format!("{trial:?}"))
        } else {
            return checks.unknown("license_expected", &Value::from(wanted));
        };
        checks.holds("license_expected", holds, wanted, found);
    }
}

/// Claims without a signature.
#[derive(Deserialize)]
pub(super) struct ClaimsCase {
    claims: Value,
    header: Option<Header>,
    /// What a token with these claims says, beyond what they say themselves.
    expect: Option<Value>,
    /// The code of the error that refuses it.
    reject: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    kid: Option<String>,
}

/// Signs the claims with a key of the moment, verifies them at `iat`, and then once more in every
/// way that must be refused.
pub(super) fn claims(case: &ClaimsCase) -> Outcome {
    let mut checks = Checks::default();
    let claims = &case.claims;
    let at = |path: &str| claims.pointer(path).and_then(Value::as_str);
    let issued = claims
        .get("iat")
        .and_then(Value::as_u64)
        .and_then(UnixTime::from_seconds);
    let (Some(issued), Some(audience), Some(key)) = (
        checks.need("claims.iat", issued),
        checks.need("claims.aud", at("/aud").or_else(|| at("/aud/0"))),
        checks.ok("key", test_key()),
    ) else {
        return checks.outcome();
    };
    let kid = case
        .header
        .as_ref()
        .and_then(|header| header.kid.as_deref());
    let kid = kid.unwrap_or("forge/invocation-token/test-1");
    let header = json!({"alg": "RS256", "kid": kid});
    let keys = Jwks::parse(key.key_set(kid).to_string().as_bytes());
    let expected = ForgeAppId::new(audience).map(Verifier::new);
    let (Some(keys), Some(mut expected)) = (
        checks.ok("key set", keys),
        checks.ok("claims.aud", expected),
    ) else {
        return checks.outcome();
    };
    let label = at("/icLabel").map(IsolatedCloud::new).and_then(Result::ok);
    if let Some(label) = label.clone() {
        expected = expected.isolated_cloud(label);
    }
    let verify = |header: &Value, claims: &Value, expected: &Verifier, now| -> Checked {
        let text = key.token(header, claims).unwrap_or_default();
        UnverifiedInvocationToken::parse(&text)?.verify(&keys, expected, now)
    };
    if let Some(code) = case.reject.as_deref() {
        let found = verify(&header, claims, &expected, issued);
        let found = found.err().map_or("accepted", |error| error.code());
        checks.holds("reject", found == code, code, found);
        return checks.outcome();
    }
    if let Some(token) = checks.ok(
        "signed and verified",
        verify(&header, claims, &expected, issued),
    ) {
        accepted(&mut checks, claims, &token);
        expected_of(&mut checks, case.expect.as_ref(), &token);
    }
    let expires = claims
        .get("exp")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let late = UnixTime::from_seconds(expires.saturating_add(61)).unwrap_or(issued);
    let mut refused = |name: &str, found: Checked| {
        let code = found.err().map_or("accepted", |error| error.code());
        checks.holds(name, code != "accepted", "refused", code);
    };
    refused("expired by 61 s", verify(&header, claims, &expected, late));
    let with = |path: &str, value: Value| {
        let mut changed = claims.clone();
        if let Some(slot) = changed.pointer_mut(path) {
            *slot = value;
        } else if let (Some(fields), Some(name)) = (changed.as_object_mut(), path.strip_prefix('/'))
        {
            fields.insert(name.to_owned(), value);
        }
        changed
    };
    let other = "ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000";
    let bare = audience.rsplit('/').next().unwrap_or_default();
    for (name, path, value) in [
        ("aud of another app", "/aud", json!(other)),
        ("aud a bare id", "/aud", json!(bare)),
        (
            "iss of a context token",
            "/iss",
            json!("forge/context-token"),
        ),
        ("app.id differs from aud", "/app/id", json!(other)),
        (
            "nbf in the future",
            "/nbf",
            json!(expires.saturating_add(600)),
        ),
        ("icLabel a path", "/icLabel", json!("../evil")),
        ("icLabel too long", "/icLabel", json!("a".repeat(51))),
        ("icLabel not configured", "/icLabel", json!("another-cloud")),
    ] {
        refused(name, verify(&header, &with(path, value), &expected, issued));
    }
    let none = json!({"alg": "none", "kid": kid});
    refused("alg none", verify(&none, claims, &expected, issued));
    let unknown = json!({"alg": "RS256", "kid": "forge/invocation-token/another"});
    refused("kid unknown", verify(&unknown, claims, &expected, issued));
    let list = verify(&header, &with("/aud", json!([audience])), &expected, issued);
    checks.holds("aud a list", list.is_ok(), "accepted", "refused");
    checks.outcome()
}

/// What a case expects beyond its claims: where the call is from, and what is decided.
fn expected_of(checks: &mut Checks, expect: Option<&Value>, token: &Verified<InvocationToken>) {
    let fields = match expect {
        None => return,
        Some(Value::String(word)) if word == "accept" => return,
        Some(Value::Object(fields)) => fields,
        Some(other) => return checks.unknown("expect", other),
    };
    let license = token.license();
    for (key, expected) in fields {
        let found = match key.as_str() {
            "cloud_id" => json!(token.cloud_id()),
            "workspace_id" => json!(token.workspace_id()),
            "from_user_interface" => json!(token.is_from_user_interface()),
            "reason" => {
                let now = token.issued_at();
                json!(
                    license
                        .decide(&Policy::new(), "capabilityStandard", now)
                        .code()
                )
            }
            _ => {
                licenses::check_one(checks, key, expected, &license);
                continue;
            }
        };
        checks.same(key, expected, &found);
    }
}

/// What a verified token must say: what its claims say.
fn accepted(checks: &mut Checks, claims: &Value, token: &Verified<InvocationToken>) {
    let license = token.license();
    oracle::check(checks, claims.pointer("/app/license"), &license);
    let says = |path: &str| claims.pointer(path).cloned().unwrap_or(Value::Null);
    for (path, found) in [
        ("/app/id", json!(token.app_id().as_str())),
        ("/app/installationId", json!(token.installation_id())),
        ("/app/environment/type", json!(token.environment_type())),
        ("/app/module/key", json!(token.module_key())),
        ("/app/module/type", json!(token.module_type())),
        ("/app/appVersion", json!(token.app_version())),
        ("/principal", json!(token.principal())),
        ("/jti", json!(token.token_id())),
        ("/iat", json!(token.issued_at().as_seconds())),
        ("/exp", json!(token.expires_at().as_seconds())),
    ] {
        checks.same(path, &says(path), &found);
    }
    let environment = says("/app/environment/type");
    checks.same(
        "environment of the license",
        &environment,
        &json!(license.environment()),
    );
    let stated = licenses::state(oracle::state(&says("/app/license")));
    checks.holds(
        "state",
        stated == Some(license.state()),
        format_args!("{stated:?}"),
        license.state().name(),
    );
}

/// One key for all cases of a run: making one takes a while.
fn test_key() -> Result<&'static RsaSigner, &'static str> {
    static KEY: OnceLock<Option<RsaSigner>> = OnceLock::new();
    KEY.get_or_init(|| RsaSigner::generate().ok())
        .as_ref()
        .ok_or("no RSA key could be made")
}
