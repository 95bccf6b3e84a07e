//! Tokens as the platform signs them, with an RSA key of a test.

use std::path::PathBuf;

use app_license::ForgeAppId;
use app_license::KeyId;
use app_license::RsaSigningKey;
use app_license::connect::CanonicalRequest;
use serde_json::{Map, Value, json};

use super::claims::{self, ClaimArgs, INVOCATION, SHORT};
use crate::command::keys::{base_url, key_file};
use crate::error::CliError;
use crate::io::Io;
use crate::rsa::RsaSigner;

/// A token of `installed` or `uninstalled`: RS256, bound to one URL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license sign install --private-key-file test.pem --key-id test-1 \\
      --client-key tenant-1 --base-url https://app.example.com --url /installed")]
pub(super) struct InstallArgs {
    /// The RSA private key, PEM
    #[arg(long, value_name = "FILE")]
    private_key_file: PathBuf,
    /// The id of the key, `kid`
    #[arg(long, value_name = "KID")]
    key_id: String,
    /// The issuer: the tenant's client key
    #[arg(long, value_name = "CLIENT_KEY")]
    client_key: String,
    /// The app's base URL: the audience, and the path that is left out
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// The URL, or path and query
    #[arg(long, value_name = "URL")]
    url: String,
    /// The method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,
    #[command(flatten)]
    claims: ClaimArgs,
}

impl InstallArgs {
    pub(super) fn sign(&self, io: &mut Io<'_>) -> Result<String, CliError> {
        let key = RsaSigningKey::from_pem(&key_file(io, &self.private_key_file)?)?;
        let base = base_url(&self.base_url)?;
        let request = app_license::connect::RequestLine::new(&self.method, &self.url);
        let canonical = CanonicalRequest::new(&request, &base)?;
        let claims = self
            .claims
            .of(&self.client_key, SHORT)?
            .audience(base.as_str())
            .qsh(&canonical);
        Ok(claims.sign_rs256(&key, &KeyId::new(self.key_id.as_str())?)?)
    }
}

/// A Forge Invocation Token: RS256, for one app
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license sign invocation --private-key-file test.pem --key-id test-1 \\
      --app-id 8db33809-1f69-42a5-8e40-8b6e0b3f8d11 --environment PRODUCTION \\
      --license-json '{\"active\":true,\"capabilitySet\":\"capabilityAdvanced\"}'")]
pub(super) struct InvocationArgs {
    /// The RSA private key, PEM
    #[arg(long, value_name = "FILE")]
    private_key_file: PathBuf,
    /// The id of the key, `kid`
    #[arg(long, value_name = "KID")]
    key_id: String,
    /// The app: an id or a whole ARI
    #[arg(long, value_name = "APP_ID")]
    app_id: String,
    /// The installation: an id or a whole ARI
    #[arg(
        long,
        value_name = "ID",
        default_value = "00000000-0000-4000-8000-000000000001"
    )]
    installation_id: String,
    /// The site
    #[arg(
        long,
        value_name = "CLOUD_ID",
        default_value = "00000000-0000-4000-8000-0000000000c1"
    )]
    cloud_id: String,
    /// The environment: `PRODUCTION`, `STAGING` or `DEVELOPMENT`
    #[arg(long, value_name = "TYPE", default_value = "PRODUCTION")]
    environment: String,
    /// The license; without it the token says nothing about one
    #[arg(long, value_name = "JSON")]
    license_json: Option<String>,
    #[command(flatten)]
    claims: ClaimArgs,
}

impl InvocationArgs {
    pub(super) fn sign(&self, io: &mut Io<'_>) -> Result<String, CliError> {
        let key = RsaSigner::from_pem(&key_file(io, &self.private_key_file)?)?;
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        key.token(&header, &self.claims()?)
    }

    fn claims(&self) -> Result<Value, CliError> {
        const INSTALLATION: &str = "ari:cloud:ecosystem::installation/";
        let app = ForgeAppId::new(&self.app_id)?;
        let bare = self.installation_id.strip_prefix(INSTALLATION);
        let installation = format!("{INSTALLATION}{}", bare.unwrap_or(&self.installation_id));
        let api = format!("https://api.atlassian.com/ex/jira/{}", self.cloud_id);
        let now = self.claims.now.time();
        let mut of_app = json!({
            "id": app.as_str(),
            "appVersion": "1.0.0",
            "installationId": installation,
            "apiBaseUrl": api,
            "environment": {
                "type": self.environment,
                "id": format!("ari:cloud:ecosystem::environment/{}/test", app.uuid()),
            },
            "module": {"type": "core:endpoint", "key": "test"},
            "installation": {
                "id": installation,
                "contexts": [{"name": "jira", "apiBaseUrl": api, "cloudId": self.cloud_id}],
            },
        });
        if let (Some(text), Some(fields)) = (&self.license_json, of_app.as_object_mut()) {
            fields.insert("license".to_owned(), claims::json("--license-json", text)?);
        }
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!("forge/invocation-token")),
            ("aud".to_owned(), json!(app.as_str())),
            ("iat".to_owned(), json!(now.as_seconds())),
            ("nbf".to_owned(), json!(now.as_seconds())),
            (
                "exp".to_owned(),
                json!(now.plus(self.claims.lifetime(INVOCATION)).as_seconds()),
            ),
            ("app".to_owned(), of_app),
        ]);
        if let Some(subject) = self.claims.subject() {
            claims.insert("principal".to_owned(), json!(subject));
        }
        // a claim that is given replaces the usual one
        claims.extend(self.claims.claim.iter().cloned());
        Ok(Value::Object(claims))
    }
}
