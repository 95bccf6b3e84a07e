//! The npm packages that tests and benchmarks compare with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xshell::cmd;

use crate::context::Context;

/// The npm package.
pub(crate) const PACKAGE: &str = "wasm/js";
/// The peers of the differential tests.
pub(crate) const TEST_PEERS: &str = "tests/peers";
/// The peers of the benches. They compile for minutes, and no test needs them.
pub(crate) const BENCH_PEERS: &str = "benches/peers";
/// The tools that the packed package is built and run with.
pub(crate) const PACKAGING: &str = "tests/packaging";
/// The lab's test in a browser.
pub(crate) const LAB: &str = "tests/lab";
/// The platform's validation and the schemas that the doctor's output is held to.
pub(crate) const DOCTOR: &str = "tests/doctor";
/// The package that rewrites hand-written checks.
pub(crate) const CODEMOD: &str = "npm/codemod";
/// For packages that compile C, as `better-sqlite3` does where its program cannot be downloaded:
/// tests wait for the compiler, two minutes longer when it optimizes.
const UNOPTIMIZED: [(&str, &str); 2] = [("CFLAGS", "-O0"), ("CXXFLAGS", "-O0")];
const FOLDERS: [&str; 5] = [TEST_PEERS, PACKAGING, LAB, DOCTOR, CODEMOD];

pub(crate) fn install_all(context: &Context) -> Result<()> {
    for folder in FOLDERS {
        if context.has(&format!("{folder}/package-lock.json")) {
            install(context, folder)?;
        }
    }
    Ok(())
}

/// The folders of the examples that are npm packages.
pub(crate) fn examples(context: &Context) -> Vec<PathBuf> {
    let mut folders = context.sh.read_dir("examples").unwrap_or_default();
    folders.retain(|folder| folder.join("package-lock.json").exists());
    folders.sort();
    folders
}

/// `npm ci` in an example, unless what its lock file says and the package as it was built last are
/// installed already: what it installs of the package is a copy.
pub(crate) fn install_example(context: &Context, folder: &Path) -> Result<()> {
    let sh = &context.sh;
    let mut state = sh.read_file(folder.join("package-lock.json"))?;
    let mut built = sh.read_dir(context.root.join(PACKAGE).join("dist"))?;
    built.retain(|path| path.is_file());
    built.sort();
    for file in built {
        state.push_str(&sh.read_file(file)?);
    }
    let installed = folder.join("node_modules/.installed-state");
    if sh.read_file(&installed).is_ok_and(|text| text == state) {
        return Ok(());
    }
    let _there = sh.push_dir(folder);
    cmd!(sh, "npm ci --no-audit --no-fund --silent")
        .envs(UNOPTIMIZED)
        .run()?;
    sh.write_file(installed, state)?;
    Ok(())
}

/// `npm ci` in `folder`, unless what its lock file says is installed already.
pub(crate) fn install(context: &Context, folder: &str) -> Result<()> {
    let sh = &context.sh;
    let _there = sh.push_dir(folder);
    let lock = sh.read_file("package-lock.json")?;
    let installed = Path::new("node_modules/.installed-lock.json");
    if sh.read_file(installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    // What a bench measures is compiled as its users have it.
    let flags = if folder == BENCH_PEERS {
        &[][..]
    } else {
        &UNOPTIMIZED
    };
    cmd!(sh, "npm ci --no-audit --no-fund")
        .envs(flags.iter().copied())
        .run()
        .with_context(|| {
            format!("cannot install the npm packages of {folder}: it needs Node 20 and npm")
        })?;
    sh.write_file(installed, lock)?;
    Ok(())
}
