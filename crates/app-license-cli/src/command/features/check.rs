//! `app-license features check`

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use app_license_doctor::{ProjectFile, app_identity};
use app_license_editions::{
    Diagnostic, Editions, Severity, app_unread, check, check_app, check_sold, check_sources,
};
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
/// files count for nothing. The key and the id under [app] must be those of the descriptor or
/// manifest in the folder of the file and in the folders of --source; one that cannot be read is an error
/// where [app] names the app.
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
    /// The descriptors and manifests that the app was compared with.
    apps_read: Vec<String>,
    diagnostics: &'a [Diagnostic],
}

/// The files that say which app it is.
const APPS: [&str; 3] = ["atlassian-connect.json", "manifest.yml", "manifest.yaml"];

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
        let apps_read = self.apps(&editions, &mut found);
        let answer = Output {
            file: self.file.display().to_string(),
            features: editions.features().len(),
            files_read,
            apps_read,
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

    /// Compares the app of the file with the descriptors and manifests beside it and in the folders
    /// of source; which they are.
    fn apps(&self, editions: &Editions, found: &mut Vec<Diagnostic>) -> Vec<String> {
        let beside = self.file.parent().map(Path::to_owned);
        let folders = beside.into_iter().chain(self.source.iter().cloned());
        let paths = folders.flat_map(|folder| APPS.map(|name| folder.join(name)));
        let mut seen = BTreeSet::new();
        let mut read = Vec::new();
        for path in paths {
            // the folder has none, or it is a file of --source; of other errors, reading it says more
            let there = path.symlink_metadata();
            if there.is_err_and(|error| {
                matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
            }) {
                continue;
            }
            // a folder of that name is no file of an app
            if path.metadata().is_ok_and(|found| !found.is_file())
                || !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone()))
            {
                continue;
            }
            let shown = path.display().to_string();
            let Some(file) = ProjectFile::read(&path, shown.as_str()) else {
                continue;
            };
            if let Some(why) = file.unreadable() {
                found.push(app_unread(editions, &shown, &why));
            } else if let Some(document) = file.document() {
                let app = app_identity(&shown, document);
                found.extend(check_app(editions, &app));
                found.extend(check_sold(editions, &app));
                read.push(shown);
            }
        }
        read
    }
}
