//! A file of the npm package: of before it had the Rust store's tables, until it is migrated; of since then it
//! is one like any other, which `wasm/js/test/store-cli.test.mjs` shows.

use super::TestStore;

const FORGE: &str = "7c265a88-214c-4fc3-bb35-26cbed5d2378";

/// As an earlier version of the package wrote it: acme was upgraded, globex is blocked, initech erased.
fn npm_store(version: u32) -> TestStore {
    let sql = match version {
        1 => include_str!("../../../../app-license-store/tests/fixtures/npm-v1.sql"),
        _ => include_str!("../../../../app-license-store/tests/fixtures/npm-v2.sql"),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("npm.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch(sql).unwrap();
    TestStore {
        store: format!("sqlite:{}", path.display()),
        _folder: Some(folder),
    }
}

#[test]
fn a_file_of_before_is_neither_read_nor_changed_until_it_is_migrated() {
    for version in [1, 2] {
        let place = npm_store(version);
        for args in [
            &["list"][..],
            &["show", "acme"],
            &["erase", "acme", "--yes"],
            &["export", "acme"],
            &["block", "acme"],
            &["stopped", "--consumer", "hooks"],
        ] {
            let ran = place.run(args);
            assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out, ran.err);
            assert!(
                ran.err.contains("foreign_database")
                    && ran.err.contains("run `app-license store migrate`"),
                "{}",
                ran.err
            );
        }
        assert_eq!(place.run(&["migrate"]).code, 0);
        let listed = place.run(&["list"]);
        assert!(listed.out.contains("\n3 installations\n"), "{}", listed.out);
        let history = place.run(&["history", "acme"]).out;
        assert!(history.contains("shared secret rotated"), "{history}");
        for (args, code) in [
            (&["block", "acme"][..], 0),
            (&["revoke", "acme"], 0),
            (&["erase", "acme", "--yes"], 0),
            (&["show", "acme"], 3),
        ] {
            let ran = place.run(args);
            assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
        }
    }
}

#[test]
fn why_says_that_a_site_is_blocked_and_what_is_stated_of_a_forge_installation() {
    let place = npm_store(2);
    assert_eq!(place.run(&["migrate"]).code, 0);
    let blocked = place.run(&["why", "globex", "advanced"]).out;
    assert!(blocked.contains("denied (tenant_blocked)"), "{blocked}");
    let forge = ["why", FORGE, "advanced"];
    let text = place.run(&forge).out;
    assert!(
        text.contains("denied (absent)") && !text.contains("Connect"),
        "{text}"
    );
}
