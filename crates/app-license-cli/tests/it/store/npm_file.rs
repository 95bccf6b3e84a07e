//! A file of the npm package: it is read, and changed by nothing.

use super::Place;

/// A file of the npm package, made by its own statements: a Connect tenant that is blocked, a Forge one.
fn npm_store() -> Place {
    const ACME: &str = r#"{"key":{"connect":"client-acme"},"status":"installed",
        "statusSince":"2026-11-01T00:00:00Z","firstInstalledAt":"2026-11-01T00:00:00Z",
        "installedAt":"2026-11-01T00:00:00Z","updatedAt":"2026-11-02T00:00:00Z",
        "blockedAt":"2026-11-02T00:00:00Z","baseUrl":"https://acme.atlassian.net","entitlement":{},
        "capabilitySet":"capabilityAdvanced","license":{"state":"active","source":"connect_iframe_query",
        "asOf":"2026-11-01T00:00:00Z"}}"#;
    const FORGE: &str = r#"{"key":{"forge":"ari:cloud:ecosystem::installation/7c265a88-214c-4fc3-bb35-26cbed5d2378"},
        "status":"installed","statusSince":"2026-11-01T00:00:00Z","firstInstalledAt":"2026-11-01T00:00:00Z",
        "installedAt":"2026-11-01T00:00:00Z","updatedAt":"2026-11-01T00:00:00Z","entitlement":{}}"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("npm.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    let source = include_str!("../../../../../wasm/js/src/fetch/sqlite.ts");
    for part in source
        .split('`')
        .filter(|part| part.contains("CREATE TABLE"))
    {
        file.execute_batch(part).unwrap();
    }
    for record in [ACME, FORGE] {
        let json: serde_json::Value = serde_json::from_str(record).unwrap();
        let key = json["key"].as_object().unwrap().values().next().unwrap();
        let sql = "INSERT INTO app_license_installations VALUES (?1, ?2, NULL, NULL, NULL)";
        let key = key.as_str().unwrap();
        file.execute(sql, [key, record]).unwrap();
        let sql = "INSERT INTO app_license_history (client_key, at, changes, event)
            VALUES (?1, 1793491200, '[{\"change\":\"installed\"}]', 'installed')";
        file.execute(sql, [key]).unwrap();
    }
    let sql = "INSERT INTO app_license_history (client_key, at, changes, event)
        VALUES ('client-acme', 1793577600, '[{\"change\":\"blocked\"}]', 'block')";
    file.execute(sql, []).unwrap();
    Place {
        store: format!("sqlite:{}", path.display()),
        _folder: Some(folder),
    }
}

#[test]
fn a_file_of_the_npm_package_is_read_and_changed_by_nothing() {
    let place = npm_store();
    let listed = place.run(&["list"]);
    assert!(listed.out.contains("\n2 installations\n"), "{}", listed.out);
    for row in ["│ 7c265a88-", "│ acme.atlassian.net "] {
        assert!(listed.out.contains(row), "{}", listed.out);
    }
    for args in [
        &["erase", "acme"][..],
        &["erase", "acme", "--yes"],
        &["erase", "--gone-for", "1"],
        &["export", "acme"],
        &["block", "acme"],
        &["migrate"],
        &["stopped", "--consumer", "hooks"],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, 3, "{args:?}: {}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("is a file of the npm package"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn why_says_what_was_stated_of_a_blocked_site_and_of_a_forge_installation() {
    let place = npm_store();
    let blocked = place.run(&["why", "acme", "advanced"]).out;
    assert!(blocked.contains("denied (tenant_blocked)"), "{blocked}");
    assert!(
        blocked.contains("stated by connect_iframe_query at 2026-11-01T00:00:00Z: active"),
        "{blocked}"
    );
    let forge = ["why", "7c265a88-214c-4fc3-bb35-26cbed5d2378", "advanced"];
    let text = place.run(&forge).out;
    assert!(
        text.contains("denied (absent)") && !text.contains("Connect"),
        "{text}"
    );
    assert!(
        text.contains("a request brings its own in its invocation token"),
        "{text}"
    );
    assert_eq!(
        place.json(&forge)["decision"]["source"],
        "forge_invocation_token"
    );
}
