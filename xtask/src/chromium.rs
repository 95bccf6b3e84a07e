//! The browser that the npm package's tests run in.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::cmd;

use crate::context::Context;

const DEBIAN: &str = "/usr/bin/chromium";

/// The Chromium to test with: `$CHROMIUM`, else Debian's, installed where that takes no question.
pub(crate) fn program(context: &Context) -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if !chosen.exists() {
            bail!("CHROMIUM names {}, which is not there", chosen.display());
        }
        return Ok(chosen);
    }
    if !Path::new(DEBIAN).exists() {
        install(context)?;
    }
    Ok(DEBIAN.into())
}

fn install(context: &Context) -> Result<()> {
    let missing = "Chromium is missing: install it, and name its program in CHROMIUM \
                   when it is not /usr/bin/chromium";
    let sh = &context.sh;
    let apt = cmd!(sh, "apt-get --version").quiet().ignore_stdout().run();
    if !context.is_root() || apt.is_err() {
        bail!(missing);
    }
    cmd!(sh, "apt-get update --quiet=2").run()?;
    cmd!(
        sh,
        "apt-get install --yes --quiet=2 --no-install-recommends chromium"
    )
    .env("DEBIAN_FRONTEND", "noninteractive")
    .run()?;
    if !Path::new(DEBIAN).exists() {
        bail!(missing);
    }
    Ok(())
}
