//! The conformance suite, on SQLite, plain and encrypted; and what only SQLite has.

use app_license_store::SqliteStore;
use app_license_store::conformance::Subject;

async fn make_store() -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("installations.db");
    let store = SqliteStore::open_plain_text(path).await.unwrap();
    Subject::from(store).keeping(directory)
}

mod plain {
    app_license_store::store_conformance!(super::make_store);
}

mod encrypted {
    use app_license_store::SqliteOptions;
    use app_license_store::conformance::Subject;

    async fn make_store() -> Subject {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteOptions::new(directory.path().join("installations.db"))
            .plain_text()
            .encryption(crate::support::keys(1).refuse_plain_text())
            .readers(1)
            .open()
            .await
            .unwrap();
        Subject::from(store).keeping(directory)
    }

    app_license_store::store_conformance!(make_store);
}

#[path = "sqlite/erasure.rs"]
mod erasure;
#[path = "sqlite/file.rs"]
mod file;
#[path = "sqlite/license_source.rs"]
mod license_source;
#[path = "sqlite/secrets.rs"]
mod secrets;

#[path = "sqlite/npm.rs"]
mod npm;
