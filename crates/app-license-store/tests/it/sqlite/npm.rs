//! Files of the npm package, before it had this schema and since.

use app_license::{
    ClientKey, InstallationAri, InstallationKey, InstallationStatus, KeyId, LicenseSource,
};
use app_license_store::{
    Error, InstallKeyStore, InstallationStore, Lease, LeaseStore, LicenseStore, SqliteOptions,
    SqliteRecords, SqliteStore,
};
use rusqlite::Connection;

use crate::support::{installed, keys, name, now};

const ARI: &str = "ari:cloud:ecosystem::installation/7c265a88-214c-4fc3-bb35-26cbed5d2378";
const V1: &str = include_str!("../../fixtures/npm-v1.sql");
const V2: &str = include_str!("../../fixtures/npm-v2.sql");

struct File(tempfile::TempDir);

impl File {
    fn new(sql: &str) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        file.connection().execute_batch(sql).unwrap();
        file
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("installations.db")
    }

    fn connection(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    fn holds(&self, text: &str) -> bool {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|it| it == text.as_bytes()))
    }

    fn number(&self, sql: &str) -> i64 {
        self.connection().query_row(sql, [], |r| r.get(0)).unwrap()
    }

    /// All statements of its schema, in an order, without the table that keeps earlier versions away.
    fn schema(&self) -> Vec<String> {
        let connection = self.connection();
        let sql = "SELECT sql FROM sqlite_schema
            WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name != 'app_license_schema' ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    async fn open(&self) -> Result<SqliteStore, Error> {
        SqliteStore::open_plain_text(self.path()).await
    }

    async fn refused(&self) -> Error {
        self.open().await.unwrap_err()
    }
}

fn acme() -> InstallationKey {
    InstallationKey::Connect(ClientKey::new("client-acme").unwrap())
}

fn forge() -> InstallationKey {
    InstallationKey::Forge(InstallationAri::new(ARI).unwrap())
}

