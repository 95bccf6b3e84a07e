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
    for (source, document, at) in [
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
                "INSERT INTO license (tenant, license_source, document, fetched_at)
                SELECT tenant, ?1, ?2, ?3 FROM installation",
                params![source, document, at],
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
