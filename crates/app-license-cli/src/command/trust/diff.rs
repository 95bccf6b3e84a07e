//! `app-license trust diff`

use std::path::PathBuf;

use serde_json::json;

use super::source::{FieldArgs, LiveArgs, from_file};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, one_line, paint, show};
use crate::wrap::hanging;

/// Show what a draft changes of what is live
///
/// Spelling (`TRUE`, true) and the order of lists are no difference. Exit code 0: no difference.
/// 2: some.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust diff draft.json live.json
  app-license trust diff draft.json \\
      --product-id 6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11")]
pub(super) struct Args {
    /// The draft; `-` for standard input
    #[arg(value_name = "DRAFT")]
    draft: PathBuf,
    /// What is live, in a file
    #[arg(
        value_name = "LIVE",
        required_unless_present = "product_id",
        conflicts_with = "product_id"
    )]
    live_file: Option<PathBuf>,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    fields: FieldArgs,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let fields = self.fields.read(io)?;
        let draft = from_file(io, &self.draft, &fields)?;
        let live = match &self.live_file {
            Some(path) if !self.live.is_given() => from_file(io, path, &fields)?,
            _ => self.live.read(io, &fields)?,
        };
        let changes = live.diff(&draft, &fields);
        let same = changes.is_empty();
        show(
            io,
            format,
            &json!({"same": same, "changes": changes}),
            |out| {
                for change in &changes {
                    writeln!(out, "{}", paint(BOLD, hanging(&one_line(&change.title), 0)))?;
                    writeln!(
                        out,
                        "  {}",
                        paint(DIM, hanging(&one_line(&change.field), 2))
                    )?;
                    let none = || "(not answered)".to_owned();
                    let (before, after) = (change.before.clone(), change.after.clone());
                    let before = hanging(&one_line(before.unwrap_or_else(none)), 4);
                    let after = hanging(&one_line(after.unwrap_or_else(none)), 4);
                    writeln!(out, "  {}", paint(BAD, format_args!("- {before}")))?;
                    writeln!(out, "  {}", paint(GOOD, format_args!("+ {after}")))?;
                }
                match changes.len() {
                    0 => writeln!(out, "{}", paint(GOOD, "the draft changes nothing")),
                    1 => writeln!(out, "1 field changes"),
                    count => writeln!(out, "{count} fields change"),
                }
            },
        )?;
        Ok(if same { Exit::Yes } else { Exit::Denied })
    }
}
