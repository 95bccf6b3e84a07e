//! Claims that every kind of token can have.

use app_license::connect::TokenClaims;
use serde_json::Value;

use crate::fault::Fault;
use crate::now::NowArgs;
use crate::raw;

/// Options of every token.
#[derive(Debug, clap::Args)]
pub(super) struct ClaimArgs {
    /// The user, `sub`
    #[arg(long, value_name = "ACCOUNT_ID")]
    subject: Option<String>,
    /// How long the token holds, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    pub(super) lifetime: u64,
    /// One more claim; may be repeated
    #[arg(long, value_name = "NAME=JSON", value_parser = claim)]
    pub(super) claim: Vec<(String, Value)>,
    #[command(flatten)]
    pub(super) now: NowArgs,
}

impl ClaimArgs {
    /// The claims of an issuer, with what the options add.
    pub(super) fn of(&self, issuer: &str) -> Result<TokenClaims, Fault> {
        let mut claims = TokenClaims::new(issuer, self.now.time()).lifetime(self.lifetime);
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
pub(super) fn json(name: &str, text: &str) -> Result<Value, Fault> {
    raw::check(text).map_err(|e| Fault::Option(format!("{name}: {e}")))?;
    serde_json::from_str(text).map_err(|e| Fault::Option(format!("{name}: {e}")))
}
