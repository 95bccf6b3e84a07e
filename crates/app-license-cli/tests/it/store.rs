//! `app-license store`, as it is shipped, on a store that an app filled.

use std::path::Path;

use app_license::connect::{LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, License, LicenseSource, UnixTime};
use app_license_store::{
    CachedLicense, Delivery, EncryptionKey, EncryptionKeys, InstallationStore, Name, SqliteOptions,
    Stopped,
};

use crate::common::{Ran, run, run_with_env};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW_KEY: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// 2026-11-01T00:00:00Z
const NOVEMBER: u64 = 1_793_491_200;
const DAY: u64 = 86_400;

fn at(days: u64) -> UnixTime {
    UnixTime::from_seconds(NOVEMBER + days * DAY).unwrap()
}

fn event(kind: LifecycleKind, tenant: &str, more: &str) -> Delivery {
    let name = kind.name();
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"client-{tenant}","eventType":"{name}",
        "sharedSecret":"sh4red-{tenant}{}-0123456789","baseUrl":"https://{tenant}.atlassian.net",
        "productType":"jira"{more}}}"#,
        more.len()
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, issuer) = (
        AppKey::new("com.example.app").unwrap(),
        ClientKey::new(format!("client-{tenant}")).unwrap(),
    );
    Delivery::connect(body.accept(kind, &app, &issuer, &|_| true).unwrap())
}

fn stated(json: &str, days: u64) -> License {
    let source = LicenseSource::ConnectIframeQuery;
    License::from_object(json.as_bytes(), source)
        .unwrap()
        .at(at(days))
}

