//! A folder that outlives `cargo clean` and the clone, so that a machine prepares things once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context as _, Result};

/// `$APP_LICENSE_CACHE`, else `app-license` in the user's cache folder.
fn root() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("APP_LICENSE_CACHE") {
        return Ok(std::path::absolute(chosen)?);
    }
    let user = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    user.or_else(|| Some(env::home_dir()?.join(".cache")))
        .map(|cache| cache.join("app-license"))
        .context("no home folder: set APP_LICENSE_CACHE to a folder to keep tools in")
}

/// Whether `folder` would find `key` already made.
pub(crate) fn holds(key: &str) -> bool {
    root().is_ok_and(|root| root.join(key).exists())
}

/// The folder `key`, made by `fill` when it is not there.
///
/// `fill` writes to a scratch folder that gets its name when it is complete: an interrupted or a
/// concurrent run never leaves half a folder behind. A key names a version.
pub(crate) fn folder(key: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let root = root()?;
    let folder = root.join(key);
    if folder.exists() {
        return Ok(folder);
    }
    let scratch = root.join(format!("{key}.{}", process::id()));
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?; // of an interrupted process that had our number
    }
    fs::create_dir_all(&scratch)
        .with_context(|| format!("cannot write to the cache {}", root.display()))?;
    let filled = fill(&scratch);
    if filled.is_ok() && fs::rename(&scratch, &folder).is_ok() {
        return Ok(folder);
    }
    fs::remove_dir_all(&scratch)?;
    filled?;
    // Another run finished the same folder first.
    anyhow::ensure!(folder.exists(), "cannot write {}", folder.display());
    Ok(folder)
}
