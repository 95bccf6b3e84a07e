//! A primary that is killed, and its synchronous standby promoted, while installs come in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license_pgtest::Cluster;
use app_license_store::{InstallationStore, PostgresOptions, Sequence};

use tokio::time::Instant;

use crate::support::{installed, now, secret, tenant};

/// Replicas of the app, and deliveries that are under way at each.
const REPLICAS: usize = 2;
const AT_A_TIME: usize = 4;
/// What a failover may take, beside the time until somebody notices and promotes the standby.
const BACK_IN: Duration = Duration::from_secs(10);

/// `cargo xtask prove failover`: it waits for real seconds, so it is no part of the tests.
#[test]
#[ignore = "a proof: `cargo xtask prove failover`"]
fn no_answered_install_is_lost_when_the_primary_is_killed_and_the_store_is_back_in_seconds() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build();
    runtime.unwrap().block_on(prove());
}

#[expect(clippy::print_stdout, reason = "a proof says its figures")]
async fn prove() {
    let mut primary = Cluster::start().unwrap();
    let standby = primary.synchronous_standby().unwrap();
    let url = primary.url_with(&standby);
    let number = Arc::new(AtomicU64::new(0));
    let answered = Arc::new(Mutex::new(Vec::<(u64, Instant)>::new()));
    let refused = Arc::new(AtomicU64::new(0));
    let ended = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for _ in 0..REPLICAS {
        let options = PostgresOptions::new(url.clone()).plain_text();
        let store = Arc::new(options.connections(AT_A_TIME).connect().await.unwrap());
        for _ in 0..AT_A_TIME {
            let (store, number) = (Arc::clone(&store), Arc::clone(&number));
            let (answered, refused) = (Arc::clone(&answered), Arc::clone(&refused));
            let ended = Arc::clone(&ended);
            tasks.push(tokio::spawn(async move {
                while !ended.load(Ordering::SeqCst) {
                    let own = number.fetch_add(1, Ordering::SeqCst);
                    // the platform delivers again what was answered 503
                    loop {
                        let delivery = installed(&format!("t{own}"), &own.to_string());
                        match store.apply(delivery, now()).await {
                            Ok(_) => break,
                            Err(error) => {
                                assert_eq!(error.code(), "store_unavailable", "{error}");
                                refused.fetch_add(1, Ordering::SeqCst);
                                tokio::time::sleep(Duration::from_millis(50)).await;
                            }
                        }
                    }
                    answered.lock().unwrap().push((own, Instant::now()));
                }
            }));
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let killed_at = Instant::now();
    let before = answered.lock().unwrap().len();
    primary.kill();
    // whoever watches takes a moment
    tokio::time::sleep(Duration::from_millis(500)).await;
    standby.promote().unwrap();
    let promoted_at = Instant::now();
    let after = |since: Instant| {
        answered
            .lock()
            .unwrap()
            .iter()
            .find(|(_, at)| *at > since)
            .copied()
    };
    let back_at = loop {
        match after(promoted_at) {
            Some((_, at)) => break at,
            None => {
                assert!(
                    promoted_at.elapsed() < BACK_IN,
                    "no install for {BACK_IN:?}"
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    ended.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }

    let options = PostgresOptions::new(standby.url()).plain_text();
    let store = options.connect().await.unwrap();
    let answered = std::mem::take(&mut *answered.lock().unwrap());
    for (own, _) in &answered {
        let key = tenant(&format!("t{own}"));
        let stored = store.get(&key).await.unwrap();
        let stored = stored.unwrap_or_else(|| panic!("t{own} was answered and is lost"));
        let current = stored.stored_secrets().current().unwrap();
        assert_eq!(current.expose(), secret(&own.to_string()));
        let history = store.history(&key, Sequence::START, 9).await.unwrap();
        assert_eq!(history.len(), 1, "t{own} was installed once");
    }
    let outage = back_at.duration_since(killed_at);
    assert!(
        before > 0 && answered.len() > before,
        "installs before and after"
    );
    assert!(outage < BACK_IN, "{outage:?}");
    let (after, refused) = (answered.len() - before, refused.load(Ordering::SeqCst));
    println!(
        "failover holds: {before} installs answered before the kill and {after} after it, none lost; \
         {refused} answered 503; back {} ms after the kill, {} ms after the promotion",
        outage.as_millis(),
        back_at.duration_since(promoted_at).as_millis(),
    );
}
