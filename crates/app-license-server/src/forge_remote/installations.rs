//! What the store knows of the remote's installations, kept in memory for a short while.

use std::sync::Arc;

use app_license::error::with_causes;
use app_license::forge::InvocationToken;
use app_license::{
    Event, ForgeCall, ForgeHalf, ForgeLookup, Installation, InstallationAri, InstallationKey,
    Learning, LookupStep, UnixTime, Verified,
};
use app_license_store::{Applied, Delivery, Error, InstallationStore};

use crate::rejection::Rejection;
use crate::short_cache::ShortCache;
use crate::site_link::{Contested, link};

/// How long a record is kept in memory, in seconds.
const KEPT: u64 = 5;

pub(super) struct Installations {
    store: Arc<dyn InstallationStore>,
    kept: ShortCache<InstallationAri, Option<Arc<Installation>>>,
}

impl Installations {
    pub(super) fn new(store: Arc<dyn InstallationStore>) -> Self {
        Self {
            store,
            kept: ShortCache::new(),
        }
    }

    pub(super) fn store(&self) -> &dyn InstallationStore {
        &*self.store
    }

    /// What is known of the token's installation; refused as [`InstallationRecord::refusal_of`] says. Of an
    /// invocation, what was read a short while ago counts.
    ///
    /// [`InstallationRecord::refusal_of`]: app_license::InstallationRecord::refusal_of
    pub(super) async fn admit(
        &self,
        token: &Verified<InvocationToken>,
        call: ForgeCall,
        now: UnixTime,
    ) -> Result<Option<Arc<Installation>>, Rejection> {
        let half = ForgeHalf::from(&**token);
        let known = self.get(&half, call, now).await?;
        match known.as_ref().and_then(|it| it.refusal_of(&half, call)) {
            Some(refusal) => Err(Rejection::of(refusal)),
            None => Ok(known),
        }
    }

    async fn get(
        &self,
        half: &ForgeHalf,
        call: ForgeCall,
        now: UnixTime,
    ) -> Result<Option<Arc<Installation>>, Rejection> {
        let id = &half.installation;
        if call == ForgeCall::Invocation
            && let Some(known) = self.kept.get(id, now)
        {
            return Ok(known);
        }
        // that nothing is known is kept too
        let read = async { Ok(Some(self.find(half, call, now).await?.map(Arc::new))) };
        let through = |_: &_| Some(now.plus(KEPT.saturating_sub(1)));
        // a box: an invocation of a known installation has no room for the way to a customer
        let known = self.kept.read(id, now, Box::pin(read), through).await;
        let known = known.map_err(|error| Rejection::store(&error))?;
        Ok(known.flatten())
    }

    /// The record of the installation, or of the customer whose it is.
    async fn find(
        &self,
        half: &ForgeHalf,
        call: ForgeCall,
        now: UnixTime,
    ) -> Result<Option<Installation>, Error> {
        let mut lookup = ForgeLookup::new(half, call);
        let mut key = lookup.first();
        let mut link: Option<Installation> = None;
        loop {
            let stored = self.store.get(&key).await?;
            if let (None, Some(link)) = (&stored, &link) {
                self.erase_link(link).await?;
            }
            let step = lookup.loaded(stored.as_ref().map(|it| it.record()));
            let (learning, found) = match (step, stored) {
                (LookupStep::Load(next), stored) => {
                    (key, link) = (next, stored);
                    continue;
                }
                (LookupStep::Found(learning), Some(found)) => (learning, found),
                (LookupStep::Found(_), None) | (LookupStep::Nobody, _) => return Ok(None),
            };
            if learning == Learning::Nothing {
                return Ok(Some(found));
            }
            return match self.learn(&found, half, now).await {
                Ok(customer) => Ok(Some(customer)),
                Err(error) if learning == Learning::Try => {
                    let tenant = found.key();
                    tracing::warn!(%tenant, code = error.code(), error = %with_causes(&error), "what a token says of a customer is not kept");
                    Ok(Some(found))
                }
                Err(error) => Err(error),
            };
        }
    }

    /// Writes down what a token says of a customer, and links its installation.
    async fn learn(
        &self,
        customer: &Installation,
        half: &ForgeHalf,
        now: UnixTime,
    ) -> Result<Installation, Error> {
        let store = &*self.store;
        let invoked = Event::Invoked(Box::new(half.clone()));
        let delivery = Delivery::new(customer.key().clone(), invoked);
        let after = store.apply(delivery, now).await?.after;
        let customer = after.unwrap_or_else(|| customer.clone());
        link(store, &customer, Contested::Take, now).await?;
        Ok(customer)
    }

    /// Erases a link to a customer who was erased: it would keep the installation from having a record of its own.
    async fn erase_link(&self, link: &Installation) -> Result<(), Error> {
        // another request may have erased it, and the installation have a record by now
        let there = self.store.get(link.key()).await?;
        if there.is_some_and(|it| it.tenant().is_some() && it.tenant() == link.tenant())
            && let Err(error) = self.store.erase(link.key()).await
        {
            tracing::warn!(code = error.code(), error = %with_causes(&error), "a link to nobody is not erased");
        }
        Ok(())
    }

    pub(super) async fn apply(
        &self,
        delivery: Delivery,
        of: &InstallationAri,
        now: UnixTime,
    ) -> Result<Applied, Error> {
        let applied = self.store.apply(delivery, now).await?;
        self.kept.forget(of);
        Ok(applied)
    }

    /// Applies an event of the app's own to the record of an installation, or of the customer whose it is. Whether
    /// it changed anything.
    pub(super) async fn apply_own(
        &self,
        of: &InstallationAri,
        event: Event,
        now: UnixTime,
    ) -> Result<bool, Error> {
        let own = Delivery::new(InstallationKey::Forge(of.clone()), event.clone());
        let mut applied = self.apply(own, of, now).await?;
        // nothing happens to a link
        let tenant = applied.after.as_ref().and_then(|it| it.tenant());
        if let Some(tenant) = tenant.cloned() {
            let customer = Delivery::new(InstallationKey::Connect(tenant), event);
            applied = self.apply(customer, of, now).await?;
        }
        Ok(!applied.changes.is_empty())
    }
}
