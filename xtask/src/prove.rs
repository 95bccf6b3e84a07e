//! The proofs: what the server promises, shown by processes that are flooded and killed.

use anyhow::{Result, ensure};
use clap::ValueEnum;
use xshell::cmd;

use crate::context::Context;
use crate::{npm, postgres};

const CRATE: &str = "app-license-prove";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proof {
    /// What was answered is stored, whenever the server is killed
    Durability,
    /// Three servers on one database, one of them killed
    Replicas,
    /// Key servers that fail in every way, and a flood of unknown keys
    Keys,
    /// Full speed, then hostile clients
    Load,
    /// A PostgreSQL primary killed and its synchronous standby promoted while installs come in
    Failover,
}

/// Builds the servers and the prover, and runs `proof` with `arguments`.
pub(crate) fn run(context: &Context, proof: Proof, arguments: &[String]) -> Result<()> {
    postgres::install(context)?;
    if proof == Proof::Failover {
        return failover(context);
    }
    build(context)?;
    if proof == Proof::Load && !arguments.iter().any(|a| a == "--quick") {
        build_minimal(context)?;
    }
    one(context, proof, arguments)
}

/// The proof of the store alone, among its tests; no part of the quick ones.
fn failover(context: &Context) -> Result<()> {
    let test = ["--test", "it", "failover", "--", "--ignored", "--nocapture"];
    let held = cmd!(
        context.sh,
        "cargo test --quiet --package app-license-store --all-features {test...}"
    )
    .run();
    ensure!(held.is_ok(), "failover is not shown");
    Ok(())
}

/// Every proof, in seconds instead of minutes.
pub(crate) fn all_quick(context: &Context) -> Result<()> {
    postgres::install(context)?;
    build(context)?;
    let quick = Proof::value_variants().iter();
    for proof in quick.filter(|proof| **proof != Proof::Failover) {
        one(context, *proof, &["--quick".to_owned()])?;
    }
    Ok(())
}

/// The same work done by packages from npm. Tells ratios; nothing in it passes or fails.
pub(crate) fn peers(context: &Context, arguments: &[String]) -> Result<()> {
    npm::install(context, npm::BENCH_PEERS)?;
    build(context)?;
    let folder = context.root.join(npm::BENCH_PEERS);
    let program = context.target_dir().join("release").join("prove");
    cmd!(
        context.sh,
        "{program} peers --folder {folder} {arguments...}"
    )
    .run()?;
    Ok(())
}

fn build(context: &Context) -> Result<()> {
    cmd!(
        context.sh,
        "cargo build --quiet --release -p {CRATE} --bins"
    )
    .run()?;
    Ok(())
}

/// The server for a small machine, under the profile for it; the quick form has it as it is released.
fn build_minimal(context: &Context) -> Result<()> {
    cmd!(
        context.sh,
        "cargo build --quiet --profile minimal -p {CRATE} --bin prove-minimal"
    )
    .run()?;
    Ok(())
}

fn one(context: &Context, proof: Proof, arguments: &[String]) -> Result<()> {
    let value = proof.to_possible_value();
    let name = value.as_ref().map_or("", |value| value.get_name());
    let program = context.target_dir().join("release").join("prove");
    let held = cmd!(context.sh, "{program} {name} {arguments...}").run();
    ensure!(held.is_ok(), "{name} is not shown");
    Ok(())
}
