//! The npm package: built, tested, packed, installed and run where its users run it.

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
    npm::install(context, npm::PACKAGING)?;
    let sh = &context.sh;
    for example in npm::examples(context) {
        let _there = sh.push_dir(&example);
        // never kept: what it installs is a copy of the package that was built just now
        cmd!(sh, "npm ci --no-audit --no-fund --silent").run()?;
        cmd!(sh, "npm run build --if-present --silent").run()?;
    }
    let mut tests = Tally::default();
    for folder in [npm_package::FOLDER, npm::PACKAGING] {
        let _there = sh.push_dir(folder);
        tests.add(counted(
            cmd!(sh, "npm test --silent")
                .env("CHROMIUM", &chromium)
                .into(),
        )?);
    }
    Ok(Outcome {
        tests,
        ..Outcome::default()
    })
}
