//! A hook that writes down what it is called for, and fails as often as it is told.

use std::sync::{Arc, Mutex, PoisonError};

use app_license::{Capability, KnownLicense};
use app_license_server::{Hook, HookResult, async_trait};
use app_license_store::HistoryEntry;

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    names: Vec<String>,
    failures: u64,
}

impl Recorder {
    pub(crate) fn failing(failures: u64) -> Self {
        let names = Vec::new();
        Self(Arc::new(Mutex::new(Calls { names, failures })))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.names.clone()
    }

    fn call(&self, entry: &HistoryEntry, name: &str) -> HookResult {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.names.push(format!("{} {name}", entry.key.as_str()));
        match calls.failures.checked_sub(1) {
            Some(left) => {
                calls.failures = left;
                Err("the hook was told to fail".into())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Hook for Recorder {
    async fn on_installed(&self, entry: &HistoryEntry) -> HookResult {
        self.call(entry, "installed")
    }

    async fn on_uninstalled(&self, entry: &HistoryEntry) -> HookResult {
        self.call(entry, "uninstalled")
    }

    async fn on_enabled(&self, entry: &HistoryEntry) -> HookResult {
        self.call(entry, "enabled")
    }

    async fn on_disabled(&self, entry: &HistoryEntry) -> HookResult {
        self.call(entry, "disabled")
    }

    async fn on_edition_changed(
        &self,
        entry: &HistoryEntry,
        _: Option<&Capability>,
        to: &Capability,
    ) -> HookResult {
        self.call(entry, &format!("edition_changed {to}"))
    }

    async fn on_license_changed(
        &self,
        entry: &HistoryEntry,
        _: Option<&KnownLicense>,
        to: &KnownLicense,
    ) -> HookResult {
        self.call(entry, &format!("license_changed {}", to.state().name()))
    }

    async fn on_site_renamed(&self, entry: &HistoryEntry, _: &str, to: &str) -> HookResult {
        self.call(entry, &format!("site_renamed {to}"))
    }
}
