//! Tokens: what one claims, unverified.

use app_license::forge::UserAccess;
use app_license::{License, LicenseSource, UnixTime};
use serde_json::{Map, Value};

use super::Look;
use crate::input_error::InputError;
use crate::reading::{Believe, Reading, What};
use crate::{raw, token};

const INVOCATION: What = What {
    code: "forge_invocation_token",
    title: "Forge invocation token",
};
const FORGE_CONTEXT: What = What {
    code: "forge_context_token",
    title: "Forge context token (of a function)",
};
const INSTALL: What = What {
    code: "connect_install_token",
    title: "Connect install token (RS256)",
};
const CONTEXT: What = What {
    code: "connect_context_token",
    title: "Connect context token",
};
const CONTEXT_WITHOUT_HASH: What = What {
    code: "connect_context_token_without_qsh",
    title: "Connect context token without `qsh`",
};
const WITHOUT_HASH: What = What {
    code: "connect_token_without_qsh",
    title: "Connect token without `qsh`",
};
const REQUEST: What = What {
    code: "connect_request_token",
    title: "Connect request token",
};
const SESSION: What = What {
    code: "connect_session_token",
    title: "Connect session token, signed by the app",
};

/// Reads a compact token.
pub(super) fn read(token: &str, look: Look) -> Result<Reading, InputError> {
    let opened = token::open(token).map_err(|why| InputError::Token(why.to_owned()))?;
    let algorithm = opened.header.get("alg").and_then(Value::as_str);
    let json = std::str::from_utf8(&opened.claims_json)
        .map_err(|_| InputError::Json("not UTF-8".to_owned()))?;
    raw::check(json)?;
    let mut reading = claims(&opened.claims, json, algorithm, look)?;
    reading.fact("algorithm", short(algorithm.unwrap_or("none")));
    let kid = opened.header.get("kid").and_then(Value::as_str);
    reading.fact_if("key id", kid.map(short));
    if opened.header.contains_key("crit") {
        reading.note("critical_header", "the header has `crit`: never accepted");
    }
    Ok(reading)
}

/// Reads a token that a library has taken apart.
pub(super) fn decoded(
    header: &Map<String, Value>,
    claims_of: &Map<String, Value>,
    json: &str,
    look: Look,
) -> Result<Reading, InputError> {
    let algorithm = header.get("alg").and_then(Value::as_str);
    let mut reading = claims(claims_of, json, algorithm, look)?;
    reading.fact("algorithm", short(algorithm.unwrap_or("none")));
    let kid = header.get("kid").and_then(Value::as_str);
    reading.fact_if("key id", kid.map(short));
    Ok(reading)
}

/// Reads the claims of a token.
pub(super) fn claims(
    claims: &Map<String, Value>,
    json: &str,
    algorithm: Option<&str>,
    look: Look,
) -> Result<Reading, InputError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let mut reading = match (text("iss"), text("qsh"), algorithm) {
        (Some("forge/invocation-token"), _, _) => invocation(INVOCATION, claims, json, look)?,
        (Some("forge/context-token"), _, _) => {
            let mut reading = Reading::new(FORGE_CONTEXT, Believe::NOTHING);
            reading.note(
                "opaque",
                "opaque to apps: never accept it as an invocation token",
            );
            reading
        }
        (_, Some("context-qsh"), _) => context(CONTEXT, claims, json, look)?,
        (_, Some(qsh), Some("RS256")) => bound(INSTALL, Believe::INSTALL, qsh),
        (_, Some(qsh), _) => bound(REQUEST, Believe::REQUEST, qsh),
        _ if claims.contains_key("app") => invocation(INVOCATION, claims, json, look)?,
        (_, None, _) if is_old_context(claims) => {
            let mut reading = context(CONTEXT_WITHOUT_HASH, claims, json, look)?;
            reading.note(
                "qsh_missing",
                "no `qsh`: a context token of before `apiMigrations: {\"context-qsh\": true}`; it is bound to \
                 nothing, so every endpoint refuses it",
            );
            reading
        }
        (_, None, _) if claims.contains_key("aud") => Reading::new(SESSION, Believe::SESSION),
        _ => {
            let mut reading = Reading::new(WITHOUT_HASH, Believe::REQUEST);
            reading.note(
                "qsh_missing",
                "no `qsh`: the token is bound to no URL and is refused; a library made it without the request",
            );
            reading
        }
    };
    reading.fact_if("issuer", text("iss").map(short));
    reading.fact_if("subject", text("sub").map(short));
    match claims.get("aud") {
        Some(Value::String(aud)) => reading.fact("audience", short(aud)),
        Some(Value::Array(all)) => {
            let all: Vec<_> = all.iter().filter_map(Value::as_str).map(short).collect();
            reading.fact("audience", all.join(", "));
        }
        _ => {}
    }
    times(&mut reading, claims, look.now);
    Ok(reading)
}

