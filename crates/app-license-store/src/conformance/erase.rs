//! What goes for good, and tenants that a consumer stopped at.

use app_license::{Change, ClientKey, Event, InstallationKey, LicenseSource};

use super::sample::{
    client_key, enabled, forge, forge_uninstalled, installed, installed_with, name, now,
    uninstalled,
};
use super::{Subject, all};
use crate::{
    CachedLicense, Delivery, InstallationStore, LicenseStore, Sequence, Stopped, Store,
    TenantExport,
};

/// Record, secrets, events, bodies, licenses, leases: all of one tenant, nothing of another.
pub async fn erasure_leaves_nothing_of_a_tenant_and_all_of_others(subject: &Subject<dyn Store>) {
    let store = &subject.store;
    let source = LicenseSource::ConnectLicenseApi;
    for tenant in ["a", "b"] {
        let more = format!(r#","description":"of {tenant}""#);
        store
            .apply(installed_with(tenant, "1", &more), now())
            .await
            .unwrap();
        store.apply(enabled(tenant), now()).await.unwrap();
        let license = CachedLicense::from_parts(source, Some("{}".to_owned()), now());
        store
            .put_license(&client_key(tenant), &license)
            .await
            .unwrap();
    }
    store.apply(uninstalled("a"), now()).await.unwrap();
    let (a, b) = (client_key("a"), client_key("b"));
    let lease = name("forge-license/a");
    let lasting = store.try_lease(&lease, &name("r"), now(), 300).await;
    assert!(lasting.unwrap().is_granted());
    let of_b = TenantExport::of(&**store, &b).await.unwrap().unwrap();
    assert_eq!(
        (of_b.history.len(), of_b.licenses.len(), of_b.secrets),
        (2, 1, 1)
    );
    let body = of_b.history[0].body.as_ref().unwrap().get();
    assert!(
        body.contains("of b") && !body.contains("sharedSecret"),
        "{body}"
    );

    let erased = store.erase(&a).await.unwrap();
    assert_eq!(
        (erased.installation, erased.events, erased.licenses),
        (true, 3, 1)
    );
    assert!(store.erase(&a).await.unwrap().is_nothing());
    assert_eq!(store.get(&a).await.unwrap(), None);
    assert_eq!(store.count().await.unwrap(), 1);
    assert!(TenantExport::of(&**store, &a).await.unwrap().is_none());
    assert_eq!(store.payload(Sequence::new(1)).await.unwrap(), None);
    let again = store.try_lease(&lease, &name("r"), now(), 300).await;
    assert!(again.unwrap().is_granted());

    // the others are as they were, and no number is given twice
    let now_of_b = TenantExport::of(&**store, &b).await.unwrap().unwrap();
    let json = |export: &TenantExport| serde_json::to_string(export).unwrap();
    assert_eq!(json(&now_of_b), json(&of_b));
    let (_, history) = all(&**store).await;
    let numbers: Vec<_> = history.iter().map(|e| e.sequence.get()).collect();
    assert_eq!(numbers, [3, 4]);
    store
        .advance(&name("hooks"), Sequence::new(5))
        .await
        .unwrap();
    let ahead = store.advance(&name("hooks"), Sequence::new(6)).await;
    assert_eq!(ahead.unwrap_err().code(), "cursor_beyond_end");
    let applied = store.apply(installed("a", "2"), now()).await.unwrap();
    assert_eq!(applied.changes, [Change::Installed]);
    assert_eq!(applied.sequence, Some(Sequence::new(6)));
    let news = store.events_after(Sequence::new(5), 9).await.unwrap();
    assert_eq!(news.len(), 1);
}

/// Installs a customer of Connect under an ARI, and links all that leads to it; answers the links.
async fn link(store: &dyn InstallationStore, tenant: &str, ari: &str) -> Vec<InstallationKey> {
    let more = format!(
        r#","installationId":"{ari}","cloudId":"11223344-a1b2-3b33-c444-def1234{tenant:0>5}""#
    );
    let applied = store.apply(installed_with(tenant, "1", &more), now()).await;
    let customer = applied.unwrap().after.unwrap();
    let links: Vec<_> = customer.links().collect();
    for link in &links {
        let tenant = ClientKey::new(tenant).unwrap();
        let delivery = Delivery::new(link.clone(), Event::Linked { tenant });
        store.apply(delivery, now()).await.unwrap();
        assert!(store.get(link).await.unwrap().unwrap().tenant().is_some());
    }
    links
}

async fn take_lease(store: &dyn Store, link: &InstallationKey) -> bool {
    let (lease, replica) = (name(&format!("forge-license/{link}")), name("r"));
    let taken = store.try_lease(&lease, &replica, now(), 300).await;
    taken.unwrap().is_granted()
}

/// What only leads to a tenant goes with it, also under an ARI of an earlier installation, with all that
/// is kept under its key. Links to others stay.
pub async fn links_are_erased_with_their_customer(subject: &Subject<dyn Store>) {
    let store = &*subject.store;
    let hooks = name("hooks");
    let earlier = link(store, "a", "ari:cloud:ecosystem::installation/1").await;
    let links = link(store, "a", "ari:cloud:ecosystem::installation/2").await;
    let of_b = link(store, "b", "ari:cloud:ecosystem::installation/3").await;
    assert_eq!((earlier.len(), links.len(), of_b.len()), (2, 2, 2));
    assert_ne!(earlier[0], links[0]);
    let source = LicenseSource::ForgeLicenseApi;
    let license = || CachedLicense::from_parts(source, Some("{}".to_owned()), now());
    for (at, key) in [&earlier[0], &links[0], &of_b[0]].into_iter().enumerate() {
        store.put_license(key, &license()).await.unwrap();
        assert!(take_lease(store, key).await);
        let stopped = Stopped::new(key.clone(), Sequence::new(at as u64), 1, now());
        store.stop(&hooks, &stopped).await.unwrap();
    }

    let erased = store.erase(&client_key("a")).await.unwrap();
    // installed twice; two ARIs and a site, linked once each
    assert_eq!(
        (erased.installation, erased.events, erased.licenses),
        (true, 5, 2)
    );
    // the site is the same
    for gone in [&earlier[0], &links[0], &links[1]] {
        assert_eq!(store.get(gone).await.unwrap(), None);
        assert_eq!(store.license(gone, source).await.unwrap(), None);
        assert!(take_lease(store, gone).await);
    }
    let (stay, history) = all(store).await;
    let stay: Vec<_> = stay.iter().map(|it| it.key()).collect();
    assert_eq!(stay, [&client_key("b"), &of_b[0], &of_b[1]]);
    assert_eq!(history.len(), 3);
    assert!(history.iter().all(|entry| stay.contains(&&entry.key)));
    let stopped = store.stopped(&hooks).await.unwrap();
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0].key, of_b[0]);
    assert!(store.license(&of_b[0], source).await.unwrap().is_some());
    assert!(!take_lease(store, &of_b[0]).await, "it is held");
}

