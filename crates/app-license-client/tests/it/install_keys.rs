//! Install keys against a key host that misbehaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{
    HTML, Host, KID, OTHER_KID, Say, TestClock, WEAK_KID, fetcher, key_hosts, kid, pem,
};
use app_license::KeyId;
use app_license::connect::{BaseUrl, Cloud, KeyHosts};
use app_license_client::{
    Caller, Error, ErrorClass, ErrorKind, Fetcher, InstallKeys, InstallKeysBuilder,
};
use app_license_store::{InstallKey, InstallKeyStore, MemoryStore};

fn at(kid: &str) -> String {
    format!("/{kid}")
}

struct Two {
    primary: Host,
    fallback: Host,
    clock: TestClock,
    keys: InstallKeys,
}

async fn two() -> Two {
    two_with(|b| b).await
}

async fn two_with(set: impl FnOnce(InstallKeysBuilder) -> InstallKeysBuilder) -> Two {
    two_over(fetcher(), set).await
}

async fn two_over(
    fetcher: Fetcher,
    set: impl FnOnce(InstallKeysBuilder) -> InstallKeysBuilder,
) -> Two {
    let (primary, fallback, clock) = (Host::up().await, Host::up().await, TestClock::new());
    let hosts = key_hosts(&[primary.url(), fallback.url()]);
    let builder = InstallKeys::builder(fetcher, hosts).clock(clock.reader());
    let keys = set(builder).build().unwrap();
    Two {
        primary,
        fallback,
        clock,
        keys,
    }
}

impl Two {
    fn counts(&self) -> (usize, usize) {
        (self.primary.count(), self.fallback.count())
    }

    async fn refusal(&self, id: &str) -> Error {
        self.keys.get(&kid(id)).await.unwrap_err()
    }
}

fn could_not_check(error: &Error, code: &str) {
    assert_eq!(
        (error.class(), error.code()),
        (ErrorClass::CouldNotCheck, code),
        "{error}"
    );
}

fn refused(error: &Error, code: &str) {
    assert_eq!(
        (error.class(), error.code()),
        (ErrorClass::Refused, code),
        "{error}"
    );
}

#[tokio::test]
async fn install_key_cache_by_kid() {
    let t = two().await;
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    for _ in 0..3 {
        assert_eq!(t.keys.get(&kid(KID)).await.unwrap().bits(), 2048);
    }
    t.clock.pass(400 * 86_400);
    t.primary.says_always(Say::status(500));
    assert!(t.keys.get(&kid(KID)).await.is_ok(), "kept for good");
    assert_eq!(t.counts(), (1, 0));
    let stats = t.keys.stats();
    assert_eq!((stats.fetches, stats.hits, stats.faults), (1, 3, 0));
}

#[tokio::test]
async fn install_key_one_flight_a_kid() {
    let t = two().await;
    t.primary.says(&at(KID), Say::ok(pem(KID)).slow(100));
    let asks = (0..50).map(|_| {
        let keys = t.keys.clone();
        tokio::spawn(async move { keys.get(&kid(KID)).await.map(|k| k.bits()) })
    });
    for ask in asks.collect::<Vec<_>>() {
        assert_eq!(ask.await.unwrap().unwrap(), 2048);
    }
    assert_eq!(t.counts(), (1, 0));
}

#[tokio::test]
async fn install_key_404_not_cached_forever() {
    let t = two().await;
    refused(&t.refusal(KID).await, "unknown_key");
    refused(&t.refusal(KID).await, "unknown_key");
    assert_eq!(t.counts(), (1, 1), "both hosts are asked, and once");
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.clock.pass(59);
    refused(&t.refusal(KID).await, "unknown_key");
    t.clock.pass(1);
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    assert_eq!(t.counts(), (2, 1));
}

#[tokio::test]
async fn install_key_only_on_the_fallback() {
    let t = two().await;
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    assert_eq!(t.counts(), (1, 1));
}

#[tokio::test]
async fn install_key_server_500() {
    let t = two().await;
    t.primary.says_always(Say::status(500));
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    let asked = t.fallback.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].target,
        at(KID),
        "the fallback is asked with the same kid"
    );

    // the fallback does not know it, and the primary cannot say: nothing is refused
    could_not_check(&t.refusal(OTHER_KID).await, "status");
    t.fallback.says_always(Say::status(500));
    t.clock.pass(5);
    could_not_check(&t.refusal(OTHER_KID).await, "status");
}

