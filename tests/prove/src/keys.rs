//! Key servers that fail in every way, and a flood of tokens with key ids that nobody has. Known
//! tenants are served throughout, refusals are 401, outages are 503, the key server is asked once a
//! minute at most, and genuine newcomers are installed whatever strangers send.

mod faults;
mod flood;
mod newcomers;
mod regulars;
mod setting;
mod swapped;

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::RwLock;

use crate::platform::Platform;
use crate::process::Plan;
use crate::report::Report;
use crate::scale::Scale;
use regulars::{KnownTenant, Regulars};
use setting::{Moving, Setting};

pub(crate) async fn prove(scale: Scale) -> Result<Report> {
    let mut report = Report::new("keys");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("installations.db");
    let platform = Platform::start(scale.seed).await?;
    let plan = Plan::new(format!("sqlite:{}", file.display()), platform.address())?;
    let server = plan.start(0).await?;
    let known = KnownTenant::settle(&platform, &plan, 5).await?;
    let setting = Arc::new(Setting {
        plan,
        moving: RwLock::new(Moving { platform, server }),
    });

    let regulars = Regulars::start(Arc::clone(&setting), known.clone());
    faults::all(&mut report, &setting, scale).await?;
    flood::flood(&mut report, &setting, scale).await?;
    let (served, turned_away) = regulars.stop().await?;
    report.none(
        &format!("known tenants were served throughout, {served} times"),
        &turned_away,
    );
    report.figure(format!("{served} requests of known tenants served"));

    newcomers::newcomers(&mut report, scale).await?;

    let regulars = Regulars::start(Arc::clone(&setting), known.connect_only());
    swapped::swapped(&mut report, &setting, scale).await?;
    let (served, turned_away) = regulars.stop().await?;
    report.none(
        &format!("Connect tenants were served throughout, {served} times"),
        &turned_away,
    );
    Ok(report)
}
