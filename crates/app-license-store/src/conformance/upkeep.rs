//! Marks and upkeep.

use std::sync::Arc;

use super::sample::{installed, name, now};
use super::{Subject, all};
use crate::{InstallationStore, Mark, ReplayMark, Store};

/// SECURITY-RULES `replay`.
pub async fn marks_are_once_and_forgotten_after_their_grace(
    subject: &Subject<dyn InstallationStore>,
) {
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

/// A replica whose clock is a day ahead forgets nothing that the others still need.
pub async fn a_clock_a_day_ahead_forgets_no_live_mark(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let mark = |token, body: &str| ReplayMark::new(token, body.as_bytes(), now().plus(180));
    let once = |mark, now| async move { store.mark_once(&mark, now).await.unwrap() };
    assert_eq!(once(mark("t", "b"), now()).await, Mark::First);
    let ahead = now().plus(86_400);
    assert_eq!(store.prune(ahead).await.unwrap(), 0);
    // other deliveries forget marks, too
    for token in ["u", "v"] {
        let other = ReplayMark::new(token, b"", ahead.plus(180));
        assert_eq!(once(other, ahead).await, Mark::First);
    }
    assert_eq!(once(mark("t", "c"), now().plus(179)).await, Mark::Replayed);
    assert_eq!(once(mark("t", "b"), now().plus(179)).await, Mark::Repeated);
}

/// Whatever it does inside, it shows the same outside.
pub async fn reencryption_changes_nothing_that_is_seen(subject: &Subject<dyn InstallationStore>) {
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
pub async fn a_healthy_store_says_so(subject: &Subject<dyn InstallationStore>) {
    let health = subject.store.health().await.unwrap();
    assert!(!health.backend.is_empty());
}

/// What is still alive stays.
pub async fn pruning_forgets_only_what_expired(subject: &Subject<dyn Store>) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    let (old, young) = (
        ReplayMark::new("old", b"", now().plus(10)),
        ReplayMark::new("young", b"", now().plus(100)),
    );
    for mark in [old, young] {
        store.mark_once(&mark, now()).await.unwrap();
    }
    let later = now().plus(50 + ReplayMark::GRACE);
    for (lease, at, ttl) in [("old", now(), 10), ("young", later, 10_000)] {
        store
            .try_lease(&name(lease), &name("x"), at, ttl)
            .await
            .unwrap();
    }
    let before = all(&**store).await;
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
