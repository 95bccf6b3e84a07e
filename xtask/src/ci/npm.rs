//! The npm package: built, tested, packed, installed and run where its users run it.

use std::path::Path;

use anyhow::Result;
use xshell::cmd;

use super::Outcome;
use super::tally::{Tally, counted};
use crate::context::Context;
use crate::{chromium, npm, npm_cli, npm_package, programs};

/// Its own tests, the examples, the codemod, then the packed tarball in other people's projects; with them
/// the packages of the command line, which have the program that the jobs build anyway.
pub(super) fn npm(context: &Context) -> Result<Outcome> {
    let chromium = chromium::program(context)?;
    npm_package::build(context)?;
    let host = npm_package::mock_host(context)?;
    let programs = programs::build(context)?;
    let cli = npm_cli::pack_stripped(context, &programs.join("app-license"))?;
    npm::install(context, npm::PACKAGING)?;
    npm::install(context, npm::CODEMOD)?;
    let sh = &context.sh;
    let mut tests = Tally::default();
    let run = |folder: &Path| -> Result<Tally> {
        let _there = sh.push_dir(folder);
        let command = cmd!(sh, "npm test --if-present --silent")
            .env("CHROMIUM", &chromium)
            .env("MOCK_HOST", &host)
            .env("PROGRAMS", &programs)
            .env("NPM_CLI", &cli);
        counted(command.into())
    };
    for example in npm::examples(context) {
        npm::install_example(context, &example)?;
        {
            let _there = sh.push_dir(&example);
            cmd!(sh, "npm run build --if-present --silent").run()?;
        }
        tests.add(run(&example)?);
    }
    for folder in [npm::PACKAGE, npm::CODEMOD] {
        tests.add(run(folder.as_ref())?);
    }
    {
        let _there = sh.push_dir(npm_cli::FOLDER);
        tests.add(counted(
            cmd!(sh, "node --test test/program.test.js").into(),
        )?);
    }
    tests.add(run(npm::PACKAGING.as_ref())?);
    Ok(Outcome {
        tests,
        ..Outcome::default()
    })
}
