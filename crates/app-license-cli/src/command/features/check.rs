//! `app-license features check`

use std::path::PathBuf;

use app_license_editions::{Diagnostic, Severity, check, check_sources};
use app_license_source::SourceTree;
use serde::Serialize;

use super::{diagnostics, read_editions, summary};
use crate::error::CliError;
use crate::exit::Exit;
use crate::files::must_exist;
use crate::io::Io;
use crate::output::{Format, show};

/// Hold `editions.toml` to the platform's rules, and to the code that gates by it
///
/// Standard is mandatory, Advanced never alone, each with a feature or service level of its own,
/// Advanced above Standard at every user count. With --source, Rust, TypeScript and JavaScript are
/// read by syntax tree: features that the code asks for and the file does not name, features of the
/// file that no code asks for, capabilities compared by hand beside the gate. Tests and generated
/// files count for nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license features check
  app-license features check app/editions.toml --source app/src --source app/ui

Exit code 0: no errors. 1: the file, or a folder of --source, is not there. 2: errors found, or
warnings with --strict. 3: the file is not what it must be; line and column are shown.")]
pub(crate) struct Args {
    /// The file
    #[arg(default_value = "editions.toml", value_name = "FILE")]
    file: PathBuf,
    /// A folder of source code, or a file; may be repeated
    #[arg(long, value_name = "DIR")]
    source: Vec<PathBuf>,
    /// Count warnings as errors
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Serialize)]
struct Output<'a> {
    file: String,
    features: usize,
    files_read: Option<usize>,
    diagnostics: &'a [Diagnostic],
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let Some(editions) = read_editions(io, format, &self.file)? else {
            return Ok(Exit::Invalid);
        };
        let mut found = check(&editions);
        let mut files_read = None;
        if !self.source.is_empty() {
            for source in &self.source {
                must_exist(source)?;
            }
            let tree = SourceTree::read_all(&self.source)
                .map_err(|error| CliError::Option(format!("--source: {error}")))?;
            files_read = Some(tree.files().len());
            found.extend(check_sources(&editions, &tree));
        }
        let answer = Output {
            file: self.file.display().to_string(),
            features: editions.features().len(),
            files_read,
            diagnostics: &found,
        };
        show(io, format, &answer, |out| {
            diagnostics(out, &found)?;
            let read = files_read.map_or_else(String::new, |n| format!(", {n} source files"));
            let what = format!("{}: {} features{read}", answer.file, answer.features);
            summary(out, &what, &found)
        })?;
        let worst = found.iter().map(Diagnostic::severity).max();
        let limit = if self.strict {
            Severity::Warning
        } else {
            Severity::Error
        };
        Ok(if worst >= Some(limit) {
            Exit::Denied
        } else {
            Exit::Yes
        })
    }
}
