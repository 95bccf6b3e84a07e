//! The lab: a stranger's first minute, in a real browser.

use anyhow::Result;
use xshell::cmd;

use super::Outcome;
use super::tally::counted;
use crate::context::Context;
use crate::{chromium, npm, npm_package};

/// The README's first command is built before, so that the test waits for the lab and not for the
/// compiler.
pub(super) fn lab(context: &Context) -> Result<Outcome> {
    let chromium = chromium::program(context)?;
    npm::install(context, npm::LAB)?;
    npm_package::build(context)?;
    npm::install_example(context, &context.root.join("examples/express-backend"))?;
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --release --bin app-license --bin connect-backend"
    )
    .run()?;
    let programs = context.target_dir().join("release");
    let _there = sh.push_dir(npm::LAB);
    Ok(Outcome {
        tests: counted(
            cmd!(sh, "npm test --silent")
                .env("CHROMIUM", &chromium)
                .env("PROGRAMS", &programs)
                .into(),
        )?,
        ..Outcome::default()
    })
}
