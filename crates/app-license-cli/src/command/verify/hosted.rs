//! Tokens signed with an installation's shared secret.

use std::path::PathBuf;

use app_license::connect::{
    UnverifiedContextToken, UnverifiedRequestToken, UnverifiedSessionToken,
};
use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
use app_license::{AppKey, License, Verified};

use super::output::{DecideArgs, VerifyOutput};
use crate::command::keys::{self, AppArgs, SecretArgs, TokenArgs};
use crate::error::CliError;
use crate::io::{Io, MAX_INPUT};

/// An iframe URL, a webhook, `enabled` or `disabled`: HS256, bound to one URL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify request --secret-file t.secret \\
      --base-url https://app.example.com \\
      --url 'https://app.example.com/panel?lic=active&jwt=eyJ…'
  app-license verify request --secret-file t.secret \\
      --descriptor atlassian-connect.json --url '/panel?lic=none&jwt=eyJ…' \\
      --license-api-file answer.json --require standard
  app-license verify request --secret-file t.secret \\
      --base-url https://app.example.com --method POST --url /hook \\
      --token-file header.txt --format json")]
pub(super) struct RequestArgs {
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    app: AppArgs,
    #[command(flatten)]
    request: keys::TargetArgs,
    /// An answer of the Connect License API, fetched now: counts where the URL says nothing of a
    /// license, and where it says `lic=none` although one was just bought
    #[arg(long, value_name = "FILE")]
    license_api_file: Option<PathBuf>,
    #[command(flatten)]
    decide: DecideArgs,
}

impl RequestArgs {
    /// The license that counts, by the rules that the app's backend follows.
    fn license(
        &self,
        io: &mut Io<'_>,
        stated: Verified<License>,
    ) -> Result<Verified<License>, CliError> {
        let now = self.app.now.time();
        let mut answer = match &self.license_api_file {
            Some(path) => {
                let answer = License::from_connect_api(&io.read(path, MAX_INPUT)?)?;
                // the caller states that the file is an answer of the site
                LicenseApi::Stated(Box::new(Verified::fetched(answer.at(now))))
            }
            None => LicenseApi::NotConfigured,
        };
        let policy = self.decide.policy();
        let mut current = CurrentLicense::new(stated, &policy);
        let of = loop {
            match current.next(now) {
                Next::Ask { .. } => {
                    current.asked(std::mem::replace(&mut answer, LicenseApi::NotConfigured));
                }
                Next::AskNewer => current.asked_newer(None),
                Next::LoadStored => current.loaded(None),
                Next::Use(of) => break of,
                // where an API is asked, it answered
                Next::CouldNotCheck => break StatementOf::Request,
            }
        };
        Ok(current.license(of))
    }

    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        let expected = self.app.verifier_config(io)?;
        self.request.must_be_of(&expected)?;
        let request = self.request.request();
        let text = self.token.token(io, Some(request.query()))?;
        let token = match UnverifiedRequestToken::parse(&text) {
            Ok(token) => token,
            Err(error) => return Ok(VerifyOutput::refused(&error, None)),
        };
        let keys = self.secrets.keys(io, token.issuer())?;
        let explanation = token.explain(&request, &expected);
        match token.verify(&keys, &request, &expected, self.app.now.time()) {
            Err(error) => Ok(VerifyOutput::refused(&error, Some(explanation))),
            Ok(token) => {
                let license = self.license(io, token.license())?;
                VerifyOutput::accepted()
                    .fact("tenant", token.tenant())
                    .fact_if("subject", token.subject())
                    .times(token.issued_at(), token.expires_at())
                    .signed_with(token.signed_with())
                    .path_form(token.path_form())
                    .decide(&license, &self.decide, self.app.now)
            }
        }
    }
}

/// A token of `AP.context.getToken()`: HS256, bound to no URL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify context --secret-file t.secret \\
      --base-url https://app.example.com --token eyJ…")]
pub(super) struct ContextArgs {
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    app: AppArgs,
    #[command(flatten)]
    decide: DecideArgs,
}

impl ContextArgs {
    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        let expected = self.app.verifier_config(io)?;
        let text = self.token.token(io, None)?;
        let token = match UnverifiedContextToken::parse(&text) {
            Ok(token) => token,
            Err(error) => return Ok(VerifyOutput::refused(&error, None)),
        };
        let keys = self.secrets.keys(io, token.issuer())?;
        match token.verify(&keys, &expected, self.app.now.time()) {
            Err(error) => Ok(VerifyOutput::refused(&error, None)),
            Ok(token) => VerifyOutput::accepted()
                .fact("tenant", token.tenant())
                .fact_if("subject", token.subject())
                .times(token.issued_at(), token.expires_at())
                .signed_with(token.signed_with())
                .decide(&token.license(), &self.decide, self.app.now),
        }
    }
}

/// A token that the app made for its own front end: HS256, no query hash, no license
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify session --secret-file t.secret \\
      --base-url https://app.example.com --app-key com.example.app --token eyJ…")]
pub(super) struct SessionArgs {
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    app: AppArgs,
    /// The app's key, which the token must be from
    #[arg(long, value_name = "APP_KEY")]
    app_key: String,
}

impl SessionArgs {
    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        let expected = self.app.verifier_config(io)?;
        let app = AppKey::new(self.app_key.as_str())?;
        let text = self.token.token(io, None)?;
        let token = match UnverifiedSessionToken::parse(&text) {
            Ok(token) => token,
            Err(error) => return Ok(VerifyOutput::refused(&error, None)),
        };
        let keys = self.secrets.keys(io, token.tenant())?;
        match token.verify(&keys, &app, &expected, self.app.now.time()) {
            Err(error) => Ok(VerifyOutput::refused(&error, None)),
            Ok(token) => Ok(VerifyOutput::accepted()
                .fact("tenant", token.tenant())
                .fact_if("subject", token.subject())
                .times(token.issued_at(), token.expires_at())
                .signed_with(token.signed_with())),
        }
    }
}
