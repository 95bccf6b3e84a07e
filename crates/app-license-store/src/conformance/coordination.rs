//! Marks, leases, licenses, upkeep.

use std::sync::Arc;

use app_license::{KeyId, License, LicenseSource};

use super::sample::{client_key, installed, name, now};
use super::{Subject, all};
use crate::{CachedLicense, InstallKey, Lease, MAX_INSTALL_KEYS, Mark, ReplayMark};

/// SECURITY-RULES `replay`.
pub async fn marks_are_once_and_forgotten_after_their_grace(subject: &Subject) {
    let store = &subject.store;
    let expires_at = now().plus(180);
    let mark = |token, body: &str| ReplayMark::new(token, body.as_bytes(), expires_at);
    let at = |seconds| now().plus(seconds);
    let once = |mark, now| async move { store.mark_once(&mark, now).await.unwrap() };
    assert_eq!(once(mark("t", "b"), at(0)).await, Mark::First);
    assert_eq!(once(mark("t", "b"), at(1)).await, Mark::Repeated);
    assert_eq!(once(mark("t", "c"), at(1)).await, Mark::Replayed);
    assert_eq!(once(mark("u", "b"), at(1)).await, Mark::First);
    // as long as any replica's clock may still take the token
    assert_eq!(
        once(mark("t", "c"), at(180 + ReplayMark::GRACE)).await,
        Mark::Replayed
    );
    assert_eq!(
        once(mark("t", "c"), at(181 + ReplayMark::GRACE)).await,
        Mark::First
    );
    // delivered to two replicas at once, one of them is first
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let store = Arc::clone(store);
        let mark = mark("v", "b");
        tasks.push(tokio::spawn(async move {
            store.mark_once(&mark, now()).await.unwrap()
        }));
    }
    let mut first = 0;
    for task in tasks {
        first += usize::from(task.await.unwrap() == Mark::First);
    }
    assert_eq!(first, 1);
}

/// Sixteen replicas ask at once; one gets it, until it ends.
pub async fn a_lease_has_one_holder(subject: &Subject) {
    let store = &subject.store;
    let mut tasks = Vec::new();
    for replica in 0..16 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            let holder = name(&format!("replica-{replica}"));
            store
                .try_lease(&name("l"), &holder, now(), 300)
                .await
                .unwrap()
        }));
    }
    let until = now().plus(300);
    let mut granted = 0;
    for task in tasks {
        let lease = task.await.unwrap();
        assert_eq!(lease.until(), until);
        granted += usize::from(lease.is_granted());
    }
    assert_eq!(granted, 1);
    let ask = |lease, now| async move {
        let holder = name("other");
        store
            .try_lease(&name(lease), &holder, now, 300)
            .await
            .unwrap()
    };
    assert_eq!(ask("l", now().plus(299)).await, Lease::Held { until });
    assert!(ask("m", now()).await.is_granted());
    assert_eq!(
        ask("l", until).await,
        Lease::Granted {
            until: until.plus(300)
        }
    );
    let nothing = store.try_lease(&name("n"), &name("x"), now(), 0).await;
    assert_eq!(nothing.unwrap_err().code(), "invalid");
}

/// Only who holds a lease may prolong it or give it back.
pub async fn a_lease_is_renewed_and_released_by_its_holder_only(subject: &Subject) {
    let store = &subject.store;
    let (lease, me, other) = (name("l"), name("me"), name("other"));
    let renew = |who, at| {
        let lease = &lease;
        async move {
            store
                .renew_lease(lease, who, now().plus(at), 100)
                .await
                .unwrap()
        }
    };
    assert_eq!(renew(&me, 0).await, Lease::Held { until: now() });
    assert!(
        store
            .try_lease(&lease, &me, now(), 100)
            .await
            .unwrap()
            .is_granted()
    );
    assert_eq!(
        renew(&other, 50).await,
        Lease::Held {
            until: now().plus(100)
        }
    );
    assert_eq!(
        renew(&me, 50).await,
        Lease::Granted {
            until: now().plus(150)
        }
    );
    assert!(!renew(&me, 150).await.is_granted(), "too late");

    assert!(
        store
            .try_lease(&lease, &me, now().plus(150), 100)
            .await
            .unwrap()
            .is_granted()
    );
    store.release_lease(&lease, &other).await.unwrap();
    let held = store
        .try_lease(&lease, &other, now().plus(160), 100)
        .await
        .unwrap();
    assert!(!held.is_granted());
    store.release_lease(&lease, &me).await.unwrap();
    let free = store
        .try_lease(&lease, &other, now().plus(160), 100)
        .await
        .unwrap();
    assert!(free.is_granted());
}

