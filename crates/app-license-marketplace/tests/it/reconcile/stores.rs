//! Installations out of SQLite: read-only, and the same as out of an export.

use std::path::{Path, PathBuf};

use app_license_marketplace::reconcile::Reconciler;
use app_license_store::{SqliteRecords, SqliteStore};
use app_license_testkit::vendor::{ReportShape, Vendor};
use rusqlite::{Connection, params};

use super::support::{assert_same, read_report, reconciler};

fn vendor() -> Vendor {
    Vendor::new(11, 1_000).drift_in_every(6)
}

pub(super) fn with_report(vendor: &Vendor) -> Reconciler {
    let mut reconciler = reconciler();
    read_report(&mut reconciler, vendor, ReportShape::Lines);
    reconciler
}

/// A file that the Rust store made, filled.
async fn rust_store(directory: &Path, vendor: &Vendor) -> PathBuf {
    let path = directory.join("installations.db");
    SqliteStore::open_plain_text(&path)
        .await
        .unwrap()
        .close()
        .await;
    let mut connection = Connection::open(&path).unwrap();
    let transaction = connection.transaction().unwrap();
    for i in vendor.installations() {
        let platform = if i.connect { "connect" } else { "forge" };
        transaction
            .execute(
                "INSERT INTO installation (tenant, status, record, secret, changed_at)
                VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    format!("{platform}:{}", i.key),
                    i.status,
                    i.record,
                    b"a secret that nobody reads",
                    i64::try_from(i.changed_at).unwrap()
                ],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
    path
}

#[tokio::test]
async fn a_rust_store_in_sqlite_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let vendor = vendor();
    let path = rust_store(directory.path(), &vendor).await;
    let mut reconciler = with_report(&vendor);
    let unreadable = reconciler
        .read_sqlite(&SqliteRecords::open(&path).unwrap())
        .unwrap();
    assert_eq!(unreadable.count, 0);
    assert_same(&vendor, &reconciler.finish().unwrap());
}

#[tokio::test]
async fn a_store_is_read_while_the_app_writes_to_it_and_nothing_in_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let vendor = vendor();
    let path = rust_store(directory.path(), &vendor).await;
    let app = Connection::open(&path).unwrap();
    app.execute_batch("BEGIN IMMEDIATE; DELETE FROM installation")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut reconciler = with_report(&vendor);
    reconciler
        .read_sqlite(&SqliteRecords::open(&path).unwrap())
        .unwrap();
    assert_same(&vendor, &reconciler.finish().unwrap());
    assert!(std::fs::read(&path).unwrap() == before);
    app.execute_batch("ROLLBACK").unwrap();
}

#[tokio::test]
async fn answers_of_a_license_api_beside_the_record_count_when_they_are_newer() {
    let directory = tempfile::tempdir().unwrap();
    let vendor = Vendor::new(12, 400);
    let path = rust_store(directory.path(), &vendor).await;
    let store = Connection::open(&path).unwrap();
    let now = i64::try_from(Vendor::now().as_seconds()).unwrap();
    // every tenant was told today that it runs Advanced, and a year ago that it runs nothing
    for (touchpoint, document, at) in [
        (
            "connect_license_api",
            r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
            now,
        ),
        (
            "forge_license_api",
            r#"{"active":false}"#,
            now - 365 * 86_400,
        ),
    ] {
        store
            .execute(
                "INSERT INTO license (tenant, touchpoint, document, fetched_at)
                SELECT tenant, ?1, ?2, ?3 FROM installation",
                params![touchpoint, document, at],
            )
            .unwrap();
    }
    drop(store);
    let mut reconciler = with_report(&vendor);
    reconciler
        .read_sqlite(&SqliteRecords::open(&path).unwrap())
        .unwrap();
    let comparison = reconciler.finish().unwrap();
    let above = comparison
        .drift()
        .filter(|d| d.kind.code() == "runs_above_bought")
        .count();
    assert!(above > 100, "{above}");
    for drift in comparison.drift() {
        let runs = drift.runs.unwrap();
        assert_eq!((runs.grants, runs.license), ("advanced", Some("active")));
    }
}

