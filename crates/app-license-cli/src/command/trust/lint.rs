//! `app-license trust lint`

use app_license_marketplace::trust::{TrustDiagnostic, TrustSeverity};
use serde::Serialize;

use super::source::{FieldArgs, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, DIM, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

/// Say what is wrong with a listing: contradictions, missing answers that customers filter by
///
/// Exit code 0: no error and no warning. 2: one or more. Notes alone are 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust lint listing.json
  app-license trust lint --product-id 6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11 \\
      --format json")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    fields: FieldArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    clean: bool,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<TrustDiagnostic>,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let fields = self.fields.read(io)?;
        let listing = self.source.read(io, &fields)?;
        let diagnostics = listing.lint(&fields);
        let count = |severity| {
            diagnostics
                .iter()
                .filter(|it| it.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(TrustSeverity::Error), count(TrustSeverity::Warning));
        let answer = Output {
            clean: errors == 0 && warnings == 0,
            errors,
            warnings,
            diagnostics,
        };
        show(io, format, &answer, |out| {
            for found in &answer.diagnostics {
                let style = match found.severity {
                    TrustSeverity::Error => BAD,
                    TrustSeverity::Warning => WARN,
                    _ => DIM,
                };
                let severity = found.severity.name();
                let head = paint(style.bold(), format_args!("{severity}[{}]", found.code));
                writeln!(out, "{head}\n  {}", hanging(&one_line(&found.message), 2))?;
                for field in &found.fields {
                    writeln!(out, "  {}", paint(DIM, one_line(field)))?;
                }
            }
            let (style, tail) = if answer.clean {
                (GOOD, "nothing is wrong")
            } else {
                (BAD, "see docs/trust.md for each code")
            };
            let plural = |count, word| match count {
                1 => format!("1 {word}"),
                _ => format!("{count} {word}s"),
            };
            let (errors, warnings) = (plural(errors, "error"), plural(warnings, "warning"));
            let sum = format!("{errors}, {warnings}: {tail}");
            writeln!(out, "{}", paint(style, sum))
        })?;
        Ok(if answer.clean {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}
