//! The file: what is in it, who may read it, which versions it may have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use app_license::InstallationStatus;
use app_license::plan::hooks::HookPlan;
use app_license_store::{
    Delivery, EncryptionKeys, InstallationStore, Mark, Name, ReplayMark, Sequence, SqliteOptions,
    SqliteRecords, SqliteStore, Stopped,
};
use rusqlite::Connection;

use crate::support::{installed, name, now, tenant};

pub(crate) struct TempStore {
    pub(crate) directory: tempfile::TempDir,
}

impl TempStore {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("installations.db")
    }

    pub(crate) async fn open(&self) -> SqliteStore {
        SqliteStore::open_plain_text(self.path()).await.unwrap()
    }

    pub(crate) async fn open_with(&self, keys: EncryptionKeys) -> SqliteStore {
        let options = SqliteOptions::new(self.path())
            .plain_text()
            .encryption(keys);
        options.open().await.unwrap()
    }

    /// Every byte of every file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut paths: Vec<_> = std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
            .iter()
            .flat_map(|p| std::fs::read(p).unwrap())
            .collect()
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        let bytes = self.bytes();
        bytes.windows(text.len()).any(|w| w == text.as_bytes())
    }

    pub(crate) fn sql(&self, sql: &str) {
        Connection::open(self.path())
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }
}

/// They are read beside the store.
#[tokio::test]
async fn consumers_are_those_that_handled_an_event_or_stopped_at_one() {
    let place = TempStore::new();
    let store = place.open().await;
    let names = || {
        let records = SqliteRecords::open(place.path()).unwrap();
        let names = records.consumers().unwrap().into_iter();
        names.map(|name| name.to_string()).collect::<Vec<_>>()
    };
    assert!(names().is_empty());
    store.apply(installed("a", "1"), now()).await.unwrap();
    store
        .advance(&name("mail"), Sequence::new(1))
        .await
        .unwrap();
    let stopped = Stopped::new(tenant("a"), Sequence::new(1), 1, now());
    // the last is what the runner `mail` is calling for
    for consumer in [
        name("mail"),
        name("billing"),
        Name::of(HookPlan::ATTEMPTS, "mail"),
    ] {
        store.stop(&consumer, &stopped).await.unwrap();
    }
    assert_eq!(names(), ["billing", "mail"]);
    // what an erasure keeps is no consumer
    store.erase(&tenant("a")).await.unwrap();
    assert_eq!(names(), ["mail"]);
    store.close().await;
    // version 3 of the schema had no table of those who stopped
    place.sql("DROP TABLE stopped; PRAGMA user_version = 3");
    assert_eq!(names(), ["mail"]);
}

/// SECURITY-RULES `secret-overwritten`.
#[tokio::test]
async fn secret_overwritten_refusals_leave_the_file_byte_identical() {
    let place = TempStore::new();
    let store = place.open().await;
    let mark = |body: &[u8]| ReplayMark::new("token", body, now().plus(180));
    let first = installed("a", "1").marked(mark(b"genuine"));
    store.apply(first, now()).await.unwrap();
    store.close().await;
    let before = place.bytes();

    let store = place.open().await;
    let replayed = store
        .apply(installed("a", "evil").marked(mark(b"forged")), now())
        .await;
    assert_eq!(replayed.unwrap_err().code(), "replayed");
    let event = installed("b", "evil").events()[0].clone();
    let foreign = store.apply(Delivery::new(tenant("a"), event), now()).await;
    assert_eq!(foreign.unwrap_err().code(), "tenant_mismatch");
    let ahead = store.advance(&name("hooks"), Sequence::new(9)).await;
    assert_eq!(ahead.unwrap_err().code(), "cursor_beyond_end");
    let repeated = store
        .apply(installed("a", "1"), now().plus(9))
        .await
        .unwrap();
    assert_eq!(repeated.sequence, None);
    store.close().await;
    assert!(place.bytes() == before);
}

