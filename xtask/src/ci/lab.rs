//! What runs the built command line: the lab in a real browser, the doctor beside the platform's
//! own validation.

use anyhow::Result;
use xshell::cmd;

use super::Outcome;
use super::tally::counted;
use crate::context::Context;
use crate::{chromium, npm, npm_package, programs};

/// The programs are built before, so that the test waits for the lab and not for the compiler.
pub(super) fn lab(context: &Context) -> Result<Outcome> {
    let chromium = chromium::program(context)?;
    npm::install(context, npm::LAB)?;
    npm_package::build(context)?;
    for example in ["express-backend", "forge-custom-ui", "forge-function"] {
        npm::install_example(context, &context.root.join("examples").join(example))?;
    }
    let programs = programs::build(context)?;
    let program = programs.join("app-license");
    let sh = &context.sh;
    let _there = sh.push_dir(npm::LAB);
    Ok(Outcome {
        tests: counted(
            cmd!(sh, "npm test --silent")
                .env("CHROMIUM", &chromium)
                .env("LAB", &program)
                .env("PROGRAMS", &programs)
                .into(),
        )?,
        ..Outcome::default()
    })
}

/// `@forge/manifest`, the schema of SARIF and that of the editions file, with the same program.
pub(super) fn doctor(context: &Context) -> Result<Outcome> {
    npm::install(context, npm::DOCTOR)?;
    let programs = programs::build(context)?;
    let sh = &context.sh;
    let _there = sh.push_dir(npm::DOCTOR);
    Ok(Outcome {
        tests: counted(
            cmd!(sh, "npm test --silent")
                .env("PROGRAMS", &programs)
                .into(),
        )?,
        ..Outcome::default()
    })
}
