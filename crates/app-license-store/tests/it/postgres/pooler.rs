//! Behind a transaction pooler: what is left in a session, what is read there, and a pooler that goes.

use std::ops::ControlFlow;
use std::sync::Arc;

use app_license_pgtest::{Cluster, Pooler};
use app_license_store::{
    InstallationStore, LeaseStore, PostgresOptions, PostgresRecords, Sequence, Stopped,
};

use super::fresh_schema;
use crate::support::{installed, name, now, tenant};

/// docs/postgres.md says which versions were tried: older ones were not.
#[test]
fn the_programs_are_no_older_than_the_page_says() {
    let page = include_str!("../../../../../docs/postgres.md");
    assert!(
        page.contains("| PostgreSQL 15 behind PgBouncer 1.18,"),
        "the page says others"
    );
    let pooler = Pooler::version().unwrap();
    assert!(pooler >= (1, 18), "PgBouncer {pooler:?}");
    let server = Cluster::shared()
        .unwrap()
        .sql("SHOW server_version_num")
        .unwrap();
    assert!(
        server.trim().parse::<u32>().unwrap() >= 150_000,
        "PostgreSQL {server}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_left_as_it_was_and_its_server_may_restart() {
    let mut cluster = Cluster::start_unsynced().unwrap();
    // one connection to the server: what anybody leaves in its session, the next one finds
    let pooler = Pooler::start(&cluster, 1).unwrap();
    let database = "ALTER DATABASE postgres SET synchronous_commit = off;
        ALTER DATABASE postgres SET statement_timeout = '77s'";
    cluster.sql(database).unwrap();
    let options = PostgresOptions::new(pooler.url()).plain_text();
    let stores = [
        Arc::new(options.clone().connect().await.unwrap()),
        Arc::new(options.connect().await.unwrap()),
    ];
    let mut tasks = Vec::new();
    for task in 0..8_usize {
        let store = Arc::clone(&stores[task % 2]);
        tasks.push(tokio::spawn(async move {
            let own = format!("t{task}");
            store.apply(installed(&own, "1"), now()).await.unwrap();
            let lease = store.try_lease(&name("l"), &name(&own), now(), 300).await;
            usize::from(lease.unwrap().is_granted())
        }));
    }
    let mut granted = 0;
    for task in tasks {
        granted += task.await.unwrap();
    }
    assert_eq!(granted, 1);

    let psql = |sql: &str| cluster.sql_behind(&pooler, sql).unwrap();
    let left = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
        current_setting('synchronous_commit'), current_setting('search_path'),
        (SELECT count(*) FROM pg_prepared_statements),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')";
    assert_eq!(psql(left).trim(), "77s|0|off|\"$user\", public|0|0");

    cluster.kill();
    assert!(stores[0].get(&tenant("t1")).await.is_err());
    cluster.restart().unwrap();
    // a pooler tries a server that was away again after a while (`server_login_retry`)
    let mut tries = 0;
    while let Err(error) = stores[0].get(&tenant("t1")).await {
        assert_eq!(error.code(), "store_unavailable");
        tries += 1;
        assert!(tries < 300, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let history = stores[1].events_after(Sequence::START, 99).await.unwrap();
    assert_eq!(history.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_read_through_a_pooler() {
    let schema = fresh_schema();
    let url = super::pooler();
    let options = super::options_of(&url).schema(&schema);
    let store = options.connect().await.unwrap();
    for i in 0..3 {
        let delivery = installed(&format!("t{i}"), "1");
        store.apply(delivery, now()).await.unwrap();
    }
    store
        .advance(&name("mail"), Sequence::new(1))
        .await
        .unwrap();
    let stopped = Stopped::new(tenant("t0"), Sequence::new(1), 1, now());
    store.stop(&name("billing"), &stopped).await.unwrap();
    let mut readers = Vec::new();
    for _ in 0..4 {
        let records = PostgresRecords::in_schema(&url, &schema).unwrap();
        readers.push(tokio::spawn(async move {
            let mut seen = 0;
            let each = |_: app_license_store::StoredRecord<'_>| {
                seen += 1;
                ControlFlow::Continue(())
            };
            records.for_each(each).await.unwrap();
            assert!(records.history_of("E-1").await.unwrap().is_empty());
            let consumers = records.consumers().await.unwrap();
            assert_eq!(consumers, [name("billing"), name("mail")]);
            seen
        }));
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 3);
    }
}
