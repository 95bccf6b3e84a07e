//! Genuine newcomers during a flood of forged installs, with a server that knows no key yet. A
//! first install is never sent again, so each one counts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use app_license_testkit::{SignedRequest, Tenant, TokenSpec};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::setting::newcomer;
use crate::http::{Connection, bytes_of};
use crate::platform::Platform;
use crate::process::Plan;
use crate::report::Report;
use crate::scale::Scale;

/// From how many addresses strangers flood.
const ADDRESSES: u8 = 50;
/// How many forged requests come from each in a second.
const RATE: u32 = 20;
/// How long the answer to a newcomer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// How many fetches may be open at once.
const OPEN: usize = 16;

pub(super) async fn newcomers(report: &mut Report, scale: Scale) -> Result<()> {
    let from_many = |number: u8| Ipv4Addr::new(127, 0, 1, number);
    during(report, scale, "50 addresses", from_many, true).await?;
    // behind a proxy all callers are one
    let from_one = |_| Ipv4Addr::new(127, 0, 1, 1);
    during(report, scale, "one address", from_one, false).await
}

async fn during(
    report: &mut Report,
    scale: Scale,
    from: &str,
    address: impl Fn(u8) -> Ipv4Addr,
    own_address: bool,
) -> Result<()> {
    let count = scale.of(100_usize, 30);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("installations.db");
    let platform = Platform::start(scale.seed).await?;
    let plan = Plan::new(format!("sqlite:{}", file.display()), platform.address())?;
    // each newcomer's key is one that the server has never seen
    let mut installs = Vec::new();
    for number in 0..count {
        let tenant = newcomer(&platform, &plan, number)?;
        platform.host.rotate_install_keys()?;
        installs.push(tenant.install()?.swap_remove(0));
    }
    // strangers name a tenant of their own: nobody knows what a newcomer will be called
    let named = newcomer(&platform, &plan, count)?;
    let template = named.install()?.swap_remove(0);
    let server = plan.start(0).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let mut strangers = Vec::new();
    for number in 1..=ADDRESSES {
        let (stop, from, to) = (Arc::clone(&stop), address(number), plan.address);
        let event = template.clone();
        let spec = forged(&platform, &plan, &named, &event)?;
        strangers.push(tokio::spawn(async move {
            flood(&stop, from.into(), to, &event, &spec, number).await
        }));
    }
    // the flood is under way before anybody genuine comes
    sleep(Duration::from_secs(1)).await;
    let mut arrivals = Vec::new();
    for (number, install) in installs.into_iter().enumerate() {
        let last = u8::try_from(number % 200).unwrap_or_default();
        let from = if own_address {
            Ipv4Addr::new(127, 0, 2, last.saturating_add(1))
        } else {
            address(1)
        };
        let to = plan.address;
        arrivals.push(tokio::spawn(async move {
            let start = Instant::now();
            let answer = async {
                let mut connection = Connection::open_from(from.into(), to).await?;
                connection.call(&bytes_of(&install)).await
            };
            let status = answer.await.map_or(0, |answer| answer.status);
            (status, start.elapsed())
        }));
        sleep(Duration::from_millis(50)).await;
    }
    let (mut served, mut slowest, mut others) = (0, Duration::ZERO, BTreeMap::new());
    for arrival in arrivals {
        let (status, took) = arrival.await?;
        slowest = slowest.max(took);
        if status == 204 && took <= LIMIT {
            served += 1;
        } else {
            *others.entry(status).or_insert(0) += 1;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut answers = BTreeMap::new();
    for stranger in strangers {
        for (status, count) in stranger.await?? {
            *answers.entry(status).or_insert(0_u64) += count;
        }
    }
    drop(server);
    let sent: u64 = answers.values().sum();
    report.claim(
        &format!("newcomers are installed during a flood from {from}"),
        served * 100 >= count * 99,
        format!("{served} of {count}, the slowest in {slowest:?}, others {others:?}"),
    );
    report.claim(
        &format!("nothing forged is stored, from {from}"),
        answers.keys().all(|status| matches!(status, 401 | 503)),
        format!("{answers:?}"),
    );
    let open = platform.gateway.most_open();
    report.claim(
        &format!("at most {OPEN} fetches are open, from {from}"),
        open <= OPEN,
        format!("{open}"),
    );
    report.figure(format!(
        "flood from {from}: {sent} forged installs, {served} of {count} newcomers installed, the \
         slowest in {slowest:?}, {open} fetches open at most"
    ));
    Ok(())
}

/// All that a genuine token says, signed by nobody.
fn forged(
    platform: &Platform,
    plan: &Plan,
    tenant: &Tenant,
    event: &SignedRequest,
) -> Result<TokenSpec> {
    let now = platform.host.clock().now();
    let qsh = qsh_of(event);
    Ok(TokenSpec::new()
        .header("alg", "RS256")
        .claim("iss", tenant.site().client_key()?)
        .claim("aud", plan.base_url.clone())
        .claim("iat", now.as_seconds())
        .claim("exp", now.plus(900).as_seconds())
        .claim("qsh", qsh))
}

fn qsh_of(event: &SignedRequest) -> serde_json::Value {
    use base64::Engine as _;
    let payload = event.token().and_then(|token| token.split('.').nth(1));
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.unwrap_or_default());
    let claims: serde_json::Value =
        serde_json::from_slice(&bytes.unwrap_or_default()).unwrap_or_default();
    claims.get("qsh").cloned().unwrap_or_default()
}

/// Sends forged installs at a steady rate until it is told to stop.
async fn flood(
    stop: &AtomicBool,
    from: IpAddr,
    to: std::net::SocketAddr,
    event: &SignedRequest,
    spec: &TokenSpec,
    stranger: u8,
) -> Result<BTreeMap<u16, u64>> {
    let mut answers = BTreeMap::new();
    let mut turns = interval(Duration::from_secs(1) / RATE);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut open: Vec<tokio::task::JoinHandle<u16>> = Vec::new();
    for number in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        turns.tick().await;
        let kid = format!("{stranger:08x}-0000-4000-8000-{number:012x}");
        let token = spec
            .clone()
            .header("kid", kid)
            .hs256(b"nobody in particular");
        let request = bytes_of(&event.clone().with_token(&token));
        // who waits for an answer does not keep others from asking
        open.push(tokio::spawn(async move {
            let answer = async {
                let mut connection = Connection::open_from(from, to).await?;
                connection.call(&request).await
            };
            answer.await.map_or(503, |answer| answer.status)
        }));
    }
    for answer in open {
        *answers.entry(answer.await?).or_insert(0) += 1;
    }
    Ok(answers)
}
