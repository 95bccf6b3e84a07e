//! A short run of every fuzz target.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use xshell::cmd;

use super::Outcome;
use crate::context::Context;
use crate::tools::{self, FUZZ};

const SECONDS: u32 = 5;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default, rename = "bin")]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

pub(super) fn fuzz(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    if !context.has("fuzz/Cargo.toml") {
        return Ok(Outcome::note("nothing to do: no fuzz/ folder"));
    }
    let manifest = sh.read_file("fuzz/Cargo.toml")?;
    let manifest: Manifest = toml::from_str(&manifest).context("cannot read fuzz/Cargo.toml")?;
    if manifest.targets.is_empty() {
        return Ok(Outcome::note(
            "nothing to do: fuzz/Cargo.toml names no target",
        ));
    }
    if !context.has_toolchain("nightly") {
        return Ok(Outcome::warning(
            "SKIPPED: NOTHING WAS FUZZED, no nightly toolchain is installed",
        ));
    }
    let path = tools::path_with(context, &FUZZ)?;
    let folder = context.target_dir().join("fuzz");
    cmd!(sh, "cargo +nightly fuzz build --target-dir {folder}")
        .env("PATH", &path)
        .run()?;
    let limit = format!("-max_total_time={SECONDS}");
    for Target { name } in &manifest.targets {
        cmd!(
            sh,
            "cargo +nightly fuzz run --target-dir {folder} {name} -- {limit}"
        )
        .env("PATH", &path)
        .run()
        .with_context(|| format!("fuzz target {name}"))?;
    }
    Ok(Outcome::note(format!(
        "{} targets, {SECONDS} s each",
        manifest.targets.len()
    )))
}
