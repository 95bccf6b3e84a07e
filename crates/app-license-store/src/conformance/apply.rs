//! Deliveries: what they change, and what they must not.

use app_license::connect::LifecycleKind;
use app_license::{Capability, Change, InstallationStatus, SharedSecret};

use super::sample::{
    client_key, disabled, enabled, event, forge, installed, installed_body, installed_event,
    installed_with, now, secret, uninstalled,
};
use super::{Subject, all};
use crate::{Delivery, InstallationStore, ReplayMark, Sequence};

/// Nothing is there at first.
pub async fn an_empty_store_is_empty(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    assert_eq!(store.get(&client_key("a")).await.unwrap(), None);
    assert_eq!(store.count().await.unwrap(), 0);
    let (installations, history) = all(&**store).await;
    assert!(installations.is_empty() && history.is_empty());
    assert_eq!(store.payload(Sequence::new(1)).await.unwrap(), None);
    let history = store.history(&client_key("a"), Sequence::START, 9).await;
    assert!(history.unwrap().is_empty());
}

/// What was installed is there, whole, with its secret and its history.
pub async fn an_install_is_stored(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let more = r#","capabilitySet":"capabilityAdvanced","description":"Ünïcode \u0000 \" '; --""#;
    let applied = store
        .apply(installed_with("a", "1", more), now())
        .await
        .unwrap();
    assert!(applied.before.is_none() && !applied.repeated);
    assert_eq!(applied.changes, [Change::Installed]);
    assert_eq!(applied.sequence, Some(Sequence::new(1)));
    let stored = store.get(&client_key("a")).await.unwrap();
    assert_eq!(stored, applied.after);
    let stored = stored.unwrap();
    assert_eq!(stored.base_url(), Some("https://a.atlassian.net"));
    assert_eq!(stored.capability_set(), Some(&Capability::ADVANCED));
    assert_eq!(stored.description(), Some("Ünïcode \u{0} \" '; --"));
    assert_eq!(stored.installed_at(), now());
    let expected = SharedSecret::new(secret("1")).unwrap();
    assert_eq!(stored.stored_secrets().current(), Some(&expected));
    assert_eq!(store.count().await.unwrap(), 1);
    let history = store
        .history(&client_key("a"), Sequence::START, 9)
        .await
        .unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].event.as_str(), history[0].at),
        ("installed", now())
    );
    assert_eq!(history[0].key, client_key("a"));
}

/// The platform delivers twice; the second time says nothing new.
pub async fn a_repeated_delivery_changes_nothing(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.apply(enabled("a"), now()).await.unwrap();
    let before = all(&**store).await;
    for delivery in [installed("a", "1"), enabled("a")] {
        let applied = store.apply(delivery, now().plus(60)).await.unwrap();
        assert_eq!(applied.changes, []);
        assert_eq!(applied.sequence, None);
        assert_eq!(applied.before, applied.after);
    }
    assert_eq!(all(&**store).await, before);
}

