//! The app's own code on lifecycle changes, at least once each.
//!
//! Hooks are not called while the platform waits. They are fed from the stored history by a
//! consumer with a name and a cursor, so that a crash between the commit and the call loses
//! nothing: the call comes after the restart. A hook may therefore be called twice for one change
//! and must not mind. A hook that fails is called again, with growing pauses, before any later
//! change of that tenant; those of others go on. On several replicas one calls at a time.

mod attempts;
mod events;
mod runner;

use app_license::{Capability, Change, Installation, KnownLicense};
use app_license_store::HistoryEntry;
use async_trait::async_trait;

pub use runner::HookRunner;

/// What a hook answers. A failure is told to nobody but the log: its text must hold no secret.
pub type HookResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What an app does on a change. Implement those that matter; the others do nothing.
///
/// One entry of the history may hold several changes. Their methods are called in order; when one
/// fails, all of the entry are called again later. All of them together have 30 seconds for an entry
/// ([`HookRunner::time_limit`]): what takes longer is dropped, and has failed. Without `#[async_trait]` above
/// the `impl` the compiler says that lifetimes do not match.
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
    /// Called for every entry of the history, those of one tenant in the order of commit, with the
    /// installation as it is now, perhaps later than the entry; none where it was erased. Unless it is
    /// overridden, it calls [`Hook::on_event`].
    ///
    /// # Errors
    /// As [`Hook::on_event`].
    async fn on_entry(
        &self,
        entry: &HistoryEntry,
        installation: Option<&Installation>,
    ) -> HookResult {
        let _ = installation;
        self.on_event(entry).await
    }

    /// Called for every entry of the history. Unless it is overridden, it calls the methods below for each of the entry's changes.
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
    /// The edition and the license that the first event itself names come with it:
    /// [`Hook::on_edition_changed`] is not called for them. To set a customer up by edition, override
    /// [`Hook::on_entry`], read
    /// [`capability_set`](app_license::InstallationRecord::capability_set) of the installation there, and end
    /// with [`Hook::on_event`], or no other method is called:
    ///
    /// ```
    /// use app_license_server::{HistoryEntry, Hook, HookResult, Installation, async_trait};
    ///
    /// struct SetUp;
    ///
    /// #[async_trait]
    /// impl Hook for SetUp {
    ///     async fn on_entry(
    ///         &self, entry: &HistoryEntry, installation: Option<&Installation>,
    ///     ) -> HookResult {
    ///         if let Some(edition) = installation.and_then(|it| it.capability_set()) {
    ///             println!("{}: {edition}", entry.key);
    ///         }
    ///         self.on_event(entry).await
    ///     }
    /// }
    /// ```
    ///
    /// A customer who moved from Connect to Forge is installed again by the first call of Forge after the
    /// Connect half was removed.
    ///
    /// # Errors
    /// As [`Hook::on_event`], here and below.
    async fn on_installed(&self, _entry: &HistoryEntry) -> HookResult {
        Ok(())
    }

    /// The app was uninstalled, which does not end a retention period you promised: delete nothing at once.
    /// When the Connect half of a customer who moved to Forge is removed, this is called, and
    /// [`Hook::on_installed`] by the next call of Forge.
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

    /// The customer has another capability set than the one that was known; `from` is `None` when the
    /// `installed` event named none and this is the first one that is stated. One that the first
    /// `installed` event names is no change: [`Hook::on_installed`] alone is called. After a new install
    /// it is called where the edition differs from that of before the uninstall.
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