#[tokio::test]
async fn install_key_server_500_is_not_a_refusal_for_long() {
    let t = two().await;
    t.primary.says_always(Say::status(503));
    could_not_check(&t.refusal(KID).await, "status");
    could_not_check(&t.refusal(KID).await, "status");
    assert_eq!(t.counts(), (1, 1), "left alone for the back-off");
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.clock.pass(5);
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_server_times_out() {
    let t = two().await;
    t.primary.says_always(Say::ok("").slow(3000));
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    t.fallback.says(&at(OTHER_KID), Say::ok(pem(OTHER_KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    let start = Instant::now();
    assert!(t.keys.get(&kid(OTHER_KID)).await.is_ok());
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "the slow host is left alone"
    );
    assert_eq!(t.counts(), (1, 2));
}

#[tokio::test]
async fn install_key_server_down_and_back() {
    let mut t = two().await;
    t.primary.stop().await;
    t.fallback.stop().await;
    could_not_check(&t.refusal(KID).await, "unreachable");
    let error = t.refusal(OTHER_KID).await;
    could_not_check(&error, "unreachable");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(
        t.keys.stats().fetches,
        2,
        "a host that is down is not asked for every kid"
    );
    t.primary.start().await;
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.clock.pass(5);
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_html_200() {
    let t = two().await;
    t.primary.says_always(Say::ok(HTML));
    t.fallback.says_always(Say::ok(HTML));
    could_not_check(&t.refusal(KID).await, "unreadable");
    t.fallback.says(&at(OTHER_KID), Say::ok(pem(OTHER_KID)));
    assert!(t.keys.get(&kid(OTHER_KID)).await.is_ok());
    for garbage in [
        "",
        "\u{0}",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "{}",
    ] {
        t.primary.says_always(Say::ok(garbage));
        t.clock.pass(5);
        could_not_check(&t.refusal(KID).await, "unreadable");
    }
}

#[tokio::test]
async fn install_key_redirect() {
    let (t, elsewhere) = (two().await, Host::up().await);
    elsewhere.says_always(Say::ok(pem(KID)));
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}{}", elsewhere.url(), at(KID));
        t.primary.says_always(Say::redirect(status, to));
        could_not_check(&t.refusal(KID).await, "redirected");
        t.clock.pass(5);
    }
    assert_eq!(elsewhere.count(), 0);
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_huge() {
    let t = two().await;
    t.primary.says_always(Say::Endless);
    t.fallback.says_always(Say::Announced);
    let start = Instant::now();
    could_not_check(&t.refusal(KID).await, "answer_too_large");
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "not read to the time limit"
    );
    let full = format!("{}{}", pem(KID), " ".repeat(16 * 1024));
    t.primary.says_always(Say::ok(full));
    t.fallback.says_always(Say::status(404));
    t.clock.pass(5);
    could_not_check(&t.refusal(KID).await, "answer_too_large");
}

/// Every row of `key-server-failure`: status codes count, the fallback has the kid, an outage is
/// no refusal.
#[tokio::test]
async fn key_server_failure() {
    for status in [
        201_u16, 204, 400, 401, 403, 410, 418, 429, 500, 502, 503, 504,
    ] {
        let t = two().await;
        let body = if status < 300 {
            HTML.to_owned()
        } else {
            pem(KID)
        };
        t.primary.says_always(Say::Answer(status, Vec::new(), body));
        t.fallback.says_always(Say::HangUp);
        let error = t.refusal(KID).await;
        assert_eq!(
            error.class(),
            ErrorClass::CouldNotCheck,
            "{status}: {error}"
        );
        assert_eq!(error.class().http_status(), 503);
        assert_eq!(t.fallback.asked()[0].target, at(KID));
    }
}

#[tokio::test]
async fn weak_rsa() {
    let t = two().await;
    t.primary.says(&at(WEAK_KID), Say::ok(pem(WEAK_KID)));
    let error = t.refusal(WEAK_KID).await;
    refused(&error, "weak_key");
    assert_eq!(
        error.to_string(),
        format!("the key `{WEAK_KID}` is not accepted")
    );
    let ErrorKind::WeakKey { source, .. } = error.kind() else {
        panic!("{error:?}")
    };
    assert_eq!(
        source.to_string(),
        "the RSA key has 1024 bits, fewer than 2048"
    );
    refused(&t.refusal(WEAK_KID).await, "weak_key");
    assert_eq!(t.counts(), (1, 0));
}

/// The id is checked when it is made, so nothing reaches the host but one plain path segment.
#[tokio::test]
async fn kid_not_validated() {
    let long = "a".repeat(10_000);
    for evil in [
        "../evil",
        "a/b",
        "a?b",
        "a#b",
        "a\0",
        "a\nb",
        "a b",
        "%2e%2e",
        "..",
        ".",
        "",
        "é",
        "https://evil.example/key",
        "//evil.example",
        "a\\b",
        "a@b",
        "a:b",
        &long,
    ] {
        assert!(KeyId::new(evil).is_err(), "{evil:?}");
    }
    let t = two().await;
    for plain in ["a", "..a", "A-b_c.d", &"a".repeat(128)] {
        refused(&t.refusal(plain).await, "unknown_key");
        assert_eq!(t.primary.asked().last().unwrap().target, at(plain));
    }
}

#[tokio::test]
async fn a_key_host_below_a_path_keeps_its_path() {
    let host = Host::up().await;
    for base in ["/keys", "/keys/"] {
        let hosts = key_hosts(&[host.url() + base]);
        let keys = InstallKeys::builder(fetcher(), hosts).build().unwrap();
        keys.get(&kid(KID)).await.unwrap_err();
        assert_eq!(host.asked().last().unwrap().target, format!("/keys/{KID}"));
    }
}

/// Keys come from the configured hosts over https, or not at all.
#[tokio::test]
async fn trust_root_from_unverified_data() {
    let genuine = Fetcher::new().unwrap();
    let loopback = key_hosts(&["http://127.0.0.1:1".into()]);
    for (fetcher, hosts) in [
        (genuine.clone(), loopback),
        (genuine.clone(), KeyHosts::custom([], ["atlassian.net"])),
        (fetcher(), KeyHosts::default()),
    ] {
        let error = InstallKeys::builder(fetcher, hosts).build().unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("setting", ErrorClass::Misuse)
        );
    }
    for cloud in [
        Cloud::Commercial,
        Cloud::Staging,
        Cloud::FedRampModerate,
        Cloud::FedRampModerateStaging,
    ] {
        let keys = InstallKeys::builder(genuine.clone(), KeyHosts::of(cloud)).build();
        assert!(keys.is_ok());
    }
}

#[tokio::test]
async fn test_keys_prove_nothing_in_production() {
    let keys = InstallKeys::builder(Fetcher::new().unwrap(), KeyHosts::default());
    let keys = keys.build().unwrap();
    let error = keys.get(&kid("test-1")).await.unwrap_err();
    refused(&error, "test_key");
    assert_eq!(
        error.to_string(),
        "the key `test-1` is for tests, and proves nothing here"
    );
    assert_eq!(keys.stats().fetches, 0);
    // who allows them says so by name
    let invalid = KeyHosts::custom([BaseUrl::new("https://keys.invalid").unwrap()], []);
    let allowed = InstallKeys::builder(Fetcher::new().unwrap(), invalid);
    let allowed = allowed.allow_test_keys_for_tests().build().unwrap();
    let error = allowed.get(&kid("test-1")).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::CouldNotCheck, "{error}");
    assert_eq!(allowed.stats().fetches, 1);
}

