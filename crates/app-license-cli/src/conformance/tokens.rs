//! Tokens with a fixed clock and keys: lifecycle, request, context, session; and signed URLs.

use app_license::connect::{
    BaseUrl, CanonicalRequest, Expectations, Request, TenantKeys, UnverifiedContextToken,
    UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken, token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, ErrorKind, HmacKey, Leeway, RsaPublicKey, SharedSecret, UnixTime,
};
use serde_json::Value;

use super::{Case, Checks, Outcome, qsh};
use crate::token;

/// A verdict against `expect`: `accept`, `reject`, or null for policy.
pub(super) fn verdict(checks: &mut Checks, case: &Case<'_>, found: &Result<(), Error>) -> bool {
    let said = match found {
        Ok(()) => "accepted".to_owned(),
        Err(error) => format!("rejected: {} ({error})", error.code()),
    };
    match case.get("expect") {
        Some(Value::Null) => return true,
        Some(Value::String(word)) if word == "accept" => {
            checks.holds("expect", found.is_ok(), word, said);
        }
        Some(Value::String(word)) if word == "reject" => {
            checks.holds("expect", found.is_err(), word, said);
        }
        Some(other) => checks.unknown("expect", other),
        None => checks.holds("expect", false, "an expectation", "none"),
    }
    false
}

/// Ends a case that may leave its verdict open; what else was checked counts all the same.
pub(super) fn end(checks: Checks, policy: bool) -> Outcome {
    if policy && checks.all_hold() {
        Outcome::Policy
    } else {
        checks.outcome()
    }
}

/// A lifecycle token of `connect-jwt`: RS256 with the file's one key.
pub(super) fn lifecycle(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    if !is_complete(&mut checks, case) {
        return checks.outcome();
    }
    let policy = verdict(&mut checks, case, &check_lifecycle(case));
    end(checks, policy)
}

/// Whether a case has what it is judged by: without, everything would be refused.
fn is_complete(checks: &mut Checks, case: &Case<'_>) -> bool {
    let now = checks.need("now", case.time("now"));
    checks
        .ok("base_url, leeway_s", expectations(case))
        .is_some()
        && now.is_some()
}

fn check_lifecycle(case: &Case<'_>) -> Result<(), Error> {
    let expected = expectations(case)?;
    let request = request(case);
    let token = UnverifiedInstallToken::parse(case.text("token").unwrap_or_default())?;
    if case.text_or_file("kid") != Some(token.kid().as_str()) {
        let kid = token.kid().to_string();
        return Err(ErrorKind::UnknownKey { kid }.into());
    }
    let key = RsaPublicKey::from_pem(
        case.text_or_file("rs256_public_key_pem")
            .unwrap_or_default(),
    )?;
    let tenant = ClientKey::new(case.text("body_client_key").unwrap_or_default())?;
    let now = case.time("now").unwrap_or(UnixTime::EPOCH);
    token
        .verify(&key, &request, &tenant, &expected, now)
        .map(drop)
}

/// A shared-secret token of `connect-jwt` at its kind of endpoint.
pub(super) fn symmetric(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    if !is_complete(&mut checks, case) {
        return checks.outcome();
    }
    let policy = match case.text("endpoint_kind") {
        Some("url-bound" | "context" | "session") => {
            verdict(&mut checks, case, &check_symmetric(case))
        }
        _ => {
            let kind = case.get("endpoint_kind").unwrap_or(&Value::Null);
            checks.unknown("endpoint_kind", kind);
            false
        }
    };
    end(checks, policy)
}

