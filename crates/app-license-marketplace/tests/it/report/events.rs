//! Events that an app stored, of one customer.

use app_license::Edition;
use app_license_marketplace::report::Timeline;
use app_license_store::{HistoryEntry, SqliteRecords, SqliteStore};
use rusqlite::Connection;

/// The editions that the app knew of a customer, one an event.
fn editions(id: &str, history: &[HistoryEntry]) -> Vec<Option<Edition>> {
    let mut timeline = Timeline::new(id);
    for entry in history {
        timeline.add_event(entry.at, &entry.event, &entry.changes);
    }
    let events = timeline.events().iter();
    events.map(|event| event.edition).collect()
}

const STANDARD_TO_ADVANCED: [Option<Edition>; 2] =
    [Some(Edition::Standard), Some(Edition::Advanced)];

#[tokio::test]
async fn the_history_is_read_by_entitlement() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("installations.db");
    SqliteStore::open_plain_text(&path)
        .await
        .unwrap()
        .close()
        .await;
    let file = Connection::open(&path).unwrap();
    file.execute_batch(
        r#"INSERT INTO installation (id, tenant, status, record, changed_at) VALUES
            (1, 'connect:tenant-1', 'installed', '{"key":{"connect":"tenant-1"},"entitlement":{"id":"u-1","number":"E-1"}}', 0),
            (2, 'connect:tenant-2', 'installed', '{"key":{"connect":"tenant-2"},"entitlement":{"number":"E-2"}}', 0),
            (3, 'connect:tenant-3', 'installed', '{"key":{"connect":"tenant-3"}}', 0);
        INSERT INTO history (installation, at, event, changes) VALUES
            (1, 1767571200, 'installed', '[{"change":"installed"}]'),
            (2, 1767571201, 'installed', '[{"change":"installed"}]'),
            (3, 1767571202, 'installed', '[{"change":"installed"}]'),
            (1, 1782864000, 'installed',
            '[{"change":"edition_changed","from":"capabilityStandard","to":"capabilityAdvanced"}]');"#,
    )
    .unwrap();
    let records = SqliteRecords::open(&path).unwrap();
    for id in ["e-1", "U-1"] {
        let history = records.history_of(id).unwrap();
        assert_eq!(editions(id, &history), STANDARD_TO_ADVANCED);
        assert_eq!(history[1].changes[0].code(), "edition_changed");
    }
    assert!(records.history_of("E-9").unwrap().is_empty());
}

#[cfg(feature = "_postgres-tests")]
#[tokio::test(flavor = "multi_thread")]
async fn the_history_in_postgresql_is_read_by_a_role_that_may_only_read() {
    use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
    use app_license::{AppKey, ClientKey, UnixTime};
    use app_license_store::{Delivery, InstallationStore as _, PostgresOptions, PostgresRecords};

    let cluster = app_license_pgtest::Cluster::shared().unwrap();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema("events");
    let store = options.connect().await.unwrap();
    let app = AppKey::new("com.example.app").unwrap();
    for (at, number, capability_set) in [
        (1_767_571_200, 1, "capabilityStandard"),
        (1_767_571_201, 2, "capabilityStandard"),
        (1_782_864_000, 1, "capabilityAdvanced"),
    ] {
        let tenant = ClientKey::new(format!("tenant-{number}")).unwrap();
        let body = serde_json::json!({
            "eventType": "installed", "key": "com.example.app", "clientKey": tenant.as_str(),
            "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://acme.atlassian.net",
            "productType": "jira", "entitlementId": format!("u-{number}"),
            "entitlementNumber": format!("E-{number}"), "capabilitySet": capability_set,
        });
        let body = LifecycleBody::parse(body.to_string().as_bytes()).unwrap();
        let event = body.accept(
            LifecycleKind::Installed,
            &app,
            &tenant,
            &KeyHosts::default(),
        );
        let at = UnixTime::from_seconds(at).unwrap();
        let delivery = Delivery::connect(event.unwrap());
        store.apply(delivery, at).await.unwrap();
    }
    store.close();
    cluster
        .sql(
            "CREATE ROLE historian LOGIN; GRANT USAGE ON SCHEMA events TO historian;
            GRANT SELECT ON ALL TABLES IN SCHEMA events TO historian",
        )
        .unwrap();
    let url = cluster.url().replace("//test@", "//historian@");
    let records = PostgresRecords::in_schema(&url, "events").unwrap();
    for id in ["e-1", "U-1"] {
        let history = records.history_of(id).await.unwrap();
        assert_eq!(editions(id, &history), STANDARD_TO_ADVANCED);
    }
    assert!(records.history_of("E-9").await.unwrap().is_empty());
    let nothing = PostgresRecords::in_schema(&url, "elsewhere").unwrap();
    let error = nothing.history_of("E-1").await.unwrap_err();
    assert_eq!(error.code(), "foreign_database");
}
