//! The platform, the server and their clock.

use anyhow::{Context as _, Result};
use tokio::sync::RwLock;

use crate::platform::{Half, Platform};
use crate::process::{Plan, Server};
use crate::retry::Caller;

/// Whoever signs and sends holds it for reading, so that
/// no token grows old on its way when the clock is moved.
pub(crate) struct Setting {
    pub(crate) plan: Plan,
    pub(super) moving: RwLock<Moving>,
}

pub(super) struct Moving {
    pub(super) platform: Platform,
    pub(super) server: Server,
}

impl Setting {
    /// Moves the platform's clock and the server's.
    pub(super) async fn advance(&self, seconds: u64) -> Result<()> {
        let mut moving = self.moving.write().await;
        let ahead = moving.platform.advance(seconds);
        moving.server.ahead(ahead).await
    }

    /// The server's resident memory, in KiB.
    pub(super) async fn resident(&self) -> Result<u64> {
        self.moving.read().await.server.vitals()?.resident()
    }

    pub(super) fn caller(&self) -> Caller {
        Caller::new(self.plan.address)
    }
}

/// A tenant that the platform has not told the app of yet.
pub(super) fn newcomer(
    platform: &Platform,
    plan: &Plan,
    number: usize,
) -> Result<app_license_testkit::Tenant> {
    platform
        .tenant(&plan.base_url, Half::Connect, 1000 + number)
        .context("a new tenant")
}
