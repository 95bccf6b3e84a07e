//! What reads the sources without running them.

use anyhow::Result;
use xshell::cmd;

use super::{Outcome, lean};
use crate::context::Context;
use crate::tools::{self, DENY};

/// What the summary says when `deny` has nothing to check advisories with.
pub(super) const ADVISORIES_UNCHECKED: &str =
    "ADVISORIES WERE NOT CHECKED, their database could not be fetched";

pub(super) fn fmt(Context { sh, .. }: &Context) -> Result<Outcome> {
    Ok(cmd!(sh, "cargo fmt --check").run()?.into())
}

pub(super) fn clippy(Context { sh, .. }: &Context) -> Result<Outcome> {
    Ok(cmd!(
        sh,
        "cargo clippy --workspace --exclude wasm-glue --all-targets --all-features -- -D warnings"
    )
    .run()?
    .into())
}

pub(super) fn doc(Context { sh, .. }: &Context) -> Result<Outcome> {
    // what is published or read on docs.rs: no programs, tests, examples
    let doc = cmd!(
        sh,
        "cargo doc --no-deps --workspace --exclude wasm-glue --all-features --lib"
    )
    .env("RUSTDOCFLAGS", "-Dwarnings");
    Ok(doc.run()?.into())
}

pub(super) fn deny(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    println!("{}", lean::check(context)?);
    let path = tools::path_with(context, &DENY)?;
    cmd!(sh, "cargo deny check bans licenses sources")
        .env("PATH", &path)
        .run()?;
    // The database is a git repository: not every machine reaches its host.
    let fetch = cmd!(sh, "cargo deny fetch db").env("PATH", &path);
    if fetch.ignore_stdout().ignore_stderr().run().is_err() {
        return Ok(Outcome::warning(ADVISORIES_UNCHECKED));
    }
    cmd!(sh, "cargo deny check --disable-fetch advisories")
        .env("PATH", &path)
        .run()?;
    Ok(Outcome::default())
}