/// Whether claims without `qsh` are those of a context token: the product's context is in them.
fn is_old_context(claims: &Map<String, Value>) -> bool {
    let Some(Value::Object(context)) = claims.get("context") else {
        return false;
    };
    ["jira", "confluence", "license", "url", "user"]
        .iter()
        .any(|name| context.contains_key(*name))
}

fn bound(what: What, believe: Believe, qsh: &str) -> Reading {
    let mut reading = Reading::new(what, believe);
    reading.fact("query hash", short(qsh));
    reading.note(
        "no_license",
        "no license in this token: the query (`lic`, `capSet`) or the License API has it",
    );
    reading
}

/// Reads what an invocation says, in a token or in the context that a container fetches.
pub(super) fn invocation(
    what: What,
    claims: &Map<String, Value>,
    json: &str,
    look: Look,
) -> Result<Reading, InputError> {
    let app = claims.get("app");
    let at = |path: &str| app.and_then(|a| a.pointer(path)).and_then(Value::as_str);
    let issued = claims.get("iat").and_then(Value::as_u64);
    let mut license = license_at(
        json,
        &["app", "license"],
        LicenseSource::ForgeInvocationToken,
    )?;
    if let Some(environment) = at("/environment/type") {
        license = license.in_environment(app_license::EnvironmentType::new(environment));
    }
    if let Some(issued) = issued.and_then(UnixTime::from_seconds) {
        license = license.at(issued);
    }
    let access = claims.get("context").and_then(|c| c.get("userAccess"));
    license = license.with_user_access(access_at(json, &["context", "userAccess"]));
    let mut reading = Reading::of(what, license, look.now);
    if what != INVOCATION {
        reading.believe = Believe::CONTAINER;
    }
    reading.fact_if("app", at("/id").map(short));
    reading.fact_if("installation", at("/installationId").map(short));
    reading.fact_if("module", at("/module/key").map(short));
    reading.fact_if(
        "isolated cloud",
        claims.get("icLabel").and_then(Value::as_str).map(short),
    );
    reading.fact_if("user access", access.map(user_access));
    Ok(reading)
}

fn context(
    what: What,
    claims: &Map<String, Value>,
    json: &str,
    look: Look,
) -> Result<Reading, InputError> {
    let path = ["context", "license"];
    let mut license = license_at(json, &path, LicenseSource::ConnectContextToken)?;
    let issued = claims.get("iat").and_then(Value::as_u64);
    if let Some(issued) = issued.and_then(UnixTime::from_seconds) {
        license = license.at(issued);
    }
    Ok(Reading::of(what, license, look.now))
}

fn times(reading: &mut Reading, claims: &Map<String, Value>, now: UnixTime) {
    let at = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_u64)
            .and_then(UnixTime::from_seconds)
    };
    reading.fact_if("issued", at("iat"));
    reading.fact_if("expires", at("exp"));
    match at("exp") {
        Some(expires) if expires < now => reading.note(
            "expired",
            format!("the token expired {} s ago", now.since(expires)),
        ),
        Some(_) => {}
        None => reading.note("exp_missing", "no readable `exp`: the token is refused"),
    }
    if at("iat").is_some_and(|issued| issued > now) {
        reading.note("not_yet_valid", "the token is issued in the future");
    }
}

/// The license object at a path of a document.
pub(super) fn license_at(
    json: &str,
    path: &[&str],
    source: LicenseSource,
) -> Result<License, InputError> {
    match raw::at(json, path) {
        None => Ok(License::absent(source)),
        Some(object) => Ok(License::from_object(object.as_bytes(), source)?),
    }
}

/// What is said of the user at a path of a document.
fn access_at(json: &str, path: &[&str]) -> Option<UserAccess> {
    let text = raw::at(json, path)?;
    let value = app_license::json::Scanner::<1>::from_text(text).value();
    value.map_or(Some(UserAccess::UNREADABLE), UserAccess::of)
}

/// What user-based billing says, which is no license.
pub(super) fn user_access(access: &Value) -> String {
    let says = |name: &str| match access.get(name).and_then(Value::as_bool) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not said",
    };
    format!(
        "in effect: {}, this user: {}",
        says("enabled"),
        says("hasAccess")
    )
}

/// At most 80 characters, and none that moves a terminal's cursor.
pub(super) fn short(text: &str) -> String {
    clip(text, 80)
}

/// At most so many characters, and none that moves a terminal's cursor.
pub(super) fn clip(text: &str, most: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(most)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
