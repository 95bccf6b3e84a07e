//! The app's own code on lifecycle changes, at least once each.
//!
//! Hooks are not called while the platform waits. They are fed from the stored history by a
//! consumer with a name and a cursor, so that a crash between the commit and the call loses
//! nothing: the call comes after the restart. A hook may therefore be called twice for one change
//! and must not mind. A hook that fails is called again, with growing pauses, before any later
//! change.

use std::sync::Arc;
use std::time::Duration;

use app_license::{Capability, Change, KnownLicense};
use app_license_store::{HistoryEntry, InstallationStore, Name, Sequence};
use async_trait::async_trait;

/// What a hook answers. A failure is told to nobody but the log: its text must hold no secret.
pub type HookResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What an app does on a change. Implement those that matter; the others do nothing.
///
/// One entry of the history may hold several changes. Their methods are called in order; when one
/// fails, all of the entry are called again later.
///
/// ```
/// use app_license_server::{Capability, HistoryEntry, Hook, HookResult, async_trait};
///
/// struct Provision;
///
/// #[async_trait]
/// impl Hook for Provision {
///     async fn on_edition_changed(
///         &self, entry: &HistoryEntry, from: Option<&Capability>, to: &Capability,
///     ) -> HookResult {
///         println!("{}: {from:?} -> {to}", entry.key);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Hook: Send + Sync {
    /// Called for every entry of the history, in the order of commit. Unless it is overridden, it
    /// calls the methods below for each of the entry's changes.
    ///
    /// # Errors
    /// Whatever it answers, it is called again with the same entry.
    async fn on_event(&self, entry: &HistoryEntry) -> HookResult {
        for change in &entry.changes {
            match change {
                Change::Installed | Change::Reinstalled => self.on_installed(entry).await?,
                Change::Uninstalled => self.on_uninstalled(entry).await?,
                Change::Enabled => self.on_enabled(entry).await?,
                Change::Disabled => self.on_disabled(entry).await?,
                Change::EditionChanged { from, to } => {
                    self.on_edition_changed(entry, from.as_ref(), to).await?;
                }
                Change::LicenseChanged { from, to } => {
                    self.on_license_changed(entry, from.as_ref(), to).await?;
                    if change.is_license_ended() {
                        self.on_license_ended(entry, to).await?;
                    }
                }
                Change::TrialEnding { days, .. } => self.on_trial_ending(entry, *days).await?,
                Change::SiteRenamed { from, to } => self.on_site_renamed(entry, from, to).await?,
                // the others are for `on_event`
                _ => {}
            }
        }
        Ok(())
    }

    /// The app was installed: for the first time, or again after it was uninstalled.
    ///
    /// # Errors
    /// As [`Hook::on_event`], here and below.
    async fn on_installed(&self, _entry: &HistoryEntry) -> HookResult {
        Ok(())
    }

    /// The app was uninstalled, which does not end a retention period you promised.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_uninstalled(&self, _entry: &HistoryEntry) -> HookResult {
        Ok(())
    }

    /// The app was switched on.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_enabled(&self, _entry: &HistoryEntry) -> HookResult {
        Ok(())
    }

    /// The app was switched off.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_disabled(&self, _entry: &HistoryEntry) -> HookResult {
        Ok(())
    }

    /// The customer has another capability set; `from` is `None` when none was known.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_edition_changed(
        &self,
        _entry: &HistoryEntry,
        _from: Option<&Capability>,
        _to: &Capability,
    ) -> HookResult {
        Ok(())
    }

    /// The license is in another state, or became a trial, or no longer is one; `from` is `None`
    /// when none was known.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_license_changed(
        &self,
        _entry: &HistoryEntry,
        _from: Option<&KnownLicense>,
        _to: &KnownLicense,
    ) -> HookResult {
        Ok(())
    }

    /// The license ended: it was active, and is no longer. [`KnownLicense::is_evaluation`] says whether
    /// it was a trial. Called after [`Hook::on_license_changed`].
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_license_ended(&self, _entry: &HistoryEntry, _license: &KnownLicense) -> HookResult {
        Ok(())
    }

    /// A trial ends in so many days, a begun day included: 14, 7, 3 and 1 or less, each once, if
    /// somebody uses the app or a sweep looks then. On Forge only: Connect states no dates.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_trial_ending(&self, _entry: &HistoryEntry, _days: u64) -> HookResult {
        Ok(())
    }

    /// The site has another base URL.
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_site_renamed(&self, _entry: &HistoryEntry, _from: &str, _to: &str) -> HookResult {
        Ok(())
    }
}

/// Feeds a hook from the history of a store.
#[derive(Clone)]
pub struct HookRunner {
    store: Arc<dyn InstallationStore>,
    hook: Arc<dyn Hook>,
    consumer: Name,
    pause: Duration,
}

impl HookRunner {
    /// A runner under a name, by which the store remembers how far it came. Run it in one process
    /// at a time.
    #[must_use]
    pub fn new(
        store: Arc<dyn InstallationStore>,
        consumer: Name,
        hook: impl Hook + 'static,
    ) -> Self {
        Self {
            store,
            hook: Arc::new(hook),
            consumer,
            pause: Duration::from_secs(1),
        }
    }

    /// How long it rests when there is nothing to do; one second by default.
    #[must_use]
    pub const fn retry_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Calls the hook for everything that is due; answers for how many entries. Stops at the first
    /// failure, which is the next one's beginning.
    ///
    /// # Errors
    /// What the store or the hook answers.
    pub async fn run_once(&self) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
        let mut at: Sequence = self.store.cursor(&self.consumer).await?;
        let mut handled = 0_usize;
        loop {
            let entries = self.store.events_after(at, 100).await?;
            if entries.is_empty() {
                return Ok(handled);
            }
            for entry in entries {
                self.hook.on_event(&entry).await?;
                at = entry.sequence;
                self.store.advance(&self.consumer, at).await?;
                handled = handled.saturating_add(1);
            }
        }
    }

    /// Runs for as long as it is polled: spawn it.
    pub async fn run(self) {
        const LONGEST: Duration = Duration::from_secs(60);
        let mut failures = 0_u32;
        loop {
            match self.run_once().await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(consumer = %self.consumer, failures, %error, "a hook failed");
                }
            }
            let rest = self.pause.saturating_mul(1 << failures.min(6));
            tokio::time::sleep(rest.min(LONGEST)).await;
        }
    }
}

impl std::fmt::Debug for HookRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookRunner")
            .field("consumer", &self.consumer)
            .finish_non_exhaustive()
    }
}
