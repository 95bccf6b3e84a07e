//! The PostgreSQL programs that the store's tests start a throw-away cluster with, and PgBouncer.

use std::env;
use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use crate::context::Context;

const USER: &str = "crates/app-license-pgtest";

/// Installs PostgreSQL and PgBouncer where that takes no question: on Debian, as root.
pub(crate) fn install(context: &Context) -> Result<()> {
    let sh = &context.sh;
    let mut missing = Vec::new();
    if !present(context) {
        missing.push("postgresql");
    }
    if !pooler_present() {
        missing.push("pgbouncer");
    }
    if !context.has(USER) || missing.is_empty() {
        return Ok(());
    }
    if !context.is_root()
        || cmd!(sh, "apt-get --version")
            .quiet()
            .ignore_stdout()
            .run()
            .is_err()
    {
        let missing = missing.join(" and ");
        println!("{missing} is missing: install it, or the store's tests will fail");
        return Ok(());
    }
    cmd!(sh, "apt-get update --quiet=2").run()?;
    cmd!(
        sh,
        "apt-get install --yes --quiet=2 --no-install-recommends {missing...}"
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

fn pooler_present() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = PathBuf::from("/usr/sbin");
    env::var_os("APP_LICENSE_PGBOUNCER").is_some()
        || env::split_paths(&path)
            .chain([debian])
            .any(|folder| folder.join("pgbouncer").exists())
}