#[tokio::test]
async fn a_mock_platform_stands_in_for_every_host() {
    let host = Host::up().await;
    host.says(&at("test-1"), Say::ok(pem(KID)));
    let fetcher = Fetcher::rerouted_for_tests(host.addr).unwrap();
    let keys = InstallKeys::builder(fetcher, KeyHosts::default())
        .build()
        .unwrap();
    assert!(keys.get(&kid("test-1")).await.is_ok());
    let asked = &host.asked()[0];
    assert_eq!(
        asked.headers["host"],
        "asap-distribution.us-west-2.prod.atl-asap.net"
    );
    assert!(asked.headers["user-agent"].starts_with("app-license/"));
}

#[tokio::test]
async fn a_wrong_key_is_healed_by_a_recheck() {
    let t = two().await;
    t.primary.says(&at(KID), Say::ok(pem(OTHER_KID)));
    t.keys.get(&kid(KID)).await.unwrap();
    t.primary.says(&at(KID), Say::status(500));
    t.keys
        .refresh(&kid(KID))
        .await
        .expect("a fault does not take the known key away");
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    for _ in 0..10 {
        t.keys.refresh(&kid(KID)).await.unwrap();
    }
    assert_eq!(t.counts(), (2, 1), "at most once a minute");
    t.clock.pass(60);
    t.keys.refresh(&kid(KID)).await.unwrap();
    assert_eq!(t.counts(), (3, 1));
}

