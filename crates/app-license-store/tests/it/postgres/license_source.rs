//! Version 6 of the schema, which renamed a column: what License APIs answered stays.

use app_license::LicenseSource;
use app_license_store::{LicenseStore, PostgresOptions, PostgresRecords};

use super::{cluster, fresh_schema};
use crate::support::tenant;
use crate::version_5::{ANSWERS_OF_VERSION_5, kept, sources_read};

const VERSION_5: [&str; 5] = [
    include_str!("../../../migrations/postgres/0001_installations.sql"),
    include_str!("../../../migrations/postgres/0002_licenses_leases_marks.sql"),
    include_str!("../../../migrations/postgres/0003_install_keys.sql"),
    include_str!("../../../migrations/postgres/0004_stopped.sql"),
    include_str!("../../../migrations/postgres/0005_linked_to.sql"),
];

#[tokio::test]
async fn answers_of_a_version_5_schema_stay_and_are_read_before_and_after() {
    let cluster = cluster();
    let schema = fresh_schema();
    let version_5 = format!(
        "CREATE SCHEMA {schema}; SET search_path TO {schema};
        CREATE TABLE schema_version (version BIGINT PRIMARY KEY);
        INSERT INTO schema_version VALUES (1), (2), (3), (4), (5);
        {}{}",
        VERSION_5.concat(),
        ANSWERS_OF_VERSION_5
    );
    cluster.sql(&version_5).unwrap();
    let read = async || {
        let mut read = Vec::new();
        let records = PostgresRecords::in_schema(&cluster.url(), &schema).unwrap();
        let each = |r: app_license_store::StoredRecord<'_>| sources_read(&mut read, &r);
        records.for_each(each).await.unwrap();
        read
    };
    let before = read().await;
    assert_eq!(before, [Some(LicenseSource::ForgeLicenseApi)]);

    let options = PostgresOptions::new(cluster.url()).plain_text();
    let store = options.schema(&schema).connect().await.unwrap();
    let tenant = tenant("tenant-a");
    let of = |source| store.license(&tenant, source);
    let connect = of(LicenseSource::ConnectLicenseApi).await.unwrap();
    let forge = of(LicenseSource::ForgeLicenseApi).await.unwrap();
    assert_eq!(kept(connect), Some((Some("{}".to_owned()), 10)));
    assert_eq!(kept(forge), Some((None, 20)));
    assert_eq!(read().await, before);
    let sql = format!(
        "SELECT string_agg(license_source, ',' ORDER BY license_source) FROM {schema}.license"
    );
    let named = cluster.sql(&sql).unwrap();
    assert_eq!(named.trim(), "connect_license_api,forge_license_api");
}
