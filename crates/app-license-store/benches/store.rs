//! Reading and writing one tenant among many.
//!
//! `APP_LICENSE_BENCH_TENANTS` says how many are there first (100,000 if not set);
//! `APP_LICENSE_BENCH_POSTGRES` is the address of a database, which is then measured too.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a benchmark"
)]

use std::hint::black_box;
use std::sync::Arc;

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};
use app_license_store::{Delivery, MemoryStore, PostgresOptions, SqliteOptions, Store};
use criterion::{BenchmarkId, Criterion, Throughput};
use tokio::runtime::Runtime;

/// Tenant ids as the platform makes them: spread, not in order.
fn tenant(number: u64) -> String {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-3000-8000-{number:012x}",
        spread >> 32,
        spread & 0xffff
    )
}

fn key(number: u64) -> InstallationKey {
    InstallationKey::Connect(ClientKey::new(tenant(number)).unwrap())
}

fn installed(number: u64, round: u64) -> Delivery {
    let tenant = tenant(number);
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"{tenant}","eventType":"installed",
        "sharedSecret":"ATCO-{round:016x}-{number:016x}","baseUrl":"https://site-{number}.atlassian.net",
        "displayUrl":"https://site-{number}.atlassian.net","productType":"jira",
        "description":"Atlassian Jira at https://site-{number}.atlassian.net",
        "serviceEntitlementNumber":"SEN-{number}","entitlementId":"{tenant}",
        "entitlementNumber":"E-{number}","capabilitySet":"capabilityStandard"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, issuer) = (
        AppKey::new("com.example.app").unwrap(),
        body.client_key().clone(),
    );
    let event = body.accept(
        LifecycleKind::Installed,
        &app,
        &issuer,
        &KeyHosts::default(),
    );
    Delivery::connect(event.unwrap())
}

fn fill(runtime: &Runtime, store: &Arc<dyn Store>, tenants: u64) {
    const AT_A_TIME: u64 = 512;
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for task in 0..AT_A_TIME {
            let store = Arc::clone(store);
            tasks.push(tokio::spawn(async move {
                for number in (task..tenants).step_by(AT_A_TIME as usize) {
                    store
                        .apply(installed(number, 0), UnixTime::EPOCH)
                        .await
                        .unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn measure(criterion: &mut Criterion, name: &str, store: &Arc<dyn Store>, tenants: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    fill(&runtime, store, tenants);
    let mut group = criterion.benchmark_group(name);
    let mut next = 0_u64;
    let mut any = || {
        next = next.wrapping_add(0x9e37_79b9);
        next % tenants
    };
    group.bench_function(BenchmarkId::new("read", tenants), |b| {
        b.iter(|| {
            runtime
                .block_on(store.get(black_box(&key(any()))))
                .unwrap()
                .unwrap()
        });
    });
    let mut round = 1;
    group.bench_function(BenchmarkId::new("upsert", tenants), |b| {
        b.iter(|| {
            round += 1;
            let delivery = installed(any(), round);
            runtime
                .block_on(store.apply(delivery, UnixTime::EPOCH))
                .unwrap()
        });
    });
    group.throughput(Throughput::Elements(64));
    group.bench_function(BenchmarkId::new("upsert, 64 at once", tenants), |b| {
        b.iter(|| {
            round += 1;
            runtime.block_on(async {
                let mut tasks = Vec::new();
                for _ in 0..64 {
                    let (store, delivery) = (Arc::clone(store), installed(any(), round));
                    tasks.push(tokio::spawn(async move {
                        store.apply(delivery, UnixTime::EPOCH).await.unwrap();
                    }));
                }
                for task in tasks {
                    task.await.unwrap();
                }
            });
        });
    });
    group.finish();
}

fn main() {
    let tenants = std::env::var("APP_LICENSE_BENCH_TENANTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();

    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    measure(&mut criterion, "memory", &memory, tenants);
    drop(memory);

    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(directory.path().join("installations.db")).plain_text();
    let sqlite: Arc<dyn Store> = Arc::new(runtime.block_on(options.open()).unwrap());
    measure(&mut criterion, "sqlite", &sqlite, tenants);
    drop(sqlite);

    if let Ok(url) = std::env::var("APP_LICENSE_BENCH_POSTGRES") {
        let options = PostgresOptions::new(url)
            .plain_text()
            .schema("app_license_bench");
        let postgres: Arc<dyn Store> = Arc::new(runtime.block_on(options.connect()).unwrap());
        measure(&mut criterion, "postgres", &postgres, tenants);
    }
    criterion.final_summary();
}
