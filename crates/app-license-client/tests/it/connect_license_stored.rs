//! What a site said, stored as it comes.

use std::sync::{Arc, Mutex};

use crate::common::Say;
use crate::connect_license::{ACTIVE, body, site, tenant};
use app_license::{InstallationKey, LicenseSource, State};
use app_license_client::CachedLicense;
use app_license_store::{Error as StoreError, LicenseStore, async_trait};

/// What is put into it, and whether it is.
#[derive(Debug, Default)]
struct Stored {
    put: Mutex<Vec<(InstallationKey, CachedLicense)>>,
    fails: bool,
}

#[async_trait]
impl LicenseStore for Stored {
    async fn license(
        &self,
        _: &InstallationKey,
        _: LicenseSource,
    ) -> Result<Option<CachedLicense>, StoreError> {
        panic!("what is stored is not read here")
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), StoreError> {
        let put = (key.clone(), license.clone());
        self.put.lock().unwrap().push(put);
        if self.fails {
            return Err(StoreError::unavailable("ask the database", "it is down"));
        }
        Ok(())
    }
}

#[tokio::test]
async fn each_answer_is_stored_once_and_a_refused_token_ends_it() {
    let mut s = site().await;
    let stored = Arc::new(Stored::default());
    s.api = s.api.stored_in(Arc::clone(&stored));
    let put = || std::mem::take(&mut *stored.put.lock().unwrap());
    s.host.says_always(Say::ok(body(ACTIVE)));
    let first_at = s.clock.now();
    for _ in 0..5 {
        assert_eq!(s.state().await, Some(State::Active));
        s.clock.pass(20);
    }
    let put_once = put();
    assert_eq!(put_once.len(), 1);
    let (of, license) = &put_once[0];
    assert_eq!(*of, InstallationKey::Connect(tenant("tenant-1")));
    assert_eq!(license.fetched_at(), first_at);
    assert_eq!(license.document(), Some(ACTIVE));

    // nothing is learned by a fault
    s.host.says_always(Say::status(500));
    s.clock.pass(400);
    assert!(s.get().await.unwrap().fault().is_some());
    assert!(put().is_empty());

    for (say, is_ended, document) in [
        (Say::status(403), true, Some("")),
        (Say::status(404), false, None),
    ] {
        s.host.says_always(say);
        s.clock.pass(400);
        let at = s.clock.now();
        for _ in 0..5 {
            let _answer = s.get().await;
            s.clock.pass(1);
        }
        let put = put();
        assert_eq!(put.len(), 1, "once, however often it is asked");
        let license = &put[0].1;
        assert_eq!(
            (license.is_ended(), license.document()),
            (is_ended, document)
        );
        assert_eq!(license.fetched_at(), at);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_stored_is_given_and_counted() {
    let mut s = site().await;
    let fails = true;
    let stored = Arc::new(Stored {
        fails,
        ..Stored::default()
    });
    s.api = s.api.stored_in(Arc::clone(&stored));
    s.host.says_always(Say::ok(body(ACTIVE)));
    assert_eq!(s.state().await, Some(State::Active));
    assert_eq!(s.state().await, Some(State::Active));
    assert_eq!(stored.put.lock().unwrap().len(), 1);
    assert_eq!(s.api.stats().faults, 1);
}
