//! Tokens whose key ids nobody has, as many as come through.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use app_license_testkit::{InjectedFault, Invocation, Service, TokenSpec};
use tokio::time::sleep;

use super::setting::{Setting, newcomer};
use crate::http::{bytes, bytes_of};
use crate::platform::Half;
use crate::progress::Progress;
use crate::report::Report;
use crate::scale::Scale;

/// Connections that flood at the same time.
const WIDTH: u64 = 32;
/// How far the clock moves at a time, in seconds.
const TICK: u64 = 2;
const A_MINUTE: u64 = 61;
/// How much memory may grow and still be called flat, in KiB.
const FLAT: u64 = 1024;

type Answers = BTreeMap<u16, u64>;

pub(super) async fn flood(report: &mut Report, setting: &Arc<Setting>, scale: Scale) -> Result<()> {
    let total = scale.of(100_000, 6_000);
    let progress = Arc::new(Progress::new("keys: unknown key ids", total * 13 / 10));
    let numbers = Arc::new(AtomicU64::new(0));
    // what the server and its allocator grow to in such a flood is there before it is measured: the
    // first passes through the same hours as the second
    let warm = hours(setting, total * 5 / 10, &numbers, &progress).await?;
    let before = setting.resident().await?;
    let (start, first) = requests_so_far(setting).await;
    let measured = hours(setting, total * 8 / 10, &numbers, &progress).await?;
    let after = setting.resident().await?;
    let (end, last) = requests_so_far(setting).await;
    let sent: u64 = [&warm, &measured]
        .iter()
        .flat_map(|hours| [&hours.healthy, &hours.out, &hours.healed])
        .flat_map(|answers| answers.values())
        .sum();
    let answering = [
        &warm.healthy,
        &warm.healed,
        &measured.healthy,
        &measured.healed,
    ];
    report.claim(
        "unknown key ids are refused with 401 while the key server answers",
        answering.iter().all(|a| a.keys().eq([&401])),
        format!("{answering:?}"),
    );
    report.claim(
        "and could not be checked, 503, while it is down",
        [&warm.out, &measured.out]
            .iter()
            .all(|a| a.keys().eq([&503])),
        format!("{:?}, {:?}", warm.out, measured.out),
    );
    let minutes = (end - start) / 60;
    let fetches = last - first;
    report.claim(
        "the key server is asked once a minute at most",
        fetches <= minutes + 1,
        format!("{fetches} times in {minutes} minutes of the server's clock"),
    );
    report.claim(
        "memory stays flat",
        after <= before + FLAT,
        format!("{before} KiB before, {after} KiB after"),
    );
    report.figure(format!(
        "{sent} unknown key ids, {fetches} fetches in {minutes} minutes, {after} KiB"
    ));
    installs(report, setting, scale).await
}

/// What was answered while the key server answers, while it is down, and when it answers again.
struct Hours {
    healthy: Answers,
    out: Answers,
    healed: Answers,
}

/// Sends `total` key ids, while minutes go by and the key server breaks and heals.
async fn hours(
    setting: &Arc<Setting>,
    total: u64,
    numbers: &Arc<AtomicU64>,
    progress: &Arc<Progress>,
) -> Result<Hours> {
    let ticking = Arc::new(AtomicBool::new(true));
    let clock = tokio::spawn(tick(Arc::clone(setting), Arc::clone(&ticking)));
    let healthy = run(setting, total * 3 / 8, numbers, progress).await?;
    outage(setting, Some(InjectedFault::Down)).await?;
    let out = run(setting, total / 4, numbers, progress).await?;
    outage(setting, None).await?;
    let healed = run(setting, total * 3 / 8, numbers, progress).await?;
    ticking.store(false, Ordering::Relaxed);
    clock.await??;
    Ok(Hours {
        healthy,
        out,
        healed,
    })
}

/// The time, and how often the key set was asked for.
pub(super) async fn requests_so_far(setting: &Setting) -> (u64, u64) {
    let moving = setting.moving.read().await;
    let asked = moving
        .platform
        .gateway
        .requests(|r| r.host.starts_with("forge."));
    let now = moving.platform.host.clock().now().as_seconds();
    (now, asked.len() as u64)
}

