//! Verified requests at full speed, then beside clients that do harm. The genuine ones are all
//! answered, and the server stays small.

mod genuine;
mod hostile;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use app_license_testkit::Edition;
use tokio::time::Instant;

use crate::http::bytes_of;
use crate::platform::{Half, Platform};
use crate::process::Plan;
use crate::report::Report;
use crate::retry::Caller;
use crate::scale::Scale;
use genuine::Crowd;
use memory::Watch;

/// What the server may take, in MiB.
const SMALL: u64 = 10;
/// In the quick form, which runs on machines of every kind beside other work.
const QUICK: u64 = 14;
/// How much it may grow and still be called flat, in KiB.
const FLAT: u64 = 512;
/// What the allocator may keep of what hostile clients made it take, in KiB.
const KEPT: u64 = 1024;
const TENANTS: usize = 100;

pub(crate) async fn prove(scale: Scale) -> Result<Report> {
    let mut report = Report::new("load");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("installations.db");
    let platform = Platform::start(scale.seed).await?;
    let store = format!("sqlite:{}", file.display());
    let plan = Plan::new(store, platform.address())?.minimal(scale.of("minimal", "release"));
    let server = plan.start(0).await?;
    let crowd = settle(&platform, &plan).await?;
    let watch = Watch::start(server.vitals()?);

    let time = Duration::from_secs(scale.of(60, 5));
    let start = Instant::now();
    let answers = crowd.at_full_speed(plan.address, time).await?;
    let rate = answers.total() as f64 / start.elapsed().as_secs_f64();
    report.claim(
        &format!(
            "{} s at full speed: every request is answered 200",
            time.as_secs()
        ),
        answers.all_served(),
        &answers,
    );
    let calm = watch.since_start()?;
    report.claim(
        "memory stays flat at full speed",
        calm.last <= calm.settled + FLAT,
        format!("{} KiB early, {} KiB at the end", calm.settled, calm.last),
    );

    let time = Duration::from_secs(scale.of(20, 4));
    let crowd = Crowd::new(crowd.tenants)?;
    let hostile = tokio::spawn(hostile::all(plan.address, time, scale));
    let answers = crowd
        .at_ease(plan.address, time + Duration::from_secs(2))
        .await?;
    let harm = hostile.await??;
    report.claim(
        "beside slow-loris, 64 KiB headers and 10 MiB bodies: every genuine request is answered 200",
        answers.all_served(),
        &answers,
    );
    report.claim(
        "none of the hostile requests gets further than a refusal",
        harm.refused_only(),
        &harm,
    );
    let all = watch.since_start()?;
    watch.stop();
    let peak = server.vitals()?.peak()?;
    let small = scale.of(SMALL, QUICK);
    report.claim(
        &format!("resident memory stays within {small} MiB"),
        peak <= small.saturating_mul(1024),
        format!("{peak} KiB at most, {} KiB at full speed", calm.last),
    );
    report.claim(
        "memory comes back to within 1 MiB of where it was",
        all.last <= calm.last + KEPT,
        format!("{} KiB at the end", all.last),
    );
    report.figure(format!(
        "{rate:.0} verified requests a second, {peak} KiB resident at most"
    ));
    server.kill().await?;
    Ok(report)
}

/// Installs the tenants.
async fn settle(platform: &Platform, plan: &Plan) -> Result<Crowd> {
    let mut caller = Caller::new(plan.address);
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        let tenant = platform.tenant(&plan.base_url, Half::Connect, number)?;
        for event in tenant.install()? {
            let answer = caller.call(&bytes_of(&event)).await?;
            ensure!(answer.is_success(), "{}: {}", event.name(), answer.text());
        }
        tenant.buy(Edition::Advanced)?;
        tenants.push(tenant);
    }
    Crowd::new(Arc::new(tenants))
}
