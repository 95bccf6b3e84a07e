//! What every request of Atlassian Connect calls: texts by position, one text back.

use app_license::connect::{
    RequestLine, SignedWith, UnverifiedContextToken, UnverifiedRequestToken, jwt_from_headers,
    token_from_request,
};
use app_license::{Capability, Error, Verified};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::call::{Output, answered, leeway, missing, time};
use crate::expected::{expectations, headers, last_expectations, tenant_keys};
use crate::host::refused;
use crate::license;
use crate::lines::{line, number};
use crate::parsed::{CONTEXTS, ContextToken, REQUESTS, RequestToken, TokenTexts, is_of_other_keys};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a license is read as, in the bits of `gate.ts`, and its capability set. */
export interface JudgedLicense {
  bits: number;
  set: string | null;
}

/** What a verified context token proves. */
export interface ContextProof {
  clientKey: string;
  /** The Atlassian account of the user. */
  accountId: string | null;
  /** Seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
  /** Which of the tenant's secrets signed it. */
  signedWith: "current" | "previous";
  /** The product context, JSON as it was signed. */
  context: string | null;
  /** The license in it, JSON as it was signed. */
  license: string | null;
}
"#;

const fn signed_with(which: SignedWith) -> &'static str {
    match which {
        SignedWith::Current => "current",
        SignedWith::Previous => "previous",
    }
}

fn query(target: &str) -> &str {
    let target = target.split_once('#').map_or(target, |(before, _)| before);
    target.split_once('?').map_or("", |(_, query)| query)
}

fn need<'t>(text: Option<&'t str>, name: &'static str) -> Result<&'t str, Error> {
    text.ok_or_else(|| missing(name))
}

/// Whose token a request carries: which record to look up. Nothing is proved by it. `kind` is
/// `request`, `context`, or `event`, whose token is in the header and nowhere else. Who verifies the same
/// request next finds its token parsed.
#[wasm_bindgen(js_name = tenantOf)]
pub fn tenant_of(
    authorization: Option<String>,
    target: Option<String>,
    kind: String,
) -> Result<String, JsValue> {
    tenant(authorization, target, &kind).map_err(refused)
}

fn tenant(
    authorization: Option<String>,
    target: Option<String>,
    kind: &str,
) -> Result<String, Error> {
    let all = headers(authorization.as_deref());
    if kind == "event" {
        // an address may be logged, and be followed again
        let token = UnverifiedRequestToken::parse(jwt_from_headers(all)?)?;
        return Ok(token.issuer().as_str().to_owned());
    }
    let token = token_from_request(all, query(target.as_deref().unwrap_or_default()))?.into_owned();
    let texts = TokenTexts {
        authorization,
        target,
        token,
    };
    Ok(match kind {
        "context" => {
            let token =
                ContextToken::try_new(texts, |it| UnverifiedContextToken::parse(&it.token))?;
            let issuer = token.borrow_dependent().issuer().as_str().to_owned();
            CONTEXTS.with(|kept| kept.keep(token));
            issuer
        }
        "request" => {
            let token =
                RequestToken::try_new(texts, |it| UnverifiedRequestToken::parse(&it.token))?;
            let issuer = token.borrow_dependent().issuer().as_str().to_owned();
            REQUESTS.with(|kept| kept.keep(token));
            issuer
        }
        _ => return Err(missing("kind")),
    })
}

