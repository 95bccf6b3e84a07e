//! The key set against a platform that rotates, goes down, and lies.

use std::time::Duration;

use crate::common::{Hold, Host, K1, K2, Say, TestClock, fetcher, jwks, until};
use app_license::forge::{UnverifiedInvocationToken, Verifier, bearer_token};
use app_license::{ForgeAppId, UnixTime};
use app_license_client::{Error, ErrorClass, Fetcher, ForgeKeys, ForgeKeysBuilder};

pub(crate) struct Platform {
    pub(crate) host: Host,
    pub(crate) clock: TestClock,
    pub(crate) keys: ForgeKeys,
}

pub(crate) async fn platform() -> Platform {
    platform_with(|b| b).await
}

pub(crate) async fn platform_with(
    set: impl FnOnce(ForgeKeysBuilder) -> ForgeKeysBuilder,
) -> Platform {
    let (host, clock) = (Host::up().await, TestClock::new());
    let url = host.url() + "/.well-known/jwks.json";
    let builder = ForgeKeys::builder(fetcher(), url).clock(clock.reader());
    let keys = set(builder).build().unwrap();
    Platform { host, clock, keys }
}

impl Platform {
    pub(crate) async fn accepts(&self, kid: &str) -> bool {
        self.keys.set_with(kid).await.is_ok()
    }

    pub(crate) async fn refusal(&self, kid: &str) -> Error {
        self.keys.set_with(kid).await.unwrap_err()
    }
}

pub(crate) fn is(error: &Error, class: ErrorClass, code: &str) {
    assert_eq!((error.class(), error.code()), (class, code), "{error}");
}

#[tokio::test]
async fn fit_rotation_new_kid() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K1, K2])));
    assert!(p.accepts(K2).await);
    assert!(p.accepts(K1).await && p.accepts(K2).await);
    assert_eq!(p.host.count(), 2, "one refetch");
}

#[tokio::test]
async fn fit_rotation_new_kid_for_many_at_once() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K1, K2])).slow(100));
    let ask = |_| {
        let keys = p.keys.clone();
        tokio::spawn(async move { keys.set_with(K2).await.is_ok() })
    };
    for asked in (0..50).map(ask).collect::<Vec<_>>() {
        assert!(asked.await.unwrap());
    }
    assert_eq!(p.host.count(), 2);
}

#[tokio::test]
async fn fit_rotation_removed_kid() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1, K2])));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K2])));
    p.clock.pass(900);
    is(&p.refusal(K1).await, ErrorClass::Refused, "unknown_key");
    assert!(p.accepts(K2).await);
    assert_eq!(p.host.count(), 2);
}

#[tokio::test]
async fn fit_unknown_kid_flood() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    for i in 0..100 {
        is(
            &p.refusal(&format!("made-up-{i}")).await,
            ErrorClass::Refused,
            "unknown_key",
        );
    }
    assert_eq!(p.host.count(), 2, "at most one refetch");
    p.clock.pass(59);
    p.refusal("made-up").await;
    assert_eq!(p.host.count(), 2);
    p.clock.pass(1);
    p.refusal("made-up").await;
    assert_eq!(p.host.count(), 3);
}

#[tokio::test]
async fn fit_jwks_fetch_per_request() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])).slow(50));
    let (a, b) = tokio::join!(p.accepts(K1), p.accepts(K1));
    assert!(a && b && p.accepts(K1).await);
    assert_eq!(p.host.count(), 1);
}

#[tokio::test]
async fn an_aging_set_is_served_while_it_is_fetched_again() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    let hold = Hold::new();
    let next = Say::ok(jwks(&[K1, K2])).held(&hold);
    p.host.says_in_turn([next]);
    p.host.says_always(Say::HangUp);
    p.clock.pass(300);
    for _ in 0..10 {
        assert!(p.accepts(K1).await);
    }
    let stats = p.keys.stats();
    assert_eq!((stats.hits, stats.joined), (10, 0), "nobody waited");
    let (of_new_key, ()) = tokio::join!(p.accepts(K2), async { hold.let_go() });
    assert!(of_new_key, "a new key waits for the fetch under way");
    assert_eq!(p.host.count(), 2);
    assert_eq!(p.keys.age(), Some(0));
}

