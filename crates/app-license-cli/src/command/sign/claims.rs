//! Claims that every kind of token can have.

use std::time::Duration;

use app_license::connect::TokenClaims;
use serde_json::Value;

use crate::error::CliError;
use crate::now::NowArgs;
use crate::raw;

/// How long tokens of Jira's iframes and contexts live, in seconds.
pub(super) const JIRA: u64 = 900;
/// How long lifecycle tokens and those that an app makes live, in seconds.
pub(super) const SHORT: u64 = 180;
/// How long Forge Invocation Tokens live, in seconds.
pub(super) const INVOCATION: u64 = 25;

/// Options of every token.
#[derive(Debug, clap::Args)]
pub(super) struct ClaimArgs {
    /// The user, `sub`
    #[arg(long, value_name = "ACCOUNT_ID")]
    subject: Option<String>,
    /// How long the token holds, in seconds [default: as the platform's of this kind: 900 for
    /// requests and contexts of Jira, 180 for lifecycle events and the app's own, 25 for
    /// invocations]
    #[arg(long, value_name = "SECONDS")]
    lifetime: Option<u64>,
    /// One more claim; may be repeated
    #[arg(long, value_name = "NAME=JSON", value_parser = claim)]
    pub(super) claim: Vec<(String, Value)>,
    #[command(flatten)]
    pub(super) now: NowArgs,
}

impl ClaimArgs {
    /// How long the token holds, in seconds.
    pub(super) fn lifetime(&self, of_kind: u64) -> u64 {
        self.lifetime.unwrap_or(of_kind)
    }

    /// The claims of an issuer, with what the options add. `lifetime` is that of this kind of
    /// token.
    pub(super) fn of(&self, issuer: &str, lifetime: u64) -> Result<TokenClaims, CliError> {
        let mut claims = TokenClaims::new(issuer, self.now.time())
            .lifetime(Duration::from_secs(self.lifetime(lifetime)));
        if let Some(subject) = &self.subject {
            claims = claims.subject(subject.as_str());
        }
        for (name, json) in &self.claim {
            claims = claims.claim(name, &json.to_string())?;
        }
        Ok(claims)
    }

    pub(super) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

fn claim(text: &str) -> Result<(String, Value), String> {
    let (name, json) = text.split_once('=').ok_or("expected NAME=JSON")?;
    let value = serde_json::from_str(json).map_err(|_| "the value must be JSON: text in quotes")?;
    Ok((name.to_owned(), value))
}

/// Reads JSON given as an option.
pub(super) fn json(name: &str, text: &str) -> Result<Value, CliError> {
    raw::check(text).map_err(|e| CliError::Option(format!("{name}: {e}")))?;
    serde_json::from_str(text).map_err(|e| CliError::Option(format!("{name}: {e}")))
}