fn check_symmetric(case: &Case<'_>) -> Result<(), Error> {
    let expected = expectations(case)?;
    let request = request(case);
    let now = case.time("now").unwrap_or(UnixTime::EPOCH);
    let text = case.text("token").unwrap_or_default();
    let secret = SharedSecret::new(case.text_or_file("hs256_shared_secret").unwrap_or_default())?;
    let tenant = ClientKey::new(case.text_or_file("client_key").unwrap_or_default())?;
    let keys = TenantKeys::new(tenant, HmacKey::new(&secret));
    match case.text("endpoint_kind") {
        Some("context") => UnverifiedContextToken::parse(text)?
            .verify(&keys, &expected, now)
            .map(drop),
        Some("session") => {
            let app = AppKey::new(case.text_or_file("app_key").unwrap_or_default())?;
            let token = UnverifiedSessionToken::parse(text)?;
            token.verify(&keys, &app, &expected, now).map(drop)
        }
        _ => UnverifiedRequestToken::parse(text)?
            .verify(&keys, &request, &expected, now)
            .map(drop),
    }
}

fn request<'a>(case: &Case<'a>) -> Request<'a> {
    let method = case.text("method").unwrap_or("GET");
    Request::new(method, case.text("url").unwrap_or_default())
}

fn expectations(case: &Case<'_>) -> Result<Expectations, Error> {
    let base = BaseUrl::new(case.text_or_file("base_url").unwrap_or_default())?;
    let expected = Expectations::new(base);
    let Some(seconds) = case.get("leeway_s").and_then(Value::as_u64) else {
        return Ok(expected);
    };
    let leeway = Leeway::from_seconds(seconds).ok_or_else(|| ErrorKind::TooMany {
        what: "seconds of leeway",
        limit: usize::try_from(Leeway::MAX_SECONDS).unwrap_or(usize::MAX),
        found: usize::try_from(seconds).unwrap_or(usize::MAX),
    })?;
    Ok(expected.with_leeway(leeway))
}

/// A URL as the host signed it, with its token, claims and secret.
pub(super) fn signed_url(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let url = checks.need("signed_url", case.text("signed_url"));
    let secret = checks.need("secret", case.text("secret"));
    let (Some(url), Some(secret)) = (url, secret) else {
        return checks.outcome();
    };
    let request = Request::new(case.text("method").unwrap_or("GET"), url);
    let base = qsh::base_url(case.text("app_base_url").unwrap_or_default());
    let Some(base) = checks.ok("app_base_url", base) else {
        return checks.outcome();
    };
    if let Some(made) = checks.ok("signed_url", CanonicalRequest::new(&request, &base)) {
        let hash = made.qsh();
        for (key, found) in [("canonical", made.as_str()), ("qsh", hash.as_str())] {
            if let Some(expected) = checks.need(key, case.get(key)) {
                checks.same(key, expected, &Value::from(found));
            }
        }
    }
    let Some(text) = checks.ok("jwt", token_from_request([], request.query())) else {
        return checks.outcome();
    };
    if let Some(expected) = case.get("claims") {
        let claims = token::open(&text).map(|opened| Value::Object(opened.claims));
        if let Some(claims) = checks.ok("claims", claims) {
            checks.same("claims", expected, &claims);
        }
    }
    let expected = Expectations::new(base);
    let verify = |at: UnixTime| {
        let token = UnverifiedRequestToken::parse(&text)?;
        let key = HmacKey::new(&SharedSecret::new(secret)?);
        let keys = TenantKeys::new(token.issuer().clone(), key);
        token.verify(&keys, &request, &expected, at).map(drop)
    };
    let valid = match case.text("signature") {
        None | Some("valid") => true,
        Some("invalid") => false,
        Some(_) => {
            checks.unknown("signature", case.get("signature").unwrap_or(&Value::Null));
            return checks.outcome();
        }
    };
    for (key, code) in [("valid_at", "accepted"), ("expired_at", "expired")] {
        let Some(at) = checks.need(key, case.time(key)) else {
            continue;
        };
        let found = verify(at).err().map_or("accepted", |error| error.code());
        let wanted = if valid { code } else { "signature" };
        checks.holds(key, found == wanted, wanted, found);
    }
    checks.outcome()
}
