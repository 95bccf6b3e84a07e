//! The right to do a thing, held by one replica at a time.

use std::sync::Arc;

use app_license::UnixTime;
use app_license::plan::license::Lease;
use async_trait::async_trait;

use crate::error::Error;
use crate::name::Name;

/// Leases: what one replica of an app may do and no other does meanwhile.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::UnixTime;
/// use app_license_store::{Error, LeaseStore, MemoryStore, Name};
///
/// async fn may_report(store: &dyn LeaseStore, replica: &Name, now: UnixTime) -> Result<bool, Error> {
///     let lease = store.try_lease(&Name::new("daily-report")?, replica, now, 3600).await?;
///     Ok(lease.is_granted())
/// }
///
/// let (store, now) = (MemoryStore::new(), UnixTime::EPOCH);
/// assert!(may_report(&store, &Name::new("replica-1")?, now).await?);
/// assert!(!may_report(&store, &Name::new("replica-2")?, now).await?);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait LeaseStore: Send + Sync + std::fmt::Debug {
    /// Takes a lease for `ttl` seconds if nobody holds it, the asker itself included: two grants
    /// are at least `ttl` seconds apart, over all replicas, as far as their clocks agree.
    ///
    /// A lease that ends later than [`Lease::latest_end`] was taken by a clock that was wrong, and nobody
    /// holds it: see [`Lease::is_held`].
    ///
    /// This holds the Forge License API to one call in five minutes an installation
    /// (<https://developer.atlassian.com/platform/forge/apis-reference/license-api/>).
    ///
    /// # Errors
    /// `invalid` when `ttl` is 0 or more than [`Lease::LONGEST`], `store_unavailable`.
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error>;

    /// Prolongs a lease to `ttl` seconds from now, if the holder still has it.
    ///
    /// # Errors
    /// As [`LeaseStore::try_lease`].
    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error>;

    /// Gives a lease back, if the holder has it.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error>;
}

#[async_trait]
impl<S: LeaseStore + ?Sized> LeaseStore for Arc<S> {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        (**self).try_lease(lease, holder, now, ttl).await
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        (**self).renew_lease(lease, holder, now, ttl).await
    }

    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error> {
        (**self).release_lease(lease, holder).await
    }
}

/// For how many seconds a lease may be taken: what every [`LeaseStore`] asks first, also one of your own.
///
/// ```
/// use app_license_store::{Lease, lasting};
/// assert_eq!(lasting(300)?, 300);
/// assert_eq!(lasting(0).unwrap_err().code(), "invalid");
/// assert!(lasting(Lease::LONGEST + 1).is_err());
/// # Ok::<(), app_license_store::Error>(())
/// ```
///
/// # Errors
/// `invalid` when it would not last, or for longer than [`Lease::LONGEST`].
pub fn lasting(ttl: u64) -> Result<u64, Error> {
    match ttl {
        1..=Lease::LONGEST => Ok(ttl),
        0 => Err(Error::invalid("lease", "it lasts 0 seconds")),
        _ => {
            let reason = format!("it lasts {ttl} seconds: {} at the most", Lease::LONGEST);
            Err(Error::invalid("lease", reason))
        }
    }
}
