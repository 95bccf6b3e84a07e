//! Packages from PyPI: what tests and benches hold the reports against.

use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use crate::cache;
use crate::context::Context;

/// Runs the queries of the export's page.
pub(crate) const DUCKDB: (&str, &str) = ("duckdb", "2.0.1");

/// Reads reports in the bench of the reader.
pub(crate) const MSGSPEC: (&str, &str) = ("msgspec", "0.22.0");

/// The variable that names the folder of DuckDB to its test.
pub(crate) const VARIABLE: &str = "APP_LICENSE_DUCKDB";

/// The folder with a package.
pub(crate) fn folder(context: &Context, (name, version): (&str, &str)) -> Result<PathBuf> {
    let sh = &context.sh;
    cache::folder(&format!("{name}-{version}"), |folder| {
        let package = format!("{name}=={version}");
        cmd!(
            sh,
            "python3 -m pip install --quiet --no-deps --target {folder} {package}"
        )
        .run()?;
        Ok(())
    })
}

/// The folder with DuckDB; nothing where it cannot be installed: its test is skipped then, and the summary
/// of the run says so.
pub(crate) fn duckdb(context: &Context) -> Option<PathBuf> {
    match folder(context, DUCKDB) {
        Ok(folder) => Some(folder),
        Err(error) => {
            println!("DuckDB is missing, its test will be skipped: {error:#}");
            None
        }
    }
}

/// The reader of reports beside Node and msgspec. Tells ratios; nothing in it passes or fails.
pub(crate) fn bench_report(context: &Context, arguments: &[String]) -> Result<()> {
    let packages = folder(context, MSGSPEC)?;
    let bench = [
        "-p",
        "app-license-marketplace",
        "--all-features",
        "--bench",
        "report",
        "--",
    ];
    cmd!(context.sh, "cargo bench --quiet {bench...} {arguments...}")
        .env("PYTHONPATH", packages)
        .run()?;
    Ok(())
}
