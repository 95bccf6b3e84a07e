//! The npm package: Rust to WebAssembly, what JavaScript calls it by, and its tests.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::npm;
use crate::programs;
use crate::wasm::{self, Origin, TARGET};

const LAB_COPY: &str = "crates/app-license-lab/assets/custom-ui/app-license.js";
const LAB_HEADER: &str = "// The browser entry of the npm package `@app-license/sdk`, made by cargo xtask wasm: do not edit.";

/// Builds the package into `wasm/js/dist`, prints the sizes and holds them to `wasm/budget.json`: once
/// in a run, whoever asks.
pub(crate) fn build(context: &Context) -> Result<()> {
    static BUILT: AtomicBool = AtomicBool::new(false);
    if BUILT.load(Ordering::Relaxed) {
        return Ok(());
    }
    npm::install(context, npm::PACKAGE)?;
    let modules = modules(context)?;
    let sh = &context.sh;
    let _there = sh.push_dir(npm::PACKAGE);
    cmd!(sh, "node scripts/build.mjs {modules}").run()?;
    cmd!(sh, "node scripts/sizes.mjs").run()?;
    copy_for_the_lab(context)?;
    BUILT.store(true, Ordering::Relaxed);
    Ok(())
}

/// The lab's Custom UI page uses the browser entry, and must start with the Rust toolchain alone:
/// the command line embeds a copy.
fn copy_for_the_lab(context: &Context) -> Result<()> {
    let sh = &context.sh;
    let entry = sh.read_file(context.root.join(npm::PACKAGE).join("dist/index.js"))?;
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
    let programs = programs::build(context)?;
    let sh = &context.sh;
    let _there = sh.push_dir(npm::PACKAGE);
    cmd!(sh, "npm test --silent")
        .env("MOCK_HOST", host)
        .env("PROGRAMS", programs)
        .run()?;
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
    let script = context
        .root
        .join(npm::PACKAGE)
        .join("scripts/conformance.mjs");
    cmd!(sh, "node {script} {files...}").run()?;
    Ok(())
}

/// The core as WebAssembly modules, with their JavaScript and types: `core` for servers, `page`,
/// which only reads and decides, and for tests `maps`, which they compare with, and `counted`, whose steps they
/// count. Answers their folder.
///
/// All are one crate with other features. A page's core is compiled for size; all that it stands on
/// is the server's.
fn modules(context: &Context) -> Result<PathBuf> {
    let small = |features| {
        [
            "--config=profile.node.package.app-license.opt-level=\"z\"",
            "--no-default-features",
            features,
        ]
    };
    let program = glue(context)?;
    let folder = context.target_dir().join("wasm-generic/glue");
    let sh = &context.sh;
    let (page, maps) = (small("--features=page"), small("--features=page,maps"));
    let counted = small("--features=server,counts");
    for (name, options) in [
        ("core", &[][..]),
        ("page", &page),
        ("maps", &maps),
        ("counted", &counted),
    ] {
        let module = module(context, options)?;
        cmd!(sh, "{program} {module} {folder} {name}").run()?;
    }
    Ok(folder)
}

/// The program that writes the JavaScript and the types of a module.
///
/// The selection and the features are those of the workspace, so that nothing is compiled twice.
fn glue(context: &Context) -> Result<PathBuf> {
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --quiet --workspace --all-features --bin wasm-glue"
    )
    .run()?;
    Ok(context.target_dir().join("debug/wasm-glue"))
}

fn module(context: &Context, options: &[&str]) -> Result<PathBuf> {
    let environment = wasm::environment(context, Origin::Any)?;
    let folder = context.target_dir().join("wasm-generic");
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --quiet -p app-license-wasm --profile node --target {TARGET} --target-dir {folder} {options...}"
    )
    .envs(environment.iter().map(|(name, value)| (name, value)))
    .run()?;
    Ok(folder.join(format!("{TARGET}/node/app_license_wasm.wasm")))
}