/// Thousands of made-up ids: known tenants are served throughout, memory stays flat,
/// refusals are refusals.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_kid_flood() {
    // a busy machine answers late
    let patient = Fetcher::builder().timeout(Duration::from_secs(60));
    let patient = patient.connect_timeout(Duration::from_secs(60));
    let patient = patient.loopback_for_tests().unwrap();
    let t = Arc::new(
        two_over(patient, |b| {
            b.refused_for(Duration::from_secs(3600)).at_once(16, 1024)
        })
        .await,
    );
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.keys.get(&kid(KID)).await.unwrap();
    // 2,000 ids, each asked ten times: the hosts are of this process too, and should not be what
    // is measured
    let flood = |from: u32, to: u32| {
        let t = Arc::clone(&t);
        async move {
            let mut tasks = Vec::new();
            for lane in 0..8 {
                let t = Arc::clone(&t);
                tasks.push(tokio::spawn(async move {
                    for i in (from..to).filter(|i| i % 8 == lane) {
                        let error = t
                            .keys
                            .get(&kid(&format!("made-up-{}", i / 80 * 8 + lane)))
                            .await;
                        let code = error.unwrap_err().code();
                        assert!(
                            matches!(code, "unknown_key" | "unknown_key_flood"),
                            "{code}"
                        );
                        if i % 1000 < 8 {
                            t.keys.get(&kid(KID)).await.expect("served throughout");
                        }
                    }
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
        }
    };
    flood(0, 4_000).await;
    let before = crate::common::resident_kib();
    flood(4_000, 20_000).await;
    let (keys, misses) = t.keys.kept();
    assert_eq!(keys, 1);
    assert!(misses <= 1024, "{misses}");
    if let (Some(before), Some(after)) = (before, crate::common::resident_kib()) {
        assert!(after < before + 8 * 1024, "{before} KiB -> {after} KiB");
    }
}

/// Strangers who fill every place that is theirs do not hold up who comes from elsewhere, and who
/// comes from where they do waits with them at the worst.
#[tokio::test]
async fn flood_shuts_out_platform_newcomers_go_ahead() {
    let t = Arc::new(two_with(|b| b.at_once(4, 8).unknown_per_caller(2)).await);
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.primary.says(&at(OTHER_KID), Say::ok(pem(OTHER_KID)));
    let (stranger, platform) = (
        Caller::at([192, 0, 2, 1].into()),
        Caller::at([192, 0, 2, 2].into()),
    );
    let mut flood = Vec::new();
    for number in 0..40 {
        let id = format!("made-up-{number}");
        t.primary.says(&at(&id), Say::status(404).slow(500));
        let t = Arc::clone(&t);
        flood.push(tokio::spawn(async move {
            t.keys
                .get_for(&kid(&id), stranger)
                .await
                .unwrap_err()
                .code()
        }));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(t.keys.get_for(&kid(KID), platform).await.is_ok());
    // the strangers' own questions are not answered yet
    assert!(
        flood.iter().any(|it| !it.is_finished()),
        "it waits for nobody"
    );
    let mut answers = Vec::new();
    for answer in flood {
        answers.push(answer.await.unwrap());
    }
    assert!(answers.contains(&"unknown_key"), "{answers:?}");
    assert!(answers.contains(&"unknown_key_flood"), "{answers:?}");
    // from the strangers' own address, when a place is free
    assert!(t.keys.get_for(&kid(OTHER_KID), stranger).await.is_ok());
}

/// A key that proved itself is known to the next process; one that was only fetched is not kept.
#[tokio::test]
async fn flood_shuts_out_platform_keys_that_proved_themselves_are_stored() {
    let store = Arc::new(MemoryStore::new());
    let t = two_with(|b| b.stored_in(Arc::clone(&store))).await;
    for id in [KID, OTHER_KID] {
        t.primary.says(&at(id), Say::ok(pem(id)));
        t.keys.get(&kid(id)).await.unwrap();
    }
    for _ in 0..3 {
        t.keys.proved(&kid(KID)).await;
    }
    t.keys.proved(&kid("never-fetched")).await;
    let saved = store.install_keys(10).await.unwrap();
    assert_eq!(saved, [InstallKey::new(kid(KID), pem(KID))]);
    let next = two_with(|b| b.stored_in(Arc::clone(&store))).await;
    assert!(next.keys.get(&kid(KID)).await.is_ok());
    assert_eq!(next.counts(), (0, 0));
    refused(&next.refusal(OTHER_KID).await, "unknown_key");
    // another replica's key is found within a minute
    next.clock.pass(60);
    let key = InstallKey::new(kid(OTHER_KID), pem(OTHER_KID));
    let now = next.clock.now();
    store.put_install_key(&key, now).await.unwrap();
    assert!(next.keys.get(&kid(OTHER_KID)).await.is_ok());
}
