//! The servers, and a client that goes round them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{Instant, sleep};

use crate::http::HttpResponse;
use crate::process::{Plan, Server};
use crate::retry::Caller;

pub(super) struct Fleet {
    plans: Vec<Plan>,
    servers: Vec<Option<Server>>,
}

impl Fleet {
    pub(super) async fn start(plans: Vec<Plan>) -> Result<Self> {
        let mut servers = Vec::new();
        for plan in &plans {
            servers.push(Some(plan.start(0).await?));
        }
        Ok(Self { plans, servers })
    }

    pub(super) fn base_url(&self) -> &str {
        self.plans.first().map_or("", |plan| &plan.base_url)
    }

    /// Kills one; what was under way there is lost.
    pub(super) async fn kill(&mut self, which: usize) -> Result<()> {
        let slot = self.servers.get_mut(which).context("no such server")?;
        match slot.take() {
            Some(server) => server.kill().await,
            None => Ok(()),
        }
    }

    /// Starts it again, with its clock where the others' are.
    pub(super) async fn restart(&mut self, which: usize, ahead: u64) -> Result<()> {
        let plan = self.plans.get(which).context("no such server")?;
        let slot = self.servers.get_mut(which).context("no such server")?;
        *slot = Some(plan.start(ahead).await?);
        Ok(())
    }

    /// Sets the clocks of all that run.
    pub(super) async fn ahead(&mut self, seconds: u64) -> Result<()> {
        for server in self.servers.iter_mut().flatten() {
            server.ahead(seconds).await?;
        }
        Ok(())
    }

    /// A client that begins at the server of this number.
    pub(super) fn client(&self, first: usize) -> Round {
        let to = |plan: &Plan| Caller::new(plan.address);
        Round {
            addresses: self.plans.iter().map(|plan| plan.address).collect(),
            callers: self.plans.iter().map(to).collect(),
            next: first,
        }
    }
}

/// Each request goes to the next server; when that is not there, or could not check, to the one
/// after it.
pub(super) struct Round {
    addresses: Vec<SocketAddr>,
    callers: Vec<Caller>,
    next: usize,
}

impl Round {
    pub(super) async fn call(&mut self, request: &[u8]) -> io::Result<HttpResponse> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let start = Instant::now();
        loop {
            let turn = self.next % self.addresses.len().max(1);
            self.next = self.next.wrapping_add(1);
            let caller = self.callers.get_mut(turn);
            let caller = caller.ok_or(io::ErrorKind::AddrNotAvailable)?;
            let outcome = caller.call(request).await;
            let again = outcome.as_ref().map_or(true, |answer| answer.status == 503);
            if !again || start.elapsed() > PATIENCE {
                return outcome;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}
