//! Version 6 of the schema, which renamed a column: what License APIs answered stays.

use app_license::LicenseSource;
use app_license_store::{LicenseStore, SqliteRecords};
use rusqlite::Connection;

use super::file::TempStore;
use crate::support::tenant;
use crate::version_5::{ANSWERS_OF_VERSION_5, kept, sources_read};

const VERSION_5: [&str; 5] = [
    include_str!("../../../migrations/sqlite/0001_installations.sql"),
    include_str!("../../../migrations/sqlite/0002_licenses_leases_marks.sql"),
    include_str!("../../../migrations/sqlite/0003_install_keys.sql"),
    include_str!("../../../migrations/sqlite/0004_stopped.sql"),
    include_str!("../../../migrations/sqlite/0005_linked_to.sql"),
];

#[tokio::test]
async fn answers_of_a_version_5_file_stay_and_are_read_before_and_after() {
    let place = TempStore::new();
    place.sql(&VERSION_5.concat());
    place.sql(ANSWERS_OF_VERSION_5);
    place.sql("PRAGMA application_id = 1634749539; PRAGMA user_version = 5");
    let read = || {
        let mut read = Vec::new();
        let records = SqliteRecords::open(place.path()).unwrap();
        records.for_each(|r| sources_read(&mut read, &r)).unwrap();
        read
    };
    let before = read();
    assert_eq!(before, [Some(LicenseSource::ForgeLicenseApi)]);

    let store = place.open().await;
    let tenant = tenant("tenant-a");
    let of = |source| store.license(&tenant, source);
    let connect = of(LicenseSource::ConnectLicenseApi).await.unwrap();
    let forge = of(LicenseSource::ForgeLicenseApi).await.unwrap();
    assert_eq!(kept(connect), Some((Some("{}".to_owned()), 10)));
    assert_eq!(kept(forge), Some((None, 20)));
    store.close().await;
    assert_eq!(read(), before);
    let named: String = Connection::open(place.path())
        .unwrap()
        .query_row(
            "SELECT group_concat(license_source) FROM license WHERE tenant = 'connect:tenant-a'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(named, "connect_license_api,forge_license_api");
}
