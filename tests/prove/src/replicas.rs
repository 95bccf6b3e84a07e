//! Three servers on one PostgreSQL behind a client that goes round them, one of them killed and
//! started again: no install is lost, nobody is refused for the wrong reason, and the Forge License
//! API is asked once in five minutes an installation by all of them together.

mod fleet;
mod installs;
mod licenses;

use anyhow::Result;
use app_license_pgtest::Cluster;

use crate::platform::Platform;
use crate::process::Plan;
use crate::report::Report;
use crate::scale::Scale;
use fleet::Fleet;

pub(crate) async fn prove(scale: Scale) -> Result<Report> {
    let mut report = Report::new("replicas");
    let cluster = Cluster::start()?;
    let mut platform = Platform::start(scale.seed).await?;
    let first = Plan::new(cluster.url(), platform.address())?;
    let mut fleet = Fleet::start(vec![first.clone(), first.replica()?, first.replica()?]).await?;
    installs::prove(&mut report, &platform, &mut fleet, scale).await?;
    licenses::prove(&mut report, &mut platform, &mut fleet, scale).await?;
    Ok(report)
}
