//! Cargo subcommands at the versions that CI uses, apart from what the user has installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xshell::cmd;

use crate::cache;
use crate::context::{Context, prepended};

pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
pub(crate) const FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};
pub(crate) const ALL: [&Tool; 2] = [&DENY, &FUZZ];

/// A `PATH` on which cargo finds `tool`.
pub(crate) fn path_with(context: &Context, tool: &Tool) -> Result<OsString> {
    prepended("PATH", &[install(context, tool)?])
}

/// The folder of `tool`'s binary. Compiles it when this machine has not done so before.
pub(crate) fn install(context: &Context, tool: &Tool) -> Result<PathBuf> {
    let key = format!("{}-{}", tool.name, tool.version);
    let folder = cache::folder(&key, |scratch| compile(context, tool, scratch))
        .with_context(|| format!("cannot install {} {}", tool.name, tool.version))?;
    Ok(folder.join("bin"))
}

fn compile(context: &Context, Tool { name, version }: &Tool, folder: &Path) -> Result<()> {
    println!("installing {name} {version}, once on this machine");
    let build = folder.join("build");
    // Outside the repository, so that its configuration does not apply to the tool.
    let _elsewhere = context.sh.push_dir(folder);
    cmd!(
        context.sh,
        "cargo install --quiet --locked --version ={version} --root {folder} --target-dir {build} {name}"
    )
    // Its compile time is what one waits for, not its run time.
    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
    .env("CARGO_PROFILE_RELEASE_LTO", "off")
    .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
    .run()?;
    context.sh.remove_path(build)?;
    Ok(())
}
