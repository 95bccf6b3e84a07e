//! Which event a hook is being called for, in the store: a hook that ends its process would else be called again
//! by each process that comes after, before any other tenant.

use std::sync::Arc;

use app_license::error::with_causes;
use app_license::plan::hooks::HookPlan;
use app_license::{InstallationKey, UnixTime};
use app_license_store::{Error, Name, Sequence, Stopped, Store};

pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why a tenant waits whose call left its attempt in the store.
const UNFINISHED: &str = "a call of the hook was not finished: \
    its process ended, lost its turn, or could not reach the store";

/// The attempts of a runner, as those of a consumer of its own.
#[derive(Clone)]
pub(super) struct Attempts {
    store: Arc<dyn Store>,
    consumer: Name,
    name: Name,
}

impl Attempts {
    pub(super) fn of(store: Arc<dyn Store>, consumer: &Name) -> Self {
        Self {
            store,
            consumer: consumer.clone(),
            name: Name::of(HookPlan::ATTEMPTS, consumer.as_str()),
        }
    }

    /// The hook is about to be called: `failed` is what counts if its process does not survive it.
    pub(super) async fn begin(&self, failed: &Stopped) -> Result<(), Error> {
        self.store.stop(&self.name, failed).await
    }

    /// What became of the call is in the store, or needs not to be.
    pub(super) async fn end(&self, key: &InstallationKey) -> Result<(), Error> {
        self.store.resume(&self.name, key).await.map(drop)
    }

    /// Lets the tenants wait whose calls were not finished; answers the first failure. Nobody else calls: the lease is
    /// taken.
    pub(super) async fn settle(
        &self,
        plan: &HookPlan,
        now: UnixTime,
    ) -> Result<Option<Failure>, Error> {
        let left = self.store.stopped(&self.name).await?;
        if left.is_empty() {
            return Ok(None);
        }
        let cursor = self.store.cursor(&self.consumer).await?;
        let waiting = self.store.stopped(&self.consumer).await?;
        let mut failure = None;
        for it in left {
            let waits_at = waiting.iter().find(|one| one.key == it.key);
            // a process that stood still before the call wrote this when another had finished it
            let is_done = waits_at.map_or(it.at <= cursor, |one| it.at < one.at);
            if !is_done {
                let error: Failure = UNFINISHED.into();
                let stopped = failed(plan, &it.key, it.at, plan.unfinished(it.tries), now);
                self.store.stop(&self.consumer, &stopped).await?;
                warn(&self.consumer, plan, &stopped, None, &error);
                failure = failure.or(Some(error));
            }
            self.end(&it.key).await?;
        }
        Ok(failure)
    }
}

/// An event that failed so often, and when it is tried again.
pub(super) fn failed(
    plan: &HookPlan,
    key: &InstallationKey,
    at: Sequence,
    tries: u32,
    now: UnixTime,
) -> Stopped {
    Stopped::new(key.clone(), at, tries, plan.retry_at(tries, now))
}

pub(super) fn warn(
    consumer: &Name,
    plan: &HookPlan,
    stopped: &Stopped,
    event: Option<&str>,
    error: &Failure,
) {
    let tries = stopped.tries;
    let left = plan.tries.max(1).saturating_sub(tries);
    tracing::warn!(
        %consumer, tenant = %stopped.key, sequence = stopped.at.get(),
        event = event.map(tracing::field::display), tries, left, error = %with_causes(&**error),
        "a hook failed: the tenant's events wait"
    );
}
