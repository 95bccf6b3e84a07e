//! Asking the License API about customers of whom nobody opens a page.

use std::time::Duration;

use app_license::error::with_causes;
use app_license::plan::sweep::{Sweep, SweepPlan, Visit};
use app_license::{
    ConnectCall, Installation, InstallationKey, LicenseSource, UnixTime, whole_seconds,
};
use app_license_client::jitter;
use app_license_store::{Error, Lease, Name, Sequence, Store};
use tokio::task::JoinSet;

use crate::connect_app::ConnectApp;
use crate::connect_request::VerifiedRequest;
use crate::error::BuildError;
use crate::random::{random, replica_name};
use crate::rejection::Rejection;

/// How many questions are under way at once.
const AT_ONCE: usize = 4;
/// How many installations are read from the store at once.
const PAGE: usize = 100;
/// For how many turns they are not counted again: a store reads all of them for it.
const COUNTED: u64 = 10;

/// A background task that notices downgrades, ended licenses and new editions without a page view: it
/// asks the License API about every customer, a few a minute, four times a day each. What it finds goes
/// into the history, and from there to [`Hook`](crate::Hook)s. Made by [`ConnectApp::license_sweep`];
/// without it, nothing is asked that no request asks for.
///
/// With several replicas every one runs it, and one at a time sweeps: the lease is in the store. When
/// that one ends, another goes on, for the store knows who was asked when. How many
/// questions there are at the most, and what is done about sites that do not answer, is in
/// [`app_license::plan::sweep`].
///
/// Connect states no dates, so it cannot tell that a trial is about to end; on Forge see
/// [`ForgeRemote::license_sweep_route`](crate::ForgeRemote::license_sweep_route).
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps/>
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .confirm_with_license_api(|api| api)
///     .build()?;
/// tokio::spawn(app.license_sweep()?.run());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "it does nothing until it runs"]
pub struct LicenseSweep {
    app: ConnectApp,
    plan: SweepPlan,
    sweep: Sweep<InstallationKey>,
    /// Whether it was said where the sweep begins.
    is_placed: bool,
    /// How many installations there were then.
    counted: Option<(u64, UnixTime)>,
    lease: Name,
    holder: Name,
}

/// What one turn of a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SweepTurn {
    /// About how many installations the License API was asked.
    pub asked: usize,
    /// About how many of them it answered.
    pub answered: usize,
    /// How long to rest before the next turn.
    pub pause: Duration,
}

impl ConnectApp {
    /// A sweep over the licenses of all customers: see [`LicenseSweep`].
    ///
    /// # Errors
    /// [`BuildError::NoSweep`] when the app has no License API to ask, or sells nothing.
    pub fn license_sweep(&self) -> Result<LicenseSweep, BuildError> {
        if self.0.decider.policy.is_selling_nothing() {
            let reason = "the app sells nothing, so no license changes: leave the sweep out";
            return Err(BuildError::NoSweep { reason });
        }
        if self.0.license_api.is_none() {
            let reason = "it asks the License API: add `.confirm_with_license_api(|api| api)`";
            return Err(BuildError::NoSweep { reason });
        }
        Ok(LicenseSweep {
            app: self.clone(),
            plan: SweepPlan::DEFAULT,
            sweep: Sweep::new(SweepPlan::DEFAULT),
            is_placed: false,
            counted: None,
            lease: Name::of("license-sweep", self.0.app_key.as_str()),
            holder: replica_name(),
        })
    }
}

impl LicenseSweep {
    /// Asks about every customer once in this time, in seconds (a part of one counts as one): six hours by
    /// default, one hour at the least.
    pub fn every(mut self, time: Duration) -> Self {
        self.plan = SweepPlan::new(whole_seconds(time));
        self.sweep = Sweep::new(self.plan);
        self.is_placed = false;
        self
    }

