//! The npm package: Rust to WebAssembly, that to JavaScript where a browser loads it, and its
//! tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::npm;
use crate::programs;
use crate::wasm::{self, Cpu, Environment, Origin, TARGET};

pub(crate) const FOLDER: &str = "wasm/js";
const LAB_COPY: &str = "crates/app-license-lab/assets/custom-ui/app-license.js";
const LAB_HEADER: &str = "// The browser entry of the npm package `@app-license/sdk`, made by cargo xtask wasm: do not edit.";

/// Builds the package into `wasm/js/dist`, prints the sizes and holds them to `wasm/budget.json`: once
/// in a run, whoever asks.
pub(crate) fn build(context: &Context) -> Result<()> {
    static BUILT: AtomicBool = AtomicBool::new(false);
    if BUILT.load(Ordering::Relaxed) {
        return Ok(());
    }
    npm::install(context, FOLDER)?;
    let gate = gate(context)?;
    let core = glue(context, &core(context)?)?;
    let sh = &context.sh;
    let _there = sh.push_dir(FOLDER);
    cmd!(sh, "node scripts/build.mjs {gate} {core}").run()?;
    cmd!(sh, "node scripts/sizes.mjs").run()?;
    copy_for_the_lab(context)?;
    BUILT.store(true, Ordering::Relaxed);
    Ok(())
}

/// The lab's Custom UI page uses the browser entry, and must start with the Rust toolchain alone:
/// the command line embeds a copy.
fn copy_for_the_lab(context: &Context) -> Result<()> {
    let sh = &context.sh;
    let entry = sh.read_file(context.root.join(FOLDER).join("dist/index.js"))?;
    // its map is not served there
    let entry = entry
        .split("//# sourceMappingURL=")
        .next()
        .unwrap_or_default();
    let copy = format!("{LAB_HEADER}\n{entry}");
    let path = context.root.join(LAB_COPY);
    if sh.read_file(&path).ok().as_ref() != Some(&copy) {
        sh.write_file(&path, copy)?;
        println!("{LAB_COPY} is new: commit it");
    }
    Ok(())
}

/// Builds the package and runs its tests: in Node, and in Chromium where there is one.
pub(crate) fn test(context: &Context) -> Result<()> {
    build(context)?;
    let host = mock_host(context)?;
    let sh = &context.sh;
    let _there = sh.push_dir(FOLDER);
    cmd!(sh, "npm test --silent").env("MOCK_HOST", host).run()?;
    Ok(())
}

/// The testkit's mock host as a program, for tests that are not in Rust.
pub(crate) fn mock_host(context: &Context) -> Result<PathBuf> {
    Ok(programs::build(context)?.join("examples/mock_host"))
}

/// Runs vector files through the built package.
pub(crate) fn conformance(context: &Context, files: &[PathBuf]) -> Result<()> {
    ensure!(!files.is_empty(), "which files?");
    build(context)?;
    let sh = &context.sh;
    let script = context.root.join(FOLDER).join("scripts/conformance.mjs");
    cmd!(sh, "node {script} {files...}").run()?;
    Ok(())
}

/// The gate as a WebAssembly module that converts to JavaScript: version 1.0 instructions alone,
/// and a stack as small as it needs.
fn gate(context: &Context) -> Result<PathBuf> {
    let mut environment = wasm::environment(context, Cpu::Mvp, Origin::Any)?;
    let name = "CARGO_ENCODED_RUSTFLAGS";
    let flags = environment
        .iter()
        .find(|(variable, _)| *variable == name)
        .and_then(|(_, flags)| flags.to_str())
        .with_context(|| format!("the target says no {name}"))?;
    let flags = format!("{flags}\u{1f}-Clink-arg=-zstack-size=16384");
    environment.retain(|(variable, _)| *variable != name);
    environment.push((name, flags.into()));
    let name = "app-license-wasm-gate";
    module(context, name, "browser", "wasm-mvp", &environment)
}

/// The core as a WebAssembly module for Node.
fn core(context: &Context) -> Result<PathBuf> {
    let environment = wasm::environment(context, Cpu::Generic, Origin::Any)?;
    let name = "app-license-wasm";
    module(context, name, "node", "wasm-generic", &environment)
}

/// Writes the JavaScript and the types of the core's module beside it, and answers their folder.
///
/// The selection and the features are those of the workspace, so that nothing is compiled twice.
fn glue(context: &Context, module: &Path) -> Result<PathBuf> {
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --quiet --workspace --all-features --bin wasm-glue"
    )
    .run()?;
    let program = context.target_dir().join("debug/wasm-glue");
    let folder = context.target_dir().join("wasm-generic/glue");
    cmd!(sh, "{program} {module} {folder} core").run()?;
    Ok(folder)
}

/// Builds one crate; two standard libraries need two target folders.
fn module(
    context: &Context,
    name: &str,
    profile: &str,
    folder: &str,
    environment: &Environment,
) -> Result<PathBuf> {
    let folder = context.target_dir().join(folder);
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --quiet -p {name} --profile {profile} --target {TARGET} --target-dir {folder}"
    )
    .envs(environment.iter().map(|(name, value)| (name, value)))
    .run()?;
    let file = format!("{TARGET}/{profile}/{}.wasm", name.replace('-', "_"));
    Ok(folder.join(file))
}
