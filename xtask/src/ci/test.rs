//! What compiles and runs the crates, in the configurations that matter.

use anyhow::Result;
use xshell::cmd;

use super::Outcome;
use super::tally::{Tally, counted};
use crate::context::Context;
use crate::tools::{self, HACK};
use crate::{npm, postgres, python, wasm};

/// The workspace's tests, and the core's again on its other signature backend; with nextest where
/// it is installed.
pub(super) fn workspace(context: &Context) -> Result<Outcome> {
    postgres::install(context)?;
    let duckdb = python::duckdb(context).unwrap_or_default();
    let sh = &context.sh;
    let nextest = cmd!(sh, "cargo nextest --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok();
    let runner: &[&str] = if nextest {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    let mut tests = Tally::default();
    if nextest {
        // It runs no documentation tests.
        tests.add(counted(
            cmd!(sh, "cargo test --workspace --all-features --doc").into(),
        )?);
    }
    let other = [
        "-p",
        "app-license",
        "--no-default-features",
        "--features",
        "rust-crypto",
    ];
    for selection in [&["--workspace", "--all-features"][..], &other] {
        let run = cmd!(sh, "cargo {runner...} {selection...} --no-fail-fast");
        let run = run.env(python::VARIABLE, &duckdb);
        tests.add(counted(run.into())?);
    }
    Ok(Outcome {
        tests,
        ..Outcome::default()
    })
}

/// The tests of the core, the client, the store in memory and on SQLite, the server, and the
/// contract. Nothing but Rust is needed; documentation tests are left to the whole run.
pub(super) fn fast(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    let mut crates = vec![
        "app-license",
        "app-license-client",
        "app-license-store",
        "app-license-server",
    ];
    if context.has("tests/contract/Cargo.toml") {
        crates.push("app-license-contract");
    }
    let packages = crates.iter().flat_map(|name| ["-p", name]);
    let run = cmd!(sh, "cargo test {packages...} --lib --tests --no-fail-fast");
    Ok(Outcome {
        tests: counted(run.into())?,
        ..Outcome::default()
    })
}

/// Features only add: every combination compiles without a warning.
pub(super) fn features(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    let path = tools::path_with(context, &HACK)?;
    let deny = ["--", "-D", "warnings"];
    cmd!(
        sh,
        "cargo hack clippy -p app-license --feature-powerset {deny...}"
    )
    .env("PATH", &path)
    .run()?;
    // The powerset of a crate of many features takes too long: there, one at a time. Programs that
    // are never published have none.
    let excluded = [
        "app-license", // above
        "app-license-contract",
        "app-license-pgtest",
        "app-license-prove",
        "connect-backend",
        "editions-app",
        "forge-remote",
        "wasm-probe",
        "xtask",
    ];
    let exclude = excluded.iter().flat_map(|name| ["--exclude", name]);
    cmd!(
        sh,
        "cargo hack clippy --workspace {exclude...} --each-feature {deny...}"
    )
    .env("PATH", &path)
    .run()?;
    Ok(Outcome::default())
}

pub(super) fn wasm(context: &Context) -> Result<Outcome> {
    let environment = wasm::environment(context, wasm::Cpu::Generic, wasm::Origin::Any)?;
    let target = wasm::TARGET;
    let selections: [&[&str]; 2] = [
        &["-p", "app-license", "--no-default-features"],
        // The core with its pure Rust signatures, in a program that chooses the randomness.
        &["-p", "wasm-probe"],
    ];
    for selection in selections {
        cmd!(context.sh, "cargo check --target {target} {selection...}")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .run()?;
    }
    Ok(Outcome::default())
}

/// The query hash against the reference implementation, run by Node.
pub(super) fn peers(context: &Context) -> Result<Outcome> {
    let test = "crates/app-license/tests/it/atlassian_jwt.rs";
    if !context.has(test) {
        return Ok(Outcome::note(format!("nothing to do: no {test}")));
    }
    npm::install(context, npm::TEST_PEERS)?;
    // Other flags than everybody's: its own folder keeps the other builds.
    let target = context.target_dir().join("peers");
    let command = cmd!(
        context.sh,
        "cargo test -p app-license --test it atlassian_jwt --target-dir {target}"
    )
    .env("RUSTFLAGS", "--cfg test_atlassian_jwt");
    Ok(Outcome {
        tests: counted(command.into())?,
        ..Outcome::default()
    })
}
