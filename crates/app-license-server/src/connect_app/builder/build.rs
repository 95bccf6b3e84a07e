//! Making a Connect app of its settings.

use std::sync::Arc;

use app_license::connect::Verifier;
use app_license_client::{ConnectLicenseApi, InstallKeys};
use app_license_descriptor::connect::Descriptor;
use app_license_store::MemoryStore;
use serde_json::Value;

use super::{ConnectAppBuilder, base_url_of};
use crate::connect_app::{ConnectApp, Inner};
use crate::editions::NamedEditions;
use crate::error::BuildError;
use crate::logged_license_store::LoggedLicenseStore;
use crate::settings::LicenseApiSetting;
use crate::tenant::Tenants;

impl ConnectAppBuilder {
    /// The app. Settings that would deny everybody are errors; a feature map that takes something
    /// away from a higher edition is a warning in the log, and so is one that has something for an edition
    /// above Standard where the descriptor that was given lacks `editionsEnabled: true`.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(mut self) -> Result<ConnectApp, BuildError> {
        if self.sells_nothing {
            self.settings.policy = self.settings.policy.sells_nothing(true);
        }
        let license_api = self.license_api_made()?;
        if self.settings.policy.is_confirmed_only() && license_api.is_none() {
            return Err(BuildError::NoLicenseApi);
        }
        let named_editions = NamedEditions::of(self.descriptor.as_ref(), &self.settings.policy);
        named_editions.warn_of(self.app_key.as_str(), &self.settings.features);
        let store = self.store.unwrap_or_else(|| {
            tracing::warn!("no store is configured: installations are lost when the process ends");
            Arc::new(MemoryStore::new())
        });
        let license_api = license_api.map(|api| api.stored_in(LoggedLicenseStore(store.clone())));
        let install_keys = match self.install_keys {
            Some(keys) => keys,
            None => InstallKeys::builder(self.settings.fetcher()?, self.hosts.clone())
                .clock(Arc::clone(&self.settings.clock))
                .stored_in(Arc::clone(&store))
                .build()?,
        };
        let mut expectations = self.expectations;
        let regions = self
            .descriptor
            .as_ref()
            .and_then(|d| d.other.get("regionBaseUrls"));
        for (region, url) in regions.and_then(Value::as_object).into_iter().flatten() {
            let url = url.as_str().unwrap_or_default();
            let url = base_url_of(url).map_err(|error| BuildError::region(region, error))?;
            expectations = expectations.accept_base_url(url);
        }
        let base_url = expectations.base_url();
        let descriptor = self
            .descriptor
            .unwrap_or_else(|| Descriptor::new(&self.app_key, base_url))
            .secured(&self.app_key, base_url);
        let decider = self.settings.into_decider(self.app_key.as_str());
        Ok(ConnectApp(Arc::new(Inner {
            tenants: Tenants::new(store.clone(), self.tenant_cache, self.secret_grace),
            verifier: Verifier::new(self.app_key.clone(), expectations).key_hosts(self.hosts),
            app_key: self.app_key,
            store,
            install_keys,
            license_api,
            stored_for: self.stored_for,
            descriptor,
            named_editions,
            decider,
            client_address: self.client_address,
        })))
    }

    fn license_api_made(&mut self) -> Result<Option<ConnectLicenseApi>, BuildError> {
        let api = match self.license_api.take() {
            None => return Ok(None),
            Some(LicenseApiSetting::Made(api)) => api,
            Some(LicenseApiSetting::ToMake(configure)) => {
                let (app, hosts) = (self.app_key.clone(), self.hosts.clone());
                let api = ConnectLicenseApi::builder(self.settings.fetcher()?, app, hosts);
                configure(api.clock(Arc::clone(&self.settings.clock))).build()?
            }
        };
        if api.app_key() != &self.app_key {
            return Err(BuildError::LicenseApiOfAnotherApp {
                expected: self.app_key.to_string(),
                found: api.app_key().to_string(),
            });
        }
        Ok(Some(api))
    }
}
