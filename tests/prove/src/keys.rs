//! Key servers that fail in every way, and a flood of tokens with key ids that nobody has. Known
//! tenants are served throughout, refusals are 401, outages are 503, the key server is asked once a
//! minute at most, and genuine newcomers are installed whatever strangers send.

mod faults;
mod flood;
mod newcomers;
mod regulars;
mod swapped;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::RwLock;

use crate::Scale;
use crate::platform::{Half, Platform};
use crate::process::{Plan, Server};
use crate::report::Report;
use crate::retry::Caller;
use regulars::{KnownTenant, Regulars};

/// The platform, the server and their clock. Whoever signs and sends holds it for reading, so that
/// no token grows old on its way when the clock is moved.
pub(crate) struct Setting {
    pub(crate) plan: Plan,
    moving: RwLock<Moving>,
}

struct Moving {
    platform: Platform,
    server: Server,
}

impl Setting {
    /// Moves the platform's clock and the server's.
    async fn advance(&self, seconds: u64) -> Result<()> {
        let mut moving = self.moving.write().await;
        let ahead = moving.platform.advance(seconds);
        moving.server.ahead(ahead).await
    }

    /// The server's resident memory, in KiB.
    async fn resident(&self) -> Result<u64> {
        self.moving.read().await.server.vitals()?.resident()
    }

    fn caller(&self) -> Caller {
        Caller::new(self.plan.address)
    }
}

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

/// A tenant that the platform has not told the app of yet.
fn newcomer(
    platform: &Platform,
    plan: &Plan,
    number: usize,
) -> Result<app_license_testkit::Tenant> {
    platform
        .tenant(&plan.base_url, Half::Connect, 1000 + number)
        .context("a new tenant")
}
