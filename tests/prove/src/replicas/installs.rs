//! Installs, new secrets and pages, each at another server than the one before it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use app_license_testkit::{Edition, SignedRequest, Tenant};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::fleet::{Fleet, Round};
use crate::http::bytes_of;
use crate::platform::{Half, Platform};
use crate::progress::Progress;
use crate::report::Report;
use crate::scale::Scale;

const AT_A_TIME: usize = 12;

/// What one task has seen.
#[derive(Default)]
struct Seen {
    requests: usize,
    wrong: Vec<String>,
}

pub(super) async fn prove(
    report: &mut Report,
    platform: &Platform,
    fleet: &mut Fleet,
    scale: Scale,
) -> Result<()> {
    let count = scale.of(1_200, 120);
    let mut tenants = Vec::new();
    for number in 0..count {
        tenants.push(platform.tenant(fleet.base_url(), Half::Connect, number)?);
    }
    let total = u64::try_from(count * 2)?;
    let progress = Arc::new(Progress::new("replicas: moves", total));
    let (moved, mut watched) = watch::channel(0_u64);
    let moved = Arc::new(moved);
    let tenants = Arc::new(tenants);
    let mut tasks = Vec::new();
    for first in 0..AT_A_TIME {
        let (tenants, progress) = (Arc::clone(&tenants), Arc::clone(&progress));
        let moved = Arc::clone(&moved);
        let round = fleet.client(first);
        tasks.push(tokio::spawn(async move {
            let mine = tenants.iter().skip(first).step_by(AT_A_TIME);
            all(&mine.collect::<Vec<_>>(), round, || {
                moved.send_replace(progress.step());
            })
            .await
        }));
    }
    drop(moved);
    // the middle one goes for a third of the time
    let mut gone = 0;
    for (point, kill) in [(total / 3, true), (total * 2 / 3, false)] {
        if watched.wait_for(|moved| *moved >= point).await.is_err() {
            bail!("the work ended before a server was killed");
        }
        if kill {
            fleet.kill(1).await?;
            gone += 1;
        } else {
            fleet.restart(1, 0).await?;
        }
    }
    let mut seen = Seen::default();
    for task in tasks {
        let one = task.await??;
        seen.requests += one.requests;
        seen.wrong.extend(one.wrong);
    }
    report.claim(
        "one of three servers was killed and started again",
        gone == 1,
        gone,
    );
    report.none(
        &format!(
            "no request of {} was refused for the wrong reason, at whichever server",
            seen.requests
        ),
        &seen.wrong,
    );
    let lost = lost(&tenants, fleet).await?;
    report.none(
        &format!("every one of {count} installs is known at every server"),
        &lost,
    );
    report.figure(format!("{count} tenants, {} requests", seen.requests));
    Ok(())
}

async fn all(tenants: &[&Tenant], mut round: Round, moved: impl Fn()) -> Result<Seen> {
    // two tokens of one tenant in one second are the same bytes, and a token is for one body
    const A_SECOND: Duration = Duration::from_millis(1100);
    let mut seen = Seen::default();
    for tenant in tenants {
        let events = tenant.install()?;
        tenant.buy(Edition::Advanced)?;
        deliver(tenant, events, &mut round, &mut seen).await?;
        moved();
    }
    let last = Instant::now();
    sleep(A_SECOND.saturating_sub(last.elapsed())).await;
    for (number, tenant) in tenants.iter().enumerate() {
        let events = if number.is_multiple_of(2) {
            tenant.rotate_secret()?
        } else {
            tenant.reinstall()?
        };
        deliver(tenant, events, &mut round, &mut seen).await?;
        moved();
    }
    Ok(seen)
}

/// Events in their order, each followed by a page at the next servers.
async fn deliver(
    tenant: &Tenant,
    events: Vec<SignedRequest>,
    round: &mut Round,
    seen: &mut Seen,
) -> Result<()> {
    for event in events {
        expect(&event, 204, round, seen).await?;
    }
    for _ in 0..3 {
        expect(&tenant.page("/export")?, 200, round, seen).await?;
    }
    Ok(())
}

async fn expect(
    request: &SignedRequest,
    status: u16,
    round: &mut Round,
    seen: &mut Seen,
) -> Result<()> {
    let answer = round.call(&bytes_of(request)).await?;
    seen.requests += 1;
    if answer.status != status {
        seen.wrong.push(format!(
            "{}: {} {}",
            request.name(),
            answer.status,
            answer.text()
        ));
    }
    Ok(())
}

/// The tenants that some server does not know.
async fn lost(tenants: &[Tenant], fleet: &Fleet) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    let mut round = fleet.client(0);
    for tenant in tenants {
        for _ in 0..3 {
            let answer = round.call(&bytes_of(&tenant.page("/panel")?)).await?;
            if answer.status != 200 {
                lost.push(format!("{}: {}", tenant.site().name(), answer.status));
            }
        }
    }
    Ok(lost)
}
