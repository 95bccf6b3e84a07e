//! `app-license fortified checklist`

use std::io::Write;
use std::path::PathBuf;

use app_license_marketplace::fortified::{Checklist, Evidence, ItemState};
use serde::Serialize;

use super::program::{ProgramArgs, Rules};
use crate::command::keys::text_file;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, MAX_INPUT};
use crate::now::NowArgs;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

/// Say what is missing of an app's evidence, and when its annual review is
///
/// Evidence that is missing, expired, too old or dated in the future counts for nothing. The
/// review is in the last week of the month of approval. Exit code 0: ready. 2: something is
/// missing. 3: the file cannot be read, or names a requirement that the program does not have.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified checklist evidence.toml
  app-license fortified checklist evidence.toml --now 2027-03-20T00:00:00Z

The file:
  app = \"com.example.app\"
  approved = 2025-03-14
  [evidence.restoration_plan]
  link = \"https://wiki.example.com/restore\"
  date = 2026-02-01          # when it was last looked at
  expires = 2027-01-31       # the last day on which it holds, if there is one")]
pub(super) struct Args {
    /// The file of evidence; `-` for standard input
    #[arg(value_name = "EVIDENCE")]
    evidence: PathBuf,
    #[command(flatten)]
    now: NowArgs,
    #[command(flatten)]
    program: ProgramArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    program: Rules,
    #[serde(flatten)]
    list: Checklist,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let program = self.program.read(io)?;
        let evidence = Evidence::from_toml(&text_file(io, &self.evidence, MAX_INPUT)?)?;
        let now = crate::net::timestamp(self.now.time())?;
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let answer = Output {
            list: program.checklist(&evidence, today)?,
            program: Rules::of(&program),
        };
        show(io, format, &answer, |out| human(out, &answer))?;
        Ok(if answer.list.ready {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}

fn human(out: &mut dyn Write, answer: &Output) -> std::io::Result<()> {
    answer.program.human(out)?;
    let list = &answer.list;
    let word = if list.ready {
        paint(GOOD.bold(), "ready")
    } else {
        paint(BAD.bold(), "not ready")
    };
    writeln!(out, "{}: {word}", paint(BOLD, one_line(&list.app)))?;
    for item in &list.items {
        let style = match item.state {
            ItemState::Met => GOOD,
            ItemState::NotBinding => WARN,
            _ => BAD,
        };
        let word = item.state.name().replace('_', " ");
        let title = hanging(&one_line(&item.title), 14);
        writeln!(out, "  {} {title}", paint(style, format!("{word:<11}")))?;
        let (id, reason) = (one_line(&item.id), one_line(&item.reason));
        writeln!(
            out,
            "              {}",
            paint(DIM, format!("{id}: {reason}"))
        )?;
        if let Some(link) = &item.link {
            writeln!(
                out,
                "              {}",
                paint(DIM, hanging(&one_line(link), 14))
            )?;
        }
    }
    if let Some(mending) = &list.mending {
        let line = format!(
            "annual review of {} to {}: mend what it found until {}",
            mending.first_day, mending.last_day, mending.fix_until
        );
        writeln!(out, "{}", paint(WARN, line))?;
    }
    match &list.review {
        None => writeln!(out, "annual review: none before the app is approved"),
        Some(review) => {
            writeln!(
                out,
                "annual review: {} to {}",
                review.first_day, review.last_day
            )?;
            writeln!(
                out,
                "  notice from {}, findings are to be mended until {}",
                review.notice_from, review.fix_until
            )
        }
    }
}
