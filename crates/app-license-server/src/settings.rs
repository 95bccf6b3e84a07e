//! What is set of a Connect app and of a Forge remote alike.

use std::sync::Arc;

use app_license::{FeatureMap, Policy};
use app_license_client::{Clock, Error, Fetcher, SystemClock};
use axum::response::IntoResponse;

use crate::decider::Decider;
use crate::metrics::Metrics;
use crate::respond::{RefusedRequest, Responder};
use crate::warnings::{warn_of_falling_limits, warn_of_test_keys};

pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) features: FeatureMap,
    pub(crate) fetcher: Option<Fetcher>,
    pub(crate) clock: Arc<dyn Clock>,
    responder: Option<Responder>,
}

/// How a License API `A` is asked: one that was made elsewhere, or one to make by its builder `B`.
pub(crate) enum LicenseApiSetting<A, B> {
    Made(A),
    ToMake(Box<dyn FnOnce(B) -> B + Send>),
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            policy: Policy::new(),
            features: FeatureMap::default(),
            fetcher: None,
            clock: Arc::new(SystemClock),
            responder: None,
        }
    }

    pub(crate) fn respond_with<R: IntoResponse>(
        &mut self,
        respond: impl Fn(RefusedRequest<'_>) -> R + Send + Sync + 'static,
    ) {
        self.responder = Some(Responder::new(respond));
    }

    /// The fetcher of all that is made for the app.
    pub(crate) fn fetcher(&mut self) -> Result<Fetcher, Error> {
        let fetcher = match self.fetcher.take() {
            Some(fetcher) => fetcher,
            None => Fetcher::new()?,
        };
        Ok(self.fetcher.insert(fetcher).clone())
    }

    /// The mock host platform in place of the platform, and its clock.
    #[cfg(feature = "testkit")]
    pub(crate) fn for_tests(
        &mut self,
        host: &app_license_testkit::MockHost,
    ) -> Result<(), crate::error::BuildError> {
        let offline = crate::error::BuildError::MockHostOffline;
        let gateway = host.gateway().ok_or(offline)?;
        self.fetcher = Some(Fetcher::rerouted_for_tests(gateway)?);
        self.clock = Arc::new(host.clock().clone());
        Ok(())
    }

    pub(crate) fn into_decider(self, app: &str) -> Decider {
        if let Some(fetcher) = &self.fetcher {
            warn_of_test_keys(fetcher, app);
        }
        warn_of_falling_limits(&self.features);
        Decider {
            policy: self.policy,
            features: self.features,
            metrics: Metrics::of_app(app),
            responder: self.responder,
            clock: self.clock,
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl<A, B> std::fmt::Debug for LicenseApiSetting<A, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LicenseApi")
    }
}
