//! What the store knows of the remote's installations, kept in memory for a short while.

use std::sync::Arc;

use app_license::forge::InvocationToken;
use app_license::{
    Event, ForgeHalf, Installation, InstallationAri, InstallationKey, License, UnixTime, Verified,
};
use app_license_store::{Applied, Delivery, Error, InstallationStore};
use quick_cache::sync::Cache;

use super::ForgeInvocation;
use crate::rejection::Rejection;
use crate::site_link::link;

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
        let known = self.get(token, now).await?;
        let gone = known.as_ref().and_then(|it| it.uninstalled_at());
        if gone.is_some_and(|at| token.issued_at() <= at) {
            return Err(Rejection::unknown_tenant());
        }
        Ok(known)
    }

    async fn get(
        &self,
        token: &Verified<InvocationToken>,
        now: UnixTime,
    ) -> Result<Option<Installation>, Rejection> {
        let id = token.installation_id();
        if let Some((known, read_at)) = self.kept.get(id)
            && now >= read_at
            && now.since(read_at) < KEPT
        {
            return Ok(known);
        }
        let known = self.find(&ForgeHalf::from(&**token), now).await;
        let known = known.map_err(|e| Rejection::store(&e))?;
        self.kept.insert(id.clone(), (known.clone(), now));
        Ok(known)
    }

    /// What the store has now, whatever is kept in memory.
    pub(super) async fn read(
        &self,
        token: &Verified<InvocationToken>,
        now: UnixTime,
    ) -> Result<Option<Installation>, Rejection> {
        self.kept.remove(token.installation_id());
        self.get(token, now).await
    }

    /// The record of the installation, or of the customer whose it is.
    async fn find(&self, half: &ForgeHalf, now: UnixTime) -> Result<Option<Installation>, Error> {
        let store = &*self.store;
        let key = InstallationKey::Forge(half.installation.clone());
        let known = store.get(&key).await?;
        let customer = match &known {
            Some(known) if known.tenant().is_none() => return Ok(Some(known.clone())),
            Some(link) => self.customer_of(link).await?,
            None => match half.site_key() {
                Some(site) => match store.get(&site).await? {
                    Some(link) => {
                        let customer = self.customer_of(&link).await?;
                        customer.filter(|customer| customer.is_continued_by(half))
                    }
                    None => None,
                },
                None => None,
            },
        };
        let Some(customer) = customer else {
            return Ok(None);
        };
        if known.is_some() && !customer.learns_from(half) {
            return Ok(Some(customer));
        }
        let invoked = Event::Invoked(Box::new(half.clone()));
        let delivery = Delivery::new(customer.key().clone(), invoked);
        let customer = store.apply(delivery, now).await?.after.unwrap_or(customer);
        link(store, &customer, now).await?;
        Ok(Some(customer))
    }

    async fn customer_of(&self, link: &Installation) -> Result<Option<Installation>, Error> {
        match link.tenant() {
            Some(tenant) => {
                self.store
                    .get(&InstallationKey::Connect(tenant.clone()))
                    .await
            }
            None => Ok(None),
        }
    }

    pub(super) async fn apply(
        &self,
        delivery: Delivery,
        of: &InstallationAri,
        now: UnixTime,
    ) -> Result<Applied, Error> {
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
        let delivery = Delivery::new(invocation.tenant(), Event::from(License::clone(license)));
        if let Err(error) = self.apply(delivery, of, now).await {
            tracing::warn!(code = error.code(), %error, "a changed license is not kept");
        }
    }
}
