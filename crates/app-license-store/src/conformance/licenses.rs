//! What License APIs answered.

use app_license::{Evidence, License, LicenseSource};

use super::Subject;
use super::sample::{client_key, now};
use crate::{CachedLicense, LicenseStore, Store};

/// The latest answer wins, whenever it is written; each API has its own.
pub async fn the_last_answer_of_a_license_api_is_kept(subject: &Subject<dyn LicenseStore>) {
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
}

/// An answer that was dated by a clock that was wrong does not outlast those that come after it.
pub async fn an_answer_dated_ahead_outlasts_no_newer_one(subject: &Subject<dyn LicenseStore>) {
    let store = &subject.store;
    let key = client_key("never-installed");
    let source = LicenseSource::ConnectLicenseApi;
    let answer =
        |at| CachedLicense::from_parts(source, Some(format!("{{\"at\":{at}}}")), now().plus(at));
    let ahead = 3 * 86_400;
    for (put, kept) in [
        (ahead, ahead),
        // as far as clocks differ, it may be the later one
        (ahead - Evidence::MAX_AHEAD, ahead),
        (
            ahead - Evidence::MAX_AHEAD - 1,
            ahead - Evidence::MAX_AHEAD - 1,
        ),
        (100, 100),
        (99, 100),
        (101, 101),
    ] {
        store.put_license(&key, &answer(put)).await.unwrap();
        assert_eq!(
            store.license(&key, source).await.unwrap(),
            Some(answer(kept)),
            "{put}"
        );
    }
}

/// What a License API said of a tenant does not make it known.
pub async fn a_license_is_no_installation(subject: &Subject<dyn Store>) {
    let store = &subject.store;
    let absent = License::absent(LicenseSource::ForgeLicenseApi);
    let license = CachedLicense::new(&absent, now());
    let key = client_key("never-installed");
    store.put_license(&key, &license).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 0);
    assert_eq!(store.get(&key).await.unwrap(), None);
}