/// A link is a record, and no installation.
pub async fn links_are_listed_and_not_counted(subject: &Subject<dyn InstallationStore>) {
    let store = &*subject.store;
    let links = link(store, "a", "ari:cloud:ecosystem::installation/1").await;
    store.apply(installed("b", "1"), now()).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 2);
    let listed = store.list(None, 9).await.unwrap();
    let leads: Vec<_> = listed.iter().filter(|it| it.tenant().is_some()).collect();
    assert_eq!((listed.len(), leads.len()), (4, links.len()));
    // what becomes a link is not counted any more, nor retained as one that was uninstalled
    let forge_key = forge("ari:cloud:ecosystem::installation/9", "1");
    let key = forge_key.key().clone();
    store.apply(forge_key, now()).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 3);
    store.apply(forge_uninstalled(&key), now()).await.unwrap();
    let tenant = ClientKey::new("a").unwrap();
    let linked = Delivery::new(key.clone(), Event::Linked { tenant });
    store.apply(linked, now()).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 2);
    let later = now().plus(9);
    assert!(store.erase_uninstalled(later).await.unwrap().is_empty());
    assert!(store.get(&key).await.unwrap().is_some());
}

/// Who is installed, or came back, or left lately, stays.
pub async fn retention_erases_who_is_gone_long_enough(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    for (tenant, left_after) in [("a", 10), ("b", 20), ("c", 10)] {
        store.apply(installed(tenant, "1"), now()).await.unwrap();
        let left = now().plus(left_after);
        store.apply(uninstalled(tenant), left).await.unwrap();
    }
    store
        .apply(installed("c", "2"), now().plus(30))
        .await
        .unwrap();
    store.apply(installed("d", "1"), now()).await.unwrap();
    let before = now().plus(20);
    assert_eq!(
        store.erase_uninstalled(before).await.unwrap(),
        [client_key("a")]
    );
    assert!(store.erase_uninstalled(before).await.unwrap().is_empty());
    assert_eq!(store.count().await.unwrap(), 3);
    assert!(store.get(&client_key("b")).await.unwrap().is_some());
    let later = now().plus(21);
    assert_eq!(
        store.erase_uninstalled(later).await.unwrap(),
        [client_key("b")]
    );
    assert!(store.get(&client_key("c")).await.unwrap().is_some());
}

