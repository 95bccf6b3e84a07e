//! Operations on what Atlassian Connect sends.

use app_license::connect::{
    BaseUrl, CanonicalRequest, LifecycleBody, LifecycleEvent, LifecycleKind, SignedWith,
    TokenClaims, UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken,
    token_from_header, token_from_request,
};
use app_license::{AppKey, ClientKey, Error, HmacKey, RsaPublicKey, SharedSecret, UnixTime};
use serde_json::{Value, json};

use crate::arguments::{
    expectations, missing, now, number, optional, request, tenant_keys, text, texts,
};

fn query(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

fn seconds(at: UnixTime) -> u64 {
    at.as_seconds()
}

/// Finds the token of a request, in the header or the query.
fn token(question: &Value) -> Result<String, Error> {
    let target = optional(question, "target").unwrap_or_default();
    let found = token_from_request(texts(question, "authorization"), query(target))?;
    Ok(found.into_owned())
}

fn is_context(question: &Value) -> bool {
    optional(question, "kind") == Some("context")
}

/// Whose token a request carries: which record to look up. Nothing is proved by it.
pub(crate) fn tenant(question: &Value) -> Result<Value, Error> {
    let token = token(question)?;
    let issuer = if is_context(question) {
        UnverifiedContextToken::parse(&token)?.issuer().to_string()
    } else {
        UnverifiedRequestToken::parse(&token)?.issuer().to_string()
    };
    Ok(json!({ "clientKey": issuer }))
}

fn signed_with(which: SignedWith) -> &'static str {
    match which {
        SignedWith::Current => "current",
        SignedWith::Previous => "previous",
    }
}

/// Verifies a request by the token bound to its URL.
pub(crate) fn request_token(question: &Value) -> Result<Value, Error> {
    let text = token(question)?;
    let request = request(question)?;
    let expected = expectations(question)?;
    let keys = tenant_keys(question)?;
    let token = UnverifiedRequestToken::parse(&text)?;
    let token = token.verify(&keys, &request, &expected, now(question)?)?;
    Ok(json!({
        "clientKey": token.issuer().as_str(),
        "accountId": token.subject(),
        "issuedAt": seconds(token.issued_at()),
        "expiresAt": seconds(token.expires_at()),
        "signedWith": signed_with(token.signed_with()),
        "query": request.query(),
    }))
}

/// Verifies a request by a context token.
pub(crate) fn context(question: &Value) -> Result<Value, Error> {
    let text = token(question)?;
    let expected = expectations(question)?;
    let keys = tenant_keys(question)?;
    let token = UnverifiedContextToken::parse(&text)?.verify(&keys, &expected, now(question)?)?;
    Ok(json!({
        "clientKey": token.issuer().as_str(),
        "accountId": token.subject(),
        "issuedAt": seconds(token.issued_at()),
        "expiresAt": seconds(token.expires_at()),
        "signedWith": signed_with(token.signed_with()),
        "context": token.context(),
        "license": token.license().raw(),
    }))
}

/// Which of the platform's keys signed a lifecycle event.
pub(crate) fn install_key(question: &Value) -> Result<Value, Error> {
    let token = token_from_header(texts(question, "authorization"))?;
    let token = UnverifiedInstallToken::parse(token)?;
    Ok(json!({ "kid": token.kid().as_str() }))
}

fn allowed<'q>(question: &'q Value) -> impl Fn(&str) -> bool + 'q {
    let hosts = texts(question, "hosts");
    move |host: &str| {
        let under = |name: &str| {
            let rest = host.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        hosts.iter().any(|name| under(name))
    }
}

fn body_of(question: &Value) -> Result<LifecycleBody, Error> {
    LifecycleBody::parse(text(question, "body")?.as_bytes())
}

fn accepted(question: &Value, body: LifecycleBody, issuer: &ClientKey) -> Result<Value, Error> {
    let kind = LifecycleKind::from_name(text(question, "event")?);
    let kind = kind.ok_or_else(|| missing("event"))?;
    let app = AppKey::new(text(question, "appKey")?)?;
    let event = body.accept(kind, &app, issuer, &allowed(question))?;
    let body = event.body();
    let secret = match &event {
        LifecycleEvent::Installed(installed) => Some(installed.shared_secret().expose()),
        _ => None,
    };
    Ok(json!({
        "event": body.kind().name(),
        "clientKey": body.client_key().as_str(),
        "baseUrl": body.base_url(),
        "displayUrl": body.display_url(),
        "productType": body.product_type(),
        "capabilitySet": body.capability_set(),
        "entitlementId": body.entitlement_id(),
        "entitlementNumber": body.entitlement_number(),
        "installationId": body.installation_id().map(|id| id.as_str()),
        "cloudId": body.cloud_id().map(|id| id.as_str()),
        "oauthClientId": body.oauth_client_id(),
        "accountId": body.account_id(),
        "sharedSecret": secret,
    }))
}

/// Verifies `installed` or `uninstalled`, signed by the platform, and accepts its body.
pub(crate) fn install(question: &Value) -> Result<Value, Error> {
    let token = token_from_header(texts(question, "authorization"))?;
    let token = UnverifiedInstallToken::parse(token)?;
    let key = RsaPublicKey::from_pem(text(question, "pem")?)?;
    let request = request(question)?;
    let expected = expectations(question)?;
    let body = body_of(question)?;
    let token = token.verify(&key, &request, body.client_key(), &expected, now(question)?)?;
    let issuer = token.issuer().clone();
    let mut event = accepted(question, body, &issuer)?;
    let print: String = token
        .fingerprint()
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if let Some(fields) = event.as_object_mut() {
        fields.insert("tokenFingerprint".into(), json!(print));
        fields.insert("tokenExpiresAt".into(), json!(seconds(token.expires_at())));
    }
    Ok(event)
}

/// Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its body.
pub(crate) fn lifecycle(question: &Value) -> Result<Value, Error> {
    let token = token_from_header(texts(question, "authorization"))?;
    let keys = tenant_keys(question)?;
    let request = request(question)?;
    let expected = expectations(question)?;
    let token = UnverifiedRequestToken::parse(token)?;
    let token = token.verify(&keys, &request, &expected, now(question)?)?;
    accepted(question, body_of(question)?, token.issuer())
}

/// Signs a request of the app to the product.
pub(crate) fn sign(question: &Value) -> Result<Value, Error> {
    let secret = SharedSecret::new(text(question, "secret")?)?;
    let base = BaseUrl::new(text(question, "baseUrl")?)?;
    let canonical = CanonicalRequest::new(&request(question)?, &base)?;
    let mut claims = TokenClaims::new(text(question, "issuer")?, now(question)?).qsh(&canonical);
    if let Some(audience) = optional(question, "audience") {
        claims = claims.audience(audience);
    }
    if let Some(lifetime) = number(question, "lifetime") {
        claims = claims.lifetime(lifetime);
    }
    Ok(json!({ "token": claims.sign(&HmacKey::new(&secret)) }))
}
