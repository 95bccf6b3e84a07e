//! `app-license store`, as it is shipped, on a store that an app filled.

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, License, LicenseSource, UnixTime};
use app_license_store::{
    CachedLicense, Delivery, EncryptionKeys, InstallationStore, Name, Sequence, SqliteOptions,
    Stopped, Store,
};

use crate::common::{Ran, run, run_with_env};

mod changes;
mod failures;
mod npm_file;

/// 2026-11-01T00:00:00Z
const NOVEMBER: u64 = 1_793_491_200;
const DAY: u64 = 86_400;

fn at(days: u64) -> UnixTime {
    UnixTime::from_seconds(NOVEMBER + days * DAY).unwrap()
}

fn event(kind: LifecycleKind, tenant: &str, more: &str) -> Delivery {
    let site = format!(r#","baseUrl":"https://{tenant}.atlassian.net"{more}"#);
    event_at(kind, tenant, &site)
}

/// Of a site that `more` names.
fn event_at(kind: LifecycleKind, tenant: &str, more: &str) -> Delivery {
    let name = kind.name();
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"client-{tenant}","eventType":"{name}",
        "sharedSecret":"sh4red-{tenant}{}-0123456789","productType":"jira"{more}}}"#,
        more.len()
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, issuer) = (
        AppKey::new("com.example.app").unwrap(),
        ClientKey::new(format!("client-{tenant}")).unwrap(),
    );
    Delivery::connect(
        body.accept(kind, &app, &issuer, &KeyHosts::default())
            .unwrap(),
    )
}

fn stated(json: &str, days: u64) -> License {
    let source = LicenseSource::ConnectIframeQuery;
    License::from_object(json.as_bytes(), source)
        .unwrap()
        .at(at(days))
}

/// Three tenants: acme was upgraded on day 2 and ended on day 5, globex is disabled, initech gone. A hook stopped
/// at acme.
async fn fill(store: &dyn Store) {
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
    let consumer = Name::new("hooks").unwrap();
    let stopped = Stopped::new(acme().key().clone(), Sequence::new(3), 9, at(9));
    store.stop(&consumer, &stopped).await.unwrap();
    let mail = Name::new("mail").unwrap();
    store.advance(&mail, Sequence::new(1)).await.unwrap();
}

struct TestStore {
    _folder: Option<tempfile::TempDir>,
    store: String,
}

impl TestStore {
    fn sqlite(keys: Option<EncryptionKeys>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("installations.db");
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let options = SqliteOptions::new(&path).plain_text();
            let options = match keys {
                Some(keys) => options.encryption(keys),
                None => options,
            };
            let store = options.open().await.unwrap();
            fill(&store).await;
            store.close().await;
        });
        Self {
            store: format!("sqlite:{}", path.display()),
            _folder: Some(folder),
        }
    }

    /// A database of its own, made by `app-license store migrate`.
    #[cfg(feature = "_postgres-tests")]
    fn postgres(keys: Option<EncryptionKeys>) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let cluster = app_license_pgtest::Cluster::shared().unwrap_or_else(|e| panic!("{e}"));
        let database = format!("cli_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.sql(&format!("CREATE DATABASE {database}")).unwrap();
        let place = Self {
            store: cluster
                .url()
                .replace("/postgres?", &format!("/{database}?")),
            _folder: None,
        };
        let missing = place.run(&["list"]);
        assert!(missing.err.contains("foreign_database"), "{}", missing.err);
        assert_eq!(place.run(&["migrate"]).code, 0);
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let options = app_license_store::PostgresOptions::new(&place.store).plain_text();
            let options = match keys {
                Some(keys) => options.encryption(keys),
                None => options,
            };
            fill(&options.connect().await.unwrap()).await;
        });
        place
    }

    /// On SQLite, and on PostgreSQL where tests may have it.
    fn each(keys: Option<EncryptionKeys>) -> Vec<Self> {
        vec![
            #[cfg(feature = "_postgres-tests")]
            Self::postgres(keys.clone()),
            Self::sqlite(keys),
        ]
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(&[&["store", "--store", &self.store], args].concat())
    }

    /// What the app does meanwhile.
    fn apply(&self, delivery: Delivery, days: u64) {
        let path = self.store.strip_prefix("sqlite:").unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = SqliteOptions::new(path).plain_text().open().await.unwrap();
            store.apply(delivery, at(days)).await.unwrap();
            store.close().await;
        });
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
    for place in TestStore::each(None) {
        let acme = "connect:client-acme";
        let all = [acme, "connect:client-globex", "connect:client-initech"];
        assert_eq!(place.names(&[]), all);
        assert_eq!(place.names(&["--site", "ACME"]), [acme]);
        // its trial of Advanced ended
        assert!(place.names(&["--edition", "advanced"]).is_empty());
        assert_eq!(place.names(&["--edition", "capabilityAdvanced"]), [acme]);
        assert_eq!(place.names(&["--edition", "none"]), all);
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
}