/// A block is part of the record, and survives what the platform says.
pub async fn a_blocked_tenant_is_blocked_in_every_store(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    let block = || Delivery::new(client_key("a"), Event::Block);
    let applied = store.apply(block(), now().plus(5)).await.unwrap();
    assert_eq!(applied.changes, [Change::Blocked]);
    let applied = store.apply(block(), now().plus(6)).await.unwrap();
    assert_eq!((applied.changes.len(), applied.sequence), (0, None));
    store.apply(uninstalled("a"), now()).await.unwrap();
    store.apply(installed("a", "2"), now()).await.unwrap();
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(stored.blocked_at(), Some(now().plus(5)));
    assert_eq!(stored.refusal().unwrap().code(), "tenant_blocked");
    let nobody = Delivery::new(client_key("nobody"), Event::Block);
    assert!(store.apply(nobody, now()).await.unwrap().after.is_none());
    let unblock = Delivery::new(client_key("a"), Event::Unblock);
    store.apply(unblock, now()).await.unwrap();
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert!(stored.refusal().is_none());
    let history = store.history(&client_key("a"), Sequence::START, 9).await;
    let events: Vec<_> = history.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(
        events,
        ["installed", "block", "uninstalled", "installed", "unblock"]
    );
}

/// One tenant each, of one consumer; erased with the tenant.
pub async fn a_consumer_stops_at_one_tenant_and_goes_on(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let (hooks, other) = (name("hooks"), name("other"));
    assert!(store.stopped(&hooks).await.unwrap().is_empty());
    let stopped = |tenant, at, tries| {
        Stopped::new(client_key(tenant), Sequence::new(at), tries, now().plus(60))
    };
    for one in [stopped("b", 9, 1), stopped("a", 3, 1), stopped("c", 5, 1)] {
        store.stop(&hooks, &one).await.unwrap();
    }
    store.stop(&other, &stopped("a", 4, 1)).await.unwrap();
    store.stop(&hooks, &stopped("b", 9, 2)).await.unwrap();
    let seen = store.stopped(&hooks).await.unwrap();
    assert_eq!(
        seen,
        [stopped("a", 3, 1), stopped("c", 5, 1), stopped("b", 9, 2)]
    );
    assert!(store.resume(&hooks, &client_key("a")).await.unwrap());
    assert!(!store.resume(&hooks, &client_key("a")).await.unwrap());
    assert_eq!(store.stopped(&other).await.unwrap().len(), 1);
    store.erase(&client_key("a")).await.unwrap();
    store.erase(&client_key("b")).await.unwrap();
    assert!(store.stopped(&other).await.unwrap().is_empty());
    assert_eq!(store.stopped(&hooks).await.unwrap(), [stopped("c", 5, 1)]);
}
