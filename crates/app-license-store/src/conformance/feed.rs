//! Many at once: order, history, pages, cursors.

use std::collections::BTreeSet;
use std::sync::Arc;

use app_license::Change;

use super::sample::{client_key, enabled, installed, name, now, secret};
use super::{Subject, all};
use crate::{InstallationStore, ReplayMark, Sequence};

/// Sixteen tasks install one tenant with sixteen secrets: they happen one after the other.
pub async fn concurrent_writes_of_one_tenant_serialize(subject: &Subject<dyn InstallationStore>) {
    const TASKS: usize = 16;
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let store = Arc::clone(&subject.store);
        tasks.push(tokio::spawn(async move {
            store
                .apply(installed("a", &task.to_string()), now())
                .await
                .unwrap()
        }));
    }
    let mut applied = Vec::new();
    for task in tasks {
        applied.push(task.await.unwrap());
    }
    applied.sort_by_key(|a| a.sequence);
    // each begins where the one before it ended
    assert_eq!(applied[0].changes, [Change::Installed]);
    for pair in applied.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
        assert_eq!(pair[1].changes, [Change::SecretRotated]);
    }
    let numbers: Vec<_> = applied.iter().map(|a| a.sequence.unwrap().get()).collect();
    assert_eq!(numbers, (1..=TASKS as u64).collect::<Vec<_>>());
    let stored = subject.store.get(&client_key("a")).await.unwrap();
    assert_eq!(stored, applied[TASKS - 1].after);
}