#[tokio::test]
async fn a_version_1_file_is_migrated_with_all_it_holds() {
    let place = TempStore::new();
    place.sql(include_str!("../../fixtures/sqlite-v1.sql"));
    let store = place.open().await;
    assert_eq!(store.health().await.unwrap().schema_version, 6);
    let a = store.get(&tenant("tenant-a")).await.unwrap().unwrap();
    assert_eq!(a.status(), InstallationStatus::Enabled);
    assert_eq!(a.entitlement().id(), Some("e-1"));
    let current = a.stored_secrets().current().unwrap();
    assert_eq!(current.expose(), "version-one-secret-of-a-2");
    let (previous, replaced_at) = a.stored_secrets().previous().unwrap();
    assert_eq!(previous.expose(), "version-one-secret-of-a-1");
    assert_eq!(replaced_at.as_seconds(), 1_767_398_400);
    let b = store.get(&tenant("tenant-b")).await.unwrap().unwrap();
    assert_eq!(b.status(), InstallationStatus::Uninstalled);
    let history = store.events_after(Sequence::START, 99).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(
        store.cursor(&name("hooks")).await.unwrap(),
        Sequence::new(4)
    );
    assert!(store.payload(Sequence::new(1)).await.unwrap().is_some());
    // what version 2 added is there
    let mark = ReplayMark::new("t", b"", now());
    assert_eq!(store.mark_once(&mark, now()).await.unwrap(), Mark::First);
    let applied = store
        .apply(installed("tenant-b", "1"), now())
        .await
        .unwrap();
    assert_eq!(applied.sequence, Some(Sequence::new(6)));
    store.close().await;

    let schema = |path: &Path| -> Vec<String> {
        let connection = Connection::open(path).unwrap();
        let mut tables = Vec::new();
        let sql = "SELECT t.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || c.pk
            FROM sqlite_schema t, pragma_table_info(t.name) c ORDER BY 1";
        let mut statement = connection.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            tables.push(row.get(0).unwrap());
        }
        tables
    };
    let fresh = TempStore::new();
    fresh.open().await.close().await;
    assert_eq!(schema(&place.path()), schema(&fresh.path()));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_not_touched() {
    let place = TempStore::new();
    let store = place.open().await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.close().await;
    place.sql("PRAGMA user_version = 99");
    let before = place.bytes();
    let error = SqliteStore::open_plain_text(place.path())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "newer_schema");
    let expected = "the database has schema version 99, newer than the 6 that this program knows";
    assert_eq!(error.to_string(), expected);
    assert!(place.bytes() == before);
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_not_touched() {
    let place = TempStore::new();
    place.sql("CREATE TABLE users (name TEXT)");
    let error = SqliteStore::open_plain_text(place.path())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "foreign_database");
    let connection = Connection::open(place.path()).unwrap();
    let sql = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(sql, [], |r| r.get(0)).unwrap();
    assert_eq!(tables, 1);

    std::fs::write(
        place.path(),
        "this is no database at all, but it is long enough",
    )
    .unwrap();
    let error = SqliteStore::open_plain_text(place.path())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    let missing = place.directory.path().join("not").join("there.db");
    let error = SqliteStore::open_plain_text(missing).await.unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = TempStore::new();
    let store = place.open().await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    for entry in std::fs::read_dir(place.directory.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[tokio::test]
async fn members_of_a_newer_record_survive_a_write() {
    let place = TempStore::new();
    let store = place.open().await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    place.sql(
        r#"UPDATE installation SET record = json_insert(record, '$.tomorrow', json('{"n":1.50}'));
        INSERT INTO history VALUES (2, 1, 1795305600, 'moved',
            '[{"change":"moved_to_the_moon","why":1},{"change":"enabled"}]')"#,
    );
    store.apply(installed("a", "2"), now()).await.unwrap();
    let connection = Connection::open(place.path()).unwrap();
    let sql = "SELECT record FROM installation";
    let record: String = connection.query_row(sql, [], |r| r.get(0)).unwrap();
    assert!(record.contains(r#""tomorrow":{"n":1.50}"#), "{record}");
    let history = store.events_after(Sequence::new(1), 1).await.unwrap();
    assert_eq!(
        (history[0].changes.len(), history[0].unknown_changes),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_file_take_turns() {
    let place = TempStore::new();
    let stores = [Arc::new(place.open().await), Arc::new(place.open().await)];
    let mut tasks = Vec::new();
    for task in 0..16 {
        let store = Arc::clone(&stores[task % 2]);
        tasks.push(tokio::spawn(async move {
            for i in 0..10 {
                let delivery = installed("a", &format!("{task}-{i}"));
                store.apply(delivery, now()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let history = stores[0].events_after(Sequence::START, 999).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, (1..=160).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_open_a_new_file_together_migrate_once() {
    for _ in 0..5 {
        let place = TempStore::new();
        let mut tasks = Vec::new();
        for _ in 0..8 {
            tasks.push(tokio::spawn(SqliteStore::open_plain_text(place.path())));
        }
        for (i, task) in tasks.into_iter().enumerate() {
            let store = task.await.unwrap().unwrap();
            let delivery = installed(&format!("t{i}"), "1");
            store.apply(delivery, now()).await.unwrap();
        }
        assert_eq!(place.open().await.count().await.unwrap(), 8);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_all_or_nothing() {
    let place = TempStore::new();
    let store = place.open().await;
    for i in 0..50 {
        let apply = store.apply(installed(&format!("t{i}"), "1"), now());
        let _ = tokio::time::timeout(std::time::Duration::from_micros(i * 40), apply).await;
    }
    drop(store);
    let store = place.open().await;
    let installations = store.list(None, 999).await.unwrap();
    let history = store.events_after(Sequence::START, 999).await.unwrap();
    assert_eq!(installations.len(), history.len());
}

#[tokio::test]
async fn marks_are_bounded() {
    let place = TempStore::new();
    let options = SqliteOptions::new(place.path()).plain_text().max_marks(10);
    let store = options.open().await.unwrap();
    let mark = |i: u64| ReplayMark::new(&i.to_string(), b"", now().plus(10));
    for i in 0..10 {
        store.mark_once(&mark(i), now()).await.unwrap();
    }
    let error = store.mark_once(&mark(10), now()).await.unwrap_err();
    assert_eq!(error.code(), "too_many_marks");
    assert_eq!(error.class().http_status(), 503);
    // known ones are still told, and expired ones make room
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

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let place = TempStore::new();
    let options = SqliteOptions::new(place.path()).plain_text().readers(0);
    assert_eq!(options.open().await.unwrap_err().code(), "invalid");
}
