//! The PostgreSQL programs that the store's tests start a throw-away cluster with.

use std::env;
use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use crate::context::Context;

const USER: &str = "crates/app-license-pgtest";

/// Installs PostgreSQL where that takes no question: on Debian, as root.
pub(crate) fn install(context: &Context) -> Result<()> {
    let sh = &context.sh;
    if !context.has(USER) || present(context) {
        return Ok(());
    }
    if !context.is_root()
        || cmd!(sh, "apt-get --version")
            .quiet()
            .ignore_stdout()
            .run()
            .is_err()
    {
        println!("PostgreSQL is missing: install its server, or the store's tests will fail");
        return Ok(());
    }
    cmd!(sh, "apt-get update --quiet=2").run()?;
    cmd!(
        sh,
        "apt-get install --yes --quiet=2 --no-install-recommends postgresql"
    )
    .env("DEBIAN_FRONTEND", "noninteractive")
    .run()?;
    Ok(())
}

fn present(context: &Context) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let chosen = env::var_os("APP_LICENSE_PG_BIN").map(PathBuf::from);
    let debian = context
        .sh
        .read_dir("/usr/lib/postgresql")
        .unwrap_or_default();
    let debian = debian.into_iter().map(|version| version.join("bin"));
    env::split_paths(&path)
        .chain(chosen)
        .chain(debian)
        .any(|folder| folder.join("initdb").exists())
}
