//! The contract suite: what every backend answers, run against one shell.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, anyhow, ensure};
use clap::ValueEnum;
use xshell::cmd;

use crate::context::Context;
use crate::{npm_package, programs};

const FOLDER: &str = "tests/contract";
/// The shells in JavaScript, over the built package.
const JS_SHELLS: &str = "wasm/js/test/contract";

/// A backend that is held to the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// The Rust server
    #[default]
    Rust,
    /// The npm package in Express 5, on SQLite
    Express,
    /// The npm package in Express 4, on SQLite
    Express4,
    /// The npm package's handler of `Request`, in memory
    Fetch,
}

impl Shell {
    /// The name that cases know it by.
    const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            // what a case allows the one, it allows the other
            Self::Express | Self::Express4 => "express",
            Self::Fetch => "fetch",
        }
    }

    /// Where a shell in JavaScript keeps installations.
    const fn store(self) -> &'static str {
        match self {
            Self::Express | Self::Express4 => "sqlite",
            Self::Rust | Self::Fetch => "memory",
        }
    }

    /// The program and its arguments.
    fn program(self, context: &Context, programs: &Path) -> Vec<PathBuf> {
        let script = |name: &str| vec!["node".into(), context.root.join(JS_SHELLS).join(name)];
        match self {
            Self::Rust => vec![programs.join("contract-shell-rust")],
            Self::Express => script("express.mjs"),
            Self::Express4 => [script("express.mjs"), vec!["4".into()]].concat(),
            Self::Fetch => script("fetch.mjs"),
        }
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which backend is run; those of the npm package are built before
    #[arg(long, value_enum, default_value_t)]
    shell: Shell,
    /// Write the files in tests/contract again
    #[arg(long, conflicts_with_all = ["check", "falsify", "files"])]
    generate: bool,
    /// Only look whether the files are as they would be written
    #[arg(long, conflicts_with_all = ["falsify", "files"])]
    check: bool,
    /// Then falsify every expectation once, and find each
    #[arg(long)]
    falsify: bool,
    /// Run the cases alone whose id contains this
    #[arg(long)]
    only: Option<String>,
    /// Files of the suite; all of tests/contract when none is named
    files: Vec<PathBuf>,
}

pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let folder = context.root.join(FOLDER);
    let programs = programs::build(context)?;
    let program = programs.join("contract");
    let sh = &context.sh;
    if arguments.generate || arguments.check {
        let check: &[&str] = if arguments.check { &["--check"] } else { &[] };
        let done = cmd!(sh, "{program} generate {folder} {check...}")
            .quiet()
            .run();
        ensure!(done.is_ok(), "the files are not current");
        return Ok(());
    }
    if arguments.shell != Shell::Rust {
        npm_package::build(context)?;
    }
    hold(context, arguments, &programs)
}

/// Runs the files against the shell.
fn hold(context: &Context, arguments: &Arguments, programs: &Path) -> Result<()> {
    let sh = &context.sh;
    let program = programs.join("contract");
    let shell = arguments.shell.program(context, programs);
    let name = arguments.shell.name();
    let mut options = Vec::new();
    if arguments.falsify {
        options.push("--falsify".to_owned());
    }
    if let Some(only) = &arguments.only {
        options.push(format!("--only={only}"));
    }
    let files = if arguments.files.is_empty() {
        all(&context.root.join(FOLDER))?
    } else {
        arguments.files.clone()
    };
    let held = cmd!(
        sh,
        "{program} run --shell {name} {options...} {files...} -- {shell...}"
    )
    .env("CONTRACT_STORE", arguments.shell.store());
    ensure!(
        held.quiet().run().is_ok(),
        "the contract is broken by the shell {:?}",
        arguments.shell
    );
    Ok(())
}

/// The files are current; the suite against the Rust server, every expectation falsified once; and
/// against the npm package.
pub(crate) fn job(context: &Context) -> Result<()> {
    let mut arguments = Arguments {
        shell: Shell::Rust,
        generate: false,
        check: true,
        falsify: true,
        only: None,
        files: Vec::new(),
    };
    run(context, &arguments)?;
    arguments.check = false;
    run(context, &arguments)?;
    arguments.falsify = false;
    npm_package::build(context)?;
    let programs = programs::build(context)?;
    // side by side: each waits for its own server most of the time
    thread::scope(|scope| {
        let held = [Shell::Express, Shell::Express4, Shell::Fetch].map(|shell| {
            let arguments = Arguments {
                shell,
                ..arguments.clone()
            };
            let programs = &programs;
            scope.spawn(move || hold(&Context::new()?, &arguments, programs))
        });
        held.into_iter().try_for_each(|held| {
            held.join()
                .map_err(|_| anyhow!("a run of the contract panicked"))?
        })
    })
}

/// Every file of the suite, in the order of their names.
fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
