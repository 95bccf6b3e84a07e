//! A flood of made-up key ids, and keys that are stored against it.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Hold, KID, OTHER_KID, Say, kid, pem, until};
use crate::install_keys::{at, refused, two_over, two_with};
use app_license_client::{Caller, Fetcher};
use app_license_store::{InstallKey, InstallKeyStore, MemoryStore};

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
    let (mut flood, hold) = (Vec::new(), Hold::new());
    for number in 0..40 {
        let id = format!("made-up-{number}");
        t.primary.says(&at(&id), Say::status(404).held(&hold));
        let t = Arc::clone(&t);
        flood.push(tokio::spawn(async move {
            t.keys
                .get_for(&kid(&id), stranger)
                .await
                .unwrap_err()
                .code()
        }));
    }
    until("strangers ask", || t.primary.count() > 0).await;
    // it waits for nobody: the strangers' own questions are not answered before it is
    let code = |error: app_license_client::Error| error.code();
    assert_eq!(
        t.keys
            .get_for(&kid(KID), platform)
            .await
            .map(drop)
            .map_err(code),
        Ok(())
    );
    hold.let_go();
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
