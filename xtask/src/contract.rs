//! The contract suite: what every backend answers, run against one shell.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::programs;

const FOLDER: &str = "tests/contract";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which backend is run: `rust`
    #[arg(long, default_value = "rust")]
    shell: String,
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
    let shell = match arguments.shell.as_str() {
        "rust" => programs.join("contract-shell-rust"),
        shell @ ("express" | "fetch") => bail!(
            "the shell `{shell}` does not exist yet: tests/contract/README.md says what it has to be"
        ),
        shell => bail!("`{shell}` is no shell: `rust` is"),
    };
    let name = &arguments.shell;
    let mut options = Vec::new();
    if arguments.falsify {
        options.push("--falsify".to_owned());
    }
    if let Some(only) = &arguments.only {
        options.push(format!("--only={only}"));
    }
    let files = if arguments.files.is_empty() {
        all(&folder)?
    } else {
        arguments.files.clone()
    };
    let held = cmd!(
        sh,
        "{program} run --shell {name} {options...} {files...} -- {shell}"
    );
    ensure!(
        held.quiet().run().is_ok(),
        "the contract is broken by the shell `{name}`"
    );
    Ok(())
}

/// The suite against the Rust server, every expectation falsified once, and the files current.
pub(crate) fn job(context: &Context) -> Result<()> {
    let arguments = Arguments {
        shell: "rust".to_owned(),
        generate: false,
        check: true,
        falsify: true,
        only: None,
        files: Vec::new(),
    };
    run(context, &arguments)?;
    let check = false;
    run(context, &Arguments { check, ..arguments })
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
