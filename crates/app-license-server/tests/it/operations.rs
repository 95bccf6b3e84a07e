//! What an operator asks: health, metrics, and whether the page about them is true.

use std::collections::BTreeSet;
use std::sync::Arc;

use app_license_server::{MemoryStore, Operations, Store};
use app_license_store::{EncryptionKey, EncryptionKeys, SqliteStore};
use app_license_testkit::{Edition, Invocation, MockHost};
use axum::Router;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::common::{APP_KEY, Connect, Forge};
use crate::watched_store::WatchedStore;

async fn get(router: &Router, path: &str) -> (u16, String) {
    let request = http::Request::get(path).body(axum::body::Body::empty());
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn health(operations: &Operations) -> (u16, serde_json::Value) {
    let (status, body) = get(&operations.health_route(), "/health").await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn one_health_and_one_metrics_route_for_all_apps_of_a_process() {
    let host = MockHost::start().await.unwrap();
    let connect = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let forge = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    let operations = Operations::new()
        .connect(&connect.served)
        .forge(&forge.served);
    let router = Router::new()
        .merge(operations.health_route())
        .merge(operations.metrics_route())
        .merge(connect.served.lifecycle_routes())
        .merge(forge.served.lifecycle_routes());
    let (status, body) = get(&router, "/health").await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["status"]), (200, &"ok".into()));
    assert_eq!(body["parts"][0]["app"], APP_KEY);
    assert_eq!(body["parts"][1]["kind"], "forge");

    // before the first fetch a key set has no age
    let (_, text) = get(&router, "/metrics").await;
    assert!(!text.contains("key_set_age"), "{text}");
    let acme = host.tenant(&forge.app, "acme").unwrap();
    acme.install().unwrap();
    let invoke = acme
        .invoke("POST", "/summary", &Invocation::ui("panel"))
        .unwrap();
    host.deliver(&invoke).await.unwrap();
    let (_, text) = get(&router, "/metrics").await;
    assert!(
        text.contains("app_license_key_set_age_seconds{app=\""),
        "{text}"
    );
    let described: Vec<_> = text.lines().filter(|l| l.starts_with("# HELP")).collect();
    let mut once = described.clone();
    once.dedup();
    assert_eq!(described, once, "each metric is described once");
    assert!(
        text.contains(&format!("app_license_keys{{app=\"{APP_KEY}\"")),
        "{text}"
    );
    assert!(text.contains("keys=\"forge_key_set\""), "{text}");
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
}

/// A store answers all the same: what it keeps is sealed with a key that this app does not have.
#[tokio::test]
async fn health_and_the_reason_say_that_stored_secrets_are_sealed_with_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("installations.db");
    let open = async |key: &[u8; 32]| {
        let keys = EncryptionKeys::new(EncryptionKey::new(*key).unwrap());
        SqliteStore::open(&path, keys).await.unwrap()
    };
    let host = MockHost::start().await.unwrap();
    let [old, new] = [
        b"an old key, thirty-two bytes ...",
        b"a new key, also thirty-two bytes",
    ];
    for (key, status, code) in [(old, 200, "ok"), (new, 503, "unknown_encryption_key")] {
        let store: Arc<dyn Store> = Arc::new(open(key).await);
        let connect = Connect::serve(&host, Arc::clone(&store)).await;
        let forge = Forge::serve(&host, store).await;
        let operations = Operations::new()
            .connect(&connect.served)
            .forge(&forge.served);
        let acme = host.tenant(&connect.app, "acme").unwrap();
        if key == old {
            for event in acme.install().unwrap() {
                assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
            }
        }
        let (answered, body) = health(&operations).await;
        assert_eq!(answered, status);
        for part in [0, 1] {
            assert_eq!(body["parts"][part]["status"], code, "{body}");
            let backend = (key == old).then_some("sqlite");
            assert_eq!(body["parts"][part]["store"].as_str(), backend, "{body}");
        }
        if key == new {
            let reason = "a stored secret is sealed with a key that is not configured";
            assert!(body.to_string().contains(reason), "{body}");
            let page = acme.page("/panel").unwrap().to(&connect.address);
            let response = host.deliver(&page).await.unwrap();
            assert_eq!(response.status(), 503);
            let text = response.text();
            assert!(text.contains(reason) && text.contains(code), "{text}");
        }
    }
}

