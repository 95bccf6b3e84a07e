//! Tokens with a fixed clock and keys: lifecycle, request, context, session; and signed URLs.

use app_license::connect::{
    BaseUrl, CanonicalRequest, RequestLine, RequestVerifierConfig, TenantKeys,
    UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
    token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, ErrorKind, HmacKey, Leeway, RsaPublicKey, SharedSecret, UnixTime,
};
use serde::Deserialize;
use serde_json::Value;

use super::suite::{Suite, has, or_null, time, with};
use super::verdict::{end, verdict};
use super::{Checks, Outcome, qsh};
use crate::token;

/// The clock, the app, the tenant and the keys of a file of tokens; a case may have its own.
#[derive(Deserialize)]
struct World {
    now: Option<u64>,
    app_key: Option<String>,
    base_url: Option<String>,
    client_key: Option<String>,
    kid: Option<String>,
    rs256_public_key_pem: Option<String>,
    hs256_shared_secret: Option<String>,
}

/// A token, the request that it came with, and whether it is accepted.
#[derive(Deserialize)]
struct TokenCase {
    token: String,
    method: Option<String>,
    url: Option<String>,
    /// Of a token with a shared secret: `url-bound`, `context` or `session`.
    endpoint_kind: Option<String>,
    /// Of a lifecycle token: the `clientKey` of the body beside it.
    body_client_key: Option<String>,
    leeway_s: Option<u64>,
    now: Option<u64>,
    app_key: Option<String>,
    base_url: Option<String>,
    client_key: Option<String>,
    kid: Option<String>,
    rs256_public_key_pem: Option<String>,
    hs256_shared_secret: Option<String>,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
}

/// Takes the cases of a file of tokens.
pub(super) fn plan(suite: &mut Suite<'_>) -> Result<(), String> {
    let world: World = suite.settings()?;
    suite.lists(&["asymmetric_lifecycle", "symmetric"], move |case| {
        let check = if has(case, "endpoint_kind") {
            check_symmetric
        } else {
            check_lifecycle
        };
        with(case, |token: &TokenCase| token.run(&world, check))
    });
    Ok(())
}

type Check = fn(&TokenCase, &World, &RequestVerifierConfig, UnixTime) -> Result<(), Error>;

impl TokenCase {
    fn run(&self, world: &World, check: Check) -> Outcome {
        let mut checks = Checks::default();
        // without these everything would be refused, for no reason of the case
        let now = checks.need("now", time(self.now, world.now));
        let expected = checks.ok("base_url, leeway_s", self.verifier_config(world));
        let (Some(now), Some(expected)) = (now, expected) else {
            return checks.outcome();
        };
        if let Some(kind) = self.endpoint_kind.as_deref()
            && !["url-bound", "context", "session"].contains(&kind)
        {
            checks.unknown("endpoint_kind", &Value::from(kind));
            return checks.outcome();
        }
        let found = check(self, world, &expected, now);
        let policy = verdict(&mut checks, self.expect.as_ref(), &found);
        end(checks, policy)
    }

    fn verifier_config(&self, world: &World) -> Result<RequestVerifierConfig, Error> {
        let base = BaseUrl::new(either(&self.base_url, &world.base_url).unwrap_or_default())?;
        let expected = RequestVerifierConfig::new(base);
        let Some(seconds) = self.leeway_s else {
            return Ok(expected);
        };
        let leeway = Leeway::from_seconds(seconds).ok_or_else(|| ErrorKind::TooMany {
            what: "seconds of leeway",
            limit: usize::try_from(Leeway::MAX_SECONDS).unwrap_or(usize::MAX),
            found: usize::try_from(seconds).unwrap_or(usize::MAX),
        })?;
        Ok(expected.leeway(leeway))
    }

    fn request(&self) -> RequestLine<'_> {
        let method = self.method.as_deref().unwrap_or("GET");
        RequestLine::new(method, self.url.as_deref().unwrap_or_default())
    }
}

/// What a case says, or else its file.
fn either<'a>(case: &'a Option<String>, file: &'a Option<String>) -> Option<&'a str> {
    case.as_deref().or(file.as_deref())
}

