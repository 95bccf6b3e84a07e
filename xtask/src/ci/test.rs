//! What compiles and runs the crates, in the configurations that matter.

use std::path::Path;

use anyhow::{Context as _, Result};
use xshell::cmd;

use super::tally::{Tally, counted};
use super::{Outcome, features};
use crate::context::Context;
use crate::{npm, postgres, python, wasm};

/// What the summary says where DuckDB cannot be installed.
const QUERIES_NOT_RUN: &str = "the queries of docs/report-export.md were not run: no DuckDB";

/// What the summary says where there is no jq.
const SCRIPT_NOT_RUN: &str = "the nightly script of docs/reconcile.md was not run: no jq";

/// The workspace's tests, and the core's again on its other signature backend; with nextest where
/// it is installed.
pub(super) fn workspace(context: &Context) -> Result<Outcome> {
    postgres::install(context)?;
    npm::install(context, npm::TEST_PEERS)?;
    let duckdb = python::duckdb(context);
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
            cmd!(
                sh,
                "cargo test --workspace --exclude wasm-glue --all-features --doc"
            )
            .into(),
        )?);
    }
    let other = [
        "-p",
        "app-license",
        "--no-default-features",
        "--features",
        "rust-crypto",
    ];
    // wasm-glue has no tests, and compiles for a minute
    let all = ["--workspace", "--exclude", "wasm-glue", "--all-features"];
    for selection in [&all[..], &other] {
        let run = cmd!(sh, "cargo {runner...} {selection...} --no-fail-fast");
        let run = run.env(
            python::VARIABLE,
            duckdb.as_deref().unwrap_or_else(|| Path::new("")),
        );
        tests.add(counted(run.into())?);
    }
    let jq = cmd!(sh, "jq --version").quiet().ignore_stdout().run();
    let missing = [
        (duckdb.is_none(), QUERIES_NOT_RUN),
        (jq.is_err(), SCRIPT_NOT_RUN),
    ];
    let missing: Vec<_> = missing
        .iter()
        .filter(|(it, _)| *it)
        .map(|(_, what)| *what)
        .collect();
    let outcome = if missing.is_empty() {
        Outcome::default()
    } else {
        Outcome::warning(missing.join("; "))
    };
    Ok(Outcome { tests, ..outcome })
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

/// Features only add: each combination that a dependent can choose compiles without a warning. All
/// together are what `clippy` checks.
pub(super) fn features(context: &Context) -> Result<Outcome> {
    let combinations = features::combinations(context)?;
    for (package, features) in &combinations {
        println!("{package}: {features:?}");
        cmd!(
            context.sh,
            "cargo clippy --quiet -p {package} --no-default-features --features {features} -- -D warnings"
        )
        .quiet()
        .run()
        .with_context(|| format!("{package} with the features {features:?}"))?;
    }
    Ok(Outcome::note(format!(
        "{} combinations",
        combinations.len()
    )))
}

pub(super) fn wasm(context: &Context) -> Result<Outcome> {
    let environment = wasm::environment(context, wasm::Origin::Any)?;
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