/// Two apps, each with a store of its own: one that does not answer is told from one that does.
#[tokio::test]
async fn health_says_which_part_is_not_well() {
    let host = MockHost::start().await.unwrap();
    let away = Arc::new(WatchedStore::default());
    let store: Arc<dyn Store> = away.clone();
    let connect = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let forge = Forge::serve(&host, store).await;
    let operations = Operations::new()
        .connect(&connect.served)
        .forge(&forge.served);
    for (is_well, status, of_forge) in [
        (true, 200, "ok"),
        (false, 503, "store_unavailable"),
        (true, 200, "ok"),
    ] {
        if is_well {
            away.heal();
        } else {
            away.fail("health");
        }
        let (answered, body) = health(&operations).await;
        assert_eq!(answered, status);
        let parts = ["connect", "forge"].into_iter().zip(["ok", of_forge]);
        for (at, (kind, said)) in parts.enumerate() {
            let part = &body["parts"][at];
            assert_eq!(
                (&part["kind"], &part["status"]),
                (&kind.into(), &said.into())
            );
        }
        assert_eq!(body["error"]["code"] == of_forge, !is_well, "{body}");
    }
}

/// What stands between two texts, as often as it does.
fn all_between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let after = text.split(start).skip(1);
    after
        .filter_map(|rest| Some(rest.split_once(end)?.0))
        .collect()
}

fn labels(selector: &str) -> impl Iterator<Item = &str> {
    let pairs = selector.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(label, _)| label.trim_end_matches('!'))
}

/// An alert on a metric, a label or a value that nothing renders would never fire.
#[tokio::test]
async fn the_page_about_alerts_names_metrics_and_labels_that_are_rendered() {
    let host = MockHost::start().await.unwrap();
    let connect = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let forge = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&connect.app, "acme").unwrap();
    for event in acme.install().unwrap() {
        host.deliver(&event).await.unwrap();
    }
    acme.buy(Edition::Standard).unwrap();
    host.deliver(&acme.page("/export").unwrap()).await.unwrap();
    let on_forge = host.tenant(&forge.app, "acme").unwrap();
    on_forge.install().unwrap();
    let call = on_forge.invoke("POST", "/summary", &Invocation::ui("panel"));
    host.deliver(&call.unwrap()).await.unwrap();
    let operations = Operations::new()
        .connect(&connect.served)
        .forge(&forge.served);
    let (_, text) = get(&operations.metrics_route(), "/metrics").await;
    let samples: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.rsplit_once("} ")?.0.split_once('{'))
        .collect();
    let rendered = |name: &str| {
        let of_name = samples.iter().filter(|sample| sample.0 == name);
        of_name.map(|sample| sample.1).collect::<Vec<_>>()
    };

    let page = include_str!("../../../../docs/operations.md");
    let start = page.find("## Metrics").unwrap();
    let page = &page[start..page.find("## Logs").unwrap()];
    let mut in_table = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `app_")) {
        let cells: Vec<_> = row.split('|').collect();
        let code = |cell: usize| cells[cell].split('`').skip(1).step_by(2);
        let name = code(1).next().unwrap();
        let stated: BTreeSet<_> = code(2).chain(["app"]).collect();
        for sample in rendered(name) {
            assert_eq!(labels(sample).collect::<BTreeSet<_>>(), stated, "{name}");
        }
        in_table.insert(name);
    }
    let names: BTreeSet<_> = samples.iter().map(|sample| sample.0).collect();
    assert_eq!(in_table, names);

    let alerts = &page[page.find("```yaml").unwrap()..];
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut selected = 0;
    for (at, _) in alerts.match_indices("app_license_") {
        let rest = &alerts[at..];
        let (name, rest) = rest.split_at(rest.find(|c| !is_name(c)).unwrap());
        let samples = rendered(name);
        assert!(!samples.is_empty(), "{name} is not rendered");
        let selector = rest.strip_prefix('{').and_then(|it| it.split_once('}'));
        for pair in selector.into_iter().flat_map(|it| it.0.split(',')) {
            let (label, value) = pair.split_once('=').unwrap();
            // codes of HTTP are what they are
            let is_exact = !label.ends_with('!') && label != "status";
            let wanted = if is_exact {
                pair.to_owned()
            } else {
                format!("{}=", label.trim_end_matches('!'))
            };
            assert!(
                samples.iter().any(|it| it.contains(&wanted)),
                "{name}: {wanted} {value}"
            );
            selected += 1;
        }
    }
    assert!(selected > 5, "{selected}");
    let known: BTreeSet<_> = samples.iter().flat_map(|it| labels(it.1)).collect();
    for grouped in [
        all_between(alerts, "by (", ")"),
        all_between(alerts, "on (", ")"),
    ]
    .concat()
    {
        for label in grouped.split(", ").filter(|label| *label != "instance") {
            assert!(known.contains(label), "{label}");
        }
    }
}
