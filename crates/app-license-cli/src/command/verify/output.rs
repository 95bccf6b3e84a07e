//! What `verify` answers: accepted with what was proved, or refused by which rule.

use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;

use app_license::connect::{Explanation, PathForm, SignedWith};
use app_license::{Error, License, Policy, UnixTime, Verified};
use serde::Serialize;

use crate::command::explain::Explained;
use crate::command::policy_args::{NamedDecision as Decided, PolicyArgs, Questions, read_features};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{BAD, BOLD, Format, GOOD, WARN, escaped, paint, show};
use crate::reading::{self, Facts};

/// Options that ask for a decision.
#[derive(Debug, clap::Args)]
pub(super) struct DecideArgs {
    /// What must be granted: an edition, a capability, or a feature of `--features`
    #[arg(long, value_name = "CAPABILITY")]
    require: Option<String>,
    /// The app's `editions.toml`
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
}

impl DecideArgs {
    /// The policy that is stated.
    pub(super) fn policy(&self) -> Policy {
        self.policy.policy()
    }
}

/// The whole answer.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyOutput {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    proved: Facts,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<License>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<Decided>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted: Option<bool>,
}

fn is_empty(facts: &Facts) -> bool {
    facts.0.is_empty()
}

#[derive(Debug, Serialize)]
struct Refusal {
    code: &'static str,
    message: String,
}

impl VerifyOutput {
    /// The token proves what it claims.
    pub(crate) fn accepted() -> Self {
        Self {
            verdict: "accepted",
            error: None,
            explanation: None,
            help: None,
            proved: Facts::default(),
            license: None,
            decisions: Vec::new(),
            granted: None,
        }
    }

    /// A rule refused it.
    pub(crate) fn refused(error: &Error, explanation: Option<Explanation>) -> Self {
        Self {
            verdict: "refused",
            error: Some(Refusal {
                code: error.code(),
                message: error.to_string(),
            }),
            // only a mismatch is explained: anything else was refused before the hash was looked at
            explanation: explanation
                .filter(|_| error.code() == "qsh_mismatch")
                .map(|e| Explained::new(&e)),
            help: help(error.code()).map(str::to_owned),
            ..Self::accepted()
        }
    }

    /// Says what to do about a refusal, in place of what is said of every one of its kind.
    pub(super) fn help(mut self, text: String) -> Self {
        self.help = Some(text);
        self
    }

    pub(crate) fn fact(mut self, label: &'static str, value: impl Display) -> Self {
        self.proved.0.push((label, value.to_string()));
        self
    }

    pub(crate) fn fact_if(self, label: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.fact(label, value),
            None => self,
        }
    }

    pub(crate) fn times(self, issued: UnixTime, expires: UnixTime) -> Self {
        self.fact("issued", issued).fact("expires", expires)
    }

    pub(crate) fn signed_with(self, with: SignedWith) -> Self {
        match with {
            SignedWith::Current => self,
            SignedWith::Previous => self.fact("signed with", "the previous secret"),
        }
    }

    pub(crate) fn path_form(self, form: PathForm) -> Self {
        match form {
            PathForm::Raw => self,
            PathForm::Decoded => self.fact("path", "hashed in its decoded form"),
        }
    }

    /// Decides what the proved license grants.
    pub(super) fn decide(
        self,
        license: &Verified<License>,
        args: &DecideArgs,
        now: NowArgs,
    ) -> Result<Self, CliError> {
        let map = args.features.as_deref().map(read_features).transpose()?;
        let questions = Questions::new(map, args.require.as_deref())?;
        Ok(self.decided(license, &questions, &args.policy.policy(), now.time()))
    }

    /// Decides these questions.
    pub(crate) fn decided(
        mut self,
        license: &Verified<License>,
        questions: &Questions,
        policy: &Policy,
        now: UnixTime,
    ) -> Self {
        self.decisions = questions.answers(&|needs| license.decide(policy, needs, now));
        let granted = self.decisions.iter().all(|d| d.decision.is_allowed());
        self.granted = questions.is_required().then_some(granted);
        self.license = Some(License::clone(license));
        self
    }

    pub(super) fn exit(&self) -> Exit {
        if self.error.is_some() || self.granted == Some(false) {
            Exit::Denied
        } else {
            Exit::Yes
        }
    }

    pub(super) fn show(&self, io: &mut Io<'_>, format: Format) -> Result<(), CliError> {
        show(io, format, self, |out| self.human(out))
    }

    fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if let Some(error) = &self.error {
            let rule = paint(BAD.bold(), format_args!("refused[{}]", error.code));
            writeln!(out, "{rule}: {}", escaped(&error.message))?;
            if let Some(explanation) = &self.explanation {
                explanation.human(out)?;
            }
            if let Some(help) = &self.help {
                writeln!(out, "{} {}", paint(WARN, "help:"), escaped(help))?;
            }
            return Ok(());
        }
        writeln!(out, "{}", paint(GOOD.bold(), "accepted"))?;
        for (label, value) in &self.proved.0 {
            writeln!(out, "  {label:<17} {}", escaped(value))?;
        }
        if let Some(license) = &self.license {
            let state = license.state().name();
            writeln!(
                out,
                "  {:<17} {state}, edition {}",
                "license",
                edition(license)
            )?;
            for found in license.diagnostics() {
                let severity = reading::severity(found.severity());
                let code = paint(WARN, format_args!("{severity}[{}]:", found.code()));
                writeln!(out, "{code} {}", escaped(found))?;
            }
        }
        for decision in &self.decisions {
            let name = paint(BOLD, escaped(&decision.name));
            writeln!(out, "  {name}: {}", escaped(&decision.decision))?;
        }
        Ok(())
    }
}

/// What to do about a refusal of a kind.
fn help(code: &str) -> Option<&'static str> {
    Some(match code {
        "context_token" => {
            "this is a token of `AP.context.getToken()`: use `app-license verify context`, and in the app a route \
             for context tokens"
        }
        "not_context_token" => {
            "this token is bound to one URL: use `app-license verify request` with that URL; the page gets a \
             context token from `AP.context.getToken()`"
        }
        "algorithm" => {
            "`install` and `uninstall` are RS256 with the platform's key, `invocation` RS256 with Forge's key set, \
             everything else HS256 with the shared secret: is it another kind of token?"
        }
        "outside_base_url" => "`--proxy-strips-base-path` says here that a proxy strips it",
        "unknown_key" => {
            "is it the key of this `kid`? `app-license inspect` shows the `kid` of a token"
        }
        "expired" => "to check an old token as of then, give `--now` a time within its life",
        "claim_missing" => {
            "a token without `qsh` is a context token of before `context-qsh`, or was made without the request: \
             `app-license inspect` says which"
        }
        _ => return None,
    })
}

fn edition(license: &License) -> &'static str {
    license.edition().map_or("none", app_license::Edition::name)
}