/// A lifecycle token: RS256 with the one key of the file.
fn check_lifecycle(
    case: &TokenCase,
    world: &World,
    expected: &RequestVerifierConfig,
    now: UnixTime,
) -> Result<(), Error> {
    let token = UnverifiedInstallToken::parse(&case.token)?;
    if either(&case.kid, &world.kid) != Some(token.kid().as_str()) {
        let kid = token.kid().to_string();
        return Err(ErrorKind::UnknownKey { kid }.into());
    }
    let pem = either(&case.rs256_public_key_pem, &world.rs256_public_key_pem);
    let key = RsaPublicKey::from_pem(pem.unwrap_or_default())?;
    let tenant = ClientKey::new(case.body_client_key.as_deref().unwrap_or_default())?;
    token
        .verify(&key, &case.request(), &tenant, expected, now)
        .map(drop)
}

/// A token signed with the shared secret, at its kind of endpoint.
fn check_symmetric(
    case: &TokenCase,
    world: &World,
    expected: &RequestVerifierConfig,
    now: UnixTime,
) -> Result<(), Error> {
    let secret = either(&case.hs256_shared_secret, &world.hs256_shared_secret);
    let secret = SharedSecret::new(secret.unwrap_or_default())?;
    let tenant = ClientKey::new(either(&case.client_key, &world.client_key).unwrap_or_default())?;
    let keys = TenantKeys::new(tenant, HmacKey::new(&secret));
    match case.endpoint_kind.as_deref() {
        Some("context") => UnverifiedContextToken::parse(&case.token)?
            .verify(&keys, expected, now)
            .map(drop),
        Some("session") => {
            let app = AppKey::new(either(&case.app_key, &world.app_key).unwrap_or_default())?;
            let token = UnverifiedSessionToken::parse(&case.token)?;
            token.verify(&keys, &app, expected, now).map(drop)
        }
        _ => UnverifiedRequestToken::parse(&case.token)?
            .verify(&keys, &case.request(), expected, now)
            .map(drop),
    }
}

/// A URL as the host signed it, with its token, claims and secret.
#[derive(Deserialize)]
pub(super) struct SignedUrlCase {
    signed_url: String,
    secret: String,
    method: Option<String>,
    app_base_url: Option<String>,
    canonical: Option<String>,
    qsh: Option<String>,
    #[serde(default, deserialize_with = "or_null")]
    claims: Option<Value>,
    /// `valid`, which is meant where nothing is said, or `invalid`.
    signature: Option<String>,
    valid_at: Option<u64>,
    expired_at: Option<u64>,
}

pub(super) fn signed_url(case: &SignedUrlCase) -> Outcome {
    let mut checks = Checks::default();
    let method = case.method.as_deref().unwrap_or("GET");
    let request = RequestLine::new(method, &case.signed_url);
    let base = qsh::base_url(case.app_base_url.as_deref().unwrap_or_default());
    let Some(base) = checks.ok("app_base_url", base) else {
        return checks.outcome();
    };
    if let Some(made) = checks.ok("signed_url", CanonicalRequest::new(&request, &base)) {
        qsh::compare(&mut checks, &case.canonical, &case.qsh, &made);
    }
    let Some(text) = checks.ok("jwt", token_from_request([], request.query())) else {
        return checks.outcome();
    };
    if let Some(expected) = &case.claims {
        let claims = token::open(&text).map(|opened| Value::Object(opened.claims));
        if let Some(claims) = checks.ok("claims", claims) {
            checks.same("claims", expected, &claims);
        }
    }
    let expected = RequestVerifierConfig::new(base);
    let verify = |at: UnixTime| {
        let token = UnverifiedRequestToken::parse(&text)?;
        let key = HmacKey::new(&SharedSecret::new(&case.secret)?);
        let keys = TenantKeys::new(token.issuer().clone(), key);
        token.verify(&keys, &request, &expected, at).map(drop)
    };
    let valid = match case.signature.as_deref() {
        None | Some("valid") => true,
        Some("invalid") => false,
        Some(other) => {
            checks.unknown("signature", &Value::from(other));
            return checks.outcome();
        }
    };
    for (key, at, code) in [
        ("valid_at", case.valid_at, "accepted"),
        ("expired_at", case.expired_at, "expired"),
    ] {
        let Some(at) = checks.need(key, time(at, None)) else {
            continue;
        };
        let found = verify(at).err().map_or("accepted", |error| error.code());
        let wanted = if valid { code } else { "signature" };
        checks.holds(key, found == wanted, wanted, found);
    }
    checks.outcome()
}