/// Minutes go by while the flood lasts.
async fn tick(setting: Arc<Setting>, ticking: Arc<AtomicBool>) -> Result<()> {
    while ticking.load(Ordering::Relaxed) {
        setting.advance(TICK).await?;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Breaks or heals the key server, and waits until the server has found out.
async fn outage(setting: &Setting, fault: Option<InjectedFault>) -> Result<()> {
    {
        let moving = setting.moving.read().await;
        let host = &moving.platform.host;
        match fault {
            Some(fault) => host.set_fault(Service::ForgeKeys, fault),
            None => host.heal(Service::ForgeKeys),
        }
    }
    setting.advance(A_MINUTE).await?;
    let template = template(setting).await?;
    setting
        .caller()
        .call(&request(&template, "flood-probe"))
        .await?;
    Ok(())
}

/// An invocation that lacks nothing but a key anybody knows.
async fn template(setting: &Setting) -> Result<TokenSpec> {
    let moving = setting.moving.read().await;
    let tenant = moving
        .platform
        .tenant(&setting.plan.base_url, Half::Forge, 0)?;
    Ok(tenant.invocation_spec(&Invocation::ui("panel"))?)
}

fn request(template: &TokenSpec, kid: &str) -> Vec<u8> {
    // what it is signed with is never looked at: there is no key to look with
    let token = template
        .clone()
        .header("alg", "RS256")
        .header("kid", kid)
        .hs256(b"a signature of nobody in particular");
    let authorization = format!("Bearer {token}");
    bytes("GET", "/summary", &[("authorization", &authorization)], b"")
}

async fn run(
    setting: &Arc<Setting>,
    count: u64,
    numbers: &Arc<AtomicU64>,
    progress: &Arc<Progress>,
) -> Result<Answers> {
    let template = Arc::new(template(setting).await?);
    let mut tasks = Vec::new();
    for _ in 0..WIDTH {
        let (numbers, progress) = (Arc::clone(numbers), Arc::clone(progress));
        let template = Arc::clone(&template);
        let mut caller = setting.caller();
        tasks.push(tokio::spawn(async move {
            let mut answers = Answers::new();
            for _ in 0..count / WIDTH {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                let request = request(&template, &format!("flood-{number}"));
                let answer = caller.call(&request).await?;
                *answers.entry(answer.status).or_default() += 1;
                progress.step();
            }
            anyhow::Ok(answers)
        }));
    }
    let mut answers = Answers::new();
    for task in tasks {
        for (status, count) in task.await?? {
            *answers.entry(status).or_default() += count;
        }
    }
    Ok(answers)
}

/// The same at the door of installs, where each id is a question of its own to the key host.
async fn installs(report: &mut Report, setting: &Arc<Setting>, scale: Scale) -> Result<()> {
    let count = scale.of(5_000, 500);
    let event = {
        let moving = setting.moving.read().await;
        newcomer(&moving.platform, &setting.plan, 200)?
            .install()?
            .swap_remove(0)
    };
    let before = setting.resident().await?;
    let mut caller = setting.caller();
    let mut answers = Answers::new();
    for number in 0..count {
        let token = TokenSpec::new()
            .header("alg", "RS256")
            .header("kid", format!("flood-{number}"))
            .claim("iss", "nobody")
            .claim("iat", 1_u64)
            .claim("exp", u64::from(u32::MAX))
            .claim("qsh", "0".repeat(64))
            .claim("aud", setting.plan.base_url.clone())
            .hs256(b"a signature of nobody in particular");
        let event = event.clone().with_token(&token);
        let answer = caller.call(&bytes_of(&event)).await?;
        *answers.entry(answer.status).or_default() += 1;
    }
    let after = setting.resident().await?;
    report.claim(
        "installs with unknown key ids are refused or could not be checked, and leave memory flat",
        answers.keys().all(|status| matches!(status, 401 | 503)) && after <= before + FLAT,
        format!("{answers:?}, {before} KiB before, {after} KiB after"),
    );
    Ok(())
}