/// What a license stands for: none named is Standard, and an ended one stands for nothing.
#[test]
fn editions_are_those_that_licenses_stand_for() {
    let place = TestStore::sqlite(None);
    let state = |tenant: &str, json: &str, days| {
        let key = event(LifecycleKind::Installed, tenant, "").key().clone();
        place.apply(Delivery::new(key, stated(json, days)), days);
    };
    state("globex", r#"{"active":true}"#, 6);
    let edition = |wanted: &str| place.names(&["--edition", wanted]);
    let globex = "connect:client-globex";
    assert_eq!(edition("standard"), [globex]);
    assert_eq!(
        edition("none"),
        ["connect:client-acme", "connect:client-initech"]
    );
    let listed = place.json(&["list", "--edition", "Standard"]);
    assert_eq!(listed["installations"][0]["edition"], "standard");
    let advanced = r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#;
    state("globex", advanced, 7);
    assert_eq!(edition("advanced"), [globex]);
    assert!(edition("standard").is_empty());
    // one that the platform may name next year has no rank, and is one
    state(
        "globex",
        r#"{"active":true,"capabilitySet":"capabilityUltra"}"#,
        8,
    );
    assert_eq!(edition("capabilityUltra"), [globex]);
    assert!(!edition("none").contains(&globex.to_owned()));
    // what the app sold of before is still shown
    state("globex", r#"{"active":false}"#, 9);
    assert!(edition("none").contains(&globex.to_owned()));
    assert_eq!(
        place.json(&["show", "globex"])["edition"],
        "capabilityUltra"
    );
}

/// In a terminal of 80 columns a name is copied whole.
#[test]
fn no_name_of_a_list_is_broken() {
    let place = TestStore::sqlite(None);
    let site = "a-subsidiary-of-a-very-large-customer";
    place.apply(event(LifecycleKind::Installed, site, ""), 6);
    for columns in ["40", "80"] {
        let args = ["store", "list", "--store", &place.store];
        let ran = run_with_env(&args, &[("COLUMNS", columns)]);
        for whole in [
            &format!("{site}.atlassian.net"),
            "2026-11-06",
            "uninstalled",
        ] {
            assert!(
                ran.out.contains(whole),
                "{whole} at {columns}:\n{}",
                ran.out
            );
        }
        // words are wrapped where there are several
        assert!(!ran.out.contains("inactive trial"), "{}", ran.out);
        // names go before entitlements, which `show` and JSON have
        assert!(!ran.out.contains("entitlement"), "{}", ran.out);
    }
    let wide = place.run(&["list"]).out;
    assert!(
        wide.contains("E-1") && wide.contains("inactive trial"),
        "{wide}"
    );
}

#[test]
fn a_renamed_site_is_found_by_the_name_that_it_had() {
    let place = TestStore::sqlite(None);
    let of_acme = r#","baseUrl":"https://acme-group.atlassian.net""#;
    let renamed = event_at(LifecycleKind::Installed, "acme", of_acme);
    place.apply(renamed, 6);
    for name in [
        "acme-group",
        "acme",
        "acme.atlassian.net",
        "https://acme.atlassian.net/wiki",
    ] {
        let shown = place.json(&["show", name]);
        assert_eq!(shown["tenant"], "connect:client-acme", "{name}");
        assert_eq!(shown["site"], "https://acme-group.atlassian.net", "{name}");
    }
    // what changes it is by the name that it has: the command may be given twice
    for command in [
        &["erase", "acme", "--yes"][..],
        &["block", "acme"],
        &["revoke", "acme"],
    ] {
        let ran = place.run(command);
        assert_eq!(ran.code, 3, "{command:?}: {}", ran.err);
        assert!(ran.err.contains("connect:client-acme"), "{}", ran.err);
    }
    let still = place.json(&["show", "acme-group"]);
    assert_eq!(still["tenant"], "connect:client-acme", "{still}");
    assert!(place.names(&["--state", "blocked"]).is_empty());
    // a name is another customer's by now
    let own = r#","baseUrl":"https://acme.atlassian.net""#;
    place.apply(event_at(LifecycleKind::Installed, "acme-two", own), 7);
    assert_eq!(
        place.json(&["show", "acme"])["tenant"],
        "connect:client-acme-two"
    );
}

#[test]
fn one_installation_is_found_by_every_name_and_shown_without_its_secret() {
    for place in TestStore::each(None) {
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
}

#[test]
fn a_name_that_nothing_knows_is_no_capability() {
    for place in TestStore::each(None) {
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
}

/// The same question, at five times: before it was bought, trialled, upgraded, ended.
#[test]
fn why_a_feature_was_denied_is_replayed_from_what_was_stated_by_then() {
    for place in TestStore::each(None) {
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
}
