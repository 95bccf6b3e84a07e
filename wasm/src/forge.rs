//! Operations on what Forge sends.

use app_license::forge::{
    InvocationExpectations, IsolatedCloud, LicenseApiResponse, UnverifiedInvocationToken,
    token_from_header,
};
use app_license::{Error, ForgeAppId, Jwks};
use serde_json::{Value, json};

use crate::arguments::{leeway, now, number, optional, text, texts};

fn unverified(token: &str) -> Result<UnverifiedInvocationToken<'_>, Error> {
    UnverifiedInvocationToken::parse(token)
}

/// Which of the platform's keys signed an invocation token.
pub(crate) fn invocation_key(question: &Value) -> Result<Value, Error> {
    let token = token_from_header(texts(question, "authorization"))?;
    Ok(json!({ "kid": unverified(token)?.kid() }))
}

/// Verifies an invocation token against the platform's key set.
pub(crate) fn invocation(question: &Value) -> Result<Value, Error> {
    let token = token_from_header(texts(question, "authorization"))?;
    let token = unverified(token)?;
    let keys = Jwks::parse(text(question, "jwks")?.as_bytes())?;
    let mut expected = InvocationExpectations::new(ForgeAppId::new(text(question, "appId")?)?);
    if let Some(leeway) = leeway(question)? {
        expected = expected.leeway(leeway);
    }
    if let Some(label) = optional(question, "isolatedCloud") {
        expected = expected.isolated_cloud(IsolatedCloud::new(label)?);
    }
    let token = token.verify(&keys, &expected, now(question)?)?;
    let contexts: Vec<Value> = token
        .contexts()
        .iter()
        .map(|context| {
            json!({
                "name": context.name(),
                "apiBaseUrl": context.api_base_url(),
                "cloudId": context.cloud_id().map(|id| id.as_str()),
                "workspaceId": context.workspace_id(),
            })
        })
        .collect();
    Ok(json!({
        "appId": token.app_id().as_str(),
        "appVersion": token.app_version(),
        "apiBaseUrl": token.api_base_url(),
        "installationId": token.installation_id().as_str(),
        "environmentType": token.environment_type(),
        "environmentId": token.environment_id(),
        "moduleKey": token.module_key(),
        "moduleType": token.module_type(),
        "contexts": contexts,
        "cloudId": token.cloud_id().map(|id| id.as_str()),
        "siteUrl": token.site_url(),
        "principal": token.principal(),
        "tokenId": token.token_id(),
        "issuedAt": token.issued_at().as_seconds(),
        "expiresAt": token.expires_at().as_seconds(),
        "license": token.license().raw(),
    }))
}

/// Reads one app's licence out of an answer of the License API.
pub(crate) fn license_api(question: &Value) -> Result<Value, Error> {
    let body = text(question, "body")?;
    let status = number(question, "status").and_then(|status| u16::try_from(status).ok());
    let retry_after = optional(question, "retryAfter");
    let answer = match LicenseApiResponse::read(status.unwrap_or(200), retry_after, body.as_bytes())
    {
        Ok(answer) => answer,
        Err(fault) => {
            return Ok(json!({
                "error": "license_api",
                "class": if fault.is_transient() { "unavailable" } else { "refused" },
                "status": if fault.is_transient() { 503 } else { 502 },
                "message": fault.to_string(),
            }));
        }
    };
    let license = match optional(question, "appId") {
        Some(id) => answer.license(&ForgeAppId::new(id)?)?,
        None => answer.into_only()?,
    };
    Ok(json!({ "license": license.raw() }))
}
