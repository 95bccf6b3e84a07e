//! The conformance suite, on PostgreSQL, plain and encrypted; and what only PostgreSQL has.

use std::sync::atomic::{AtomicU32, Ordering};

use app_license_pgtest::Cluster;
use app_license_store::conformance::Subject;
use app_license_store::{InstallationStore, PostgresOptions, PostgresStore};

/// One cluster for all tests; each has a schema of its own. A machine without PostgreSQL fails here,
/// and says what to install.
fn cluster() -> &'static Cluster {
    Cluster::shared().unwrap_or_else(|failure| panic!("{failure}"))
}

fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The address of PgBouncer before that cluster.
fn pooler() -> String {
    Cluster::shared_pooler().unwrap_or_else(|failure| panic!("{failure}"))
}

fn options(cluster: &Cluster) -> PostgresOptions {
    options_of(&cluster.url())
}

fn options_of(url: &str) -> PostgresOptions {
    PostgresOptions::new(url)
        .plain_text()
        .schema(fresh_schema())
        .connections(8)
}

async fn make_store() -> Subject {
    let cluster = cluster();
    let store: PostgresStore = options(cluster).connect().await.unwrap();
    Subject::from(store)
}

mod plain {
    app_license_store::store_conformance!(super::make_store);
}

/// Sealed, and behind PgBouncer in transaction mode: eight connections share three to the server.
mod encrypted_behind_a_pooler {
    use app_license_store::conformance::Subject;

    async fn make_store() -> Subject {
        let url = super::pooler();
        let store = super::options_of(&url)
            .encryption(crate::support::keys(1).refuse_plain_text())
            .connect()
            .await
            .unwrap();
        Subject::from(store)
    }

    app_license_store::store_conformance!(make_store);
}

#[path = "postgres/access.rs"]
mod access;
#[path = "postgres/database.rs"]
mod database;
#[path = "postgres/license_source.rs"]
mod license_source;
#[path = "postgres/pooler.rs"]
mod pooler;

#[path = "postgres/failover.rs"]
mod failover;

#[tokio::test]
async fn plain_text_must_be_asked_for_by_name() {
    let (cluster, schema) = (cluster(), fresh_schema());
    let options = || PostgresOptions::new(cluster.url()).schema(&schema);
    let error = options().connect().await.unwrap_err();
    assert_eq!(error.code(), "no_encryption_key");
    let made = format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'");
    assert_eq!(cluster.sql(&made).unwrap().trim(), "0", "nothing is made");
    let store = options().plain_text().connect().await.unwrap();
    assert!(!store.health().await.unwrap().encrypted);
    assert_eq!(cluster.sql(&made).unwrap().trim(), "1");
}
