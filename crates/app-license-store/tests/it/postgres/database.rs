//! The database: migrations, replicas, restarts, what errors say.

use std::sync::Arc;

use app_license::{InstallationStatus, KeyId};
use app_license_pgtest::Cluster;
use app_license_store::{
    InstallKey, InstallKeyStore, InstallationStore, LeaseStore, Mark, PostgresOptions, ReplayMark,
    Sequence,
};

use super::{cluster, fresh_schema, options};
use crate::support::{installed, key, keys, name, now, secret, tenant};
use crate::uninstall::uninstalled;

#[tokio::test]
async fn a_version_1_schema_is_migrated_with_all_it_holds() {
    let cluster = cluster();
    cluster
        .sql(include_str!("../../fixtures/postgres-v1.sql"))
        .unwrap();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema("version_one");
    let store = options.clone().connect().await.unwrap();
    assert_eq!(store.health().await.unwrap().schema_version, 6);
    let a = store.get(&tenant("tenant-a")).await.unwrap().unwrap();
    assert_eq!(a.status(), InstallationStatus::Enabled);
    let current = a.stored_secrets().current().unwrap();
    assert_eq!(current.expose(), "version-one-secret-of-a-2");
    let (previous, replaced_at) = a.stored_secrets().previous().unwrap();
    assert_eq!(previous.expose(), "version-one-secret-of-a-1");
    assert_eq!(replaced_at.as_seconds(), 1_767_398_400);
    let history = store.events_after(Sequence::START, 99).await.unwrap();
    assert_eq!(history.len(), 5);
    assert_eq!(
        store.cursor(&name("hooks")).await.unwrap(),
        Sequence::new(4)
    );
    assert!(store.payload(Sequence::new(1)).await.unwrap().is_some());
    let mark = ReplayMark::new("t", b"", now());
    assert_eq!(store.mark_once(&mark, now()).await.unwrap(), Mark::First);
    let applied = store
        .apply(installed("tenant-b", "1"), now())
        .await
        .unwrap();
    assert_eq!(applied.sequence, Some(Sequence::new(6)));
    // keys that proved themselves are kept, for this replica and the next
    let proved = InstallKey::new(KeyId::new("k-1").unwrap(), "pem");
    store.put_install_key(&proved, now()).await.unwrap();
    let next = options.clone().connect().await.unwrap();
    assert_eq!(next.install_keys(9).await.unwrap(), [proved]);
    // and the secrets of old are sealed once there is a key
    let store = options.encryption(keys(1)).connect().await.unwrap();
    assert_eq!(store.reencrypt_all().await.unwrap(), 2);
    assert_eq!(store.reencrypt_all().await.unwrap(), 0);
    let sql = "SELECT count(*) FROM version_one.installation WHERE secret_key IS NULL";
    assert_eq!(cluster.sql(sql).unwrap().trim(), "0");

    fresh_like_migrated(cluster).await;
}

