//! `app-license conformance`

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::conformance::{FileReport, Kind, run};
use crate::error::CliError;
use crate::exit::Exit;
use crate::files::read_file;
use crate::io::Io;
use crate::output::{BAD, DIM, Format, GOOD, escaped, paint, show};

/// The largest file of vectors, in bytes.
const MAX_FILE: usize = 512 << 20;
/// From how many cases on a bar is drawn.
const LARGE: u64 = 500;

/// Run test vectors through the library
///
/// What the cases of a file are, its `kind` says, never its name: larger files of the same kind run
/// unchanged. `policy` counts cases on which the platform or its libraries disagree. Exit code 0
/// only when nothing failed; 3 for a file without a known kind, or without a case.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license conformance tests/vectors/*.json
  app-license conformance connect-jwt.json \\
      --format json | jq '.files[].failures'
  app-license conformance --kind conditions cases.json")]
pub(crate) struct Args {
    /// Files of vectors
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Kind of a file that states none
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    kind: Option<Kind>,
}

#[derive(serde::Serialize)]
struct Report {
    files: Vec<FileReport>,
    passed: u64,
    failed: u64,
    policy: u64,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let mut files = Vec::new();
        let mut unread = Vec::new();
        for path in &self.files {
            match one(path, self.kind, io.progress) {
                Ok(report) => files.push(report),
                Err(fault @ CliError::Vectors(_)) => unread.push(fault),
                Err(fault) => return Err(fault),
            }
        }
        let sum =
            |count: fn(&FileReport) -> u64| files.iter().map(count).fold(0, u64::saturating_add);
        let report = Report {
            passed: sum(|f| f.passed),
            failed: sum(|f| f.failed),
            policy: sum(|f| f.policy),
            files,
        };
        let several = report.files.len() > 1;
        if unread.is_empty() || format == Format::Human {
            show(io, format, &report, |out| human(out, &report, several))?;
        }
        match unread.into_iter().next() {
            Some(fault) => Err(fault),
            None if report.failed > 0 => Ok(Exit::Error),
            None => Ok(Exit::Yes),
        }
    }
}

fn one(path: &Path, kind: Option<Kind>, progress: bool) -> Result<FileReport, CliError> {
    let bytes = read_file(path, MAX_FILE)?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    bar.set_style(
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(name.clone().into_owned());
    let report = run(&name, &bytes, kind, &mut |done, total| {
        if progress && done == 1 && total >= LARGE {
            bar.set_length(total);
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_position(done);
    });
    bar.finish_and_clear();
    report
}

fn human(out: &mut dyn Write, report: &Report, several: bool) -> std::io::Result<()> {
    for file in &report.files {
        for failure in &file.failures {
            let mismatch = &failure.mismatch;
            writeln!(
                out,
                "{} {} {}: {}\n    expected {}\n    found    {}",
                paint(BAD, "failed"),
                file.name,
                escaped(&failure.case),
                escaped(&mismatch.expectation),
                escaped(&mismatch.expected),
                escaped(&mismatch.found)
            )?;
        }
        let counts = format!(
            "{} passed, {} failed, {} policy",
            file.passed, file.failed, file.policy
        );
        let style = if file.failed == 0 { GOOD } else { BAD };
        writeln!(out, "{}: {}", file.name, paint(style, counts))?;
        for list in &file.left_out {
            let line = format!("  `{}` is no list of this kind: left out", escaped(list));
            writeln!(out, "{}", paint(DIM, line))?;
        }
        if file.prose > 0 {
            let line = format!(
                "  {} scenarios are prose: the tests of the client and the server run them",
                file.prose
            );
            writeln!(out, "{}", paint(DIM, line))?;
        }
    }
    if several {
        writeln!(
            out,
            "total: {} passed, {} failed, {} policy",
            report.passed, report.failed, report.policy
        )?;
    }
    Ok(())
}
