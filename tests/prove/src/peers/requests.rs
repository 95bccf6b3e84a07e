//! Verified requests a second.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use app_license_testkit::{Edition, Invocation, Tenant};
use serde_json::json;
use tokio::time::Instant;

use super::median::median;
use super::program::Program;
use crate::http::{Connection, bytes_of};
use crate::platform::{APP_ID, Half, Platform};
use crate::process::{Plan, Vitals, free_address};
use crate::progress::Progress;
use crate::report::Report;
use crate::retry::Caller;
use crate::scale::Scale;

const TENANTS: usize = 100;
/// Connections of the load generator.
const WIDTH: usize = 16;

/// What is asked of whom.
struct Lane {
    name: &'static str,
    to: SocketAddr,
    process: Vitals,
    /// The path, and which half of the platform calls it.
    path: &'static str,
    half: Half,
    /// Requests a second, one a round.
    rates: Vec<f64>,
    /// Microseconds of processor time a request, one a round.
    costs: Vec<f64>,
}

pub(super) async fn bench(report: &mut Report, folder: &Path, scale: Scale) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let platform = Platform::start(scale.seed).await?;
    let file = scratch.path().join("installations.db");
    let plan = Plan::new(format!("sqlite:{}", file.display()), platform.address())?;
    let server = plan.start(0).await?;
    let tenants = settle(&platform, &plan).await?;
    let (ace, ace_at) = ace(folder, scratch.path(), &tenants).await?;
    let (fastify, fastify_at) = fastify(folder, scratch.path(), &tenants, &platform).await?;

    let ours = (plan.address, server.vitals()?);
    let ace = (ace_at, ace.vitals()?, ace);
    let fastify = (fastify_at, fastify.vitals()?, fastify);
    let lane = |name, to, process, path, half| Lane {
        name,
        to,
        process,
        path,
        half,
        rates: Vec::new(),
        costs: Vec::new(),
    };
    let (connect, forge) = (Half::Connect, Half::Forge);
    let mut lanes = vec![
        lane("axum, not verified", ours.0, ours.1, "/plain", connect),
        lane("Connect request", ours.0, ours.1, "/panel", connect),
        lane("Forge invocation", ours.0, ours.1, "/summary", forge),
        lane("atlassian-connect-express", ace.0, ace.1, "/panel", connect),
        lane(
            "fastify + jose, RS256",
            fastify.0,
            fastify.1,
            "/rs256",
            forge,
        ),
        lane(
            "fastify + jose, HS256",
            fastify.0,
            fastify.1,
            "/hs256",
            connect,
        ),
    ];
    let rounds = scale.of(7, 2);
    let time = Duration::from_millis(scale.of(3000, 300));
    let progress = Progress::new("peers: rounds", rounds * lanes.len() as u64);
    for lane in &mut lanes {
        round(lane, &tenants, time).await?; // warms up
        lane.rates.clear();
        lane.costs.clear();
    }
    for _ in 0..rounds {
        for lane in &mut lanes {
            round(lane, &tenants, time).await?;
            progress.step();
        }
    }
    tell(report, &lanes);
    Ok(())
}

struct Tenants {
    connect: Vec<Tenant>,
    forge: Vec<Tenant>,
}

async fn settle(platform: &Platform, plan: &Plan) -> Result<Tenants> {
    let mut caller = Caller::new(plan.address);
    let mut tenants = Tenants {
        connect: Vec::new(),
        forge: Vec::new(),
    };
    for number in 0..TENANTS {
        let tenant = platform.tenant(&plan.base_url, Half::Connect, number)?;
        for event in tenant.install()? {
            let answer = caller.call(&bytes_of(&event)).await?;
            ensure!(answer.is_success(), "{}: {}", event.name(), answer.text());
        }
        tenant.buy(Edition::Advanced)?;
        tenants.connect.push(tenant);
        let tenant = platform.tenant(&plan.base_url, Half::Forge, number)?;
        tenant.install()?;
        tenant.buy(Edition::Advanced)?;
        tenants.forge.push(tenant);
    }
    Ok(tenants)
}

/// What the peers are told of the tenants: the bodies of their installs.
fn bodies(tenants: &Tenants) -> Result<String> {
    let mut bodies = Vec::new();
    for tenant in &tenants.connect {
        bodies.push(tenant.lifecycle_event("installed")?.json());
    }
    Ok(json!(bodies).to_string())
}

