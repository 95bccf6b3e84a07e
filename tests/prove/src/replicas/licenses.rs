//! Forge installations whose license is confirmed at the License API, asked for at all servers at
//! once while the time goes by.

use std::collections::BTreeMap;

use anyhow::Result;
use app_license_testkit::{Edition, Invocation, Tenant};
use serde_json::Value;

use super::fleet::Fleet;
use crate::http::bytes_of;
use crate::platform::{Half, Platform};
use crate::progress::Progress;
use crate::report::Report;
use crate::scale::Scale;

/// One call an installation in this many seconds.
const ONCE_IN: u64 = 300;
/// How far the clock moves at a time, in seconds.
const STEP: u64 = 30;

pub(super) async fn prove(
    report: &mut Report,
    platform: &mut Platform,
    fleet: &mut Fleet,
    scale: Scale,
) -> Result<()> {
    let mut tenants = Vec::new();
    for number in 0..scale.of(20, 5) {
        let tenant = platform.tenant(fleet.base_url(), Half::Forge, number)?;
        tenant.install()?;
        tenant.buy(Edition::Advanced)?;
        tenants.push(tenant);
    }
    let steps = scale.of(80, 24);
    let progress = Progress::new("replicas: half minutes", steps);
    let mut wrong = Vec::new();
    let mut requests = 0;
    for step in 0..steps {
        // a server that comes back knows nothing, and asks nobody twice
        if step == steps / 3 {
            fleet.kill(2).await?;
        } else if step == steps / 2 {
            fleet.restart(2, platform.ahead()).await?;
        }
        let (asked, refused) = at_once(platform, &tenants, fleet).await?;
        requests += asked;
        wrong.extend(refused);
        fleet.ahead(platform.advance(STEP)).await?;
        progress.step();
    }
    report.none(
        &format!("no invocation of {requests} was refused for the wrong reason"),
        &wrong,
    );
    let (calls, closest) = calls(platform);
    let most = u64::try_from(tenants.len())? * (steps * STEP / ONCE_IN + 1);
    report.claim(
        "the License API is asked once in five minutes an installation at most, by all servers",
        closest.is_some_and(|gap| gap >= ONCE_IN) && calls <= most,
        format!(
            "{calls} calls for {} installations in {} minutes, {} s apart at least",
            tenants.len(),
            steps * STEP / 60,
            closest.unwrap_or_default()
        ),
    );
    report.figure(format!("{requests} invocations, {calls} License API calls"));
    Ok(())
}

/// Two requests of each tenant at each server, all at the same time.
async fn at_once(
    platform: &Platform,
    tenants: &[Tenant],
    fleet: &Fleet,
) -> Result<(usize, Vec<String>)> {
    let mut tasks = Vec::new();
    let key = platform.host.forge_key()?;
    for tenant in tenants {
        // a function's call, whose token confirms nothing: it names no entitlement
        let from = Invocation::function("job");
        let spec = tenant.invocation_spec(&from)?;
        let mut app = spec.get("app").cloned().unwrap_or_default();
        if let Some(license) = app.pointer_mut("/license").and_then(Value::as_object_mut) {
            license.retain(|name, _| !name.starts_with("ccp"));
        }
        let token = spec.claim("app", app).rs256(&key);
        let request = tenant
            .invoke("GET", "/confirmed", &from)?
            .with_token(&token);
        let bytes = bytes_of(&request);
        for turn in 0..6 {
            let mut round = fleet.client(turn);
            let bytes = bytes.clone();
            tasks.push(tokio::spawn(async move { round.call(&bytes).await }));
        }
    }
    let asked = tasks.len();
    let mut wrong = Vec::new();
    for task in tasks {
        let answer = task.await??;
        if answer.status != 200 {
            wrong.push(format!("{} {}", answer.status, answer.text()));
        }
    }
    Ok((asked, wrong))
}

/// How often the License API was asked, and the shortest time between two calls for one
/// installation, in seconds.
fn calls(platform: &Platform) -> (u64, Option<u64>) {
    let mut times: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let asked = platform.gateway.requests(|r| r.host.starts_with("api."));
    for request in &asked {
        // each installation has a system token of its own
        let of = times.entry(request.proof.clone()).or_default();
        of.push(request.at.as_seconds());
    }
    let gaps = times.values().flat_map(|times| {
        let pairs = times.iter().zip(times.iter().skip(1));
        pairs.map(|(before, after)| after.saturating_sub(*before))
    });
    (asked.len() as u64, gaps.min())
}
