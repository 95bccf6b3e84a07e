//! A Connect app: what verifies its requests, keeps its installations and decides.

mod builder;
mod link_installations;
mod verify;

use std::sync::Arc;

use app_license::connect::Verifier;
use app_license::{AppKey, Capability, ClientKey, Event, InstallationKey, UnixTime};
use app_license_client::{ConnectLicenseApi, InstallKeys};
use app_license_descriptor::connect::Descriptor;
use app_license_store::{Delivery, Store};
use http::request::Parts;

pub use builder::ConnectAppBuilder;

use crate::app_request::App;
use crate::client_address::ClientAddress;
use crate::decider::Decider;
use crate::editions::NamedEditions;
use crate::metrics::Metrics;
use crate::rejection::Rejection;
use crate::tenant::Tenants;

/// A Connect app. Cheap to clone; one a process.
///
/// See the crate's page for a whole app.
#[derive(Clone)]
pub struct ConnectApp(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) app_key: AppKey,
    pub(crate) verifier: Verifier,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tenants: Tenants,
    pub(crate) install_keys: InstallKeys,
    pub(crate) license_api: Option<ConnectLicenseApi>,
    pub(crate) decider: Decider,
    pub(crate) stored_for: Option<u64>,
    pub(crate) descriptor: Descriptor,
    pub(crate) named_editions: NamedEditions,
    pub(crate) client_address: ClientAddress,
}

impl App for ConnectApp {
    fn decider(&self) -> &Decider {
        &self.0.decider
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn warn_of_gate(&self, needs: &Capability) {
        let app = self.0.app_key.as_str();
        self.0.named_editions.warn_of_gate(app, needs);
    }
}

impl ConnectApp {
    /// The app's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        self.read_key_counters();
        &self.0.decider.metrics
    }

    /// The descriptor that is served.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.0.descriptor
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.decider.now()
    }

    /// Ends the grace of the secret before the current one at once, for a secret that leaked. True
    /// when there was one. Replicas notice after [`ConnectAppBuilder::tenant_cache`] seconds.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn forget_previous_secret(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.apply_own(client_key, Event::ForgetPreviousSecret)
            .await
    }

    /// Serves the site no more: its proved requests are answered 403, `tenant_blocked`, whatever the
    /// platform says and however often the app is installed there; its events are stored as before. False
    /// where it was blocked before, or nothing is known of it. Replicas notice after [`ConnectAppBuilder::tenant_cache`] seconds.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn block(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.apply_own(client_key, Event::Block).await
    }

    /// Serves a blocked site again. True when it was blocked.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn unblock(&self, client_key: &ClientKey) -> Result<bool, Rejection> {
        self.apply_own(client_key, Event::Unblock).await
    }

    async fn apply_own(&self, client_key: &ClientKey, event: Event) -> Result<bool, Rejection> {
        let key = InstallationKey::Connect(client_key.clone());
        let delivery = Delivery::new(key, event);
        let applied = self.0.store.apply(delivery, self.now()).await;
        let applied = applied.map_err(|e| Rejection::store(&e))?;
        self.0.tenants.forget(client_key);
        Ok(!applied.changes.is_empty())
    }

    fn read_key_counters(&self) {
        self.0
            .decider
            .metrics
            .keys("install_keys", &self.0.install_keys.stats());
    }

    pub(crate) fn answer_rejected(&self, rejection: Rejection, parts: &Parts) -> Rejection {
        self.0.decider.answer_rejected(rejection, || parts.clone())
    }

    pub(crate) fn rejected(&self, rejection: &Rejection) {
        self.0.decider.rejected(rejection);
    }
}

impl std::fmt::Debug for ConnectApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectApp")
            .field("app_key", &self.0.app_key)
            .finish_non_exhaustive()
    }
}