#[test]
fn the_store_of_the_npm_package_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("express.db");
    let vendor = vendor();
    let mut connection = Connection::open(&path).unwrap();
    // beside the tables of the app itself
    connection
        .execute_batch(
            "CREATE TABLE users (id INTEGER PRIMARY KEY);
            CREATE TABLE app_license_installations (client_key TEXT PRIMARY KEY, record TEXT NOT NULL,
                secret TEXT, previous TEXT, replaced_at INTEGER) STRICT;",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for i in vendor.installations() {
        transaction
            .execute(
                "INSERT INTO app_license_installations VALUES (?1, ?2, 'a secret', NULL, NULL)",
                params![i.key, i.record],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
    let mut reconciler = with_report(&vendor);
    reconciler
        .read_sqlite(&SqliteRecords::open(&path).unwrap())
        .unwrap();
    assert_same(&vendor, &reconciler.finish().unwrap());
}

/// Its tables are made by the package's own statements, of all versions.
#[test]
fn the_store_of_the_npm_package_is_read_with_the_answers_of_license_apis() {
    let source = include_str!("../../../../../wasm/js/src/fetch/sqlite.ts");
    let statements: Vec<&str> = source
        .split('`')
        .filter(|part| part.contains("CREATE TABLE"))
        .collect();
    assert_eq!(statements.len(), 2, "the versions of its schema");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("express.db");
    let file = Connection::open(&path).unwrap();
    for migration in statements {
        file.execute_batch(migration).unwrap();
    }
    let ari = "ari:cloud:ecosystem::installation/00000000-0000-4000-8000-000000000001";
    let record = format!(r#"{{"key":{{"forge":"{ari}"}},"entitlement":{{"number":"E-1"}}}}"#);
    file.execute(
        "INSERT INTO app_license_installations VALUES (?1, ?2, NULL, NULL, NULL)",
        params![ari, record],
    )
    .unwrap();
    file.execute(
        "INSERT INTO app_license_history (client_key, at, changes, event)
            VALUES (?1, 1767571200, '[{\"change\":\"installed\"}]', 'avi:forge:installed:app')",
        params![ari],
    )
    .unwrap();
    for (touchpoint, document, at) in [
        ("connect_license_api", r#"{"active":false}"#, 1_767_571_200),
        ("forge_license_api", r#"{"active":true}"#, 1_767_571_201),
    ] {
        file.execute(
            "INSERT INTO app_license_licenses VALUES (?1, ?2, ?3, ?4)",
            params![ari, touchpoint, document, at],
        )
        .unwrap();
    }
    let records = SqliteRecords::open(&path).unwrap();
    let mut read = Vec::new();
    records
        .for_each(|record| {
            let license = record
                .license
                .as_ref()
                .and_then(|license| license.document());
            read.push((record.tenant.to_owned(), license.map(str::to_owned)));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let active = Some(r#"{"active":true}"#.to_owned());
    assert_eq!(read, [(format!("forge:{ari}"), active)]);
    // what the API refused, or an uninstall, ends an answer
    file.execute(
        "UPDATE app_license_licenses SET document = '' WHERE touchpoint = 'forge_license_api'",
        [],
    )
    .unwrap();
    records
        .for_each(|record| {
            assert!(record.license.is_none());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let history = records.history_of("e-1").unwrap();
    assert_eq!(history[0].event, "avi:forge:installed:app");
}

#[test]
fn other_files_are_refused_and_none_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE users (id INTEGER)")
        .unwrap();
    let error = SqliteRecords::open(&path).unwrap_err();
    assert_eq!(error.code(), "foreign_database");
    let missing = directory.path().join("missing.db");
    assert_eq!(
        SqliteRecords::open(&missing).unwrap_err().code(),
        "store_unavailable"
    );
    assert!(!missing.exists());
    other
        .execute_batch("CREATE TABLE installation (id INTEGER); PRAGMA user_version = 99")
        .unwrap();
    let error = SqliteRecords::open(&path).unwrap_err();
    assert_eq!(error.code(), "newer_schema");
}

#[tokio::test]
async fn damaged_records_are_counted_and_the_rest_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let vendor = vendor();
    let path = rust_store(directory.path(), &vendor).await;
    let store = Connection::open(&path).unwrap();
    store
        .execute_batch(
            "INSERT INTO installation (tenant, status, record, changed_at)
            VALUES ('connect:damaged', 'enabled', '{\"key\":', 0)",
        )
        .unwrap();
    let mut reconciler = with_report(&vendor);
    let unreadable = reconciler
        .read_sqlite(&SqliteRecords::open(&path).unwrap())
        .unwrap();
    assert_eq!(unreadable.count, 1);
    let first = unreadable.first.unwrap();
    assert!(first.starts_with("tenant `connect:damaged`: "), "{first}");
    assert_same(&vendor, &reconciler.finish().unwrap());
}
