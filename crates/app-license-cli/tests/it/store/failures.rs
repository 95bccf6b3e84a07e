//! What the commands say of a store that is damaged, empty, misspelled or away.

use app_license_store::SqliteOptions;

use super::TestStore;
use crate::common::run;

/// Makes a record one that cannot be read.
fn damage(place: &TestStore, tenant: &str) {
    let path = place.store.strip_prefix("sqlite:").unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "UPDATE installation SET record = json_set(record, '$.updatedAt', 'never') WHERE tenant = ?1";
    assert_eq!(connection.execute(sql, [tenant]).unwrap(), 1);
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_the_others_are_listed() {
    let place = TestStore::sqlite(None);
    damage(&place, "connect:client-acme");
    for args in [
        &["list"][..],
        &["list", "--ndjson"],
        &["list", "--format", "json"],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        for (site, listed) in [("acme", false), ("globex", true), ("initech", true)] {
            assert_eq!(ran.out.contains(site), listed, "{args:?}: {}", ran.out);
        }
        let said = "1 record of the store cannot be read; the record of `connect:client-acme` cannot be read: ";
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    // what would go is shown, and the command ends with an error
    let ran = place.run(&["erase", "--gone-for", "30", "--now", "2026-12-05T00:00:00Z"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("1 installation would be erased"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("1 record of the store"), "{}", ran.err);
    // none of the wanted can be read
    assert_eq!(place.run(&["list", "--site", "acme"]).code, 1);
    damage(&place, "connect:client-initech");
    let ran = place.run(&["list"]);
    assert!(ran.err.contains("2 records of the store"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_changes_no_exit_code_of_a_list() {
    let place = TestStore::sqlite(None);
    for (args, code) in [
        (&["list"][..], 0),
        (&["list", "--ndjson"], 0),
        (&["list", "--ndjson", "--site", "nobody"], 2),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_app-license"))
            .args([&["store", "--store", &place.store], args].concat())
            .stdin(std::process::Stdio::null())
            .stdout(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

/// A new store: nothing is in it, and no runner ran yet.
#[test]
fn an_empty_store_is_no_error_and_nothing_is_stopped_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("installations.db");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = SqliteOptions::new(&path).plain_text().open().await.unwrap();
        store.close().await;
    });
    let store = format!("sqlite:{}", path.display());
    let of_store = |args: &[&str]| run(&[&["store", "--store", &store], args].concat());
    let listed = of_store(&["list"]);
    assert_eq!(
        (listed.code, &*listed.out),
        (2, "no installation is stored\n")
    );
    let stopped = of_store(&["stopped", "--consumer", "hooks"]);
    let words = "no tenant is stopped: no runner of hooks handled an event of this store yet\n";
    assert_eq!((stopped.code, &*stopped.out), (0, words), "{}", stopped.err);
    // there is nothing to try again, whatever the name
    let retry = of_store(&["retry", "--consumer", "hooks", "--all"]);
    assert_eq!(retry.code, 2);
    let words = "the store knows no consumer `hooks`: no runner of hooks handled an event yet";
    assert!(retry.err.contains(words), "{}", retry.err);
}

#[cfg(feature = "_postgres-tests")]
#[test]
fn no_tables_are_made_in_a_schema_that_is_misspelled() {
    let cluster = app_license_pgtest::Cluster::shared().unwrap_or_else(|e| panic!("{e}"));
    let url = cluster.url();
    for args in [
        &["stopped", "--consumer", "hooks"][..],
        &["retry", "--consumer", "hooks", "--all"],
        &["list"],
    ] {
        let missing = run(&[&["store", "--store", &url], args].concat());
        assert_eq!(missing.code, 1, "{args:?}");
        for words in ["foreign_database", "app-license store migrate"] {
            assert!(missing.err.contains(words), "{}", missing.err);
        }
    }
}

#[cfg(feature = "_postgres-tests")]
#[test]
fn a_password_in_the_address_is_not_said() {
    let ran = run(&[
        "store",
        "list",
        "--store",
        "postgres://u:p4ssw0rd@127.0.0.1:1/d",
    ]);
    assert_eq!(ran.code, 1);
    assert!(
        !ran.err.contains("p4ssw0rd") && ran.err.contains("store_unavailable"),
        "{}",
        ran.err
    );
}