/// Tenants do not get into each other's way, and no number is lost.
pub async fn concurrent_installs_of_many_tenants_lose_nothing(
    subject: &Subject<dyn InstallationStore>,
) {
    let mut tasks = Vec::new();
    for task in 0..16 {
        let store = Arc::clone(&subject.store);
        tasks.push(tokio::spawn(async move {
            for i in 0..12 {
                let tenant = format!("t{task}-{i}");
                store
                    .apply(installed(&tenant, &tenant), now())
                    .await
                    .unwrap();
                store.apply(enabled(&tenant), now()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (installations, history) = all(&*subject.store).await;
    assert_eq!(installations.len(), 16 * 12);
    for installation in &installations {
        let tenant = installation.key().as_str();
        let current = installation.stored_secrets().current().unwrap();
        assert_eq!(current.expose(), secret(tenant));
    }
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, (1..=2 * 16 * 12).collect::<Vec<_>>());
}

/// Sixteen copies of one delivery with its token: one is applied, fifteen are repeated.
pub async fn concurrent_first_deliveries_of_one_token_apply_once(
    subject: &Subject<dyn InstallationStore>,
) {
    let mark = ReplayMark::new("token", b"body", now().plus(180));
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let store = Arc::clone(&subject.store);
        tasks.push(tokio::spawn(async move {
            store
                .apply(installed("a", "1").marked(mark), now())
                .await
                .unwrap()
                .repeated
        }));
    }
    let mut first = 0;
    for task in tasks {
        first += usize::from(!task.await.unwrap());
    }
    assert_eq!(first, 1);
}

/// Pages have an order, no holes and no overlap, also when tenants arrive in between.
pub async fn tenants_are_listed_in_pages(subject: &Subject<dyn InstallationStore>) {
    const TENANTS: usize = 1250;
    let store = &subject.store;
    let mut tasks = Vec::new();
    for part in 0..25 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            for i in 0..TENANTS / 25 {
                let tenant = format!("tenant-{:05}", i * 25 + part);
                store.apply(installed(&tenant, "1"), now()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.count().await.unwrap(), TENANTS as u64);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(after.as_ref(), 400).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 400);
        after = Some(last.key().clone());
        seen.extend(page.iter().map(|i| i.key().as_str().to_owned()));
        if seen.len() == 400 {
            // behind the cursor: not seen, and nothing shifts
            store
                .apply(installed("tenant-00000-b", "1"), now())
                .await
                .unwrap();
        }
    }
    let expected: Vec<_> = (0..TENANTS).map(|i| format!("tenant-{i:05}")).collect();
    assert_eq!(seen, expected);
    // a page is held at its limit
    assert_eq!(
        store.list(None, usize::MAX).await.unwrap().len(),
        crate::MAX_PAGE
    );
    assert!(store.list(None, 0).await.unwrap().is_empty());
    let last = client_key("zzz");
    assert!(store.list(Some(&last), 10).await.unwrap().is_empty());
}

/// A tenant's history is its own; the feed has everybody's.
pub async fn history_is_paged_and_gapless(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    for round in 0..30 {
        for tenant in ["a", "b"] {
            let delivery = installed(tenant, &round.to_string());
            store.apply(delivery, now().plus(round)).await.unwrap();
        }
    }
    let mut own = Vec::new();
    let mut after = Sequence::START;
    loop {
        let page = store.history(&client_key("b"), after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        own.extend(page);
    }
    assert!(own.iter().all(|e| e.key == client_key("b")));
    let numbers: Vec<_> = own.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, (1..=30).map(|n| n * 2).collect::<Vec<_>>());
    let feed = store.events_after(Sequence::new(58), 9).await.unwrap();
    assert_eq!(feed.len(), 2);
    assert_eq!(feed[1].at, now().plus(29));
    assert!(
        store
            .events_after(Sequence::new(u64::MAX), 9)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A reader that follows the feed while others write never has to look back.
pub async fn the_feed_never_shows_a_later_event_first(subject: &Subject<dyn InstallationStore>) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 20;
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&subject.store);
        tasks.push(tokio::spawn(async move {
            for i in 0..EACH {
                let tenant = format!("w{writer}-{i}");
                store.apply(installed(&tenant, "1"), now()).await.unwrap();
            }
        }));
    }
    let mut after = Sequence::START;
    while after.get() < WRITERS * EACH {
        for entry in subject.store.events_after(after, 50).await.unwrap() {
            assert_eq!(entry.sequence.get(), after.get() + 1);
            after = entry.sequence;
        }
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// A cursor stands where it was put, and never behind that or beyond the last event.
pub async fn cursors_move_forward_only(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let (hooks, audit) = (name("hooks"), name("audit"));
    assert_eq!(store.cursor(&hooks).await.unwrap(), Sequence::START);
    let error = store.advance(&hooks, Sequence::new(1)).await.unwrap_err();
    assert_eq!(error.code(), "cursor_beyond_end");
    for tenant in ["a", "b", "c"] {
        store.apply(installed(tenant, "1"), now()).await.unwrap();
    }
    store.advance(&hooks, Sequence::new(2)).await.unwrap();
    store.advance(&hooks, Sequence::new(1)).await.unwrap();
    assert_eq!(store.cursor(&hooks).await.unwrap(), Sequence::new(2));
    assert_eq!(store.cursor(&audit).await.unwrap(), Sequence::START);
    let error = store.advance(&hooks, Sequence::new(4)).await.unwrap_err();
    assert_eq!(error.code(), "cursor_beyond_end");
    assert_eq!(store.cursor(&hooks).await.unwrap(), Sequence::new(2));
}

/// A consumer that dies between handling and advancing handles again; it never skips.
pub async fn at_least_once_delivery_after_a_crash(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    for tenant in ["a", "b", "c", "d"] {
        store.apply(installed(tenant, "1"), now()).await.unwrap();
    }
    let hooks = name("hooks");
    let mut handled = Vec::new();
    for crash_before_advancing in [true, false, true, false, false] {
        let from = store.cursor(&hooks).await.unwrap();
        for entry in store.events_after(from, 2).await.unwrap() {
            handled.push(entry.sequence.get());
            if crash_before_advancing {
                break;
            }
            store.advance(&hooks, entry.sequence).await.unwrap();
        }
    }
    let distinct: BTreeSet<_> = handled.iter().copied().collect();
    assert_eq!(distinct, BTreeSet::from([1, 2, 3, 4]));
    assert_eq!(handled, [1, 1, 2, 3, 3, 4]);
}
