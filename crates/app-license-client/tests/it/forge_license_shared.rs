//! The Forge License API over a shared store that fails, or holds what cannot be read.

use crate::common::{HTML, Say, rerouted};
use crate::forge_license::{active, ask, at, good, platform};
use app_license::{InstallationKey, LicenseSource, UnixTime};
use app_license_client::{CachedLicense, ErrorClass, ForgeLicenseApi, Lease, MemoryLicenseCache};
use app_license_store::{Error as StoreError, LeaseStore, LicenseStore, Name, async_trait};

/// A shared store that leases, or not, and keeps no answer.
#[derive(Debug, Default)]
struct Down {
    leases: Option<MemoryLicenseCache>,
}

#[async_trait]
impl LeaseStore for Down {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, StoreError> {
        let leases = self.leases.as_ref().ok_or_else(down)?;
        leases.try_lease(lease, holder, now, ttl).await
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, StoreError> {
        let leases = self.leases.as_ref().ok_or_else(down)?;
        leases.renew_lease(lease, holder, now, ttl).await
    }

    async fn release_lease(&self, _: &Name, _: &Name) -> Result<(), StoreError> {
        Err(down())
    }
}

#[async_trait]
impl LicenseStore for Down {
    async fn license(
        &self,
        _: &InstallationKey,
        _: LicenseSource,
    ) -> Result<Option<CachedLicense>, StoreError> {
        self.leases.as_ref().ok_or_else(down)?;
        Ok(None)
    }

    async fn put_license(&self, _: &InstallationKey, _: &CachedLicense) -> Result<(), StoreError> {
        Err(down())
    }
}

fn down() -> StoreError {
    StoreError::unavailable("ask the database", "it is down")
}

#[tokio::test]
async fn without_the_shared_store_nobody_asks() {
    let p = platform().await;
    p.host.says_always(Say::ok(good()));
    let api = ForgeLicenseApi::builder(rerouted(&p.host), Down::default())
        .build()
        .unwrap();
    let error = ask(&api).await.unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("cache", ErrorClass::CouldNotCheck)
    );
    assert_eq!(p.host.count(), 0);
}

/// Whatever becomes of the lease after it.
#[tokio::test]
async fn an_answer_that_cannot_be_shared_is_counted() {
    for (say, faults) in [
        (Say::ok(good()), 1),
        (Say::status(401), 2),
        (Say::later(429, 900), 1),
    ] {
        let p = platform().await;
        p.host.says_always(say);
        let leases = Some(MemoryLicenseCache::new());
        let cache = Down { leases };
        let api = ForgeLicenseApi::builder(rerouted(&p.host), cache).build();
        let api = api.unwrap();
        let _answer = ask(&api).await;
        assert_eq!(api.stats().faults, faults);
    }
}

#[tokio::test]
async fn rubbish_in_the_shared_store_is_as_good_as_nothing() {
    let p = platform().await;
    p.host.says_always(Say::ok(good()));
    let body = Some(HTML.to_owned());
    let rubbish = CachedLicense::from_parts(LicenseSource::ForgeLicenseApi, body, p.clock.now());
    let key = InstallationKey::Forge(at("one"));
    p.cache.put_license(&key, &rubbish).await.unwrap();
    assert!(active(&ask(&p.replica()).await.unwrap()));
}
