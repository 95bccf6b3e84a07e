//! Installations out of PostgreSQL: read-only, and the same as out of an export.

use app_license_pgtest::Cluster;
use app_license_store::{PostgresOptions, PostgresRecords};
use app_license_testkit::vendor::Vendor;

use super::stores::with_report;
use super::support::{self, assert_same};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_postgresql_is_read_by_a_role_that_may_only_read() {
    let cluster = Cluster::shared().unwrap();
    let vendor = Vendor::new(11, 500).drift_in_every(6);
    let store = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema("drift");
    store.connect().await.unwrap().close();
    let installations: Vec<_> = vendor.installations().collect();
    for some in installations.chunks(60) {
        let rows: Vec<_> = some
            .iter()
            .map(|i| {
                let platform = if i.connect { "connect" } else { "forge" };
                let record = i.record.replace('\'', "''");
                let (key, status, at) = (&i.key, i.status, i.changed_at);
                format!("('{platform}:{key}', '{status}', '{record}', {at})")
            })
            .collect();
        let into = "INSERT INTO drift.installation (tenant, status, record, changed_at) VALUES";
        cluster.sql(&format!("{into} {}", rows.join(", "))).unwrap();
    }
    cluster
        .sql(
            "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA drift TO reader;
            GRANT SELECT ON ALL TABLES IN SCHEMA drift TO reader",
        )
        .unwrap();
    let url = cluster.url().replace("//test@", "//reader@");
    let mut reconciler = with_report(&vendor);
    let records = PostgresRecords::in_schema(&url, "drift").unwrap();
    let unreadable = reconciler.read_postgres(&records).await.unwrap();
    assert_eq!(unreadable.count, 0);
    assert_same(&vendor, &reconciler.finish().unwrap());
    let nothing = PostgresRecords::in_schema(&url, "elsewhere").unwrap();
    let error = support::reconciler()
        .read_postgres(&nothing)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "foreign_database");
}
