//! The programs that tests in other languages run.

use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use crate::context::Context;

const BINARIES: [&str; 4] = [
    "app-license",
    "connect-backend",
    "contract",
    "contract-shell-rust",
];

/// Builds all of them and answers their folder. The selection and the features are those of the
/// workspace's tests, and the example brings the features of dev-dependencies, so that nothing is
/// compiled twice.
pub(crate) fn build(context: &Context) -> Result<PathBuf> {
    let binaries = BINARIES.iter().flat_map(|name| ["--bin", name]);
    let sh = &context.sh;
    cmd!(
        sh,
        "cargo build --quiet --workspace --all-features {binaries...} --example mock_host"
    )
    .run()?;
    Ok(context.target_dir().join("debug"))
}