/// The Forge License API: the same replica may not call twice either.
pub async fn one_call_in_five_minutes(subject: &Subject) {
    let store = &subject.store;
    let mut calls = Vec::new();
    for second in (0..=900).step_by(30) {
        for replica in ["one", "two", "three"] {
            let at = now().plus(second);
            let lease = store
                .try_lease(&name("forge-license/i"), &name(replica), at, 300)
                .await;
            if lease.unwrap().is_granted() {
                calls.push(second);
            }
        }
    }
    assert_eq!(calls, [0, 300, 600, 900]);
}

/// The latest answer wins, whenever it is written; each API has its own.
pub async fn the_last_word_of_a_license_api_is_kept(subject: &Subject) {
    let store = &subject.store;
    let key = client_key("never-installed");
    let forge = LicenseSource::ForgeLicenseApi;
    assert_eq!(store.license(&key, forge).await.unwrap(), None);
    let answer = |json: &str, at| {
        let license = License::from_object(json.as_bytes(), forge).unwrap();
        CachedLicense::new(&license, now().plus(at))
    };
    let json = r#"{"active":true,"capabilitySet":"capabilityAdvanced","new":[1.50]}"#;
    store.put_license(&key, &answer(json, 100)).await.unwrap();
    store
        .put_license(&key, &answer(r#"{"active":false}"#, 99))
        .await
        .unwrap();
    let kept = store.license(&key, forge).await.unwrap().unwrap();
    assert_eq!(kept.document(), Some(json));
    assert_eq!(kept.age(now().plus(130)), 30);
    let license = kept.license().unwrap();
    assert!(license.has_capability("capabilityAdvanced"));
    assert_eq!(license.as_of(), Some(now().plus(100)));
    assert_eq!(
        store
            .license(&key, LicenseSource::ConnectLicenseApi)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store.license(&client_key("other"), forge).await.unwrap(),
        None
    );
    // "there is none" is an answer too
    store.put_license(&key, &answer("null", 101)).await.unwrap();
    let kept = store.license(&key, forge).await.unwrap().unwrap();
    assert_eq!(kept.document(), None);
    assert_eq!(
        store.count().await.unwrap(),
        0,
        "a license is no installation"
    );
}

/// What is still alive stays.
pub async fn pruning_forgets_only_what_expired(subject: &Subject) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    let (old, young) = (
        ReplayMark::new("old", b"", now().plus(10)),
        ReplayMark::new("young", b"", now().plus(100)),
    );
    for mark in [old, young] {
        store.mark_once(&mark, now()).await.unwrap();
    }
    for (lease, ttl) in [("old", 10), ("young", 10_000)] {
        store
            .try_lease(&name(lease), &name("x"), now(), ttl)
            .await
            .unwrap();
    }
    let before = all(&**store).await;
    let later = now().plus(50 + ReplayMark::GRACE);
    assert_eq!(store.prune(later).await.unwrap(), 2);
    assert_eq!(store.prune(later).await.unwrap(), 0);
    assert_eq!(
        store.mark_once(&young, later).await.unwrap(),
        Mark::Repeated
    );
    let lease = store.try_lease(&name("young"), &name("y"), later, 10).await;
    assert!(!lease.unwrap().is_granted());
    assert_eq!(all(&**store).await, before);
}

/// Whatever it does inside, it shows the same outside.
pub async fn reencryption_changes_nothing_that_is_seen(subject: &Subject) {
    let store = &subject.store;
    for tenant in ["a", "b"] {
        store.apply(installed(tenant, "1"), now()).await.unwrap();
        store.apply(installed(tenant, "2"), now()).await.unwrap();
    }
    let before = all(&**store).await;
    store.reencrypt_all().await.unwrap();
    assert_eq!(all(&**store).await, before);
}

/// A name for the logs, and an answer at all.
pub async fn a_healthy_store_says_so(subject: &Subject) {
    let health = subject.store.health().await.unwrap();
    assert!(!health.backend.is_empty());
}

/// Keys that proved themselves are found by the next process; a store that keeps none has none.
pub async fn install_keys_are_kept_the_newest_first_and_not_too_many(subject: &Subject) {
    let store = &subject.store;
    let key = |id: String| InstallKey::new(KeyId::new(&id).unwrap(), format!("pem of {id}"));
    let put = |id: u64, at: u64| {
        let key = key(format!("k-{id:03}"));
        async move { store.put_install_key(&key, now().plus(at)).await.unwrap() }
    };
    assert_eq!(store.install_keys(9).await.unwrap(), []);
    put(1, 1).await;
    if store.install_keys(9).await.unwrap().is_empty() {
        return;
    }
    put(2, 2).await;
    put(1, 3).await;
    let newest = [key("k-001".to_owned()), key("k-002".to_owned())];
    assert_eq!(store.install_keys(9).await.unwrap(), newest);
    assert_eq!(store.install_keys(1).await.unwrap(), newest[..1]);
    for number in 3..200 {
        put(number, number + 1).await;
    }
    let kept = store.install_keys(usize::MAX).await.unwrap();
    assert_eq!(kept.len(), MAX_INSTALL_KEYS);
    assert_eq!(kept[0], key("k-199".to_owned()));
}
