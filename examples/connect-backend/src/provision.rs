//! What the app does when a customer comes, changes edition, or goes.

use std::error::Error;
use std::sync::Arc;

use app_license_server::{
    Capability, HistoryEntry, Hook, HookResult, HookRunner, InstallationStore, Name, async_trait,
};

struct Provision;

/// Fed from the stored history, at least once each: what is done here must bear being done twice.
#[async_trait]
impl Hook for Provision {
    async fn on_installed(&self, entry: &HistoryEntry) -> HookResult {
        tracing::info!(tenant = %entry.key, "a customer came");
        Ok(())
    }

    async fn on_edition_changed(
        &self,
        entry: &HistoryEntry,
        from: Option<&Capability>,
        to: &Capability,
    ) -> HookResult {
        let from = from.map_or("none", Capability::as_str);
        tracing::info!(tenant = %entry.key, from, %to, "a customer changed edition");
        Ok(())
    }

    async fn on_uninstalled(&self, entry: &HistoryEntry) -> HookResult {
        tracing::info!(tenant = %entry.key, "a customer went");
        Ok(())
    }
}

pub(crate) fn hooks(store: Arc<dyn InstallationStore>) -> Result<HookRunner, Box<dyn Error>> {
    Ok(HookRunner::new(store, Name::new("provision")?, Provision))
}