    /// One turn, for a schedule that calls it: asks about those whose turn it is, and lets another process
    /// take the next turn, three quarters of a turn later, unless the platform is not well. Where another
    /// one sweeps, or took its turn so lately, it asks nothing.
    ///
    /// Keep one `LicenseSweep` a process: it goes on where it was, and knows which sites do not answer. One
    /// that was just made begins at a random installation.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn run_once(&mut self) -> Result<SweepTurn, Error> {
        self.once(ask).await
    }

    /// Runs for as long as it is polled: spawn it.
    pub async fn run(mut self) {
        loop {
            let pause = match self.turn(ask).await {
                Ok(turn) => {
                    tracing::debug!(
                        asked = turn.asked,
                        answered = turn.answered,
                        "license sweep"
                    );
                    turn.pause
                }
                Err(error) => {
                    tracing::warn!(code = error.code(), error = %with_causes(&error), "the license sweep cannot go on");
                    self.pause()
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn once<F>(
        &mut self,
        ask: impl Fn(ConnectApp, Installation) -> F,
    ) -> Result<SweepTurn, Error>
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let began = self.app.now();
        let turn = self.turn(ask).await;
        // where the platform is not well, nobody asks before the pause is over
        if !self.sweep.is_slowed() {
            let (lease, holder, now) = (&self.lease, &self.holder, self.app.now());
            let left = self.plan.turn_lease().saturating_sub(now.since(began));
            let seconds = left.max(1);
            let shortened = self.store().renew_lease(lease, holder, now, seconds).await;
            if let Err(error) = shortened {
                tracing::warn!(code = error.code(), error = %with_causes(&error), "a lease is held for longer than a turn");
            }
        }
        turn
    }

    async fn turn<F>(
        &mut self,
        ask: impl Fn(ConnectApp, Installation) -> F,
    ) -> Result<SweepTurn, Error>
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let mut turn = SweepTurn {
            pause: self.pause(),
            ..SweepTurn::default()
        };
        if self.is_ours().await? {
            if !self.is_placed {
                if let Some(key) = self.random_key().await? {
                    self.sweep.begin_behind(key);
                }
                self.is_placed = true;
            }
            let installations = self.count().await?;
            self.sweep.begin(installations);
            let mut page = Vec::new().into_iter();
            while let Some(due) = self.due(&mut page).await? {
                let (mut asking, mut keys) = (JoinSet::new(), Vec::new());
                for installation in due {
                    turn.asked = turn.asked.saturating_add(1);
                    let key = installation.key().clone();
                    let answer = ask(self.app.clone(), installation);
                    keys.push((asking.spawn(answer).id(), key));
                }
                while let Some(joined) = asking.join_next_with_id().await {
                    // a question that panicked got no answer
                    let (id, answered) = joined.unwrap_or_else(|error| (error.id(), false));
                    let Some((_, key)) = keys.iter().find(|(of, _)| *of == id) else {
                        continue;
                    };
                    turn.answered = turn.answered.saturating_add(usize::from(answered));
                    self.sweep.answered(key, answered, self.app.now());
                }
                // questions take their time
                if !self.is_ours().await? {
                    break;
                }
            }
            turn.pause = self.pause();
            self.rest(turn.pause).await?;
        }
        Ok(turn)
    }

    async fn count(&mut self) -> Result<u64, Error> {
        let (now, lasts) = (self.app.now(), self.plan.turn().saturating_mul(COUNTED));
        if let Some((count, at)) = self.counted
            && now >= at
            && now.since(at) < lasts
        {
            return Ok(count);
        }
        let count = self.store().count().await?;
        self.counted = Some((count, now));
        Ok(count)
    }

    /// Keeps the sweep through the pause, if it is ours still.
    async fn rest(&self, pause: Duration) -> Result<(), Error> {
        let (lease, holder, now) = (&self.lease, &self.holder, self.app.now());
        let seconds = self.sweep.rest_lease(pause);
        self.store()
            .renew_lease(lease, holder, now, seconds)
            .await?;
        Ok(())
    }

    /// The installation of an event at random; `None` for a store without events. The number of the last
    /// event is not known: an end behind it is looked for, and drawn closer where nothing is behind a draw.
    async fn random_key(&mut self) -> Result<Option<InstallationKey>, Error> {
        let mut end = self.count().await?.max(1);
        let store = self.store();
        while !store.events_after(Sequence::new(end), 1).await?.is_empty() {
            end = end.saturating_mul(2);
        }
        loop {
            let after = random().checked_rem(end).unwrap_or(0);
            let entry = store.events_after(Sequence::new(after), 1).await?;
            if let Some(entry) = entry.into_iter().next() {
                return Ok(Some(entry.key));
            }
            if after == 0 {
                return Ok(None);
            }
            end = after;
        }
    }

    /// Takes the sweep, or keeps it.
    async fn is_ours(&self) -> Result<bool, Error> {
        let (lease, holder, now) = (&self.lease, &self.holder, self.app.now());
        let seconds = self.plan.lease();
        let store = self.store();
        let granted = |lease: Lease| matches!(lease, Lease::Granted { .. });
        if granted(store.renew_lease(lease, holder, now, seconds).await?) {
            return Ok(true);
        }
        let taken = store.try_lease(lease, holder, now, seconds).await?;
        Ok(granted(taken))
    }

    /// Those to ask about next, a few at a time; `None` when the turn is over. `page` is what was read
    /// and not looked at.
    async fn due(
        &mut self,
        page: &mut std::vec::IntoIter<Installation>,
    ) -> Result<Option<Vec<Installation>>, Error> {
        let mut due = Vec::new();
        while due.len() < AT_ONCE {
            let Some(installation) = page.next() else {
                let next = self.store().list(self.sweep.cursor(), PAGE).await?;
                if next.is_empty() && !self.sweep.begins_again() {
                    break;
                }
                *page = next.into_iter();
                continue;
            };
            let now = self.app.now();
            let key = installation.key().clone();
            let ours = matches!(key, InstallationKey::Connect(_));
            // a customer who moved to Forge has a record, and no secret to ask the site with
            let in_use = ours
                && installation.refusal().is_none()
                && self.app.0.tenants.has_secret(&installation, now);
            match self.sweep.visit(key, in_use, now) {
                Visit::Pass => {}
                Visit::Look => {
                    let answered = self.answered_at(&installation, now).await?;
                    if self.sweep.is_due(answered, now) {
                        due.push(installation);
                    }
                }
                Visit::Stop => break,
            }
        }
        Ok((!due.is_empty()).then_some(due))
    }

    /// When the License API last answered about this installation, and not one before it.
    async fn answered_at(
        &self,
        installation: &Installation,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, Error> {
        let source = LicenseSource::ConnectLicenseApi;
        let kept = self.store().license(installation.key(), source).await?;
        let answer = kept.filter(|kept| !kept.is_ended());
        let at = answer.map(|kept| kept.fetched_at());
        Ok(at.filter(|at| *at >= installation.license_since(now)))
    }

    fn pause(&self) -> Duration {
        let pause = self.sweep.pause();
        pause.at_least.saturating_add(jitter(pause.jitter))
    }

    fn store(&self) -> &dyn Store {
        &*self.app.0.store
    }
}

/// Finds the license that counts where no request says anything, and writes it down where it is news.
/// Whether the License API answered.
async fn ask(app: ConnectApp, installation: Installation) -> bool {
    let key = installation.key().clone();
    let found = match app.0.tenants.of(installation, ConnectCall::Page, app.now()) {
        Some(tenant) => {
            let question = (&app, VerifiedRequest::of_nobody(&tenant));
            app.0.decider.find_license(&question).await
        }
        None => Err(Rejection::unknown_tenant()),
    };
    let (Ok((_, Some(fault))) | Err(fault)) = found else {
        return true;
    };
    tracing::info!(tenant = %key, code = fault.code(), "the license sweep got no answer");
    false
}

#[cfg(test)]
mod tests;
