//! The jobs of continuous integration, each one a subcommand.

mod features;
mod fuzz;
mod lab;
mod lean;
mod lint;
mod msrv;
mod npm;
mod outcome;
#[cfg(test)]
mod published;
mod tally;
mod test;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::context::Context;
use crate::{contract, prove, sources};
use outcome::Outcome;
use tally::Tally;

/// What `cargo xtask test --fast` runs.
pub(crate) const FAST: [Job; 3] = [Job::Fmt, Job::Sources, Job::Fast];

/// In the order in which they run: the quick ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// The formatting
    Fmt,
    /// What the sources must not hold: files in circles, old words
    Sources,
    /// Clippy on every target, warnings denied
    Clippy,
    /// Unit, integration and documentation tests
    Test,
    /// The documentation, warnings denied
    Doc,
    /// Whether the oldest promised Rust suffices
    Msrv,
    /// Licenses, banned crates and features, sources, advisories
    Deny,
    /// The combinations of features that a dependent can choose
    Features,
    /// The core for WebAssembly
    Wasm,
    /// The contract suite against the Rust server, every expectation of it falsified once, and
    /// against the npm package in Express and over the Fetch API
    Contract,
    /// The quick form of every proof: durability, replicas, keys, load
    Prove,
    /// The npm package: its tests, the examples, and the packed tarball in other projects
    Npm,
    /// The lab in a real browser
    Lab,
    /// The doctor beside the platform's own validation, its SARIF and schemas against their own
    Doctor,
    /// Every fuzz target for five seconds
    Fuzz,
    /// The tests of what every request passes, with Rust alone: a part of `test`
    Fast,
}

impl Job {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn run(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Fmt => lint::fmt(context),
            Self::Sources => sources::check(context).map(Outcome::note),
            Self::Clippy => lint::clippy(context),
            Self::Test => test::workspace(context),
            Self::Doc => lint::doc(context),
            Self::Msrv => msrv::msrv(context),
            Self::Deny => lint::deny(context),
            Self::Features => test::features(context),
            Self::Wasm => test::wasm(context),
            Self::Contract => contract::job(context).map(Outcome::from),
            Self::Prove => prove::all_quick(context).map(Outcome::from),
            Self::Npm => npm::npm(context),
            Self::Lab => lab::lab(context),
            Self::Doctor => lab::doctor(context),
            Self::Fuzz => fuzz::fuzz(context, fuzz::SECONDS),
            Self::Fast => test::fast(context),
        }
    }
}

/// Runs every fuzz target for so many seconds.
pub(crate) fn fuzz(context: &Context, seconds: u32) -> Result<()> {
    let outcome = fuzz::fuzz(context, seconds)?;
    println!("fuzz: {}", outcome.note);
    Ok(())
}

/// Runs `jobs`, or all when none is named, and stops at the first that fails.
pub(crate) fn run(context: &Context, jobs: &[Job], keep_going: bool) -> Result<()> {
    let all: Vec<Job> = Job::value_variants()
        .iter()
        .copied()
        // it runs nothing that the others do not
        .filter(|job| *job != Job::Fast)
        .collect();
    let jobs = if jobs.is_empty() { &all } else { jobs };
    let mut finished = Vec::new();
    for &job in jobs {
        println!("\n==== {} ====", job.name());
        let start = Instant::now();
        let result = job.run(context);
        let time = start.elapsed();
        match &result {
            Ok(outcome) if outcome.note.is_empty() => println!("{}: ok", job.name()),
            Ok(outcome) => println!("{}: {}", job.name(), outcome.note),
            Err(error) => println!("{} failed: {error:#}", job.name()),
        }
        let failed = result.is_err();
        finished.push((job, time, result));
        if failed && !keep_going {
            break;
        }
    }
    summarize(&finished, jobs)
}

fn summarize(finished: &[(Job, Duration, Result<Outcome>)], asked: &[Job]) -> Result<()> {
    println!("\n==== summary ====");
    let (lines, failed) = summary(finished, asked);
    println!("{}", lines.join("\n"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The lines of the summary, and the jobs that failed. What was not checked has a word of its own,
/// and the last line: a job that is green says that all was checked.
fn summary(
    finished: &[(Job, Duration, Result<Outcome>)],
    asked: &[Job],
) -> (Vec<String>, Vec<String>) {
    let mut tests = Tally::default();
    let (mut lines, mut failed, mut warned) = (Vec::new(), Vec::new(), Vec::new());
    for (job, time, result) in finished {
        let (word, note) = match result {
            Ok(outcome) => {
                tests.add(outcome.tests);
                if outcome.warning {
                    warned.push(format!("{}: {}", job.name(), outcome.note));
                }
                let word = if outcome.warning { "WARN" } else { "ok" };
                (word, outcome.note.as_str())
            }
            Err(_) => {
                failed.push(job.name());
                ("FAILED", "")
            }
        };
        let line = format!(
            "{:<9}{word:<7}{:>7.1} s  {note}",
            job.name(),
            time.as_secs_f64()
        );
        lines.push(line.trim_end().to_owned());
    }
    for job in asked
        .iter()
        .filter(|job| finished.iter().all(|(done, ..)| done != *job))
    {
        lines.push(format!("{:<9}not run", job.name()));
    }
    if failed.is_empty() && tests != Tally::default() {
        lines.push(tests.to_string());
    }
    if !warned.is_empty() {
        lines.push(format!("warnings: {}", warned.join("; ")));
    }
    (lines, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_without_advisories_is_no_green_line() {
        let second = Duration::from_secs(1);
        let unchecked = Outcome::warning(lint::ADVISORIES_UNCHECKED);
        let finished = [
            (Job::Fmt, second, Ok(Outcome::default())),
            (Job::Deny, second, Ok(unchecked)),
        ];
        let (lines, failed) = summary(&finished, &[Job::Fmt, Job::Deny]);
        assert_eq!(
            lines,
            [
                "fmt      ok         1.0 s",
                "deny     WARN       1.0 s  ADVISORIES WERE NOT CHECKED, their database could not be \
                 fetched",
                "warnings: deny: ADVISORIES WERE NOT CHECKED, their database could not be fetched",
            ]
        );
        assert_eq!(failed, [""; 0]);
    }

    #[test]
    fn a_warning_is_told_when_another_job_fails() {
        let finished = [
            (
                Job::Deny,
                Duration::ZERO,
                Ok(Outcome::warning(lint::ADVISORIES_UNCHECKED)),
            ),
            (Job::Doc, Duration::ZERO, Err(anyhow::anyhow!("no"))),
        ];
        let (lines, failed) = summary(&finished, &[Job::Deny, Job::Doc, Job::Fuzz]);
        assert_eq!(failed, ["doc"]);
        assert_eq!(lines.get(2).map(String::as_str), Some("fuzz     not run"));
        assert!(
            lines
                .last()
                .is_some_and(|line| line.starts_with("warnings: deny: "))
        );
    }

    #[test]
    fn every_job_stands_in_the_table_of_contributing() {
        let page = include_str!("../../CONTRIBUTING.md");
        for job in Job::value_variants() {
            let row = format!("\n| `{}` | ", job.name());
            assert!(page.contains(&row), "no row for {}", job.name());
        }
    }
}
