//! What the app does when a customer comes, changes edition, or goes.

use std::error::Error;
use std::sync::Arc;

use app_license_server::{
    Capability, HistoryEntry, Hook, HookResult, HookRunner, Name, Store, async_trait,
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
        // texts, not `%`: a capability set is written by others, and the log escapes what a text holds
        let to = to.as_str();
        tracing::info!(tenant = %entry.key, from, to, "a customer changed edition");
        Ok(())
    }

    async fn on_uninstalled(&self, entry: &HistoryEntry) -> HookResult {
        tracing::info!(tenant = %entry.key, "a customer went");
        Ok(())
    }
}

pub(crate) fn hooks(store: Arc<dyn Store>) -> Result<HookRunner, Box<dyn Error>> {
    Ok(HookRunner::new(store, Name::new("provision")?, Provision))
}

#[cfg(test)]
mod tests {
    use app_license_server::MemoryStore;
    use app_license_server::connect::{KeyHosts, LifecycleBody, LifecycleKind};
    use app_license_server::core::{AppKey, ClientKey, UnixTime};
    use app_license_server::store::{Delivery, InstallationStore, Sequence};

    use super::*;

    #[tokio::test]
    async fn what_others_wrote_begins_no_line_of_the_log() {
        let body =
            br#"{"eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
            "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://acme.atlassian.net",
            "productType": "jira"}"#;
        let (app, tenant) = (AppKey::new("com.example.app"), ClientKey::new("tenant-1"));
        let event = LifecycleBody::parse(body).unwrap().accept(
            LifecycleKind::Installed,
            &app.unwrap(),
            &tenant.unwrap(),
            &KeyHosts::default(),
        );
        let store = MemoryStore::new();
        let delivery = Delivery::connect(event.unwrap());
        store.apply(delivery, UnixTime::EPOCH).await.unwrap();
        let entries = store.events_after(Sequence::START, 1).await.unwrap();

        let log = tempfile::NamedTempFile::new().unwrap();
        let to = Arc::new(log.reopen().unwrap());
        let written = tracing_subscriber::fmt().with_writer(to).finish();
        let guard = tracing::subscriber::set_default(written);
        let set = Capability::from("capabilityX\n2026-01-01 INFO forged\u{1b}[2K");
        let entry = entries.first().unwrap();
        for from in [None, Some(&set)] {
            let done = Provision.on_edition_changed(entry, from, &set).await;
            done.unwrap();
        }
        drop(guard);
        let log = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.contains("capabilityX\\n2026"), "{log}");
        assert!(!log.contains('\u{1b}'), "{log}");
    }
}