#[tokio::test]
async fn a_file_of_before_is_taken_over_with_all_it_holds() {
    for (version, sql) in [(1, V1), (2, V2)] {
        let file = File::new(sql);
        let store = file.open().await.unwrap();
        assert_eq!(store.count().await.unwrap(), 3);
        let found = store.get(&acme()).await.unwrap().unwrap();
        assert_eq!(found.status(), InstallationStatus::Enabled);
        let secrets = found.stored_secrets();
        let current = secrets.current().unwrap().expose();
        assert_eq!(current, "second-secret-of-acme-0123456789");
        let (previous, replaced_at) = secrets.previous().unwrap();
        assert_eq!(previous.expose(), "first-secret-of-acme-0123456789");
        assert_eq!(replaced_at.to_string(), "2026-11-01T00:05:00Z");
        assert!(store.get(&forge()).await.unwrap().is_some());

        let history = store
            .events_after(app_license_store::Sequence::START, 99)
            .await
            .unwrap();
        let events: Vec<_> = history
            .iter()
            .map(|e| (e.sequence.get(), e.event.as_str()))
            .collect();
        let names = match version {
            1 => ["unknown"; 6],
            _ => [
                "installed",
                "enabled",
                "installed",
                "installed",
                "block",
                "avi:forge:installed:app",
            ],
        };
        let expected: Vec<_> = [1, 2, 3, 5, 6, 8].into_iter().zip(names).collect();
        assert_eq!(events, expected);
        // 4 and 7 were erased; the next is 9, whatever was
        let applied = store.apply(installed("late", "1"), now()).await.unwrap();
        assert_eq!(applied.sequence.unwrap().get(), 9);

        let records = SqliteRecords::open(file.path()).unwrap();
        if version == 2 {
            assert_eq!(
                store.cursor(&name("provision")).await.unwrap().get(),
                4,
                "the hook goes on"
            );
            // `my mail` is no name of this program's, and keeps nobody from reading the others
            assert_eq!(records.consumers().unwrap(), [name("provision")]);
            let api = LicenseSource::ConnectLicenseApi;
            let kept = store.license(&acme(), api).await.unwrap().unwrap();
            assert!(kept.license().unwrap().has_capability("capabilityAdvanced"));
            let forge_api = LicenseSource::ForgeLicenseApi;
            let none = store.license(&forge(), forge_api).await.unwrap().unwrap();
            assert_eq!(none.document(), None);
            let keys = store.install_keys(9).await.unwrap();
            let ids: Vec<_> = keys.iter().map(|key| key.id().clone()).collect();
            let newest_first = ["test-3", "test-2", "test-1"].map(|id| KeyId::new(id).unwrap());
            assert_eq!(ids, newest_first);
            let lease = name(&format!("forge-license/{ARI}"));
            let during = app_license::UnixTime::from_seconds(1_793_491_700).unwrap();
            let asked = store.try_lease(&lease, &name("me"), during, 60).await;
            assert!(matches!(asked.unwrap(), Lease::Held { .. }));
        }
        let blocked = history.iter().find(|e| e.sequence.get() == 6).unwrap();
        assert_eq!(blocked.changes[0].code(), "blocked");
        store.close().await;
        let connection = file.connection();
        let marks: i64 = connection
            .query_row(
                "SELECT count(*) FROM mark WHERE length(token) = 32 AND length(body) = 32",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(marks, 7);
        let fresh = File::new("");
        fresh.open().await.unwrap().close().await;
        assert_eq!(file.schema(), fresh.schema());
        // earlier versions of the package refuse a version that they do not know
        assert_eq!(file.number("SELECT version FROM app_license_schema"), 3);
        file.open().await.unwrap().close().await;
    }
}

/// In the transaction of the takeover, so that plain text may be refused from the first time on.
#[tokio::test]
async fn secrets_of_a_file_that_is_taken_over_are_sealed() {
    for sql in [V1, V2] {
        let file = File::new(sql);
        let strict = keys(1).refuse_plain_text();
        let options = SqliteOptions::new(file.path()).encryption(strict);
        let store = options.open().await.unwrap();
        assert!(!file.holds("secret-of-acme"), "in no free page and no log");
        let found = store.get(&acme()).await.unwrap().unwrap();
        let secrets = found.stored_secrets();
        let previous = secrets.previous().unwrap().0.expose();
        assert_eq!(previous, "first-secret-of-acme-0123456789");
        assert_eq!(store.reencrypt_all().await.unwrap(), 0);
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_no_secret_is_one_tenants_fault_in_a_takeover() {
    let file = File::new(V2);
    file.connection()
        .execute_batch(
            "UPDATE app_license_installations SET record = '{' WHERE client_key = 'client-globex'",
        )
        .unwrap();
    let options = SqliteOptions::new(file.path()).encryption(keys(1));
    let store = options.open().await.unwrap();
    assert!(store.get(&acme()).await.unwrap().is_some());
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_refused_and_left_alone() {
    let later = File::new(&V2.replace(
        "\"app_license_schema\" VALUES(2)",
        "\"app_license_schema\" VALUES(3)",
    ));
    let shared = File::new(&format!("CREATE TABLE users (name TEXT);{V2}"));
    for (file, code) in [(&later, "newer_schema"), (&shared, "foreign_database")] {
        assert_eq!(file.refused().await.code(), code);
        let tables = "SELECT count(*) FROM app_license_installations";
        let rows: i64 = file
            .connection()
            .query_row(tables, [], |r| r.get(0))
            .unwrap();
        assert_eq!(rows, 3);
    }
}

#[tokio::test]
async fn a_file_of_before_is_read_by_nobody_until_it_is_taken_over() {
    let file = File::new(V1);
    let error = SqliteRecords::open(file.path()).unwrap_err();
    assert_eq!(error.code(), "foreign_database");
    assert!(error.to_string().contains("app-license store migrate"));
    file.open().await.unwrap().close().await;
    SqliteRecords::open(file.path()).unwrap();
}

/// A version alone says nothing: programs of all kinds number theirs.
#[tokio::test]
async fn a_file_of_another_program_is_refused_whatever_its_version_is() {
    for version in [1, 4, 99] {
        let file = File::new(&format!(
            "CREATE TABLE users (name TEXT); PRAGMA user_version = {version}"
        ));
        assert_eq!(file.refused().await.code(), "foreign_database");
        let file = File::new(&format!("PRAGMA user_version = {version}"));
        assert_eq!(file.refused().await.code(), "foreign_database");
    }
}

/// An answer that ended is none.
#[tokio::test]
async fn an_answer_that_ended_is_not_read_beside_a_record() {
    let file = File::new(V2);
    file.open().await.unwrap().close().await;
    let records = SqliteRecords::open(file.path()).unwrap();
    let mut read = Vec::new();
    let each = |record: app_license_store::StoredRecord<'_>| {
        read.push((record.tenant.to_owned(), record.license.is_some()));
        std::ops::ControlFlow::Continue(())
    };
    records.for_each(each).unwrap();
    read.sort();
    let expected = [
        ("connect:client-acme", true),
        ("connect:client-globex", false),
    ];
    let found: Vec<_> = read.iter().map(|(t, l)| (t.as_str(), *l)).collect();
    assert_eq!(found[..2], expected);
}

/// What an earlier version of the package writes into a file of this store.
fn beside(file: &File) {
    let sql = V2.replace("DELETE FROM \"sqlite_sequence\";", "");
    let connection = file.connection();
    connection
        .execute_batch("DROP TABLE IF EXISTS app_license_schema")
        .unwrap();
    connection.execute_batch(&sql).unwrap();
}

#[tokio::test]
async fn beside_installations_earlier_tables_are_refused_with_what_to_do() {
    let file = File::new("");
    let store = file.open().await.unwrap();
    store.apply(installed("b", "1"), now()).await.unwrap();
    store.close().await;
    beside(&file);
    let error = file.refused().await;
    assert_eq!(error.code(), "foreign_database");
    assert!(error.to_string().contains("drop its tables"), "{error}");
    let read = SqliteRecords::open(file.path()).unwrap_err();
    assert_eq!(read.code(), "foreign_database");
    assert_eq!(
        file.number("SELECT count(*) FROM app_license_installations"),
        3
    );
    assert_eq!(file.number("SELECT count(*) FROM installation"), 1);
}

/// A store whose tenants were erased keeps its numbers, its cursors and its marks.
#[tokio::test]
async fn beside_a_store_without_installations_earlier_tables_are_taken_over_behind_its_numbers() {
    const TOKEN: &str = "28cb887245f7931916177fa51859a67accd09d0becf6c87ee288e1a8eed9d0a2";
    let file = File::new("");
    let store = file.open().await.unwrap();
    for secret in ["1", "2"] {
        store.apply(installed("gone", secret), now()).await.unwrap();
    }
    let two = app_license_store::Sequence::new(2);
    for consumer in ["provision", "other"] {
        store.advance(&name(consumer), two).await.unwrap();
    }
    store.erase(&crate::support::tenant("gone")).await.unwrap();
    store.close().await;
    let own = format!(
        "INSERT INTO mark VALUES (unhex('{TOKEN}'), zeroblob(32), 1793491676);
        INSERT INTO install_key VALUES ('test-1', 'newer', 1793491676);"
    );
    file.connection().execute_batch(&own).unwrap();
    beside(&file);

    let store = file.open().await.unwrap();
    assert_eq!(store.count().await.unwrap(), 3);
    let history = store.events_after(two, 99).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, [3, 4, 5, 7, 8, 10]);
    for (consumer, at) in [("provision", 6), ("other", 2)] {
        let cursor = store.cursor(&name(consumer)).await.unwrap();
        assert_eq!(cursor.get(), at, "{consumer}");
    }
    let applied = store.apply(installed("late", "1"), now()).await.unwrap();
    assert_eq!(applied.sequence.unwrap().get(), 11);
    store.close().await;
    assert_eq!(file.number("SELECT count(*) FROM mark"), 7);
    let kept = "SELECT expires_at FROM mark WHERE body = zeroblob(32)";
    assert_eq!(file.number(kept), 1_793_491_676);
    let key = "SELECT kept_at FROM install_key WHERE id = 'test-1'";
    assert_eq!(file.number(key), 1_793_491_676);
}

/// A reader of another process holds up the log; the next rotation empties it.
#[tokio::test]
async fn what_was_in_plain_text_is_in_the_log_while_a_reader_holds_it_up_and_no_longer() {
    const SECRET: &str = "secret-of-acme";
    let file = File::new(&format!("{V2}; PRAGMA journal_mode = WAL"));
    let reader = file.connection();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM app_license_marks")
        .unwrap();
    let options = SqliteOptions::new(file.path()).encryption(keys(1));
    let store = options.open().await.unwrap();
    assert_eq!(store.reencrypt_all().await.unwrap(), 0);
    assert!(file.holds(SECRET), "the reader holds nothing up");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(store.reencrypt_all().await.unwrap(), 0);
    assert!(!file.holds(SECRET));
    store.close().await;
}

/// With no reader, nothing of them is left once they are sealed, while the store stays open.
#[tokio::test]
async fn a_rotation_leaves_nothing_in_the_log() {
    let file = File::new(V2);
    file.open().await.unwrap().close().await;
    let options = SqliteOptions::new(file.path()).encryption(keys(1));
    let store = options.open().await.unwrap();
    assert!(file.holds("secret-of-acme"));
    store.reencrypt_all().await.unwrap();
    assert!(!file.holds("secret-of-acme"));
    store.close().await;
}

#[derive(serde::Deserialize)]
struct Case {
    of: Option<String>,
    sql: String,
    refused: bool,
}

/// The npm package's tests read the same cases.
#[tokio::test]
async fn whose_file_it_is_is_said_as_the_npm_package_says_it() {
    let cases = include_str!("../../fixtures/whose-file.json");
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    for Case { of, sql, refused } in cases {
        let file = File::new(if of.is_some() { V2 } else { "" });
        file.connection().execute_batch(&sql).unwrap();
        let error = file.open().await.err();
        let expected = refused.then_some("foreign_database");
        assert_eq!(error.map(|e| e.code()), expected, "{of:?} {sql}");
    }
}
