//! Tenants that the server knows, who go on as if nothing were the matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use app_license_testkit::{Edition, Invocation, SignedRequest, SigningKey, Tenant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::setting::Setting;
use crate::http::bytes_of;
use crate::platform::{Half, Platform};
use crate::process::Plan;
use crate::retry::Caller;

/// Tenants who are installed and have been served once.
#[derive(Debug, Clone)]
pub(crate) struct KnownTenant {
    pub(crate) connect: Vec<Tenant>,
    forge: Vec<Tenant>,
    /// The key their invocations go on to be signed with, whatever keys come later.
    key: SigningKey,
}

impl KnownTenant {
    pub(crate) async fn settle(platform: &Platform, plan: &Plan, count: usize) -> Result<Self> {
        let mut known = Self {
            connect: Vec::new(),
            forge: Vec::new(),
            key: platform.host.forge_key()?,
        };
        let mut caller = Caller::new(plan.address);
        for number in 0..count {
            let tenant = platform.tenant(&plan.base_url, Half::Connect, number)?;
            for event in tenant.install()? {
                let answer = caller.call(&bytes_of(&event)).await?;
                ensure!(answer.is_success(), "{}: {}", event.name(), answer.text());
            }
            tenant.buy(Edition::Advanced)?;
            known.connect.push(tenant);
            let tenant = platform.tenant(&plan.base_url, Half::Forge, number)?;
            tenant.install()?;
            tenant.buy(Edition::Advanced)?;
            known.forge.push(tenant);
        }
        for request in known.requests()? {
            let answer = caller.call(&bytes_of(&request)).await?;
            ensure!(answer.is_success(), "{}: {}", request.name(), answer.text());
        }
        Ok(known)
    }

    /// Without those whose keys come from the key set of Forge.
    pub(crate) fn connect_only(self) -> Self {
        Self {
            forge: Vec::new(),
            ..self
        }
    }

    /// A request of each, signed now.
    fn requests(&self) -> Result<Vec<SignedRequest>> {
        let mut requests = Vec::new();
        for tenant in &self.connect {
            requests.push(tenant.page("/export")?);
        }
        for tenant in &self.forge {
            requests.push(invocation(tenant, &self.key)?);
        }
        Ok(requests)
    }
}

/// An invocation signed with this key.
pub(super) fn invocation(tenant: &Tenant, key: &SigningKey) -> Result<SignedRequest> {
    let from = Invocation::ui("panel");
    let token = tenant.invocation_spec(&from)?.rs256(key);
    Ok(tenant
        .invoke("GET", "/remote-export", &from)?
        .with_token(&token))
}

/// Known tenants at work.
pub(super) struct Regulars {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<(usize, Vec<String>)>>,
}

impl Regulars {
    pub(super) fn start(setting: Arc<Setting>, known: KnownTenant) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut caller = setting.caller();
            let (mut served, mut turned_away) = (0, Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                let still = setting.moving.read().await;
                for request in known.requests()? {
                    match caller.call(&bytes_of(&request)).await {
                        Ok(answer) if answer.status == 200 => served += 1,
                        Ok(answer) => turned_away.push(format!(
                            "{}: {} {}",
                            request.name(),
                            answer.status,
                            answer.text()
                        )),
                        Err(error) => turned_away.push(format!("{}: {error}", request.name())),
                    }
                }
                drop(still);
                sleep(Duration::from_millis(5)).await;
            }
            Ok((served, turned_away))
        });
        Self { stop, task }
    }

    /// How often they were served, and how they were turned away.
    pub(super) async fn stop(self) -> Result<(usize, Vec<String>)> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await?
    }
}
