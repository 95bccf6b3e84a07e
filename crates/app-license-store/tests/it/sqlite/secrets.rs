//! Secrets in the file: sealed, moved, rotated.

use app_license_store::{InstallationStore, SqliteOptions, SqliteStore};

use super::file::TempStore;
use crate::support::{installed, key, keys, now, secret, tenant};

/// SECURITY-RULES `empty-secret`: the type cannot hold one, and a planted one is not used.
#[tokio::test]
async fn empty_secret_is_neither_stored_nor_read() {
    assert!(app_license::SharedSecret::new("").is_err());
    assert!(app_license::SharedSecret::new("too-short").is_err());
    let place = TempStore::new();
    let store = place.open().await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    for planted in ["x''", "CAST('too-short' AS BLOB)"] {
        place.sql(&format!("UPDATE installation SET secret = {planted}"));
        let error = store.get(&tenant("a")).await.unwrap_err();
        assert_eq!(error.code(), "store_corrupt");
        assert_eq!(error.class().http_status(), 503);
        // nor is it taken for "no secret yet"
        let error = store.apply(installed("a", "2"), now()).await.unwrap_err();
        assert_eq!(error.code(), "store_corrupt");
    }
}

/// SECURITY-RULES `secret-in-logs`, at rest: no secret in any file, the log included.
#[tokio::test]
async fn secrets_are_sealed_in_every_file() {
    let place = TempStore::new();
    let store = place.open_with(keys(1)).await;
    for name in ["1", "2", "3"] {
        store.apply(installed("a", name), now()).await.unwrap();
    }
    let open = ["1", "2", "3"].map(|name| place.holds(&secret(name)));
    assert_eq!(open, [false; 3]);
    assert!(!place.holds("sh4red"));
    let stored = store.get(&tenant("a")).await.unwrap().unwrap();
    assert_eq!(
        stored.stored_secrets().current().unwrap().expose(),
        secret("3")
    );
}

#[tokio::test]
async fn encryption_is_turned_on_for_a_plain_file_and_nothing_is_left_open() {
    let place = TempStore::new();
    let store = place.open().await;
    // more than one batch
    for i in 0..=600 {
        let delivery = installed(&format!("t{i}"), &i.to_string());
        store.apply(delivery, now()).await.unwrap();
    }
    store.apply(installed("t0", "new"), now()).await.unwrap();
    store.close().await;
    assert!(place.holds("sh4red"));

    let store = place.open_with(keys(1)).await;
    assert_eq!(store.reencrypt_all().await.unwrap(), 601);
    assert_eq!(store.reencrypt_all().await.unwrap(), 0);
    store.close().await;
    assert!(!place.holds("sh4red"));
    let store = place.open_with(keys(1).refuse_plain_text()).await;
    let stored = store.get(&tenant("t0")).await.unwrap().unwrap();
    assert_eq!(
        stored.stored_secrets().current().unwrap().expose(),
        secret("new")
    );
    let (previous, _) = stored.stored_secrets().previous().unwrap();
    assert_eq!(previous.expose(), secret("0"));
}

#[tokio::test]
async fn keys_rotate_and_the_old_one_can_go() {
    let place = TempStore::new();
    let store = place.open_with(keys(1)).await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.apply(installed("b", "1"), now()).await.unwrap();
    store.close().await;

    let store = place.open_with(keys(2).with_previous(key(1))).await;
    // a write seals with the new key by itself
    store.apply(installed("a", "2"), now()).await.unwrap();
    store.close().await;
    // well while it opens one of them
    for half in [1, 2] {
        let store = place.open_with(keys(half)).await;
        assert!(store.health().await.unwrap().encrypted);
        store.close().await;
    }
    let store = place.open_with(keys(3)).await;
    let error = store.health().await.unwrap_err();
    assert_eq!(error.code(), "unknown_encryption_key");
    store.close().await;
    let store = place.open_with(keys(2).with_previous(key(1))).await;
    assert_eq!(store.reencrypt_all().await.unwrap(), 1);
    store.close().await;

    let store = place.open_with(keys(2)).await;
    assert_eq!(store.list(None, 9).await.unwrap().len(), 2);
    store.close().await;
    let store = place.open_with(keys(1)).await;
    let error = store.get(&tenant("a")).await.unwrap_err();
    assert_eq!(error.code(), "unknown_encryption_key");
    store.close().await;
    let store = place.open().await;
    let error = store.get(&tenant("a")).await.unwrap_err();
    assert_eq!(error.code(), "unknown_encryption_key");
}

/// Also where those that are first in the order of the tenants can be opened.
#[tokio::test]
async fn a_store_is_not_well_where_more_secrets_are_for_another_key() {
    for (of_old, is_well) in [(39, true), (80, false)] {
        let place = TempStore::new();
        let store = place.open_with(keys(1)).await;
        for n in 0..of_old {
            let delivery = installed(&format!("z{n}"), "1");
            store.apply(delivery, now()).await.unwrap();
        }
        store.close().await;
        let store = place.open_with(keys(2)).await;
        for n in 0..40 {
            let delivery = installed(&format!("a{n}"), "1");
            store.apply(delivery, now()).await.unwrap();
        }
        let health = store.health().await;
        assert_eq!(health.is_ok(), is_well, "{of_old}: {health:?}");
        if let Err(error) = health {
            assert_eq!(error.code(), "unknown_encryption_key");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_sealed_secret_moved_to_another_tenant_does_not_open() {
    let place = TempStore::new();
    let store = place.open_with(keys(1)).await;
    store.apply(installed("a", "1"), now()).await.unwrap();
    store.apply(installed("b", "2"), now()).await.unwrap();
    place.sql(
        "UPDATE installation SET secret = (SELECT secret FROM installation
            WHERE tenant = 'connect:a') WHERE tenant = 'connect:b'",
    );
    let error = store.get(&tenant("b")).await.unwrap_err();
    assert_eq!(error.code(), "does_not_open");
    // nor does a record moved to another row
    place.sql(
        "UPDATE installation SET record = (SELECT record FROM installation
            WHERE tenant = 'connect:b') WHERE tenant = 'connect:a'",
    );
    let error = store.get(&tenant("a")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the stored record cannot be read: it is of another tenant"
    );
}

#[tokio::test]
async fn plain_text_must_be_asked_for_by_name() {
    let place = TempStore::new();
    let error = SqliteOptions::new(place.path()).open().await.unwrap_err();
    assert_eq!(error.code(), "no_encryption_key");
    let message = error.to_string();
    assert!(message.contains("openssl rand -base64 32") && message.contains("plain_text"));
    assert!(!place.path().exists(), "nothing is made");
    let store = SqliteStore::open_plain_text(place.path()).await.unwrap();
    assert!(!store.health().await.unwrap().encrypted);
}
