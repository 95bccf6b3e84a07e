//! Events that an app stored, of one customer.

use app_license::Edition;
use app_license_marketplace::report::Timeline;
use app_license_store::SqliteRecords;
use rusqlite::Connection;

#[test]
fn the_history_of_the_npm_package_is_read_by_entitlement() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("express.db");
    let file = Connection::open(&path).unwrap();
    file.execute_batch(
        r#"CREATE TABLE app_license_installations (client_key TEXT PRIMARY KEY, record TEXT NOT NULL,
            secret TEXT, previous TEXT, replaced_at INTEGER) STRICT;
        CREATE TABLE app_license_history (id INTEGER PRIMARY KEY AUTOINCREMENT,
            client_key TEXT NOT NULL, at INTEGER NOT NULL, changes TEXT NOT NULL) STRICT;
        INSERT INTO app_license_installations VALUES
            ('tenant-1', '{"key":{"connect":"tenant-1"},"entitlement":{"id":"u-1","number":"E-1"}}', NULL, NULL, NULL),
            ('tenant-2', '{"key":{"connect":"tenant-2"},"entitlement":{"number":"E-2"}}', NULL, NULL, NULL),
            ('tenant-3', '{"key":{"connect":"tenant-3"}}', NULL, NULL, NULL);
        INSERT INTO app_license_history (client_key, at, changes) VALUES
            ('tenant-1', 1767571200, '[{"change":"installed"}]'),
            ('tenant-2', 1767571201, '[{"change":"installed"}]'),
            ('tenant-3', 1767571202, '[{"change":"installed"}]'),
            ('tenant-1', 1782864000,
            '[{"change":"edition_changed","from":"capabilityStandard","to":"capabilityAdvanced"}]');"#,
    )
    .unwrap();
    let records = SqliteRecords::open(&path).unwrap();
    for id in ["e-1", "U-1"] {
        let mut timeline = Timeline::new(id);
        for entry in records.history_of(id).unwrap() {
            timeline.add_event(entry.at, &entry.event, &entry.changes);
        }
        let editions: Vec<_> = timeline
            .events()
            .iter()
            .map(|event| event.edition)
            .collect();
        assert_eq!(editions, [Some(Edition::Standard), Some(Edition::Advanced)]);
        assert_eq!(timeline.events()[1].changes, ["edition_changed"]);
    }
    assert!(records.history_of("E-9").unwrap().is_empty());
}
