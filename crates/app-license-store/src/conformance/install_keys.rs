//! Public keys of the platform.

use app_license::KeyId;

use super::Subject;
use super::sample::now;
use crate::{InstallKey, InstallKeyStore, MAX_INSTALL_KEYS};

/// Keys that proved themselves are found by the next process; a store that keeps none has none.
pub async fn install_keys_are_kept_the_newest_first_and_not_too_many(
    subject: &Subject<dyn InstallKeyStore>,
) {
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
