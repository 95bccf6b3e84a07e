//! A run of every fuzz target.

use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;
use xshell::cmd;

use super::Outcome;
use crate::context::Context;
use crate::tools::{self, FUZZ};

/// How long each target runs in the job.
pub(super) const SECONDS: u32 = 5;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default, rename = "bin")]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Each target runs for so many seconds, as many at once as there are processors.
pub(super) fn fuzz(context: &Context, seconds: u32) -> Result<Outcome> {
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
    // Without a sanitizer: the crates forbid unsafe code, and panics are what is looked for.
    cmd!(
        sh,
        "cargo +nightly fuzz build --sanitizer none --target-dir {folder}"
    )
    .env("PATH", &path)
    // run for seconds: what takes longer to compile than it saves is left out
    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
    .run()?;
    let version = cmd!(sh, "rustc -vV").quiet().read()?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host")?;
    let programs = folder.join(host).join("release");
    let fuzz = context.root.join("fuzz");
    let names: Vec<&str> = manifest.targets.iter().map(|t| t.name.as_str()).collect();
    // Each runs on one processor.
    for some in names.chunks(thread::available_parallelism().map_or(1, NonZero::get)) {
        let runs: Vec<Result<()>> = thread::scope(|scope| {
            let started: Vec<_> = some
                .iter()
                .map(|name| {
                    let (program, fuzz) = (programs.join(name), &fuzz);
                    scope.spawn(move || run(&program, fuzz, name, seconds))
                })
                .collect();
            started.into_iter().map(joined).collect()
        });
        runs.into_iter().collect::<Result<()>>()?;
    }
    Ok(Outcome::note(format!(
        "{} targets, {seconds} s each",
        manifest.targets.len()
    )))
}

/// Runs a target on its corpus for so many seconds; what it found is in `fuzz/artifacts`.
fn run(program: &Path, fuzz: &Path, name: &str, seconds: u32) -> Result<()> {
    let corpus = fuzz.join("corpus").join(name);
    let artifacts = fuzz.join("artifacts").join(name);
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&artifacts)?;
    let done = Command::new(program)
        .arg(corpus)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .output()
        .with_context(|| format!("fuzz target {name}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().last().unwrap_or_default();
    println!("{name}: {last}");
    ensure!(done.status.success(), "fuzz target {name}:\n{said}");
    Ok(())
}

fn joined(thread: thread::ScopedJoinHandle<'_, Result<()>>) -> Result<()> {
    thread
        .join()
        .unwrap_or_else(|_| Err(anyhow!("the thread of a fuzz target panicked")))
}
