//! Install keys against a key host that misbehaves.

use crate::common::{Host, KID, OTHER_KID, Say, TestClock, WEAK_KID, fetcher, key_hosts, kid, pem};
use app_license::KeyId;
use app_license::connect::{BaseUrl, Cloud, KeyHosts};
use app_license_client::{Error, ErrorClass, ErrorKind, Fetcher, InstallKeys, InstallKeysBuilder};

pub(crate) fn at(kid: &str) -> String {
    format!("/{kid}")
}

pub(crate) struct Two {
    pub(crate) primary: Host,
    pub(crate) fallback: Host,
    pub(crate) clock: TestClock,
    pub(crate) keys: InstallKeys,
}

pub(crate) async fn two() -> Two {
    two_with(|b| b).await
}

pub(crate) async fn two_with(set: impl FnOnce(InstallKeysBuilder) -> InstallKeysBuilder) -> Two {
    two_over(fetcher(), set).await
}

pub(crate) async fn two_over(
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
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.primary.count(), self.fallback.count())
    }

    pub(crate) async fn refusal(&self, id: &str) -> Error {
        self.keys.get(&kid(id)).await.unwrap_err()
    }
}

pub(crate) fn could_not_check(error: &Error, code: &str) {
    assert_eq!(
        (error.class(), error.code()),
        (ErrorClass::CouldNotCheck, code),
        "{error}"
    );
}

pub(crate) fn refused(error: &Error, code: &str) {
    assert_eq!(
        (error.class(), error.code()),
        (ErrorClass::Refused, code),
        "{error}"
    );
}

#[tokio::test]
async fn keys_beyond_those_that_are_kept_are_asked_for_again() {
    let t = two_with(|b| b.keys_kept(1)).await;
    for id in [KID, OTHER_KID] {
        t.primary.says(&at(id), Say::ok(pem(id)));
    }
    for (id, asked) in [(KID, 1), (KID, 1), (OTHER_KID, 2), (KID, 3)] {
        assert!(t.keys.get(&kid(id)).await.is_ok());
        assert_eq!(t.counts(), (asked, 0), "{id}");
    }
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
async fn a_wrong_key_is_healed_by_a_refresh() {
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
