//! The npm package: built, tested, packed, installed and run where its users run it.

use std::path::Path;

use anyhow::Result;
use xshell::cmd;

use super::Outcome;
use super::tally::{Tally, counted};
use crate::context::Context;
use crate::{chromium, npm, npm_package};

/// Its own tests, the examples, then the packed tarball in other people's projects.
pub(super) fn npm(context: &Context) -> Result<Outcome> {
    let chromium = chromium::program(context)?;
    npm_package::build(context)?;
    let host = npm_package::mock_host(context)?;
    npm::install(context, npm::PACKAGING)?;
    let sh = &context.sh;
    let mut tests = Tally::default();
    let mut run = |folder: &Path| -> Result<()> {
        let _there = sh.push_dir(folder);
        let command = cmd!(sh, "npm test --if-present --silent")
            .env("CHROMIUM", &chromium)
            .env("MOCK_HOST", &host);
        tests.add(counted(command.into())?);
        Ok(())
    };
    for example in npm::examples(context) {
        npm::install_example(context, &example)?;
        {
            let _there = sh.push_dir(&example);
            cmd!(sh, "npm run build --if-present --silent").run()?;
        }
        run(&example)?;
    }
    run(npm_package::FOLDER.as_ref())?;
    run(npm::PACKAGING.as_ref())?;
    Ok(Outcome {
        tests,
        ..Outcome::default()
    })
}
