//! What every task needs: a shell, and where things are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xshell::{Shell, cmd};

#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) sh: Shell,
    pub(crate) root: PathBuf,
}

impl Context {
    pub(crate) fn new() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("start me with `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("xtask has no parent folder")?
            .to_owned();
        let sh = Shell::new()?;
        sh.change_dir(&root);
        Ok(Self { sh, root })
    }

    /// The folder cargo builds into.
    pub(crate) fn target_dir(&self) -> PathBuf {
        self.root
            .join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target")))
    }

    /// Whether the Rust toolchain `name` is installed. Does not install it.
    pub(crate) fn has_toolchain(&self, name: &str) -> bool {
        let toolchain = format!("+{name}");
        cmd!(self.sh, "cargo {toolchain} --version")
            .env("RUSTUP_AUTO_INSTALL", "0")
            .quiet()
            .ignore_stdout()
            .ignore_stderr()
            .run()
            .is_ok()
    }

    pub(crate) fn is_root(&self) -> bool {
        cmd!(self.sh, "id -u")
            .quiet()
            .read()
            .is_ok_and(|id| id == "0")
    }

    /// Whether the repository holds `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

/// The variable `name` with `folders` put before what it holds.
pub(crate) fn prepended(name: &str, folders: &[PathBuf]) -> Result<OsString> {
    let present = env::var_os(name).unwrap_or_default();
    let paths = folders
        .iter()
        .cloned()
        .chain(env::split_paths(&present).filter(|path| !path.as_os_str().is_empty()));
    env::join_paths(paths).with_context(|| format!("cannot extend {name}"))
}
