//! The mock host platform, with a gateway before it that writes down who asked for what, and when.

mod gateway;

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use app_license_testkit::{App, MockHost, Tenant, TestClock};

pub(crate) use gateway::Gateway;

pub(crate) const APP_KEY: &str = "com.example.app";
pub(crate) const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// The platform and its clock, which ticks with the system's and is moved ahead of it.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) host: MockHost,
    pub(crate) gateway: Gateway,
    ahead: u64,
}

impl Platform {
    pub(crate) async fn start(seed: u64) -> Result<Self> {
        let clock = TestClock::ticking();
        clock.stamp_tokens_by_system(false);
        let host = MockHost::builder().seed(seed).clock(clock).start().await?;
        let behind = host.gateway().context("the platform does not serve")?;
        let gateway = Gateway::start(behind, host.clock().clone()).await?;
        Ok(Self {
            host,
            gateway,
            ahead: 0,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// How far the clock is ahead of the system's, in seconds.
    pub(crate) const fn ahead(&self) -> u64 {
        self.ahead
    }

    /// Moves the clock; the servers have to be told.
    pub(crate) fn advance(&mut self, seconds: u64) -> u64 {
        self.host.clock().advance(seconds);
        self.ahead += seconds;
        self.ahead
    }

    /// The app on a site of its own, Connect and Forge apart.
    pub(crate) fn tenant(&self, base_url: &str, half: Half, number: usize) -> Result<Tenant> {
        let (app, site) = match half {
            Half::Connect => (App::connect(APP_KEY, base_url)?, format!("site-{number}")),
            Half::Forge => (App::forge(APP_ID, base_url)?, format!("forge-{number}")),
        };
        Ok(self.host.tenant(&app, &site)?)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Half {
    Connect,
    Forge,
}
