//! The app's own code on lifecycle changes, at least once each.
//!
//! Hooks are not called while the platform waits. They are fed from the stored history by a
//! consumer with a name and a cursor, so that a crash between the commit and the call loses
//! nothing: the call comes after the restart. A hook may therefore be called twice for one change
//! and must not mind. A hook that fails is called again, with growing pauses, before any later
//! change.

use std::sync::Arc;
use std::time::Duration;

use app_license_store::{HistoryEntry, InstallationStore, Name, Sequence};
use async_trait::async_trait;

/// What an app does on a change.
///
/// ```
/// use app_license_server::Hook;
/// use app_license_store::HistoryEntry;
///
/// struct Greet;
///
/// #[async_trait::async_trait]
/// impl Hook for Greet {
///     async fn on_event(&self, entry: &HistoryEntry) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///         println!("{}: {}", entry.key, entry.event);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Hook: Send + Sync {
    /// Called for every change, in the order of commit.
    ///
    /// # Errors
    /// Whatever it answers, it is called again with the same entry.
    async fn on_event(
        &self,
        entry: &HistoryEntry,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
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
    pub const fn resting(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Calls the hook for everything that is due; answers for how many changes. Stops at the first
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
