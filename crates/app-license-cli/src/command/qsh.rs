//! `app-license qsh`

use std::borrow::Cow;
use std::path::PathBuf;

use app_license::connect::{CanonicalRequest, Explanation, RequestLine, token_from_request};
use serde::Serialize;
use serde_json::Value;

use super::explain::Explained;
use super::keys::{base_url, text_file};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, MAX_INPUT};
use crate::output::{BAD, DIM, Format, GOOD, clean, paint, show};
use crate::token;

/// Show the canonical form of a request and its query hash
///
/// With --token, or a token in the URL (`jwt=…`), say whether the token's hash is that of this request, and if not, why. Nothing
/// about the token's signature is checked: see `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license qsh GET '/panel?lic=active' --base-url https://app.example.com
  app-license qsh POST https://app.example.com/connect/installed \\
      --base-url https://app.example.com/connect --token \"$JWT\"

Exit code 0: shown, or the token matches. 2: the token is of another request.")]
pub(crate) struct Args {
    /// The method
    method: String,
    /// The URL, or path and query, as on the wire
    url: String,
    /// The base URL whose path is left out: the app's, or the site's for calls to it
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// A token to compare with [default: the parameter `jwt` of the URL]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// A form body that stands in for the query of a POST or PUT without one
    #[arg(long, value_name = "FILE")]
    form_body_file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Output {
    canonical: String,
    qsh: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decoded: Option<Form>,
    /// Where the token that was compared stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
}

#[derive(Debug, Serialize)]
struct Form {
    canonical: String,
    qsh: String,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let base = base_url(self.base_url.as_deref().unwrap_or("https://localhost"))?;
        let form = match &self.form_body_file {
            Some(path) => Some(text_file(io, path, MAX_INPUT)?),
            None => None,
        };
        let mut request = RequestLine::new(&self.method, &self.url);
        if let Some(form) = &form {
            request = request.with_form_body(form);
        }
        let canonical = CanonicalRequest::new(&request, &base)?;
        let in_url = token_from_request([], request.query())
            .ok()
            .map(Cow::into_owned);
        let given = self.token.as_deref().or(in_url.as_deref());
        let claimed = given.map(claimed_hash).transpose()?;
        let decoded = canonical.decoded().zip(canonical.decoded_qsh());
        let is_ours = |hash: &str| {
            hash == canonical.qsh().as_str() || decoded.is_some_and(|(_, d)| hash == d.as_str())
        };
        let matches = claimed.as_deref().map(is_ours);
        let explanation = claimed
            .filter(|_| matches == Some(false))
            .map(|hash| Explained::new(&Explanation::new(&hash, &request, &base)));
        let answer = Output {
            canonical: canonical.as_str().to_owned(),
            qsh: canonical.qsh().to_string(),
            decoded: decoded.map(|(text, qsh)| Form {
                canonical: text.to_owned(),
                qsh: qsh.to_string(),
            }),
            token: match (&self.token, &in_url) {
                (Some(_), _) => Some("option"),
                (None, Some(_)) => Some("url"),
                (None, None) => None,
            },
            matches,
            explanation,
        };
        show(io, format, &answer, |out| {
            writeln!(out, "{}\n{}", clean(&answer.canonical), answer.qsh)?;
            if let Some(decoded) = &answer.decoded {
                let label = paint(DIM, "hosts may hash the decoded path:");
                writeln!(
                    out,
                    "{label}\n{}\n{}",
                    clean(&decoded.canonical),
                    decoded.qsh
                )?;
            }
            match (&answer.explanation, answer.matches) {
                (Some(explanation), _) => {
                    writeln!(out, "{}", paint(BAD, "the token is of another request"))?;
                    explanation.human(out)
                }
                (None, Some(_)) => {
                    let place = if answer.token == Some("url") {
                        " in the URL"
                    } else {
                        ""
                    };
                    let text = format!("the token{place} matches");
                    writeln!(out, "{}", paint(GOOD, text))
                }
                (None, None) => Ok(()),
            }
        })?;
        Ok(match answer.matches {
            Some(false) => Exit::Denied,
            _ => Exit::Yes,
        })
    }
}

/// The `qsh` claim of a token that is not verified here.
fn claimed_hash(text: &str) -> Result<String, CliError> {
    let token = token::joined(text)
        .ok_or_else(|| CliError::Option("the token is no compact token".to_owned()))?;
    let opened = token::open(&token).map_err(|why| CliError::Option(why.to_owned()))?;
    match opened.claims.get("qsh") {
        Some(Value::String(hash)) => Ok(hash.clone()),
        _ => Err(CliError::Option(
            "the token has no claim `qsh`: a context token of before `context-qsh`, or one made without \
             the request"
                .to_owned(),
        )),
    }
}
