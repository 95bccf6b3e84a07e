//! The contract of every backend, as data: generates the files, and runs them against a shell.
//!
//! `cargo xtask contract` builds what is needed and runs this.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells what it found"
)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "it counts what it does itself; overflow checks are on"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "fields of JSON values by name: one that is not there reads as null"
)]

mod file;
mod generate;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "contract", about = "The contract of every backend, as data")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run files against a shell
    Run {
        /// The name of the shell, which differences are allowed by
        #[arg(long)]
        shell: String,
        /// Then falsify every expectation once, and find each
        #[arg(long)]
        falsify: bool,
        /// Run the cases alone whose id contains this
        #[arg(long)]
        only: Option<String>,
        /// Files, and after `--` the program of the shell with its arguments
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
    /// Write the files
    Generate {
        /// The folder they are in
        folder: PathBuf,
        /// Write nothing; fail when a file is not as it would be written
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<bool> {
    match task {
        Task::Run {
            shell,
            falsify,
            only,
            files,
            program,
        } => run::run(&run::Settings {
            shell,
            falsify,
            only,
            files,
            program,
        }),
        Task::Generate { folder, check } => generate::generate(&folder, check),
    }
}
