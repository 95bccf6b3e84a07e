//! Canonical requests and query hashes.

use app_license::connect::{
    BaseUrl, CanonicalRequest, Expectations, Qsh, Request, TenantKeys, TokenClaims,
    UnverifiedRequestToken,
};
use app_license::{ClientKey, Error, HmacKey, SharedSecret, UnixTime};
use serde_json::Value;

use super::{Case, Checks, Outcome};

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

/// `target` below `app_base_url`, with a status that says who agrees.
pub(super) fn canonical(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let method = checks.need("method", case.text("method"));
    let target = checks.need("target", case.text("target"));
    let (Some(method), Some(target)) = (method, target) else {
        return checks.outcome();
    };
    let mut request = Request::new(method, target);
    let use_form = case.get("use_form_body_when_query_empty") == Some(&Value::Bool(true));
    if let (true, Some(form)) = (use_form, case.text("form_body")) {
        request = request.with_form_body(form);
    }
    let base = base_url(case.text("app_base_url").unwrap_or_default());
    let made = base.and_then(|base| Ok((CanonicalRequest::new(&request, &base)?, base)));
    // whatever was made, it was made without a panic
    if let Some("disputed" | "policy") = case.text("status") {
        return Outcome::Policy;
    }
    if let Some((canonical, base)) = checks.ok("target", made) {
        compare(&mut checks, case, &canonical);
        proves(
            &mut checks,
            &request,
            &base,
            canonical.qsh().as_str(),
            "qsh verifies",
        );
    }
    checks.outcome()
}

/// `url` below `base_url`; `also_accept` has what other libraries make of it.
pub(super) fn vector(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let method = checks.need("method", case.text("method"));
    let url = checks.need("url", case.text("url"));
    let (Some(method), Some(url)) = (method, url) else {
        return checks.outcome();
    };
    let request = Request::new(method, url);
    let base = base_url(case.text("base_url").unwrap_or_default());
    let made = base.and_then(|base| Ok((CanonicalRequest::new(&request, &base)?, base)));
    if let Some((canonical, base)) = checks.ok("url", made) {
        compare(&mut checks, case, &canonical);
        proves(
            &mut checks,
            &request,
            &base,
            canonical.qsh().as_str(),
            "qsh verifies",
        );
        for other in case
            .get("also_accept")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            also(&mut checks, &request, &base, &canonical, other);
        }
    }
    if let Some(literal) = case.file.text("context_qsh_literal") {
        checks.holds(
            "context_qsh_literal",
            literal == Qsh::CONTEXT,
            literal,
            Qsh::CONTEXT,
        );
    }
    checks.outcome()
}

fn compare(checks: &mut Checks, case: &Case<'_>, canonical: &CanonicalRequest) {
    let found = Value::from(canonical.as_str());
    let hash = Value::from(canonical.qsh().as_str());
    for (key, found) in [("canonical", found), ("qsh", hash)] {
        if let Some(expected) = checks.need(key, case.get(key)) {
            checks.same(key, expected, &found);
        }
    }
}

/// Another form that must be accepted where it differs in the path alone: hosts hash the decoded
/// path. Other differences are mistakes of other libraries, which need not be accepted.
fn also(
    checks: &mut Checks,
    request: &Request<'_>,
    base: &BaseUrl,
    ours: &CanonicalRequest,
    other: &Value,
) {
    let text = other.get("canonical").and_then(Value::as_str);
    let hash = other.get("qsh").and_then(Value::as_str);
    let (Some(text), Some(hash)) = (
        checks.need("also_accept.canonical", text),
        checks.need("also_accept.qsh", hash),
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
fn proves(checks: &mut Checks, request: &Request<'_>, base: &BaseUrl, qsh: &str, name: &str) {
    let as_sent = Expectations::new(base.clone());
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
    let other = Request::new("GET", &target);
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

fn verify(request: &Request<'_>, expected: &Expectations, qsh: &str) -> Result<(), Error> {
    let now = UnixTime::EPOCH.plus(1_800_000_000);
    let key = HmacKey::new(&SharedSecret::new("a-secret-of-the-conformance-runner")?);
    let claims = TokenClaims::new("tenant", now).claim("qsh", &Value::from(qsh).to_string())?;
    let token = claims.sign(&key);
    let keys = TenantKeys::new(ClientKey::new("tenant")?, key);
    let token = UnverifiedRequestToken::parse(&token)?;
    token.verify(&keys, request, expected, now).map(drop)
}
