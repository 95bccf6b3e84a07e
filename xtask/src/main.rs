//! The tasks of this repository: prepare a machine, run what CI runs.
//!
//! `cargo xtask test` is the whole of it; `cargo xtask ci JOB` runs one job.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "telling what it does is a task's job"
)]

mod cache;
mod chromium;
mod ci;
mod context;
mod contract;
mod mutants;
mod npm;
mod npm_cli;
mod npm_package;
mod postgres;
mod programs;
mod prove;
mod python;
mod sources;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::ci::Job;
use crate::context::Context;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install all that the tests need, ahead of running them
    Setup,
    /// Set up and run all tests and checks
    Test {
        /// Only the formatting, the sources, and the tests of the core, the client, the store without
        /// PostgreSQL, the server and the contract: a verdict in minutes, with Rust alone
        #[arg(long, conflicts_with = "keep_going")]
        fast: bool,
        #[command(flatten)]
        run: Run,
    },
    /// Run the named jobs, or all of them
    Ci {
        jobs: Vec<Job>,
        #[command(flatten)]
        run: Run,
    },
    /// Show that a promise of the server holds: with processes, sockets, kills and faults
    Prove {
        #[arg(value_enum)]
        proof: prove::Proof,
        /// Smaller counts: seconds instead of minutes
        #[arg(long, conflicts_with = "full")]
        quick: bool,
        /// The counts of the claims; so it is unless `--quick` is said
        #[arg(long)]
        full: bool,
        /// What chance is drawn from, to run the same again
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Run every fuzz target, longer than the job `fuzz` does
    Fuzz {
        /// For how many seconds each; as many run at once as there are processors
        #[arg(long, default_value_t = 120)]
        seconds: u32,
    },
    /// Run the contract suite against a backend, over real sockets
    Contract(contract::Arguments),
    /// Break rules of the core one at a time, and require that the contract suite notices
    Mutants(mutants::Arguments),
    /// Compare with packages from npm that do the same work
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
    /// Make the standard library of wasm32-unknown-unknown available, and compile with it
    WasmTarget {
        /// Where the compiler and the sources come from
        #[arg(long, value_enum, default_value_t)]
        from: wasm::Origin,
    },
    /// Build the npm package, print its sizes and hold them to their budget
    Wasm {
        /// Run its tests too: in Node, and in Chromium where there is one
        #[arg(long)]
        test: bool,
    },
    /// Pack the npm package of the command line: the launcher, and this machine's program
    NpmCli(npm_cli::Arguments),
    /// Run vector files through the npm package
    Conformance {
        /// In Node; `cargo run --bin app-license -- conformance` is for Rust
        #[arg(long, required = true)]
        js: bool,
        /// Files of the kinds in tests/vectors
        files: Vec<std::path::PathBuf>,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Verified requests a second, and a store with many tenants
    Peers {
        /// What to measure, and how much of it: `--quick`, `--no-store`, `--tenants 100000`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// The reader of license reports beside Node's JSON.parse and Python's msgspec
    Report {
        /// Sizes of the report in megabytes [default: 300]
        arguments: Vec<String>,
    },
}

#[derive(clap::Args)]
struct Run {
    /// Run the remaining jobs after one has failed
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not anyhow's own report: its backtrace would bury what the failed command said.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let context = Context::new()?;
    match task {
        Task::Setup => setup(&context),
        Task::Test { fast: true, .. } => ci::run(&context, &ci::FAST, false),
        Task::Test { run, .. } => ci::run(&context, &[], run.keep_going),
        Task::Ci { jobs, run } => ci::run(&context, &jobs, run.keep_going),
        Task::Prove {
            proof, quick, seed, ..
        } => {
            let mut arguments: Vec<String> = Vec::new();
            arguments.extend(quick.then(|| "--quick".to_owned()));
            arguments.extend(seed.map(|seed| format!("--seed={seed}")));
            prove::run(&context, proof, &arguments)
        }
        Task::Fuzz { seconds } => ci::fuzz(&context, seconds),
        Task::Contract(arguments) => contract::run(&context, &arguments),
        Task::Mutants(arguments) => mutants::run(&context, &arguments),
        Task::Bench {
            bench: Bench::Peers { arguments },
        } => prove::peers(&context, &arguments),
        Task::Bench {
            bench: Bench::Report { arguments },
        } => python::bench_report(&context, &arguments),
        Task::Wasm { test: true } => npm_package::test(&context),
        Task::Wasm { test: false } => npm_package::build(&context),
        Task::NpmCli(arguments) => npm_cli::run(&context, &arguments),
        Task::Conformance { files, .. } => npm_package::conformance(&context, &files),
        Task::WasmTarget { from } => wasm::prove(&context, from),
    }
}

fn setup(context: &Context) -> Result<()> {
    for tool in tools::ALL {
        tools::install(context, tool)?;
    }
    wasm::environment(context, wasm::Origin::Any)?;
    postgres::install(context)?;
    npm::install_all(context)?;
    chromium::program(context)?;
    println!("ready: cargo xtask test");
    Ok(())
}
