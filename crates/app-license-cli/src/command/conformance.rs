//! `app-license conformance`

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::conformance::{FileReport, run};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::{Io, read_file};
use crate::output::{BAD, DIM, Format, GOOD, clean, paint, show};

/// The largest file of vectors, in bytes.
const MAX_FILE: usize = 512 << 20;
/// From how many cases on a bar is drawn.
const LARGE: u64 = 500;

/// Run test vectors through the library
///
/// What a file is, its shape says, never its name: larger files of the same shapes run unchanged.
/// `policy` counts cases on which the platform or its libraries disagree. Exit code 0 only when
/// nothing failed; 3 for a file without a case of a known shape.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license conformance tests/vectors/*.json
  app-license conformance connect-jwt.json --format json | jq '.files[].failures'")]
pub(crate) struct Args {
    /// Files of vectors
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(serde::Serialize)]
struct Answer {
    files: Vec<FileReport>,
    passed: u64,
    failed: u64,
    policy: u64,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
        let mut files = Vec::new();
        let mut unread = Vec::new();
        for path in &self.files {
            match one(path, io.progress) {
                Ok(report) => files.push(report),
                Err(fault @ Fault::Vectors(_)) => unread.push(fault),
                Err(fault) => return Err(fault),
            }
        }
        let sum =
            |count: fn(&FileReport) -> u64| files.iter().map(count).fold(0, u64::saturating_add);
        let answer = Answer {
            passed: sum(|f| f.passed),
            failed: sum(|f| f.failed),
            policy: sum(|f| f.policy),
            files,
        };
        let several = answer.files.len() > 1;
        if unread.is_empty() || format == Format::Human {
            show(io, format, &answer, |out| human(out, &answer, several))?;
        }
        match unread.into_iter().next() {
            Some(fault) => Err(fault),
            None if answer.failed > 0 => Ok(Exit::Error),
            None => Ok(Exit::Yes),
        }
    }
}

fn one(path: &Path, progress: bool) -> Result<FileReport, Fault> {
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
    let report = run(&name, &bytes, &mut |done, total| {
        if progress && done == 1 && total >= LARGE {
            bar.set_length(total);
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_position(done);
    });
    bar.finish_and_clear();
    report
}

fn human(out: &mut dyn Write, answer: &Answer, several: bool) -> std::io::Result<()> {
    for file in &answer.files {
        for failure in &file.failures {
            let mismatch = &failure.mismatch;
            writeln!(
                out,
                "{} {} {}: {}\n    expected {}\n    found    {}",
                paint(BAD, "failed"),
                file.name,
                clean(&failure.case),
                clean(&mismatch.expectation),
                clean(&mismatch.expected),
                clean(&mismatch.found)
            )?;
        }
        let counts = format!(
            "{} passed, {} failed, {} policy",
            file.passed, file.failed, file.policy
        );
        let style = if file.failed == 0 { GOOD } else { BAD };
        writeln!(out, "{}: {}", file.name, paint(style, counts))?;
        for list in &file.left_out {
            let told = format!(
                "  `{}` holds no case of a known shape: left out",
                clean(list)
            );
            writeln!(out, "{}", paint(DIM, told))?;
        }
        if file.prose > 0 {
            let told = format!(
                "  {} scenarios are prose: the tests of the client and the server run them",
                file.prose
            );
            writeln!(out, "{}", paint(DIM, told))?;
        }
    }
    if several {
        writeln!(
            out,
            "total: {} passed, {} failed, {} policy",
            answer.passed, answer.failed, answer.policy
        )?;
    }
    Ok(())
}