async fn ace(folder: &Path, scratch: &Path, tenants: &Tenants) -> Result<(Program, SocketAddr)> {
    let at = free_address()?;
    let file = scratch.join("tenants.json");
    std::fs::write(&file, bodies(tenants)?)?;
    let arguments = [&at.port().to_string(), text(&file)?, text(scratch)?];
    Ok((
        Program::start(folder, "ace.mjs", &arguments, "listening").await?,
        at,
    ))
}

async fn fastify(
    folder: &Path,
    scratch: &Path,
    tenants: &Tenants,
    platform: &Platform,
) -> Result<(Program, SocketAddr)> {
    let at = free_address()?;
    let (file, keys) = (scratch.join("tenants.json"), scratch.join("jwks.json"));
    std::fs::write(&file, bodies(tenants)?)?;
    std::fs::write(&keys, platform.host.jwks().to_string())?;
    let app = format!("ari:cloud:ecosystem::app/{APP_ID}");
    let arguments = [&at.port().to_string(), text(&file)?, text(&keys)?, &app];
    Ok((
        Program::start(folder, "fastify.mjs", &arguments, "listening").await?,
        at,
    ))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

/// The requests of a lane, signed now: an invocation token lives for 25 s.
fn signed(lane: &Lane, tenants: &Tenants) -> Result<Vec<Vec<u8>>> {
    let mut requests = Vec::new();
    match lane.half {
        Half::Connect => {
            for tenant in &tenants.connect {
                requests.push(bytes_of(&tenant.page(lane.path)?));
            }
        }
        Half::Forge => {
            for tenant in &tenants.forge {
                let request = tenant.invoke("GET", lane.path, &Invocation::ui("panel"))?;
                requests.push(bytes_of(&request));
            }
        }
    }
    Ok(requests)
}

async fn round(lane: &mut Lane, tenants: &Tenants, time: Duration) -> Result<()> {
    let requests = Arc::new(signed(lane, tenants)?);
    let (start, ticks) = (Instant::now(), lane.process.ticks()?);
    let mut tasks = Vec::new();
    for first in 0..WIDTH {
        tasks.push(tokio::spawn(one(
            Arc::clone(&requests),
            first,
            lane.to,
            start + time,
        )));
    }
    let mut count = 0;
    for task in tasks {
        count += task.await?.with_context(|| lane.name)?;
    }
    let ticks = lane.process.ticks()? - ticks;
    let count = count as f64;
    lane.rates.push(count / start.elapsed().as_secs_f64());
    // a tick is a hundredth of a second
    lane.costs.push(ticks as f64 * 10_000.0 / count);
    Ok(())
}

async fn one(
    requests: Arc<Vec<Vec<u8>>>,
    first: usize,
    to: SocketAddr,
    end: Instant,
) -> Result<u64> {
    let mut connection = Connection::open(to).await?;
    let mut count = 0;
    for request in requests.iter().cycle().skip(first) {
        if Instant::now() >= end {
            break;
        }
        let answer = connection.call(request).await?;
        ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
        count += 1;
    }
    Ok(count)
}

fn tell(report: &mut Report, lanes: &[Lane]) {
    let mut medians = BTreeMap::new();
    for lane in lanes {
        let (rate, cost) = (median(&lane.rates), median(&lane.costs));
        println!(
            "  {:<28}{rate:>9.0} requests a second, {cost:>7.1} us of processor time each",
            lane.name
        );
        medians.insert(lane.name, (rate, cost));
    }
    for (ours, theirs, goal) in [
        ("Connect request", "axum, not verified", "0.8"),
        ("Connect request", "atlassian-connect-express", "45"),
        ("Forge invocation", "fastify + jose, RS256", "12"),
        ("Connect request", "fastify + jose, HS256", "12"),
    ] {
        if let (Some(our), Some(their)) = (medians.get(ours), medians.get(theirs)) {
            let (rate, cost) = (our.0 / their.0, their.1 / our.1);
            report.figure(format!(
                "{ours} / {theirs} {rate:.2} (goal {goal}; {cost:.2} by processor time)"
            ));
        }
    }
}
