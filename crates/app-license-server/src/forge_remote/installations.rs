//! What the store knows of the remote's installations, kept in memory for a short while.

use std::sync::Arc;

use app_license::forge::InvocationToken;
use app_license::{
    Event, Installation, InstallationAri, InstallationKey, License, UnixTime, Verified,
};
use app_license_store::{Applied, Delivery, InstallationStore};
use quick_cache::sync::Cache;

use super::ForgeInvocation;
use crate::rejection::Rejection;

/// How long a record is kept in memory, in seconds.
const KEPT: u64 = 5;

pub(super) struct Installations {
    store: Arc<dyn InstallationStore>,
    kept: Cache<InstallationAri, (Option<Installation>, UnixTime)>,
}

impl Installations {
    pub(super) fn new(store: Arc<dyn InstallationStore>) -> Self {
        Self {
            store,
            kept: Cache::new(10_000),
        }
    }

    pub(super) fn store(&self) -> &dyn InstallationStore {
        &*self.store
    }

    /// What is known of the token's installation. A token of before an uninstall is refused. One
    /// of after it is not: the platform says that the app is there, and the uninstall was not
    /// carried out.
    pub(super) async fn admit(
        &self,
        token: &Verified<InvocationToken>,
        now: UnixTime,
    ) -> Result<Option<Installation>, Rejection> {
        let known = self.get(token.installation_id(), now).await?;
        let gone = known.as_ref().and_then(|it| it.uninstalled_at());
        if gone.is_some_and(|at| token.issued_at() <= at) {
            return Err(Rejection::unknown_tenant());
        }
        Ok(known)
    }

    async fn get(
        &self,
        id: &InstallationAri,
        now: UnixTime,
    ) -> Result<Option<Installation>, Rejection> {
        if let Some((known, read_at)) = self.kept.get(id)
            && now >= read_at
            && now.since(read_at) < KEPT
        {
            return Ok(known);
        }
        let key = InstallationKey::Forge(id.clone());
        let known = self.store.get(&key).await;
        let known = known.map_err(|e| Rejection::store(&e))?;
        self.kept.insert(id.clone(), (known.clone(), now));
        Ok(known)
    }

    pub(super) async fn apply(
        &self,
        delivery: Delivery,
        of: &InstallationAri,
        now: UnixTime,
    ) -> Result<Applied, app_license_store::Error> {
        let applied = self.store.apply(delivery, now).await?;
        self.kept.remove(of);
        Ok(applied)
    }

    /// Remembers a word that is news, so that hooks hear of changed editions. Losing one is no
    /// harm: the next invocation says it again.
    pub(super) async fn observe(
        &self,
        invocation: &ForgeInvocation,
        license: &Verified<License>,
        now: UnixTime,
    ) {
        if !invocation
            .installation()
            .is_some_and(|known| known.is_news(license))
        {
            return;
        }
        let of = invocation.installation_id();
        let key = InstallationKey::Forge(of.clone());
        let delivery = Delivery::new(key, Event::from(License::clone(license)));
        if let Err(error) = self.apply(delivery, of, now).await {
            tracing::warn!(code = error.code(), %error, "a changed license is not kept");
        }
    }
}