/// Both ages are the app's to set.
#[tokio::test]
async fn a_removed_key_is_accepted_for_as_long_as_is_set() {
    let set = |b: ForgeKeysBuilder| {
        let (refresh, expire) = (Duration::from_secs(20), Duration::from_secs(60));
        b.refresh_after(refresh).expire_after(expire)
    };
    let p = platform_with(set).await;
    p.host.says_always(Say::ok(jwks(&[K1, K2])));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K2])));
    p.clock.pass(19);
    assert!(p.accepts(K1).await);
    assert_eq!(p.host.count(), 1);
    p.clock.pass(41);
    is(&p.refusal(K1).await, ErrorClass::Refused, "unknown_key");
    assert_eq!(p.host.count(), 2);
}

/// It is fetched again at once, while it is served.
#[tokio::test]
async fn a_set_is_fetched_again_at_the_age_that_is_set() {
    let p = platform_with(|b| b.refresh_after(Duration::from_secs(20))).await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.clock.pass(20);
    assert!(p.accepts(K1).await);
    until("it is fetched again", || p.host.count() == 2).await;
}

#[tokio::test]
async fn a_removed_key_goes_with_the_background_fetch() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1, K2])));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K2])));
    p.clock.pass(300);
    assert!(p.accepts(K1).await);
    until("the fetch in the background", || p.keys.age() == Some(0)).await;
    // the key is unknown now: the one refetch of the minute finds it gone
    is(&p.refusal(K1).await, ErrorClass::Refused, "unknown_key");
}

/// A well-formed set without a usable key says that there is no such key, but takes none away.
#[tokio::test]
async fn a_set_without_usable_keys() {
    for set in [
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}"#,
    ] {
        let p = platform().await;
        p.host.says_always(Say::ok(set));
        is(&p.refusal(K1).await, ErrorClass::Refused, "unknown_key");
        for _ in 0..10 {
            is(&p.refusal(K1).await, ErrorClass::Refused, "unknown_key");
        }
        assert_eq!(p.host.count(), 2);
        p.host.says_always(Say::ok(jwks(&[K1])));
        p.clock.pass(60);
        assert!(p.accepts(K1).await);

        p.host.says_always(Say::ok(set));
        p.clock.pass(900);
        assert!(p.accepts(K1).await);
        is(
            &p.refusal(K2).await,
            ErrorClass::CouldNotCheck,
            "unreadable",
        );
    }
}

/// The shared vectors, their key sets fetched: accepted or refused as they say.
#[tokio::test]
async fn invocation_requests() {
    let file = crate::common::vectors("forge-invocation-requests.json");
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    for case in file["cases"].as_array().unwrap() {
        let p = platform().await;
        let set = &file["jwks_sets"][text(&case["jwks"])];
        p.host.says_always(Say::ok(set.to_string()));
        let accepted = async {
            let header = case["authorization"].as_str();
            let token = bearer_token(header).ok()?;
            let token = UnverifiedInvocationToken::parse(token).ok()?;
            let keys = match p.keys.set_with(token.kid()).await {
                Ok(keys) => keys,
                Err(error) => {
                    assert_eq!(error.class(), ErrorClass::Refused, "{error}");
                    return None;
                }
            };
            let app = ForgeAppId::new(&text(&case["app_id"])).ok()?;
            let now = UnixTime::from_seconds(case["now"].as_u64()?)?;
            let expected = Verifier::new(app);
            token.verify(&keys, &expected, now).ok()
        };
        let accepted = if accepted.await.is_some() {
            "accept"
        } else {
            "reject"
        };
        if let Some(want) = case["expect"].as_str() {
            assert_eq!(accepted, want, "{}", case["id"]);
        }
    }
}

