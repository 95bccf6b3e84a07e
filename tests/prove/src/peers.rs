//! The same work done by packages from npm, in one run: verified requests, and a store with many
//! tenants. Rounds take turns, so that what else the machine does meets all of them; what counts is
//! the ratio of the medians. Nothing here passes or fails.

mod median;
mod program;
mod requests;
mod store;

use std::path::PathBuf;

use anyhow::Result;

use crate::report::Report;
use crate::scale::Scale;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the packages are installed: benches/peers
    #[arg(long)]
    folder: PathBuf,
    /// How many tenants the stores hold
    #[arg(long)]
    tenants: Option<u64>,
    /// Leaves the stores out
    #[arg(long)]
    no_store: bool,
    /// Leaves the requests out
    #[arg(long)]
    no_requests: bool,
}

pub(crate) async fn bench(arguments: &Arguments, scale: Scale) -> Result<Report> {
    let mut report = Report::new("peers");
    if !arguments.no_requests {
        requests::bench(&mut report, &arguments.folder, scale).await?;
    }
    if !arguments.no_store {
        let tenants = arguments
            .tenants
            .unwrap_or_else(|| scale.of(1_000_000, 2_000));
        store::bench(&mut report, &arguments.folder, tenants, scale).await?;
    }
    Ok(report)
}