/// Verifies a request by the token bound to its URL. `base_urls` has a line each. Answers lines, for
/// what reads JSON takes as long as a quarter of the whole: the bits of the license, when the token was
/// issued and expires (seconds since 1970), `current` or `previous`, the secret that signed it, and
/// three texts: whose token it is, the user's account, and the license's capability set. A text is
/// empty for nothing, `=` and itself, or JSON.
#[wasm_bindgen(js_name = verifyRequest)]
#[expect(clippy::too_many_arguments, reason = "texts by position, for speed")]
pub fn verify_request(
    authorization: Option<String>,
    method: Option<String>,
    target: Option<String>,
    client_key: Option<String>,
    secret: Option<String>,
    previous: Option<String>,
    base_urls: String,
    proxy_strips_base_path: bool,
    seconds: Option<f64>,
    now: f64,
) -> Result<String, JsValue> {
    let (secret, previous) = (secret.map(Zeroizing::new), previous.map(Zeroizing::new));
    let verify = || {
        let target = need(target.as_deref(), "target")?;
        let request = RequestLine::new(need(method.as_deref(), "method")?, target);
        let expected = last_expectations(base_urls, proxy_strips_base_path, leeway(seconds)?)?;
        let (current, previous) = (exposed(&secret), exposed(&previous));
        let keys = tenant_keys(client_key.as_deref(), current, previous)?;
        let now = time(now, "now")?;
        let verify = |token: &UnverifiedRequestToken<'_>| {
            let token = token.verify(&keys, &request, &expected.config, now)?;
            Ok(proved(&token))
        };
        let authorization = authorization.as_deref();
        let is_of = |it: &RequestToken| it.borrow_owner().is_of(authorization, Some(target));
        if let Some(token) = REQUESTS.with(|kept| kept.take(&is_of)) {
            let verified = verify(token.borrow_dependent());
            if is_of_other_keys(&verified) {
                REQUESTS.with(|kept| kept.keep(token));
            }
            return verified;
        }
        let text = token_from_request(headers(authorization), request.query())?;
        verify(&UnverifiedRequestToken::parse(&text)?)
    };
    verify().map_err(refused)
}

fn proved(token: &Verified<app_license::connect::RequestToken>) -> String {
    let license = token.license();
    let mut lines = String::with_capacity(192);
    number(&mut lines, license::bits(&license));
    for time in [token.issued_at(), token.expires_at()] {
        lines.push('\n');
        number(&mut lines, time.as_seconds());
    }
    lines.push('\n');
    lines.push_str(signed_with(token.signed_with()));
    line(&mut lines, Some(token.tenant().as_str()));
    line(&mut lines, token.subject());
    line(&mut lines, license.capability_set().map(Capability::as_str));
    lines
}

/// Verifies a request by a context token. `base_urls` has a line each.
#[wasm_bindgen(js_name = verifyContext, unchecked_return_type = "Json<ContextProof>")]
#[expect(clippy::too_many_arguments, reason = "texts by position, for speed")]
pub fn verify_context(
    authorization: Option<String>,
    target: Option<String>,
    client_key: Option<String>,
    secret: Option<String>,
    previous: Option<String>,
    base_urls: String,
    seconds: Option<f64>,
    now: f64,
) -> Result<String, JsValue> {
    let (secret, previous) = (secret.map(Zeroizing::new), previous.map(Zeroizing::new));
    let verify = || {
        let expected = expectations(&base_urls, false, leeway(seconds)?)?;
        let (current, previous) = (exposed(&secret), exposed(&previous));
        let keys = tenant_keys(client_key.as_deref(), current, previous)?;
        let now = time(now, "now")?;
        let (all, target) = (authorization.as_deref(), target.as_deref());
        let is_of = |it: &ContextToken| it.borrow_owner().is_of(all, target);
        let token = if let Some(token) = CONTEXTS.with(|kept| kept.take(&is_of)) {
            let verified = token.borrow_dependent().verify(&keys, &expected, now);
            if is_of_other_keys(&verified) {
                CONTEXTS.with(|kept| kept.keep(token));
            }
            verified?
        } else {
            let text = token_from_request(headers(all), query(target.unwrap_or_default()))?;
            UnverifiedContextToken::parse(&text)?.verify(&keys, &expected, now)?
        };
        let mut output = Output::new();
        output.text("clientKey", token.tenant().as_str());
        output.maybe("accountId", token.subject());
        output.time("issuedAt", token.issued_at());
        output.time("expiresAt", token.expires_at());
        output.text("signedWith", signed_with(token.signed_with()));
        output.maybe("context", token.context());
        output.maybe("license", token.license().raw());
        Ok(output)
    };
    answered(verify())
}

fn exposed(secret: &Option<Zeroizing<String>>) -> Option<&str> {
    secret.as_ref().map(|secret| secret.as_str())
}
