//! A compiler for WebAssembly.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Shell, cmd};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Variables for a cargo that is called with `--target wasm32-unknown-unknown`.
pub(crate) type Environment = Vec<(&'static str, OsString)>;

/// A compiler that has the sources of its own standard library.
pub(crate) struct Compiler {
    /// Names its version
    pub(crate) key: String,
    /// Makes cargo use it
    pub(crate) environment: Environment,
}

/// A crate that no workspace takes for its own.
pub(super) fn write_crate(sh: &Shell, folder: &Path, name: &str, source: &str) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n"
    );
    sh.write_file(folder.join("Cargo.toml"), manifest)?;
    sh.write_file(folder.join("src/lib.rs"), source)?;
    Ok(())
}

pub(super) fn sysroot(sh: &Shell) -> Result<PathBuf> {
    Ok(PathBuf::from(
        cmd!(sh, "rustc --print sysroot").quiet().read()?,
    ))
}
