//! Canonical requests and query hashes.

use app_license::connect::{
    BaseUrl, CanonicalRequest, Qsh, RequestLine, RequestVerifierConfig, TenantKeys, TokenClaims,
    UnverifiedRequestToken,
};
use app_license::{ClientKey, Error, HmacKey, SharedSecret, UnixTime};
use serde::Deserialize;
use serde_json::Value;

use super::suite::Suite;
use super::{Checks, Outcome};

/// `target` below `app_base_url`, with a status that says who agrees.
#[derive(Deserialize)]
pub(super) struct CanonicalCase {
    method: String,
    target: String,
    app_base_url: Option<String>,
    status: Option<String>,
    form_body: Option<String>,
    use_form_body_when_query_empty: Option<bool>,
    canonical: Option<String>,
    qsh: Option<String>,
}

/// `url` below `base_url`; `also_accept` has what other libraries make of it.
#[derive(Deserialize)]
struct HashCase {
    method: String,
    url: String,
    base_url: Option<String>,
    also_accept: Option<Vec<OtherForm>>,
    canonical: Option<String>,
    qsh: Option<String>,
}

/// Another text that is hashed, and its hash.
#[derive(Deserialize)]
struct OtherForm {
    canonical: Option<String>,
    qsh: Option<String>,
}

/// What a file of query hashes says beside its cases.
#[derive(Deserialize)]
struct Settings {
    context_qsh_literal: Option<String>,
}

/// Takes the cases of a file of query hashes.
pub(super) fn plan(suite: &mut Suite<'_>) -> Result<(), String> {
    let settings: Settings = suite.settings()?;
    suite.cases(move |case| vector(case, &settings));
    Ok(())
}

/// The base URL of a case: may be empty, a path alone, or `http`. Only its path counts here.
pub(super) fn base_url(text: &str) -> Result<BaseUrl, Error> {
    match text.split_once("://") {
        Some((_, rest)) => BaseUrl::new(&format!("https://{rest}")),
        None if text.is_empty() || text.starts_with('/') => {
            BaseUrl::new(&format!("https://app.example{text}"))
        }
        None => BaseUrl::new(&format!("https://app.example/{text}")),
    }
}

pub(super) fn canonical(case: &CanonicalCase) -> Outcome {
    let mut checks = Checks::default();
    let mut request = RequestLine::new(&case.method, &case.target);
    let use_form = case.use_form_body_when_query_empty == Some(true);
    if let (true, Some(form)) = (use_form, &case.form_body) {
        request = request.with_form_body(form);
    }
    let base = base_url(case.app_base_url.as_deref().unwrap_or_default());
    let made = base.and_then(|base| Ok((CanonicalRequest::new(&request, &base)?, base)));
    // whatever was made, it was made without a panic
    if let Some("disputed" | "policy") = case.status.as_deref() {
        return Outcome::Policy;
    }
    if let Some((canonical, base)) = checks.ok("target", made) {
        compare(&mut checks, &case.canonical, &case.qsh, &canonical);
        let hash = canonical.qsh();
        proves(&mut checks, &request, &base, hash.as_str(), "qsh verifies");
    }
    checks.outcome()
}

fn vector(case: &HashCase, settings: &Settings) -> Outcome {
    let mut checks = Checks::default();
    let request = RequestLine::new(&case.method, &case.url);
    let base = base_url(case.base_url.as_deref().unwrap_or_default());
    let made = base.and_then(|base| Ok((CanonicalRequest::new(&request, &base)?, base)));
    if let Some((canonical, base)) = checks.ok("url", made) {
        compare(&mut checks, &case.canonical, &case.qsh, &canonical);
        let hash = canonical.qsh();
        proves(&mut checks, &request, &base, hash.as_str(), "qsh verifies");
        for other in case.also_accept.iter().flatten() {
            also(&mut checks, &request, &base, &canonical, other);
        }
    }
    if let Some(literal) = settings.context_qsh_literal.as_deref() {
        checks.holds(
            "context_qsh_literal",
            literal == Qsh::CONTEXT,
            literal,
            Qsh::CONTEXT,
        );
    }
    checks.outcome()
}

/// Compares a canonical text and its hash with what was made.
pub(super) fn compare(
    checks: &mut Checks,
    text: &Option<String>,
    hash: &Option<String>,
    made: &CanonicalRequest,
) {
    let qsh = made.qsh();
    for (key, expected, found) in [
        ("canonical", text, made.as_str()),
        ("qsh", hash, qsh.as_str()),
    ] {
        if let Some(expected) = checks.need(key, expected.as_deref()) {
            checks.holds(key, expected == found, expected, found);
        }
    }
}

/// Another form that must be accepted where it differs in the path alone: hosts hash the decoded
/// path. Other differences are mistakes of other libraries, which need not be accepted.
fn also(
    checks: &mut Checks,
    request: &RequestLine<'_>,
    base: &BaseUrl,
    ours: &CanonicalRequest,
    other: &OtherForm,
) {
    let (Some(text), Some(hash)) = (
        checks.need("also_accept.canonical", other.canonical.as_deref()),
        checks.need("also_accept.qsh", other.qsh.as_deref()),
    ) else {
        return;
    };
    if without_path(text) != without_path(ours.as_str()) {
        return;
    }
    checks.holds(
        "also_accept.canonical",
        ours.decoded() == Some(text),
        text,
        ours.decoded().unwrap_or("none"),
    );
    proves(checks, request, base, hash, "also_accept.qsh verifies");
}

/// Method and query of a canonical text.
fn without_path(canonical: &str) -> Option<(&str, &str)> {
    let (method, rest) = canonical.split_once('&')?;
    let (_, query) = rest.split_once('&')?;
    Some((method, query))
}

/// Signs a token over a hash: it must verify, and not for another request. A request outside the
/// base URL verifies only behind a proxy that strips the base URL's path.
fn proves(checks: &mut Checks, request: &RequestLine<'_>, base: &BaseUrl, qsh: &str, name: &str) {
    let as_sent = RequestVerifierConfig::new(base.clone());
    let mut verified = verify(request, &as_sent, qsh);
    if verified.as_ref().err().map(Error::code) == Some("outside_base_url") {
        verified = verify(request, &as_sent.clone().proxy_strips_base_path(), qsh);
    }
    let found = verified
        .as_ref()
        .err()
        .map_or_else(|| "accepted".to_owned(), ToString::to_string);
    checks.holds(name, verified.is_ok(), "accepted", found);
    let target = format!("{}/another/request?of=this", base.path());
    let other = RequestLine::new("GET", &target);
    let code = verify(&other, &as_sent, qsh)
        .err()
        .map(|error| error.code());
    checks.holds(
        "qsh of another request",
        code == Some("qsh_mismatch"),
        "qsh_mismatch",
        code.unwrap_or("accepted"),
    );
}

fn verify(
    request: &RequestLine<'_>,
    expected: &RequestVerifierConfig,
    qsh: &str,
) -> Result<(), Error> {
    let now = UnixTime::EPOCH.plus(1_800_000_000);
    let key = HmacKey::new(&SharedSecret::new("a-secret-of-the-conformance-runner")?);
    let claims = TokenClaims::new("tenant", now).claim("qsh", &Value::from(qsh).to_string())?;
    let token = claims.sign(&key);
    let keys = TenantKeys::new(ClientKey::new("tenant")?, key);
    let token = UnverifiedRequestToken::parse(&token)?;
    token.verify(&keys, request, expected, now).map(drop)
}
