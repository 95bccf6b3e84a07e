//! What reads the sources: no files in circles, no old words, crates as they are drawn.

mod circles;
mod picture;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use xshell::cmd;

use crate::context::Context;
use picture::Package;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Reads them all; what it returns is what was checked.
pub(crate) fn check(context: &Context) -> Result<String> {
    let sh = &context.sh;
    let metadata = cmd!(sh, "cargo metadata --format-version 1 --no-deps --locked")
        .quiet()
        .read()?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
    let folder = |package: &Package| package.manifest_path.parent().map(Path::to_owned);
    let packages: Vec<(String, PathBuf)> = metadata
        .packages
        .iter()
        .filter_map(|package| Some((package.name.clone(), folder(package)?)))
        .collect();
    circles::check(&packages)?;
    let drawn = sh.read_file(context.root.join("ARCHITECTURE.md"))?;
    picture::check(&drawn, &metadata.packages)?;
    let files = cmd!(sh, "git ls-files --cached --others --exclude-standard")
        .quiet()
        .read()?;
    let files: Vec<&str> = files.lines().collect();
    let searched = words::check(&context.root, &files)?;
    let packages = packages.len();
    Ok(format!("{packages} packages, {searched} files"))
}
