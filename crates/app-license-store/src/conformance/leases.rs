//! Leases.

use std::sync::Arc;

use super::Subject;
use super::sample::{name, now};
use crate::{Lease, LeaseStore};

/// Sixteen replicas ask at once; one gets it, until it ends.
pub async fn a_lease_has_one_holder(subject: &Subject<dyn LeaseStore>) {
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
    for ttl in [0, Lease::LONGEST + 1] {
        let nothing = store.try_lease(&name("n"), &name("x"), now(), ttl).await;
        assert_eq!(nothing.unwrap_err().code(), "invalid", "{ttl}");
        let nothing = store.renew_lease(&name("l"), &name("x"), now(), ttl).await;
        assert_eq!(nothing.unwrap_err().code(), "invalid", "{ttl}");
    }
}

/// A lease that ends later than one can was taken by a clock that was wrong: it is nobody's.
pub async fn a_lease_of_a_clock_that_was_wrong_is_free(subject: &Subject<dyn LeaseStore>) {
    let store = &subject.store;
    let (lease, wrong, right) = (name("l"), name("wrong"), name("right"));
    let days = |days, seconds| now().plus(days * Lease::LONGEST).plus(seconds);
    let taken = store.try_lease(&lease, &wrong, days(3, 0), 300).await;
    let until = days(3, 300);
    assert_eq!(taken.unwrap(), Lease::Granted { until });
    // the longest one ends so, by a clock that is five minutes ahead
    let held = store.try_lease(&lease, &right, days(2, 0), 300).await;
    assert_eq!(held.unwrap(), Lease::Held { until });
    let renewed = store.renew_lease(&lease, &wrong, days(1, 0), 300).await;
    assert!(!renewed.unwrap().is_granted(), "it has none");
    let free = store.try_lease(&lease, &right, now(), 300).await;
    assert!(free.unwrap().is_granted());
    let again = store.try_lease(&lease, &wrong, now(), 300).await.unwrap();
    assert_eq!(
        again,
        Lease::Held {
            until: now().plus(300)
        }
    );
}

/// Only who holds a lease may prolong it or give it back.
pub async fn a_lease_is_renewed_and_released_by_its_holder_only(subject: &Subject<dyn LeaseStore>) {
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
pub async fn one_call_in_five_minutes(subject: &Subject<dyn LeaseStore>) {
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
