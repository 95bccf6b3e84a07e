//! Proves what the server promises: server processes over real sockets, a mock platform, faults,
//! kills, and checks that read the store and the log of requests afterwards.
//!
//! `cargo xtask prove` builds both programs and runs this one.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells what it found"
)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "it counts what it does itself; overflow checks are on"
)]

mod durability;
mod http;
mod keys;
mod load;
mod peers;
mod platform;
mod process;
mod progress;
mod replicas;
mod report;
mod retry;
mod scale;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use report::Report;
use scale::Scale;

#[derive(Parser)]
#[command(name = "prove")]
struct Arguments {
    #[command(subcommand)]
    proof: Proof,
    /// Smaller counts: seconds instead of minutes
    #[arg(long, global = true, conflicts_with = "full")]
    quick: bool,
    /// The counts of the claims; so it is unless `--quick` is said
    #[arg(long, global = true)]
    full: bool,
    /// What chance is drawn from; another one each time unless said
    #[arg(long, global = true)]
    seed: Option<u64>,
}

#[derive(Subcommand)]
enum Proof {
    /// What was answered is stored, whenever the server is killed
    Durability,
    /// Three servers on one database, one of them killed
    Replicas,
    /// Key servers that fail in every way, and a flood of unknown keys
    Keys,
    /// Full speed, then hostile clients
    Load,
    /// The same work done by packages from npm: a bench, which claims nothing
    Peers(peers::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scale = Scale {
        quick: arguments.quick,
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(prove(arguments.proof, scale)));
    match outcome {
        Ok(report) if report.close() => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("seed {}", scale.seed);
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#} (seed {})", scale.seed);
            ExitCode::FAILURE
        }
    }
}

async fn prove(proof: Proof, scale: Scale) -> Result<Report> {
    match proof {
        Proof::Durability => durability::prove(scale).await,
        Proof::Replicas => replicas::prove(scale).await,
        Proof::Keys => keys::prove(scale).await,
        Proof::Load => load::prove(scale).await,
        Proof::Peers(arguments) => peers::bench(&arguments, scale).await,
    }
}
