//! Tokens signed with a shared secret, as the host or the app signs them.

use std::path::PathBuf;

use app_license::connect::{CanonicalRequest, TokenClaims};
use serde_json::{Map, Value};

use super::claims::{ClaimArgs, JIRA, SHORT, json};
use crate::command::keys::{self, base_url, hmac};
use crate::error::CliError;
use crate::io::Io;

/// A token of an iframe URL or webhook: HS256, bound to one URL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license sign request --secret-file t.secret --client-key tenant-1 \\
      --base-url https://app.example.com --method POST --url /hook

Sign a call of the app to a site with the app's key as --client-key and the site's base URL.")]
pub(super) struct RequestArgs {
    /// The file with the tenant's shared secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// The issuer: the tenant's client key
    #[arg(long, value_name = "CLIENT_KEY")]
    client_key: String,
    /// The base URL whose path is left out
    #[arg(long, value_name = "URL")]
    base_url: String,
    #[command(flatten)]
    request: keys::TargetArgs,
    #[command(flatten)]
    claims: ClaimArgs,
}

impl RequestArgs {
    pub(super) fn sign(&self, io: &mut Io<'_>) -> Result<String, CliError> {
        let base = base_url(&self.base_url)?;
        let canonical = CanonicalRequest::new(&self.request.request(), &base)?;
        let claims = self.claims.of(&self.client_key, JIRA)?.qsh(&canonical);
        Ok(claims.sign(&hmac(io, &self.secret_file)?))
    }
}

/// A token of `AP.context.getToken()`: HS256, bound to no URL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license sign context --secret-file t.secret --client-key tenant-1 \\
      --license-json '{\"active\":true,\"capabilitySet\":\"capabilityAdvanced\"}'")]
pub(super) struct ContextArgs {
    /// The file with the tenant's shared secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// The issuer: the tenant's client key
    #[arg(long, value_name = "CLIENT_KEY")]
    client_key: String,
    /// The license in the context
    #[arg(long, value_name = "JSON")]
    license_json: Option<String>,
    /// The whole product context
    #[arg(long, value_name = "JSON")]
    context_json: Option<String>,
    #[command(flatten)]
    claims: ClaimArgs,
}

impl ContextArgs {
    pub(super) fn sign(&self, io: &mut Io<'_>) -> Result<String, CliError> {
        let mut context = match &self.context_json {
            Some(text) => json("--context-json", text)?,
            None => Value::Object(Map::new()),
        };
        if let (Some(text), Some(fields)) = (&self.license_json, context.as_object_mut()) {
            fields.insert("license".to_owned(), json("--license-json", text)?);
        }
        let claims: TokenClaims = self
            .claims
            .of(&self.client_key, JIRA)?
            .context_qsh()
            .claim("context", &context.to_string())?;
        Ok(claims.sign(&hmac(io, &self.secret_file)?))
    }
}

/// A token that the app makes for its own front end: HS256, no query hash
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license sign session --secret-file t.secret --app-key com.example.app \\
      --client-key tenant-1 --subject 5b10a2844c20165700ede21g --lifetime 900")]
pub(super) struct SessionArgs {
    /// The file with the tenant's shared secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// The issuer: the app's key
    #[arg(long, value_name = "APP_KEY")]
    app_key: String,
    /// The audience: the tenant's client key
    #[arg(long, value_name = "CLIENT_KEY")]
    client_key: String,
    #[command(flatten)]
    claims: ClaimArgs,
}

impl SessionArgs {
    pub(super) fn sign(&self, io: &mut Io<'_>) -> Result<String, CliError> {
        let claims = self
            .claims
            .of(&self.app_key, SHORT)?
            .audience(self.client_key.as_str());
        Ok(claims.sign(&hmac(io, &self.secret_file)?))
    }
}