async fn fresh_like_migrated(cluster: &Cluster) {
    let fresh = fresh_schema();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema(&fresh);
    options.connect().await.unwrap();
    let columns = |schema: &str| {
        let sql = format!(
            "SELECT table_name, column_name, data_type, is_nullable, collation_name
            FROM information_schema.columns WHERE table_schema = '{schema}' ORDER BY 1, 2"
        );
        cluster.sql(&sql).unwrap()
    };
    assert_eq!(columns("version_one"), columns(&fresh));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let cluster = cluster();
    let schema = fresh_schema();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema(&schema);
    options.clone().connect().await.unwrap();
    let sql = format!("INSERT INTO {schema}.schema_version VALUES (99)");
    cluster.sql(&sql).unwrap();
    let error = options.connect().await.unwrap_err();
    assert_eq!(error.code(), "newer_schema");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_migrate_once() {
    let cluster = cluster();
    let schema = fresh_schema();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let options = PostgresOptions::new(cluster.url())
            .plain_text()
            .schema(&schema)
            .connections(1);
        tasks.push(tokio::spawn(options.connect()));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let sql = format!("SELECT count(*) FROM {schema}.schema_version");
    assert_eq!(cluster.sql(&sql).unwrap().trim(), "6");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_share_tenants_numbers_and_leases() {
    let cluster = cluster();
    let options = options(cluster).connections(4);
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(Arc::new(options.clone().connect().await.unwrap()));
    }
    let mut tasks = Vec::new();
    for task in 0..12_usize {
        let store = Arc::clone(&replicas[task % 3]);
        tasks.push(tokio::spawn(async move {
            let mut granted = 0;
            for i in 0..10 {
                let tenant = if i % 2 == 0 {
                    "shared".to_owned()
                } else {
                    format!("t{task}")
                };
                let delivery = installed(&tenant, &format!("{task}-{i}"));
                store.apply(delivery, now()).await.unwrap();
                let holder = name(&format!("replica-{}", task % 3));
                let lease = store.try_lease(&name("l"), &holder, now(), 300).await;
                granted += usize::from(lease.unwrap().is_granted());
            }
            granted
        }));
    }
    let mut granted = 0;
    for task in tasks {
        granted += task.await.unwrap();
    }
    assert_eq!(granted, 1);
    let history = replicas[0]
        .events_after(Sequence::START, 999)
        .await
        .unwrap();
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, (1..=120).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_restart_of_the_database_is_survived_and_an_outage_is_said() {
    let mut cluster = Cluster::start().unwrap();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .connections(2);
    let store = options.connect().await.unwrap();
    store.apply(installed("a", "1"), now()).await.unwrap();

    cluster.kill();
    let error = store.get(&tenant("a")).await.unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert_eq!(error.class().http_status(), 503);
    assert!(store.apply(installed("a", "2"), now()).await.is_err());
    assert!(store.health().await.is_err());

    cluster.restart().unwrap();
    let stored = store.get(&tenant("a")).await.unwrap().unwrap();
    assert_eq!(
        stored.stored_secrets().current().unwrap().expose(),
        secret("1")
    );
    // the connections in the pool are dead and do not know it yet
    cluster.kill();
    cluster.restart().unwrap();
    let applied = store.apply(installed("a", "2"), now()).await.unwrap();
    assert_eq!(applied.sequence, Some(Sequence::new(2)));
}

#[tokio::test]
async fn a_commit_is_on_disk_even_where_the_database_is_set_to_forget() {
    let mut cluster = Cluster::start().unwrap();
    cluster
        .sql("ALTER DATABASE postgres SET synchronous_commit = off")
        .unwrap();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .connections(1);
    let store = options.connect().await.unwrap();
    store.apply(installed("a", "1"), now()).await.unwrap();
    cluster.kill();
    cluster.restart().unwrap();
    assert!(store.get(&tenant("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn secrets_are_sealed_in_the_database_and_keys_rotate() {
    let cluster = cluster();
    let schema = fresh_schema();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema(&schema);
    let old = options.clone().encryption(keys(1)).connect().await.unwrap();
    for name in ["1", "2"] {
        old.apply(installed("a", name), now()).await.unwrap();
        old.apply(installed("b", name), now()).await.unwrap();
    }
    let everything = format!("SELECT to_jsonb(i) FROM {schema}.installation i");
    let hex: String = "sh4red".bytes().map(|b| format!("{b:02x}")).collect();
    let rows = cluster.sql(&everything).unwrap();
    assert!(!rows.contains(&hex) && !rows.contains("sh4red"));

    let both = keys(2).with_previous(key(1));
    let both = options.clone().encryption(both).connect().await.unwrap();
    assert_eq!(both.reencrypt_all().await.unwrap(), 2);
    let error = old.get(&tenant("a")).await.unwrap_err();
    assert_eq!(error.code(), "unknown_encryption_key");
    let new = options.encryption(keys(2)).connect().await.unwrap();
    let stored = new.get(&tenant("b")).await.unwrap().unwrap();
    assert_eq!(
        stored.stored_secrets().current().unwrap().expose(),
        secret("2")
    );
    let swap = format!(
        "UPDATE {schema}.installation SET secret = (SELECT secret FROM {schema}.installation
            WHERE tenant = 'connect:a') WHERE tenant = 'connect:b'"
    );
    cluster.sql(&swap).unwrap();
    assert_eq!(
        new.get(&tenant("b")).await.unwrap_err().code(),
        "does_not_open"
    );
}

/// Also where those that are first in the order of the tenants can be opened.
#[tokio::test]
async fn a_store_is_not_well_where_more_secrets_are_for_another_key() {
    let cluster = cluster();
    for (of_old, is_well) in [(39, true), (80, false)] {
        let options = PostgresOptions::new(cluster.url()).schema(fresh_schema());
        let old = options.clone().encryption(keys(1)).connect().await.unwrap();
        for n in 0..of_old {
            let delivery = installed(&format!("z{n}"), "1");
            old.apply(delivery, now()).await.unwrap();
        }
        let new = options.encryption(keys(2)).connect().await.unwrap();
        for n in 0..40 {
            let delivery = installed(&format!("a{n}"), "1");
            new.apply(delivery, now()).await.unwrap();
        }
        let health = new.health().await;
        assert_eq!(health.is_ok(), is_well, "{of_old}: {health:?}");
        if let Err(error) = health {
            assert_eq!(error.code(), "unknown_encryption_key");
        }
    }
}

#[tokio::test]
async fn marks_are_bounded() {
    let cluster = cluster();
    let store = options(cluster).max_marks(10).connect().await.unwrap();
    let mark = |i: u64| ReplayMark::new(&i.to_string(), b"", now().plus(10));
    for i in 0..10 {
        store.mark_once(&mark(i), now()).await.unwrap();
    }
    let error = store.mark_once(&mark(10), now()).await.unwrap_err();
    assert_eq!(error.code(), "too_many_marks");
    assert_eq!(
        store.mark_once(&mark(3), now()).await.unwrap(),
        Mark::Repeated
    );
    let later = now().plus(11 + ReplayMark::GRACE);
    assert_eq!(
        store.mark_once(&mark(10), later).await.unwrap(),
        Mark::First
    );
}

/// Nothing of an erased tenant is in a dump; nor in any file, after `VACUUM FULL`, once the log of before
/// it is recycled.
#[tokio::test]
async fn nothing_of_an_erased_tenant_is_in_a_dump_or_after_a_vacuum_in_the_files() {
    let cluster = Cluster::start_unsynced().unwrap();
    for setting in ["wal_recycle = off", "min_wal_size = '32MB'"] {
        cluster.sql(&format!("ALTER SYSTEM SET {setting}")).unwrap();
    }
    cluster.sql("SELECT pg_reload_conf()").unwrap();
    let options = PostgresOptions::new(cluster.url()).plain_text();
    let store = options.connections(1).connect().await.unwrap();
    for other in ["one", "two"] {
        store.apply(installed(other, "1"), now()).await.unwrap();
    }
    for secret_name in ["2", "3"] {
        let delivery = installed("erased-tenant", secret_name);
        store.apply(delivery, now()).await.unwrap();
    }
    store
        .apply(installed("gone-tenant", "9"), now())
        .await
        .unwrap();
    store
        .apply(uninstalled("gone-tenant"), now())
        .await
        .unwrap();
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let dumped = [
        hex(&secret("3")),
        hex(&secret("9")),
        "erased-tenant".into(),
        "gone-tenant".into(),
    ];
    let dump = cluster.dump().unwrap();
    for mark in &dumped {
        assert!(dump.contains(mark), "{mark} was never there");
    }

    let key = tenant("erased-tenant");
    assert_eq!(store.erase(&key).await.unwrap().events, 2);
    let gone = store.erase_uninstalled(now().plus(1)).await.unwrap();
    assert_eq!(gone, [tenant("gone-tenant")]);
    let dump = cluster.dump().unwrap();
    assert!(dump.contains("connect:one"));
    for mark in &dumped {
        assert!(!dump.contains(mark), "{mark}");
    }

    let vacuum = [
        "VACUUM FULL",
        "SELECT pg_switch_wal()",
        "CHECKPOINT",
        "SELECT pg_switch_wal()",
        "CHECKPOINT",
    ];
    for sql in vacuum {
        cluster.sql(sql).unwrap();
    }
    for mark in [
        secret("3"),
        secret("9"),
        "erased-tenant".into(),
        "gone-tenant".into(),
    ] {
        let holding = cluster.files_that_hold(&mark).unwrap();
        assert!(holding.is_empty(), "{mark}: {holding:?}");
    }
    assert!(!cluster.files_that_hold("connect:one").unwrap().is_empty());
}
