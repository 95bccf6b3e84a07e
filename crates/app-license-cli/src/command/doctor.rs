//! `app-license doctor`: the licensing mistakes in an app.

mod human;

use std::path::{Path, PathBuf};

use app_license_doctor::{
    Baseline, Finding, Options, Project, Report, Summary, apply_fixes, check, to_sarif,
};

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::write_file;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{Format, show, unless_closed};

const EXAMPLES: &str = "\
Examples:
  app-license doctor                     check the app in this folder
  app-license doctor apps/reports --fix  make the changes that are safe
  app-license doctor --sarif > doctor.sarif
  app-license doctor --write-baseline    accept what is found today

What is in `doctor-baseline.json` of the folder is left out. Exit codes: 0 no errors, 1 a folder
that is not there, 2 errors found, 3 a folder with nothing in it that could be checked. A closed
pipe (`| head`) changes no exit code. Links to files inside the folder are read, other links are
named; one out of the folder as `doctor-baseline.json` is refused.";

/// Finds the licensing mistakes in an app: descriptor, manifest, packages, sources
///
/// Reads `atlassian-connect.json`, `manifest.yml`, `package.json`, `Cargo.toml`, `editions.toml`
/// and sources below a folder. Nothing is executed, nothing is fetched.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Make the changes that are safe
    #[arg(long)]
    fix: bool,
    /// Write SARIF 2.1.0
    #[arg(long, conflicts_with = "fix")]
    sarif: bool,
    /// Findings to leave out [default: doctor-baseline.json of the folder, if it is there]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write every finding to the baseline
    #[arg(long, conflicts_with = "fix")]
    write_baseline: bool,
    #[command(flatten)]
    now: NowArgs,
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let options = self.options();
        let mut project = Project::read(&self.folder)?;
        if project.is_empty() {
            let path = self.folder.display().to_string();
            return Err(app_license_doctor::Error::Nothing { path }.into());
        }
        let mut findings = check(&project, &options);
        if self.write_baseline {
            let baseline = Baseline::new(&findings);
            let path = match self.baseline {
                Some(path) => {
                    write_file(&path, &baseline.to_json())?;
                    path
                }
                None => baseline.write_in(&self.folder)?,
            };
            let count = findings.len();
            return done(io, format, &path, count);
        }
        if self.fix {
            let result = apply_fixes(&project, &findings)?;
            for file in &result.files {
                writeln!(io.err, "changed {file}")?;
            }
            project = Project::read(&self.folder)?;
            findings = check(&project, &options);
        }
        let baseline = match &self.baseline {
            Some(path) => Some(Baseline::read(path)?),
            None => Baseline::read_in(&self.folder)?,
        };
        let (findings, known) = match baseline {
            Some(baseline) => baseline.new_findings(findings),
            None => (findings, 0),
        };
        if self.sarif {
            let sarif = to_sarif(&findings, env!("CARGO_PKG_VERSION"));
            unless_closed(writeln!(io.out, "{sarif}").and_then(|()| io.out.flush()))?;
        } else {
            let report = Report::new(&findings, known);
            show(io, format, &report, |out| {
                human::write(out, &findings, known)
            })?;
        }
        Ok(exit(&findings))
    }

    fn options(&self) -> Options {
        let now = self.now.time().to_string();
        let today = now.get(..10).and_then(|day| day.parse().ok());
        today.map_or_else(Options::default, |today| Options::default().today(today))
    }
}

fn exit(findings: &[Finding]) -> Exit {
    if Summary::of(findings).errors > 0 {
        Exit::Denied
    } else {
        Exit::Yes
    }
}

fn done(io: &mut Io<'_>, format: Format, path: &Path, count: usize) -> Result<Exit, CliError> {
    let path = path.display().to_string();
    let json = serde_json::json!({"baseline": path, "findings": count});
    show(io, format, &json, |out| {
        writeln!(out, "{path}: {count} findings accepted")
    })?;
    Ok(Exit::Yes)
}
