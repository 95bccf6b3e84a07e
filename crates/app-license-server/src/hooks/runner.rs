//! Calls a hook for what the history holds, one replica at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app_license::InstallationKey;
use app_license::error::with_causes;
use app_license::plan::hooks::HookPlan;
use app_license_client::{Clock, SystemClock};
use app_license_store::{Error, ErrorKind, HistoryEntry, Name, Sequence, Stopped, Store};

use super::Hook;
use super::attempts::{Attempts, Failure, failed, warn};
use super::events::after;
use crate::random::replica_name;

/// How often a replica says that it calls while a hook takes its time.
const RENEW: Duration = Duration::from_secs(HookPlan::RENEW);

/// Feeds a hook from the history of a store.
///
/// Any number of replicas may run one under the same name: a lease in the store lets one of them call
/// at a time, and another goes on where it ended. An event that fails stops its tenant, whose later
/// events wait; those of others go on. It is tried again with growing pauses, up to an hour, as often
/// as [`HookRunner::tries`] says, and then when [`HookRunner::retry`] is called, or
/// `app-license store retry`. A hook that takes longer than its time has failed. So has one whose call
/// is not finished, as its process ended, lost its turn, or could not reach the store; that never uses
/// up the last try. The store is told of each call when it begins and when it ended: two small writes
/// more for each entry.
///
/// ```
/// use std::sync::Arc;
/// use app_license_server::{Hook, HookRunner, MemoryStore, Name};
///
/// struct Provision;
/// impl Hook for Provision {}
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = Arc::new(MemoryStore::new());
/// let hooks = HookRunner::new(store, Name::new("provision")?, Provision);
/// assert_eq!(hooks.run_once().await?, 0);
/// assert!(hooks.stopped().await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct HookRunner {
    store: Arc<dyn Store>,
    hook: Arc<dyn Hook>,
    clock: Arc<dyn Clock>,
    consumer: Name,
    lease: Name,
    holder: Name,
    attempts: Attempts,
    plan: HookPlan,
    /// When the lease was last held for sure, in seconds of the clock.
    held_at: Arc<AtomicU64>,
}

/// Where an event ended that was not handled.
enum Ended {
    /// The hook failed: its tenant waits.
    Hook(Failure),
    /// The store failed, or the lease was lost.
    Runner(Failure),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Runner(error.into())
    }
}

