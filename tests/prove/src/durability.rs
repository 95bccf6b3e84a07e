//! A client installs and re-installs while the server is killed at random. Afterwards everything
//! that was answered is in the store, and nothing is half there.

mod checks;
mod kills;
mod moves;

use std::sync::Arc;

use anyhow::Result;
use app_license_pgtest::Cluster;
use app_license_store::{PostgresStore, SqliteStore, Store};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::platform::Platform;
use crate::process::Plan;
use crate::progress::Progress;
use crate::report::Report;
use crate::scale::Scale;

/// Tenants that are busy at the same time.
const AT_A_TIME: usize = 48;

/// The database under test.
enum Backend {
    Sqlite(tempfile::TempDir),
    Postgres(Cluster),
}

impl Backend {
    const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    fn address(&self) -> String {
        match self {
            Self::Sqlite(folder) => {
                format!(
                    "sqlite:{}",
                    folder.path().join("installations.db").display()
                )
            }
            Self::Postgres(cluster) => cluster.url(),
        }
    }

    async fn open(&self) -> Result<Arc<dyn Store>> {
        Ok(match self {
            Self::Sqlite(folder) => Arc::new(
                SqliteStore::open_plain_text(folder.path().join("installations.db")).await?,
            ),
            Self::Postgres(cluster) => {
                Arc::new(PostgresStore::connect_plain_text(cluster.url()).await?)
            }
        })
    }
}

pub(crate) async fn prove(scale: Scale) -> Result<Report> {
    let mut report = Report::new("durability");
    let tenants = scale.of(10_000, 300);
    let kills = scale.of(24, 6);
    let least = scale.of(20, 5);
    for backend in [
        Backend::Sqlite(tempfile::tempdir()?),
        Backend::Postgres(Cluster::start()?),
    ] {
        run(&mut report, &backend, scale.seed, tenants, (kills, least)).await?;
    }
    Ok(report)
}

async fn run(
    report: &mut Report,
    backend: &Backend,
    seed: u64,
    tenants: usize,
    (kills, least): (usize, usize),
) -> Result<()> {
    let start = Instant::now();
    let platform = Arc::new(Platform::start(seed).await?);
    let plan = Plan::new(backend.address(), platform.address())?;
    let server = plan.start(0).await?;
    // an install and its `enabled`, then one event or four for the second time
    let expected = tenants * 2 + tenants * 5 / 2;
    let progress = Arc::new(Progress::new(
        format!("{}: events", backend.name()),
        u64::try_from(expected)?,
    ));
    let (sent, watched) = watch::channel(0_u64);
    let killer = tokio::spawn(kills::at_random(
        plan.clone(),
        server,
        kills::points(seed, kills, u64::try_from(expected)?),
        watched,
    ));
    let work = Arc::new(moves::Work {
        platform: Arc::clone(&platform),
        base_url: plan.base_url.clone(),
        address: plan.address,
        progress,
        sent,
        numbers: std::sync::atomic::AtomicU64::new(0),
    });
    let logs = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for first in 0..AT_A_TIME {
        let (work, logs) = (Arc::clone(&work), Arc::clone(&logs));
        tasks.push(tokio::spawn(async move {
            let numbers = (first..tenants).step_by(AT_A_TIME);
            let mut random = fastrand::Rng::with_seed(seed.wrapping_add(first as u64));
            let done = work.all(numbers, &mut random).await?;
            logs.lock().await.extend(done);
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    // the killer ends when nobody tells it any more how far it is
    drop(work);
    let (server, killed) = killer.await??;
    let logs = std::mem::take(&mut *logs.lock().await);
    let seconds = start.elapsed().as_secs();

    let name = backend.name();
    report.claim(
        &format!("{name}: the server was killed at least {least} times"),
        killed >= least,
        killed,
    );
    checks::over_sockets(report, name, &plan, &logs).await?;
    server.kill().await?;
    checks::in_store(report, name, &backend.open().await?, &logs).await?;
    if let Backend::Sqlite(folder) = backend {
        checks::file(report, &folder.path().join("installations.db"))?;
    }
    let answered = logs.iter().map(moves::Log::answered).sum::<usize>();
    report.figure(format!(
        "{name} {tenants} tenants, {answered} events answered, {killed} kills, {seconds} s"
    ));
    Ok(())
}
