//! What is left of an erased tenant in the files: nothing.

use app_license::LicenseSource;
use app_license_store::{CachedLicense, InstallationStore, LicenseStore};

use super::file::TempStore;
use crate::support::{installed, now, secret, tenant};
use crate::uninstall::uninstalled;

/// Nothing of an erased tenant is in any file, while the store stays open.
#[tokio::test]
async fn nothing_of_an_erased_tenant_is_in_the_files() {
    let place = TempStore::new();
    let store = place.open().await;
    for other in ["one", "two"] {
        store.apply(installed(other, "1"), now()).await.unwrap();
    }
    for secret_name in ["1", "2", "3"] {
        let delivery = installed("erased-tenant", secret_name);
        store.apply(delivery, now()).await.unwrap();
    }
    let key = tenant("erased-tenant");
    let source = LicenseSource::ConnectLicenseApi;
    let document = r#"{"entitlementId":"erased-entitlement"}"#.repeat(999);
    let license = CachedLicense::from_parts(source, Some(document), now());
    store.put_license(&key, &license).await.unwrap();
    let uninstall = installed("uninstalled-tenant", "9");
    store.apply(uninstall, now()).await.unwrap();
    store
        .apply(uninstalled("uninstalled-tenant"), now())
        .await
        .unwrap();

    let marks = ["erased-", "uninstalled-tenant", &secret("3"), &secret("9")];
    for mark in marks {
        assert!(place.holds(mark), "{mark} was never there");
    }
    store.erase(&key).await.unwrap();
    let gone = store.erase_uninstalled(now().plus(1)).await.unwrap();
    assert_eq!(gone.len(), 1);
    for mark in marks {
        assert!(!place.holds(mark), "{mark}");
    }
    assert!(!place.holds(&secret("2")), "a previous secret");
    assert!(store.get(&tenant("one")).await.unwrap().is_some());
    store.close().await;
}

/// What was committed is answered, whatever becomes of the log.
#[cfg(unix)]
#[tokio::test]
async fn an_erasure_is_answered_though_the_log_cannot_be_emptied() {
    let place = TempStore::new();
    let store = place.open().await;
    for name in ["a", "b", "c"] {
        store.apply(installed(name, "1"), now()).await.unwrap();
    }
    store.apply(uninstalled("b"), now()).await.unwrap();
    // the store has the file open; who opens it by its name finds none
    std::fs::rename(place.path(), place.directory.path().join("moved.db")).unwrap();
    let erased = store.erase(&tenant("a")).await.unwrap();
    assert!(erased.installation);
    let gone = store.erase_uninstalled(now().plus(1)).await.unwrap();
    assert_eq!(gone, [tenant("b")]);
    assert_eq!(store.get(&tenant("a")).await.unwrap(), None);
    assert_eq!(store.count().await.unwrap(), 1);
}
