//! `app-license trust explain`

use app_license_marketplace::trust::{Need, NeedState};

use super::source::{FieldArgs, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

/// Say what a customer with given needs finds in a listing, gap by gap
///
/// Grouped by the five elements of trust. What the listing does not say clearly counts as a gap:
/// a customer cannot build on it. Exit code 0: every need is met. 2: one is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust explain listing.json --need residency=DE \\
      --need cert=ISO27001
  app-license trust explain listing.json --need dpa --need encryption \\
      --need retention=90

Needs: residency=COUNTRY cert=NAME retention=DAYS encryption dpa stored-in-atlassian
  processed-in-atlassian no-third-parties no-tokens security-contact")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// What the customer needs
    #[arg(long = "need", value_name = "NEED", required = true, value_parser = need)]
    needs: Vec<Need>,
    #[command(flatten)]
    fields: FieldArgs,
}

fn need(text: &str) -> Result<Need, String> {
    text.parse::<Need>().map_err(|error| error.to_string())
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let fields = self.fields.read(io)?;
        let listing = self.source.read(io, &fields)?;
        let explained = listing.explain(&self.needs, &fields);
        show(io, format, &explained, |out| {
            for element in &explained.elements {
                let title = paint(BOLD, &element.title);
                match element.fields {
                    0 => writeln!(
                        out,
                        "{title} {}",
                        paint(DIM, "(the tab says nothing of it)")
                    )?,
                    all => {
                        let answered = format!("({} of {all} fields answered)", element.answered);
                        writeln!(out, "{title} {}", paint(DIM, answered))?;
                    }
                }
                for finding in &element.findings {
                    let style = match finding.state {
                        NeedState::Met => GOOD,
                        NeedState::Gap => BAD,
                        _ => WARN,
                    };
                    let word = paint(style.bold(), format!("{:<7}", finding.state.name()));
                    writeln!(out, "  {word} {}", one_line(&finding.need))?;
                    writeln!(out, "          {}", hanging(&one_line(&finding.says), 10))?;
                }
            }
            let (style, sum) = match explained.gaps {
                0 => (GOOD, "every need is met".to_owned()),
                1 => (BAD, "1 gap".to_owned()),
                gaps => (BAD, format!("{gaps} gaps")),
            };
            writeln!(out, "{}", paint(style.bold(), sum))
        })?;
        Ok(if explained.met {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}
