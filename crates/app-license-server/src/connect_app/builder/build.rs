//! Making a Connect app of its settings.

use std::sync::Arc;

use app_license::connect::Verifier;
use app_license_client::{ConnectLicenseApi, Fetcher, InstallKeys};
use app_license_descriptor::connect::Descriptor;
use app_license_store::MemoryStore;
use serde_json::Value;

use super::{ConnectAppBuilder, LicenseApiSetting, base_url_of};
use crate::connect_app::{ConnectApp, Inner};
use crate::editions::NamedEditions;
use crate::error::BuildError;
use crate::logged_license_store::LoggedLicenseStore;
use crate::metrics::Metrics;
use crate::tenant::Tenants;
use crate::warnings::{warn_of_falling_limits, warn_of_test_keys};

impl ConnectAppBuilder {
    /// The app. Settings that would deny everybody are errors; a feature map that takes something
    /// away from a higher edition is a warning in the log, and so is one that has something for an edition
    /// above Standard where the descriptor that was given lacks `editionsEnabled: true`.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(mut self) -> Result<ConnectApp, BuildError> {
        let policy = if self.sells_nothing {
            self.policy.sells_nothing(true)
        } else {
            self.policy
        };
        let fetcher = match self.fetcher.take() {
            Some(fetcher) => Some(fetcher),
            None if self.needs_fetcher() => Some(Fetcher::new()?),
            None => None,
        };
        if let Some(fetcher) = &fetcher {
            warn_of_test_keys(fetcher, self.app_key.as_str());
        }
        let license_api = self.license_api_over(fetcher.as_ref())?;
        if policy.is_confirmed_only() && license_api.is_none() {
            return Err(BuildError::NoLicenseApi);
        }
        warn_of_falling_limits(&self.features);
        let named_editions = NamedEditions::of(self.descriptor.as_ref(), &policy);
        named_editions.warn_of(self.app_key.as_str(), &self.features);
        let store = self.store.unwrap_or_else(|| {
            tracing::warn!("no store is configured: installations are lost when the process ends");
            Arc::new(MemoryStore::new())
        });
        let license_api = license_api.map(|api| api.stored_in(LoggedLicenseStore(store.clone())));
        let install_keys = match self.install_keys {
            Some(keys) => keys,
            None => {
                let fetcher = fetcher.map_or_else(Fetcher::new, Ok)?;
                let clock = Arc::clone(&self.clock.0);
                InstallKeys::builder(fetcher, self.hosts.clone())
                    .clock(clock)
                    .stored_in(Arc::clone(&store))
                    .build()?
            }
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
        let metrics = Metrics::of_app(self.app_key.as_str());
        Ok(ConnectApp(Arc::new(Inner {
            tenants: Tenants::new(store.clone(), self.tenant_cache, self.secret_grace),
            verifier: Verifier::new(self.app_key.clone(), expectations).key_hosts(self.hosts),
            app_key: self.app_key,
            store,
            install_keys,
            license_api,
            policy,
            stored_for: self.stored_for,
            features: self.features,
            descriptor,
            named_editions,
            metrics,
            client_address: self.client_address,
            responder: self.responder,
            clock: self.clock.0,
        })))
    }

    fn needs_fetcher(&self) -> bool {
        let makes_api = matches!(self.license_api, Some(LicenseApiSetting::ToMake(_)));
        self.install_keys.is_none() || makes_api
    }

    fn license_api_over(
        &mut self,
        fetcher: Option<&Fetcher>,
    ) -> Result<Option<ConnectLicenseApi>, BuildError> {
        let api = match (self.license_api.take(), fetcher) {
            (Some(LicenseApiSetting::Made(api)), _) => api,
            (Some(LicenseApiSetting::ToMake(configure)), Some(fetcher)) => {
                let (app, hosts) = (self.app_key.clone(), self.hosts.clone());
                let api = ConnectLicenseApi::builder(fetcher.clone(), app, hosts);
                configure(api.clock(Arc::clone(&self.clock.0))).build()?
            }
            _ => return Ok(None),
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