/// A new secret replaces the old one, which is honored for the app's grace.
pub async fn a_reinstall_rotates_the_secret_and_keeps_the_previous(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    let later = now().plus(1000);
    let applied = store.apply(installed("a", "2"), later).await.unwrap();
    assert_eq!(applied.changes, [Change::SecretRotated]);
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    let exposed = |at, grace| {
        let secrets = stored.secrets(at, grace);
        secrets.map(|s| s.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(exposed(later.plus(60), 3600), [secret("2"), secret("1")]);
    assert_eq!(exposed(later.plus(3601), 3600), [secret("2")]);
    let (_, replaced_at) = stored.stored_secrets().previous().unwrap();
    assert_eq!(replaced_at, later);
}

/// What was issued before the event that counted last changes nothing: the record says when that was, also
/// where nothing else changed.
pub async fn what_was_held_back_does_not_bring_a_tenant_back(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    let gone = |issued| uninstalled("a").issued(now().plus(issued));
    let there = |issued| installed("a", "2").issued(now().plus(issued));
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.apply(gone(10), now().plus(10)).await.unwrap();
    let again = store.apply(gone(20), now().plus(20)).await.unwrap();
    assert_eq!((again.changes, again.sequence), (vec![], None));
    let late = store.apply(there(19), now().plus(21)).await.unwrap();
    assert_eq!((late.changes, late.repeated), (vec![], false));
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(stored.status(), InstallationStatus::Uninstalled);
    let back = store.apply(there(20), now().plus(22)).await.unwrap();
    assert_eq!(back.changes[0], Change::Reinstalled);
}

/// Uninstalling forgets nothing; only `installed` brings the app back.
pub async fn uninstall_keeps_the_record_and_a_reinstall_revives_it(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    let applied = store.apply(uninstalled("a"), now().plus(10)).await.unwrap();
    assert_eq!(applied.changes, [Change::Uninstalled]);
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(stored.status(), InstallationStatus::Uninstalled);
    assert_eq!(stored.uninstalled_at(), Some(now().plus(10)));
    assert_eq!(store.count().await.unwrap(), 1);

    let applied = store
        .apply(installed("a", "2"), now().plus(20))
        .await
        .unwrap();
    assert_eq!(
        applied.changes,
        [Change::Reinstalled, Change::SecretRotated]
    );
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(stored.status(), InstallationStatus::Installed);
    assert_eq!(stored.first_installed_at(), now());
    assert_eq!(stored.uninstalled_at(), None);
    let history = store
        .history(&client_key("a"), Sequence::START, 9)
        .await
        .unwrap();
    let events: Vec<_> = history.iter().map(|e| e.event.as_str()).collect();
    assert_eq!(events, ["installed", "uninstalled", "installed"]);
}

/// The platform expects a 2xx for it, and nothing else.
pub async fn uninstall_of_an_unknown_tenant_changes_nothing(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    for delivery in [uninstalled("a"), disabled("a"), enabled("a")] {
        let applied = store.apply(delivery, now()).await.unwrap();
        assert!(applied.after.is_none() && applied.changes.is_empty());
    }
    let (installations, history) = all(&**store).await;
    assert!(installations.is_empty() && history.is_empty());
}

/// `disabled` may come after `uninstalled`; it revives nothing.
pub async fn events_out_of_order_do_no_harm(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    for delivery in [installed("a", "1"), enabled("a"), uninstalled("a")] {
        store.apply(delivery, now()).await.unwrap();
    }
    let before = all(&**store).await;
    for delivery in [disabled("a"), enabled("a"), uninstalled("a")] {
        let applied = store.apply(delivery, now().plus(1)).await.unwrap();
        assert_eq!(applied.changes, []);
    }
    assert_eq!(all(&**store).await, before);
}

/// A site rename re-sends `installed` without `installationId`.
pub async fn absent_fields_never_erase_what_is_known(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let ari = "ari:cloud:ecosystem::installation/7ab5a4a1";
    let more = format!(r#","installationId":"{ari}","entitlementId":"e-1""#);
    store
        .apply(installed_with("a", "1", &more), now())
        .await
        .unwrap();
    store.apply(installed("a", "2"), now()).await.unwrap();
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(stored.installation_id().unwrap().as_str(), ari);
    assert_eq!(stored.entitlement().id(), Some("e-1"));
}

/// Several events, one commit, numbers in their order.
pub async fn one_delivery_may_bring_several_events(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let delivery = installed("a", "1")
        .and(event(LifecycleKind::Enabled, "a"))
        .and(event(LifecycleKind::Disabled, "a"));
    let applied = store.apply(delivery, now()).await.unwrap();
    let expected = [Change::Installed, Change::Enabled, Change::Disabled];
    assert_eq!(applied.changes, expected);
    assert_eq!(applied.sequence, Some(Sequence::new(3)));
    let history = store.events_after(Sequence::START, 9).await.unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|e| (e.sequence.get(), e.event.as_str(), e.changes.clone()))
        .collect();
    let [one, two, three] = expected.map(|c| vec![c]);
    let expected = [
        (1, "installed", one),
        (2, "enabled", two),
        (3, "disabled", three),
    ];
    assert_eq!(seen, expected);
}

/// One store holds both kinds of installation.
pub async fn forge_and_connect_tenants_do_not_mix(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let id = "fff8e466-31f4-4c73-a337-c3309dd930dc";
    let delivery = forge(id, "1.0.0");
    let key = delivery.key().clone();
    store.apply(delivery, now()).await.unwrap();
    // a Connect tenant whose id is the text of the Forge one
    let twin = key.as_str().to_owned();
    assert_eq!(store.get(&client_key(&twin)).await.unwrap(), None);
    let applied = store.apply(forge(id, "2.0.0"), now()).await.unwrap();
    assert_eq!(applied.changes[0].code(), "upgraded");
    let stored = store.get(&key).await.unwrap().unwrap();
    assert_eq!(stored.app_version(), Some("2.0.0"));
    assert!(stored.stored_secrets().current().is_none());
}

/// SECURITY-RULES `tenant-mismatch`, `secret-overwritten`.
pub async fn a_delivery_for_another_tenant_is_refused_and_changes_nothing(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.apply(installed("b", "2"), now()).await.unwrap();
    let before = all(&**store).await;
    let stranger = installed_event("b", "3", "");
    let one_of_two = installed("a", "4").and(stranger.clone());
    for delivery in [Delivery::new(client_key("a"), stranger), one_of_two] {
        let error = store.apply(delivery, now()).await.unwrap_err();
        assert_eq!(error.code(), "tenant_mismatch");
        assert_eq!(error.class().http_status(), 401);
    }
    assert_eq!(all(&**store).await, before);
}

fn mark(token: &str, body: &str) -> ReplayMark {
    ReplayMark::new(token, body.as_bytes(), now().plus(180))
}

/// SECURITY-RULES `replay`, `secret-overwritten`: a captured token with another secret.
pub async fn replay_with_another_body_is_refused_and_changes_nothing(
    subject: &Subject<dyn InstallationStore>,
) {
    let store = &subject.store;
    let genuine = mark("token", &installed_body("a", "1", ""));
    store
        .apply(installed("a", "1").marked(genuine), now())
        .await
        .unwrap();
    let before = all(&**store).await;
    let forged = mark("token", &installed_body("a", "evil", ""));
    let error = store
        .apply(installed("a", "evil").marked(forged), now().plus(9))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "replayed");
    assert_eq!(error.class().http_status(), 401);
    assert_eq!(all(&**store).await, before);
    let again = store.apply(uninstalled("a").marked(forged), now()).await;
    assert_eq!(again.unwrap_err().code(), "replayed");
    assert_eq!(all(&**store).await, before);
}

/// A delivery repeated with its token is answered alike, even when the tenant has moved on.
pub async fn replay_with_the_same_body_is_answered_alike(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let delivery = || installed("a", "1").marked(mark("token", "body"));
    assert!(!store.apply(delivery(), now()).await.unwrap().repeated);
    store.apply(uninstalled("a"), now().plus(1)).await.unwrap();
    let before = all(&**store).await;
    let applied = store.apply(delivery(), now().plus(2)).await.unwrap();
    assert!(applied.repeated && applied.changes.is_empty());
    let status = applied.after.unwrap().status();
    assert_eq!(status, InstallationStatus::Uninstalled);
    assert_eq!(all(&**store).await, before);
}

/// A refused delivery leaves no mark, so the genuine one still gets through.
pub async fn replay_marks_go_with_what_failed(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let wrong = Delivery::new(client_key("a"), installed_event("b", "1", ""));
    let refused = store
        .apply(wrong.marked(mark("token", "wrong")), now())
        .await;
    assert_eq!(refused.unwrap_err().code(), "tenant_mismatch");
    let right = installed("a", "1").marked(mark("token", "right"));
    assert!(!store.apply(right, now()).await.unwrap().repeated);
}

/// What the platform adds tomorrow is kept today.
pub async fn unknown_fields_survive(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let more = r#","newField":{"z":[1.50,"é"],"a":null},"capabilitySet":"capabilityPremium""#;
    store
        .apply(installed_with("a", "1", more), now())
        .await
        .unwrap();
    let payload = store.payload(Sequence::new(1)).await.unwrap().unwrap();
    assert!(payload.contains(r#""newField":{"z":[1.50,"é"],"a":null}"#));
    let stored = store.get(&client_key("a")).await.unwrap().unwrap();
    assert_eq!(
        stored.capability_set().unwrap().as_str(),
        "capabilityPremium"
    );
}

/// SECURITY-RULES `secret-in-logs`.
pub async fn no_secret_in_payload_history_or_debug(subject: &Subject<dyn InstallationStore>) {
    let store = &subject.store;
    let delivery = installed("a", "1");
    let mut said = format!("{delivery:?} {store:?}");
    let applied = store.apply(delivery, now()).await.unwrap();
    let rotated = store.apply(installed("a", "2"), now()).await.unwrap();
    said += &format!("{applied:?} {rotated:?} {:?}", all(&**store).await);
    for number in 1..=2 {
        said += &store.payload(Sequence::new(number)).await.unwrap().unwrap();
    }
    said += &format!("{:?}", store.health().await);
    for name in ["1", "2"] {
        assert!(!said.contains(&secret(name)), "{said}");
    }
    assert!(!said.contains("sh4red"));
}