/// Only keys that may verify RS256 count, whatever else the set holds.
#[tokio::test]
async fn jwks_handling() {
    let good: serde_json::Value = serde_json::from_str(&jwks(&[K1])).unwrap();
    for (member, value) in [
        ("use", "enc"),
        ("alg", "RS512"),
        ("alg", "HS256"),
        ("kty", "oct"),
        ("kty", "EC"),
    ] {
        let mut bad = good["keys"][0].clone();
        bad[member] = value.into();
        bad["kid"] = "odd".into();
        let set = serde_json::json!({"keys": [good["keys"][0], bad]});
        let p = platform().await;
        p.host.says_always(Say::ok(set.to_string()));
        assert!(p.accepts(K1).await);
        is(&p.refusal("odd").await, ErrorClass::Refused, "unknown_key");
    }
}

/// The key set is chosen by configuration and comes over https.
#[tokio::test]
async fn trust_root_from_unverified_data() {
    for url in [
        "http://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json",
        "http://127.0.0.1/jwks.json",
        "https://user@forge.example.com/",
        "data:,{}",
        "jwks.json",
    ] {
        let error = ForgeKeys::builder(Fetcher::new().unwrap(), url)
            .build()
            .unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("setting", ErrorClass::Misuse),
            "{url}"
        );
    }
    // a kid never becomes part of the URL
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    p.refusal("https://evil.example/jwks.json").await;
    p.refusal("../../../evil").await;
    assert!(
        p.host
            .asked()
            .iter()
            .all(|a| a.target == "/.well-known/jwks.json")
    );
}

#[tokio::test]
async fn test_keys_prove_nothing_in_production() {
    let url = "https://forge.invalid/jwks.json";
    let keys = ForgeKeys::builder(Fetcher::new().unwrap(), url)
        .build()
        .unwrap();
    let error = keys.set_with("test-1").await.unwrap_err();
    is(&error, ErrorClass::Refused, "test_key");
    assert_eq!(keys.stats().fetches, 0);
    // who allows them says so by name
    let keys = ForgeKeys::builder(Fetcher::new().unwrap(), url)
        .allow_test_keys_for_tests()
        .build()
        .unwrap();
    let error = keys.set_with("test-1").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::CouldNotCheck, "{error}");
}

#[tokio::test]
async fn a_clock_set_back_stops_nothing() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.refusal(K2).await;
    p.clock.pass(0_u64.wrapping_sub(86_400));
    p.host.says_always(Say::ok(jwks(&[K1, K2])));
    assert!(p.accepts(K2).await);
}

/// A hundred thousand made-up ids: known keys are served throughout, at most one fetch a minute,
/// memory stays flat, refusals are refusals; in an outage they could not be checked.
#[tokio::test]
async fn unknown_kid_flood() {
    let mut p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    let mut before = None;
    for i in 0..100_000_u32 {
        let error = p.refusal(&format!("made-up-{i}")).await;
        assert_eq!(error.class(), ErrorClass::Refused);
        if i % 1000 == 0 {
            assert!(p.accepts(K1).await);
        }
        if i == 10_000 {
            before = crate::common::resident_kib();
        }
    }
    assert_eq!(p.host.count(), 2);
    if let (Some(before), Some(after)) = (before, crate::common::resident_kib()) {
        assert!(after < before + 4 * 1024, "{before} KiB -> {after} KiB");
    }
    p.host.stop().await;
    p.clock.pass(60);
    for i in 0..1000 {
        let error = p.refusal(&format!("made-up-{i}")).await;
        assert_eq!(error.class(), ErrorClass::CouldNotCheck);
        assert!(p.accepts(K1).await);
    }
    assert_eq!(p.keys.stats().fetches, 3);
}

/// Every stateful scenario of the vectors has a test of its name, here or in the files beside.
#[test]
fn every_scenario_has_a_test() {
    let tests = [
        include_str!("forge_keys.rs"),
        include_str!("forge_keys_outage.rs"),
        include_str!("forge_keys_replaced.rs"),
        include_str!("install_keys.rs"),
        include_str!("install_keys_flood.rs"),
        include_str!("install_keys_outage.rs"),
    ]
    .concat();
    let scenarios = crate::common::scenarios();
    assert!(scenarios.len() >= 12);
    for scenario in scenarios {
        let name = format!("async fn {}()", scenario.replace('-', "_"));
        assert!(tests.contains(&name), "{name}");
    }
}
