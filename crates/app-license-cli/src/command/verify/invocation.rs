//! Forge Invocation Tokens.

use std::path::PathBuf;

use app_license::forge::{IsolatedCloud, UnverifiedInvocationToken, Verifier};
use app_license::{ForgeAppId, Jwks};

use super::output::{DecideArgs, VerifyOutput};
use crate::command::keys::{TokenArgs, key_file, leeway};
use crate::error::CliError;
use crate::io::Io;
use crate::now::NowArgs;

/// A Forge Invocation Token: RS256, with the platform's key set
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify invocation --jwks-file jwks.json --token-file header.txt \\
      --app-id ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11 \\
      --require advanced

The key set is what https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json answers.")]
pub(super) struct Args {
    /// The platform's key set, JSON
    #[arg(long, value_name = "FILE")]
    jwks_file: PathBuf,
    /// The app: an id or a whole ARI, in any case; may be repeated, for several apps behind one
    /// backend
    #[arg(long, value_name = "APP_ID", required = true)]
    app_id: Vec<String>,
    /// The label of the Isolated Cloud that tokens may be from
    #[arg(long, value_name = "LABEL")]
    isolated_cloud: Option<String>,
    /// How far clocks may differ, in seconds
    #[arg(long, value_name = "SECONDS")]
    leeway: Option<u64>,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    now: NowArgs,
    #[command(flatten)]
    decide: DecideArgs,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        let keys = Jwks::parse(key_file(io, &self.jwks_file)?.as_bytes())?;
        let apps: Result<Vec<_>, _> = self.app_id.iter().map(|id| ForgeAppId::new(id)).collect();
        let mut apps = apps?.into_iter();
        let first = apps
            .next()
            .ok_or_else(|| CliError::Option("give --app-id".to_owned()))?;
        let mut expected = apps.fold(Verifier::new(first), Verifier::accept_app);
        if let Some(seconds) = self.leeway {
            expected = expected.leeway(leeway(seconds)?);
        }
        if let Some(label) = &self.isolated_cloud {
            expected = expected.isolated_cloud(IsolatedCloud::new(label)?);
        }
        let text = self.token.token(io, None)?;
        let token = UnverifiedInvocationToken::parse(&text);
        match token.and_then(|token| token.verify(&keys, &expected, self.now.time())) {
            Err(error) => Ok(VerifyOutput::refused(&error, None)),
            Ok(token) => VerifyOutput::accepted()
                .fact("app", token.app_id())
                .fact("installation", token.installation_id())
                .fact_if("site", token.cloud_id())
                .fact_if("workspace", token.workspace_id())
                .fact_if("environment", token.environment_type())
                .fact_if("module", token.module_key())
                .fact_if("principal", token.principal())
                .times(token.issued_at(), token.expires_at())
                .decide(&token.license(), &self.decide, self.now),
        }
    }
}
