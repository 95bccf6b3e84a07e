//! Debian's `rustc-web` packages, unpacked beside the system: installed they conflict with rustup.
//!
//! They bring a compiler, its library sources, and no WebAssembly standard library.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::compiler::{Compiler, sysroot};
use crate::cache;
use crate::context::{Context, prepended};

/// The compiler at the version that Debian offers now.
pub(super) fn compiler(context: &Context) -> Result<Compiler> {
    let sh = &context.sh;
    if cmd!(sh, "apt-cache --version")
        .quiet()
        .ignore_stdout()
        .run()
        .is_err()
    {
        bail!(
            "no standard library for wasm32-unknown-unknown: neither rustup nor apt can bring it; \
             install it as your Rust distribution says"
        );
    }
    // An update costs a download: only when this machine has not unpacked what it knows of.
    let known = offered(sh, "rustc-web").ok().map(|version| key(&version));
    let key = match known.filter(|key| cache::holds(key)) {
        Some(key) => key,
        None => {
            update(context)?;
            key(&offered(sh, "rustc-web")?)
        }
    };
    let folder = cache::folder(&key, |scratch| unpack(context, scratch))
        .context("cannot unpack Debian's Rust compiler")?;
    let environment = vec![
        ("RUSTC", folder.join("usr/bin/rustc").into_os_string()),
        (
            "LD_LIBRARY_PATH",
            prepended("LD_LIBRARY_PATH", &[libraries(sh, &folder)?])?,
        ),
        ("PATH", prepended("PATH", &linkers(sh)?)?),
    ];
    Ok(Compiler { key, environment })
}

fn key(version: &str) -> String {
    format!("debian-rustc-{version}")
}

fn update(context: &Context) -> Result<()> {
    if !context.is_root() {
        println!("not root: taking apt's package lists as they are");
        return Ok(());
    }
    Ok(cmd!(context.sh, "apt-get update --quiet=2").run()?)
}

fn unpack(context: &Context, folder: &Path) -> Result<()> {
    let sh = &context.sh;
    let std_dev = dependency(sh, "rustc-web", "libstd-rust-web-dev")?;
    let std = dependency(sh, &std_dev, "libstd-rust-web-")?;
    let llvm = dependency(sh, &std, "libllvm")?;
    let packages = ["rustc-web", "rust-web-src", &std_dev, &std, &llvm];

    let downloads = sh.create_temp_dir()?;
    let _there = sh.push_dir(downloads.path());
    cmd!(sh, "apt-get download --quiet=2 {packages...}").run()?;
    for package in sh.read_dir(downloads.path())? {
        cmd!(sh, "dpkg -x {package} {folder}").quiet().run()?;
    }
    Ok(())
}

fn offered(sh: &Shell, package: &str) -> Result<String> {
    field(&record(sh, package)?, "Version")
        .map(str::to_owned)
        .with_context(|| format!("apt tells no version of {package}"))
}

/// The package whose name starts with `prefix`, among those that `package` depends on.
fn dependency(sh: &Shell, package: &str, prefix: &str) -> Result<String> {
    let record = record(sh, package)?;
    let depends = field(&record, "Depends").unwrap_or_default();
    named(depends, prefix)
        .map(str::to_owned)
        .with_context(|| format!("{package} depends on no {prefix}: {depends}"))
}

fn record(sh: &Shell, package: &str) -> Result<String> {
    Ok(cmd!(sh, "apt-cache show --no-all-versions {package}")
        .quiet()
        .ignore_stderr()
        .read()?)
}

fn field<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    record
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn named<'a>(depends: &'a str, prefix: &str) -> Option<&'a str> {
    let mut names = depends
        .split(',')
        .filter_map(|entry| entry.split_whitespace().next());
    names.find(|name| name.starts_with(prefix))
}

/// Where Debian keeps the compiler's own libraries: `usr/lib/x86_64-linux-gnu` and the like.
fn libraries(sh: &Shell, folder: &Path) -> Result<PathBuf> {
    let folders = sh.read_dir(folder.join("usr/lib"))?;
    let mut found = folders
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    found.next().context("the packages hold no libraries")
}

/// `rust-lld` and `wasm-ld` of the rustup toolchain.
fn linkers(sh: &Shell) -> Result<[PathBuf; 2]> {
    let host = cmd!(sh, "rustc --print host-tuple").quiet().read()?;
    let tools = sysroot(sh)?.join("lib/rustlib").join(host).join("bin");
    Ok([tools.join("gcc-ld"), tools])
}

#[cfg(test)]
mod tests {
    use super::{field, named};

    const RECORD: &str = "Package: libstd-rust-web-1.96\n\
        Version: 1.96.0+dfsg1-1~deb12u2\n\
        Depends: libc6 (>= 2.34), libgcc-s1 (>= 4.2), libllvm22 (>= 1:22.1.0), libstdc++6 (>= 11)\n";

    #[test]
    fn reads_a_record() {
        assert_eq!(field(RECORD, "Version"), Some("1.96.0+dfsg1-1~deb12u2"));
        assert_eq!(field(RECORD, "Vers"), None);
    }

    #[test]
    fn finds_a_dependency_by_prefix() {
        let depends = field(RECORD, "Depends").unwrap();
        assert_eq!(named(depends, "libllvm"), Some("libllvm22"));
        assert_eq!(named(depends, "libllvm23"), None);
    }
}
