//! The standard library of wasm32-unknown-unknown, on machines where rustup cannot fetch it too.

mod compiler;
mod debian;
mod std_build;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use xshell::{Shell, cmd};

use crate::context::Context;
use compiler::{Compiler, sysroot, write_crate};

pub(crate) use compiler::{Environment, TARGET};

/// Where a standard library may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Origin {
    /// rustup, and Debian's packages when rustup cannot
    #[default]
    Any,
    /// rustup alone
    Rustup,
    /// Debian's packages alone
    Debian,
}

/// Makes the standard library available and tells how to build with it.
///
/// The variables hold compiler flags: a cargo without `--target` must not see them.
pub(crate) fn environment(context: &Context, origin: Origin) -> Result<Environment> {
    let sh = &context.sh;
    if origin != Origin::Debian && (has_target(sh)? || rustup_target(sh)) {
        return Ok(Vec::new());
    }
    let compiler = if origin != Origin::Debian && (has_sources(sh)? || rustup_sources(sh)) {
        let version = cmd!(sh, "rustc --version").quiet().read()?;
        let words = version.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let key = words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        Compiler {
            key,
            environment: Vec::new(),
        }
    } else {
        ensure!(
            origin != Origin::Rustup,
            "rustup could not fetch {TARGET} or rust-src"
        );
        debian::compiler(context)?
    };
    std_build::environment(context, compiler)
}

/// Compiles a small crate that allocates and formats.
pub(crate) fn prove(context: &Context, origin: Origin) -> Result<()> {
    let environment = environment(context, origin)?;
    let sh = &context.sh;
    let folder = sh.create_temp_dir()?;
    let probe = "\
        #[unsafe(no_mangle)]\n\
        pub extern \"C\" fn digits(n: u32) -> usize { n.to_string().len() }\n";
    write_crate(sh, folder.path(), "probe", probe)?;
    let _there = sh.push_dir(folder.path());
    cmd!(
        sh,
        "cargo build --quiet --release --target {TARGET} --target-dir target"
    )
    .envs(environment.iter().map(|(name, value)| (name, value)))
    .run()?;
    let module = folder
        .path()
        .join(format!("target/{TARGET}/release/probe.wasm"));
    let bytes = sh.read_binary_file(module)?;
    ensure!(
        bytes.starts_with(b"\0asm"),
        "what was built is no WebAssembly module"
    );
    println!("{TARGET} works: a probe of {} bytes", bytes.len());
    for (name, value) in &environment {
        let shown = value.to_string_lossy().replace('\u{1f}', " ");
        println!("  {name}={shown}");
    }
    Ok(())
}

fn has_target(sh: &Shell) -> Result<bool> {
    Ok(sysroot(sh)?.join("lib/rustlib").join(TARGET).exists())
}

fn has_sources(sh: &Shell) -> Result<bool> {
    Ok(sysroot(sh)?.join("lib/rustlib/src/rust/library").exists())
}

fn rustup_target(sh: &Shell) -> bool {
    rustup(sh, &["target", "add", TARGET])
}

fn rustup_sources(sh: &Shell) -> bool {
    rustup(sh, &["component", "add", "rust-src"])
}

fn rustup(sh: &Shell, arguments: &[&str]) -> bool {
    let done = cmd!(sh, "rustup {arguments...}")
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok();
    if !done {
        println!("rustup could not: {}", arguments.join(" "));
    }
    done
}