/// Three tenants: acme was upgraded on day 2 and ended on day 5, globex is disabled, initech gone.
async fn fill(store: &dyn InstallationStore) {
    use LifecycleKind::{Disabled, Enabled, Installed, Uninstalled};
    let standard = r#","capabilitySet":"capabilityStandard","entitlementNumber":"E-1""#;
    let acme = || event(Installed, "acme", standard);
    let license = |json: &str, days| Delivery::new(acme().key().clone(), stated(json, days));
    for (day, delivery) in [
        (0, acme()),
        (0, event(Enabled, "acme", "")),
        (1, license(r#"{"active":true}"#, 1)),
        (
            2,
            license(r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#, 2),
        ),
        (3, event(Installed, "acme", "")),
        (5, license(r#"{"active":false,"isEvaluation":true}"#, 5)),
        (0, event(Installed, "globex", "")),
        (1, event(Disabled, "globex", "")),
        (0, event(Installed, "initech", "")),
        (4, event(Uninstalled, "initech", "")),
    ] {
        store.apply(delivery, at(day)).await.unwrap();
    }
    let api = LicenseSource::ConnectLicenseApi;
    let kept = CachedLicense::from_parts(api, Some(r#"{"active":true}"#.into()), at(0));
    store
        .put_license(event(Installed, "globex", "").key(), &kept)
        .await
        .unwrap();
}

fn filled(path: &Path, keys: Option<EncryptionKeys>) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = SqliteOptions::new(path).plain_text();
        let options = match keys {
            Some(keys) => options.encryption(keys),
            None => options,
        };
        let store = options.open().await.unwrap();
        fill(&store).await;
        let consumer = Name::new("hooks").unwrap();
        let key = event(LifecycleKind::Installed, "acme", "").key().clone();
        let stopped = Stopped::new(key, app_license_store::Sequence::new(3), 9, at(9));
        store.stop(&consumer, &stopped).await.unwrap();
        store.close().await;
    });
}

struct Place {
    _folder: tempfile::TempDir,
    store: String,
}

impl Place {
    fn new(keys: Option<EncryptionKeys>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("installations.db");
        filled(&path, keys);
        Self {
            store: format!("sqlite:{}", path.display()),
            _folder: folder,
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(&[&["store", "--store", &self.store], args].concat())
    }

    fn json(&self, args: &[&str]) -> serde_json::Value {
        self.run(&[args, &["--format", "json"]].concat()).json()
    }

    fn names(&self, args: &[&str]) -> Vec<String> {
        let found = self.json(&[&["list"], args].concat());
        let lines = found["installations"].as_array().unwrap();
        let name = |line: &serde_json::Value| line["tenant"].as_str().unwrap().to_owned();
        lines.iter().map(name).collect()
    }
}

#[test]
fn installations_are_listed_by_site_edition_state_and_when_they_were_seen() {
    let place = Place::new(None);
    let acme = "connect:client-acme";
    let all = [acme, "connect:client-globex", "connect:client-initech"];
    assert_eq!(place.names(&[]), all);
    assert_eq!(place.names(&["--site", "ACME"]), [acme]);
    assert_eq!(place.names(&["--edition", "advanced"]), [acme]);
    assert_eq!(place.names(&["--edition", "capabilityAdvanced"]), [acme]);
    assert_eq!(place.names(&["--edition", "none"]), all[1..]);
    assert_eq!(place.names(&["--state", "disabled"]), [all[1]]);
    assert_eq!(place.names(&["--state", "uninstalled"]), [all[2]]);
    assert_eq!(place.names(&["--state", "served"]), [acme]);
    let second = "2026-11-02T12:00:00Z";
    assert_eq!(place.names(&["--seen-before", second]), [all[1]]);
    assert_eq!(place.names(&["--seen-since", second]), [all[0], all[2]]);

    let ran = place.run(&["list", "--state", "disabled"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("globex.atlassian.net") && ran.out.contains("\n1 installation\n"));
    let lines = place.run(&["list", "--ndjson"]).out;
    let of_acme = lines.lines().find(|line| line.contains("acme")).unwrap();
    let of_acme: serde_json::Value = serde_json::from_str(of_acme).unwrap();
    assert_eq!(of_acme["license"], "inactive");
    assert_eq!(of_acme["entitlement"], "E-1");
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(place.run(&["list", "--state", "blocked"]).code, 2);
}

#[test]
fn one_installation_is_found_by_every_name_and_shown_without_its_secret() {
    let place = Place::new(None);
    for name in [
        "acme",
        "acme.atlassian.net",
        "https://acme.atlassian.net/wiki",
        "client-acme",
        "connect:client-acme",
        "e-1",
    ] {
        let shown = place.json(&["show", name]);
        assert_eq!(shown["tenant"], "connect:client-acme", "{name}");
        assert_eq!(shown["record"]["status"], "enabled");
    }
    let text = place.run(&["show", "acme"]).out;
    assert!(
        text.contains("capabilityAdvanced") && !text.contains("sh4red"),
        "{text}"
    );
    let history = place.json(&["history", "acme"]);
    assert_eq!(history[0]["event"], "installed");
    assert!(
        place
            .run(&["history", "acme"])
            .out
            .contains("edition changed from")
    );
    let ran = place.run(&["show", "nobody"]);
    assert_eq!((ran.code, ran.err.contains("knows no `nobody`")), (3, true));
    let missing = run(&["store", "list", "--store", "sqlite:/nowhere/a.db"]);
    assert_eq!(missing.code, 1, "{}", missing.err);
}

#[test]
fn a_name_that_nothing_knows_is_no_capability() {
    let place = Place::new(None);
    let ran = place.run(&["why", "acme", "bulk-export"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(
        ran.err
            .contains("`bulk-export` is no edition and no capability"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("--features"), "{}", ran.err);
    // one that the platform may write next year
    let ran = place.run(&["why", "acme", "capabilityPremium", "--format", "json"]);
    assert_eq!(
        (ran.code, &ran.json()["feature"]),
        (2, &"capabilityPremium".into())
    );
}

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
    let source = include_str!("../../../../wasm/js/src/fetch/sqlite.ts");
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
        _folder: folder,
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

/// The same question, at five times: before it was bought, trialled, upgraded, ended.
#[test]
fn why_a_feature_was_denied_is_replayed_from_what_was_stated_by_then() {
    let place = Place::new(None);
    let code_at = |time: &str, needs: &str| {
        let ran = place.run(&["why", "acme", needs, "--at", time, "--format", "json"]);
        let answer = ran.json();
        let code = answer["code"].as_str().unwrap().to_owned();
        assert_eq!(answer["allowed"] == true, ran.code == 0, "{answer}");
        code
    };
    assert_eq!(code_at("2026-11-01T12:00:00Z", "standard"), "absent");
    assert_eq!(code_at("2026-11-02T12:00:00Z", "standard"), "granted");
    assert_eq!(
        code_at("2026-11-02T12:00:00Z", "advanced"),
        "capability_missing"
    );
    assert_eq!(code_at("2026-11-03T12:00:00Z", "advanced"), "granted");
    assert_eq!(code_at("2026-11-06T12:00:00Z", "advanced"), "trial_ended");
    let early = place.run(&["why", "acme", "standard", "--at", "2026-10-01T00:00:00Z"]);
    assert_eq!((early.code, early.err.contains("knew nothing")), (3, true));

    let text = place
        .run(&["why", "acme", "advanced", "--at", "2026-11-03T12:00:00Z"])
        .out;
    assert!(text.contains("allowed (granted)"), "{text}");
    assert!(text.contains("stated by connect_iframe_query at 2026-11-03T00:00:00Z: active"));
    assert!(text.contains("edition changed from capabilityStandard to capabilityAdvanced"));
    // who is switched off is served nothing, whatever was bought
    let globex = place.json(&["why", "globex", "standard"]);
    assert_eq!(globex["code"], "tenant_disabled");
    let before = "2026-11-01T12:00:00Z";
    let globex = place.json(&["why", "globex", "standard", "--at", before]);
    assert_eq!(
        (&globex["code"], &globex["statement"]),
        (&"granted".into(), &"license_api".into())
    );
}

#[test]
fn a_site_is_blocked_and_served_again_and_a_previous_secret_ends() {
    let place = Place::new(None);
    let changed = |args: &[&str]| {
        let ran = place.run(&[args, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.json()["changed"] == true
    };
    assert!(changed(&["block", "acme"]));
    assert!(!changed(&["block", "acme"]));
    assert_eq!(
        place.names(&["--state", "blocked"]),
        ["connect:client-acme"]
    );
    let why = place.json(&["why", "acme", "standard", "--at", "2026-12-01T00:00:00Z"]);
    assert_eq!(why["code"], "tenant_blocked");
    // what was stated stays what it was
    assert!(
        why["decision"].is_null() && why["stated"]["state"] == "inactive",
        "{why}"
    );
    assert!(changed(&[
        "block",
        "globex",
        "--now",
        "2026-11-01T06:00:00Z"
    ]));
    let then = ["why", "acme", "advanced", "--at", "2026-11-03T12:00:00Z"];
    assert_eq!(place.json(&then)["code"], "granted");
    assert!(changed(&["unblock", "acme"]));
    // a second `installed` brought another secret
    assert_eq!(place.json(&["export", "acme"])["secrets"], 2);
    assert!(changed(&["revoke", "acme"]));
    assert!(!changed(&["revoke", "acme"]));
    assert_eq!(place.json(&["export", "acme"])["secrets"], 1);
    let events = place.json(&["history", "acme"]);
    let events: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].clone())
        .collect();
    assert_eq!(
        events[events.len() - 3..],
        ["block", "unblock", "forget_previous_secret"]
    );
}

#[test]
fn a_tenant_is_exported_and_erased_and_retention_erases_who_is_gone() {
    let place = Place::new(None);
    let export = place.run(&["export", "acme"]).json();
    assert_eq!(export["history"].as_array().unwrap().len(), 6);
    assert_eq!(
        export["history"][0]["body"]["baseUrl"],
        "https://acme.atlassian.net"
    );
    assert!(!export.to_string().contains("sh4red"));
    let ran = place.run(&["erase", "acme"]);
    assert!(
        ran.out.contains("would be erased: say `--yes`"),
        "{}",
        ran.out
    );
    assert_eq!(place.names(&[]).len(), 3);
    assert_eq!(place.run(&["erase", "acme", "--yes"]).code, 0);
    assert_eq!(place.run(&["show", "acme"]).code, 3);

    // initech left on November 5
    let gone = |days, now| {
        let args = ["erase", "--gone-for", days, "--now", now, "--yes"];
        place.json(&args)["tenants"].as_array().unwrap().len()
    };
    assert_eq!(gone("30", "2026-12-04T00:00:00Z"), 0);
    let shown = place.json(&["erase", "--gone-for", "30", "--now", "2026-12-05T00:00:00Z"]);
    assert_eq!(shown["tenants"].as_array().unwrap().len(), 1);
    assert_eq!(gone("30", "2026-12-05T00:00:00Z"), 1);
    assert_eq!(place.names(&[]), ["connect:client-globex"]);
    assert_eq!(place.run(&["erase"]).code, 3);
}

/// Makes a record one that cannot be read.
fn damage(place: &Place, tenant: &str) {
    let path = place.store.strip_prefix("sqlite:").unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "UPDATE installation SET record = json_set(record, '$.updatedAt', 'never') WHERE tenant = ?1";
    assert_eq!(connection.execute(sql, [tenant]).unwrap(), 1);
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_the_others_are_listed() {
    let place = Place::new(None);
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
    let place = Place::new(None);
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

#[test]
fn keys_rotate_and_a_sealed_store_needs_them() {
    let old = EncryptionKey::from_base64(KEY).unwrap();
    let place = Place::new(Some(EncryptionKeys::new(old)));
    let run = |keys: &str, args: &[&str]| {
        let args = [&["store", "--store", &place.store], args].concat();
        run_with_env(&args, &[("APP_LICENSE_KEYS", keys)])
    };
    // what is only read needs none
    assert_eq!(place.run(&["show", "acme"]).code, 0);
    let ran = place.run(&["block", "acme"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("unknown_encryption_key"), "{}", ran.err);
    assert_eq!(run(KEY, &["block", "acme"]).code, 0);
    assert_eq!(place.run(&["rotate-keys"]).code, 3);
    let both = format!("{NEW_KEY},{KEY}");
    let rotated = run(&both, &["rotate-keys", "--format", "json"]);
    assert_eq!(rotated.json()["sealed"], 3, "{}", rotated.err);
    assert_eq!(run(NEW_KEY, &["unblock", "acme"]).code, 0);
    assert_eq!(run(KEY, &["block", "acme"]).code, 1);
    assert!(!rotated.out.contains(KEY) && !rotated.err.contains(KEY));
}

#[test]
fn tenants_that_a_hook_stopped_at_are_listed_and_tried_again() {
    let place = Place::new(None);
    let ran = place.run(&["stopped", "--consumer", "hooks"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.out.contains("client-acme") && ran.out.contains('9'),
        "{}",
        ran.out
    );
    assert_eq!(place.run(&["stopped", "--consumer", "other"]).code, 0);
    let tried = place.json(&["retry", "--consumer", "hooks", "acme"]);
    assert_eq!(tried["tenants"][0], "client-acme");
    let stopped = place.json(&["stopped", "--consumer", "hooks"]);
    assert_eq!(
        (&stopped[0]["tries"], &stopped[0]["sequence"]),
        (&0.into(), &3.into())
    );
    assert_eq!(
        place.run(&["retry", "--consumer", "other", "--all"]).code,
        2
    );
}

/// The same store in PostgreSQL: read by its address, migrated by its owner, changed.
#[cfg(feature = "_postgres-tests")]
#[test]
fn a_store_in_postgresql_is_read_and_changed_alike() {
    let cluster = app_license_pgtest::Cluster::shared().unwrap_or_else(|e| panic!("{e}"));
    let url = cluster.url();
    let of_store = |args: &[&str]| run(&[&["store", "--store", &url], args].concat());
    let missing = of_store(&["list"]);
    assert!(missing.err.contains("foreign_database"), "{}", missing.err);
    assert_eq!(of_store(&["migrate"]).code, 0);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = app_license_store::PostgresOptions::new(&url).plain_text();
        fill(&options.connect().await.unwrap()).await;
    });
    let json = |args: &[&str]| of_store(&[args, &["--format", "json"]].concat()).json();
    assert_eq!(
        json(&["list"])["installations"].as_array().unwrap().len(),
        3
    );
    let then = ["why", "acme", "advanced", "--at", "2026-11-03T12:00:00Z"];
    assert_eq!(json(&then)["code"], "granted");
    assert_eq!(json(&["block", "acme"])["changed"], true);
    assert_eq!(
        json(&["list", "--state", "blocked"])["installations"][0]["site"],
        "https://acme.atlassian.net"
    );
    assert_eq!(json(&["erase", "acme", "--yes"])["done"], true);
    assert_eq!(of_store(&["history", "acme"]).code, 3);
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