impl HookRunner {
    /// A runner under a name, by which the store remembers how far it came.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, consumer: Name, hook: impl Hook + 'static) -> Self {
        Self {
            attempts: Attempts::of(Arc::clone(&store), &consumer),
            store,
            hook: Arc::new(hook),
            clock: Arc::new(SystemClock),
            lease: Name::of("hooks", consumer.as_str()),
            consumer,
            holder: replica_name(),
            plan: HookPlan::default(),
            held_at: Arc::default(),
        }
    }

    /// How long it rests when there is nothing to do, a millisecond at the least, and before an event that failed is
    /// tried again the first time, then in whole seconds; one second by default.
    #[must_use]
    pub fn retry_pause(mut self, pause: Duration) -> Self {
        self.plan.pause = milliseconds(pause);
        self
    }

    /// How often an event is tried by itself; 24 times by default, which takes half a day. 0 and 1 are
    /// once.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.plan.tries = tries;
        self
    }

    /// How long the hook may take for one entry, a millisecond at the least; 30 seconds by default. Where it takes
    /// longer it is dropped where it waits, and has failed: it is called again as after any failure, and other
    /// tenants go on. What never waits (a loop, [`std::thread::sleep`]) cannot be dropped: give it to
    /// [`tokio::task::spawn_blocking`].
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.plan.limit = milliseconds(limit).max(1);
        self
    }

    /// The clock of leases and pauses; the system's by default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The tenants whose events wait because one failed.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn stopped(&self) -> Result<Vec<Stopped>, Error> {
        self.store.stopped(&self.consumer).await
    }

    /// Lets the events of a tenant that wait be tried again at once, and as often as at first. False
    /// when none waits.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn retry(&self, key: &InstallationKey) -> Result<bool, Error> {
        let Some(stopped) = self.stopped().await?.into_iter().find(|it| it.key == *key) else {
            return Ok(false);
        };
        let again = Stopped::new(stopped.key, stopped.at, 0, self.clock.now());
        self.store.stop(&self.consumer, &again).await?;
        Ok(true)
    }

    /// Calls the hook for everything that is due; answers for how many entries. None where another
    /// replica is at it. What fails stops its tenant alone.
    ///
    /// # Errors
    /// What the store answers, or the first hook that failed.
    pub async fn run_once(&self) -> Result<usize, Failure> {
        // most turns end here, without a write
        if !self.is_due().await? {
            return Ok(0);
        }
        let now = self.clock.now();
        let lease = self
            .store
            .try_lease(&self.lease, &self.holder, now, HookPlan::LEASE)
            .await?;
        if !lease.is_granted() {
            return Ok(0);
        }
        self.held_at.store(now.as_seconds(), Ordering::Relaxed);
        let done = self.handle_all().await;
        if let Err(error) = self.store.release_lease(&self.lease, &self.holder).await {
            tracing::warn!(consumer = %self.consumer, code = error.code(), error = %with_causes(&error), "a lease is not given back");
        }
        done
    }

    /// Runs for as long as it is polled: spawn it.
    pub async fn run(self) {
        let mut failures = 0_u32;
        loop {
            match self.run_once().await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(consumer = %self.consumer, failures, error = %with_causes(&*error), "hooks failed");
                }
            }
            tokio::time::sleep(Duration::from_millis(self.plan.rest(failures))).await;
        }
    }

    async fn is_due(&self) -> Result<bool, Failure> {
        let now = self.clock.now();
        let at = self.store.cursor(&self.consumer).await?;
        if !after(&*self.store, at, 1).await?.is_empty() {
            return Ok(true);
        }
        let stopped = self.stopped().await?;
        let again = |it: &Stopped| self.plan.is_due(it.tries, it.retry_at, now);
        Ok(stopped.iter().any(again))
    }

    async fn handle_all(&self) -> Result<usize, Failure> {
        let mut failure = self.attempts.settle(&self.plan, self.clock.now()).await?;
        let mut at = self.store.cursor(&self.consumer).await?;
        let stopped = self.stopped().await?.into_iter();
        let mut stopped: BTreeMap<_, _> = stopped.map(|it| (it.key.clone(), it)).collect();
        let mut handled = 0_usize;
        let now = self.clock.now();
        let again: Vec<Stopped> = stopped
            .values()
            .filter(|it| self.plan.is_due(it.tries, it.retry_at, now))
            .cloned()
            .collect();
        for waiting in again {
            match self.catch_up(&waiting, at, &mut handled).await? {
                None => {
                    stopped.remove(&waiting.key);
                }
                error => failure = failure.or(error),
            }
        }
        loop {
            let entries = after(&*self.store, at, HookPlan::PAGE).await?;
            if entries.is_empty() {
                return failure.map_or(Ok(handled), Err);
            }
            for entry in entries {
                if !stopped.contains_key(&entry.key) {
                    match self.call(&entry, 0).await {
                        Ok(()) => handled = handled.saturating_add(1),
                        Err(Ended::Runner(error)) => return Err(error),
                        Err(Ended::Hook(error)) => {
                            let waiting = self.stop(&entry, 0, &error).await?;
                            stopped.insert(entry.key.clone(), waiting);
                            failure = failure.or(Some(error));
                        }
                    }
                }
                at = entry.sequence;
                self.store.advance(&self.consumer, at).await?;
            }
        }
    }

    /// Handles the events of a tenant that waited, those that the others have behind them; answers why
    /// it waits on, if it does.
    async fn catch_up(
        &self,
        waiting: &Stopped,
        through: Sequence,
        handled: &mut usize,
    ) -> Result<Option<Failure>, Failure> {
        let mut at = Sequence::new(waiting.at.get().saturating_sub(1));
        loop {
            let mut due = self.store.history(&waiting.key, at, HookPlan::PAGE).await?;
            // a store of an app may answer all of it
            due.retain(|entry| entry.sequence > at && entry.sequence <= through);
            if due.is_empty() {
                self.store.resume(&self.consumer, &waiting.key).await?;
                return Ok(None);
            }
            for entry in &due {
                let same = entry.sequence == waiting.at;
                let tries = if same { waiting.tries } else { 0 };
                match self.call(entry, tries).await {
                    Ok(()) => *handled = handled.saturating_add(1),
                    Err(Ended::Runner(error)) => return Err(error),
                    Err(Ended::Hook(error)) => {
                        self.stop(entry, tries, &error).await?;
                        return Ok(Some(error));
                    }
                }
                at = entry.sequence;
            }
        }
    }

    /// An entry failed once more than so often: its tenant waits.
    async fn stop(
        &self,
        entry: &HistoryEntry,
        tries: u32,
        error: &Failure,
    ) -> Result<Stopped, Error> {
        let stopped = self.failed(entry, tries);
        self.store.stop(&self.consumer, &stopped).await?;
        warn(
            &self.consumer,
            &self.plan,
            &stopped,
            Some(&entry.event),
            error,
        );
        self.attempts.end(&entry.key).await?;
        Ok(stopped)
    }

    fn failed(&self, entry: &HistoryEntry, tries: u32) -> Stopped {
        let (tries, now) = (tries.saturating_add(1), self.clock.now());
        failed(&self.plan, &entry.key, entry.sequence, tries, now)
    }

    /// Calls the hook for an entry that failed so often, and holds the lease meanwhile.
    async fn call(&self, entry: &HistoryEntry, tries: u32) -> Result<(), Ended> {
        let installation = match self.store.get(&entry.key).await {
            Ok(installation) => installation,
            // one record that cannot be read stops its tenant, a store that is away everybody
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Unavailable { .. } | ErrorKind::Closed
                ) =>
            {
                return Err(error.into());
            }
            Err(error) => return Err(Ended::Hook(error.into())),
        };
        self.hold().await?;
        self.attempts.begin(&self.failed(entry, tries)).await?;
        let mut call = self.hook.on_entry(entry, installation.as_ref());
        let limit = Duration::from_millis(self.plan.limit);
        let late = tokio::time::sleep(limit);
        tokio::pin!(late);
        let done = loop {
            tokio::select! {
                done = &mut call => break done,
                () = &mut late => break Err(format!("the hook did not end within {limit:?}").into()),
                () = tokio::time::sleep(RENEW) => match self.renew().await {
                    Ok(true) => {}
                    Ok(false) => return Err(lost()),
                    // the lease lasts longer than a store is away for a moment: what counts is the last renewal
                    Err(error) => {
                        tracing::warn!(consumer = %self.consumer, code = error.code(), error = %with_causes(&error), "a lease is not renewed");
                    }
                },
            }
        };
        drop(call);
        // a process that stood still renewed nothing meanwhile, and another may have gone on: what it wrote stays
        self.hold().await?;
        done.map_err(Ended::Hook)?;
        Ok(self.attempts.end(&entry.key).await?)
    }

    /// Renews the lease where that is due; of a clock that jumped nobody knows whether it is.
    async fn hold(&self) -> Result<(), Ended> {
        let held_at = self.held_at.load(Ordering::Relaxed);
        let is_due = self.clock.now().as_seconds().abs_diff(held_at) >= RENEW.as_secs();
        if is_due && !self.renew().await? {
            return Err(lost());
        }
        Ok(())
    }

    /// Whether this replica still has the lease, which is its own for longer then.
    async fn renew(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let renewed = self
            .store
            .renew_lease(&self.lease, &self.holder, now, HookPlan::LEASE)
            .await?;
        if renewed.is_granted() {
            self.held_at.store(now.as_seconds(), Ordering::Relaxed);
        }
        Ok(renewed.is_granted())
    }
}

/// A part of a millisecond counts as one.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Another replica has the lease, or the clock jumped.
fn lost() -> Ended {
    Ended::Runner("the lease of the hooks was lost".into())
}

impl fmt::Debug for HookRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookRunner")
            .field("consumer", &self.consumer)
            .finish_non_exhaustive()
    }
}
