//! One tenant read or written among many.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, ensure};
use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};
use app_license_store::{Delivery, SqliteStore, Store};
use tokio::time::Instant;

use super::median::median;
use super::program::Program;
use crate::progress::Progress;
use crate::report::Report;
use crate::scale::Scale;

/// Under way at the same time while the store is filled.
const FILLING: u64 = 512;
/// Under way at the same time while it is measured.
const WIDTH: u64 = 256;

pub(super) async fn bench(
    report: &mut Report,
    folder: &Path,
    tenants: u64,
    scale: Scale,
) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("peer.db");
    let file = file.to_str().context("a path that is no text")?;
    let count = tenants.to_string();
    // one at a time: so it takes no lock that another one waits for
    let mut peer = Program::start(folder, "store.mjs", &[file, &count, "1"], "ready").await?;
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open_plain_text(scratch.path().join("ours.db")).await?);
    fill(&store, tenants).await?;

    let rounds = scale.of(5_u64, 2);
    let reads = scale.of((20_000, 2_000), (2_000, 200));
    let writes = scale.of((10_000, 200), (500, 20));
    let progress = Progress::new("peers: store rounds", rounds);
    let mut rates: [Vec<f64>; 5] = Default::default();
    let [our_reads, our_upserts, our_single, peer_reads, peer_upserts] = &mut rates;
    for round in 1..=rounds {
        let first = round * 1_000_000;
        our_reads.push(read(&store, tenants, first, reads.0).await?);
        peer_reads.push(ask(&mut peer, "read", first, reads.1).await?);
        our_upserts.push(upsert(&store, tenants, first, writes.0, WIDTH).await?);
        peer_upserts.push(ask(&mut peer, "upsert", first, writes.1).await?);
        our_single.push(upsert(&store, tenants, first + 500_000, writes.1, 1).await?);
        progress.step();
    }
    let [our_reads, our_upserts, our_single, peer_reads, peer_upserts] = rates.map(|r| median(&r));
    println!("  read            {our_reads:>9.0} a second, peer {peer_reads:>7.0}");
    println!(
        "  upsert          {our_upserts:>9.0} a second ({WIDTH} at a time, {our_single:.0} one at a time), peer {peer_upserts:>7.0}"
    );
    report.figure(format!(
        "store with {tenants} tenants: read {:.1} (goal 40), upsert {:.1} (goal 300; {:.1} one at a time)",
        our_reads / peer_reads,
        our_upserts / peer_upserts,
        our_single / peer_upserts
    ));
    Ok(())
}

/// How many a second.
async fn ask(peer: &mut Program, what: &str, first: u64, count: u64) -> Result<f64> {
    peer.tell(&format!("{what} {count} {first}")).await?;
    let milliseconds: f64 = peer.hear().await?.parse()?;
    Ok(count as f64 * 1000.0 / milliseconds)
}

/// Tenant ids as the platform makes them: spread, not in order.
fn tenant(number: u64) -> String {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-3000-8000-{number:012x}",
        spread >> 32,
        spread & 0xffff
    )
}

fn installed(number: u64, round: u64) -> Result<Delivery> {
    let tenant = tenant(number);
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"{tenant}","eventType":"installed",
        "sharedSecret":"ATCO-{round:016x}-{number:016x}","baseUrl":"https://site-{number}.atlassian.net",
        "displayUrl":"https://site-{number}.atlassian.net","productType":"jira",
        "description":"Atlassian Jira at https://site-{number}.atlassian.net",
        "serviceEntitlementNumber":"SEN-{number}","entitlementId":"{tenant}",
        "entitlementNumber":"E-{number}","capabilitySet":"capabilityStandard"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes())?;
    let (app, issuer) = (AppKey::new("com.example.app")?, body.client_key().clone());
    let event = body.accept(
        LifecycleKind::Installed,
        &app,
        &issuer,
        &KeyHosts::default(),
    )?;
    Ok(Delivery::connect(event))
}

async fn fill(store: &Arc<dyn Store>, tenants: u64) -> Result<()> {
    let progress = Arc::new(Progress::new("peers: tenants", tenants));
    let mut tasks = Vec::new();
    for task in 0..FILLING {
        let (store, progress) = (Arc::clone(store), Arc::clone(&progress));
        tasks.push(tokio::spawn(async move {
            let mut number = task;
            while number < tenants {
                let delivery = installed(number, 0)?;
                store.apply(delivery, UnixTime::EPOCH).await?;
                progress.step();
                number += FILLING;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// One after the other, as the peer does. How many a second.
async fn read(store: &Arc<dyn Store>, tenants: u64, first: u64, count: u64) -> Result<f64> {
    let start = Instant::now();
    for number in 0..count {
        let text = tenant((first + number) * 7919 % tenants);
        let key = InstallationKey::Connect(ClientKey::new(text)?);
        let found = store.get(&key).await?;
        ensure!(found.is_some_and(|f| f.key() == &key), "another tenant");
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// So many at a time. How many a second.
async fn upsert(
    store: &Arc<dyn Store>,
    tenants: u64,
    first: u64,
    count: u64,
    width: u64,
) -> Result<f64> {
    let start = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..width {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(());
                }
                let delivery = installed((first + number) * 7919 % tenants, first)?;
                store.apply(delivery, UnixTime::EPOCH).await?;
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
