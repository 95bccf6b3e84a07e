//! Compiling the standard library from a compiler's own sources.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};
use xshell::cmd;

use super::compiler::{Compiler, Environment, TARGET, write_crate};
use crate::cache;
use crate::context::Context;

/// The variables that use `compiler` with its standard library, built once a machine.
pub(super) fn environment(context: &Context, compiler: Compiler) -> Result<Environment> {
    let key = format!("wasm-std-generic-{}", compiler.key);
    let sysroot = cache::folder(&key, |scratch| build(context, &compiler, scratch))
        .with_context(|| format!("cannot build the standard library of {TARGET}"))?;

    let mut flags = OsString::from("--sysroot=");
    flags.push(sysroot);
    let mut environment = compiler.environment;
    environment.push(("CARGO_ENCODED_RUSTFLAGS", flags));
    Ok(environment)
}

fn build(context: &Context, compiler: &Compiler, folder: &Path) -> Result<()> {
    let sh = &context.sh;
    println!("building the standard library of {TARGET}, once on this machine");
    let empty = sh.create_temp_dir()?;
    write_crate(sh, empty.path(), "empty", "")?;
    {
        let _there = sh.push_dir(empty.path());
        cmd!(
            sh,
            "cargo build --quiet --release --target {TARGET} --target-dir target -Zbuild-std=std,panic_abort"
        )
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", "")
        .envs(compiler.environment.iter().map(|(name, value)| (name, value)))
        .run()?;
    }
    let libraries = folder.join("lib/rustlib").join(TARGET).join("lib");
    sh.create_dir(&libraries)?;
    for file in sh.read_dir(empty.path().join(format!("target/{TARGET}/release/deps")))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") && name != "libempty.rlib" {
            sh.copy_file(&file, &libraries)?;
        }
    }
    Ok(())
}
