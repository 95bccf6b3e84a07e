//! The provider.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use app_license::{FeatureMap, License, Policy, UnixTime, Verified};
use async_trait::async_trait;
use open_feature::provider::{FeatureProvider, ProviderMetadata, ResolutionDetails};
use open_feature::{EvaluationContext, EvaluationResult, StructValue};

use crate::lookup::LicenseLookup;
use crate::resolve::{Resolver, Table};

/// An OpenFeature provider over a feature map and a source of licenses.
///
/// ```
/// use app_license::{FeatureMap, Policy, UnixTime};
/// use app_license_openfeature::{LicenseProvider, LookupError, lookup};
/// use open_feature::provider::FeatureProvider;
///
/// let features = FeatureMap::from_toml("[features]\nexport = \"standard\"")?;
/// let provider = LicenseProvider::new(features, lookup(|_| Err(LookupError::NotReady)))
///     .policy(Policy::new().max_age(std::time::Duration::from_secs(3600)))
///     .clock(|| UnixTime::EPOCH);
/// assert_eq!(provider.metadata().name, "app-license");
/// # Ok::<(), app_license::Error>(())
/// ```
pub struct LicenseProvider {
    metadata: ProviderMetadata,
    features: FeatureMap,
    policy: Policy,
    lookup: Box<dyn LicenseLookup>,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl fmt::Debug for LicenseProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseProvider")
            .field("features", &self.features)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl LicenseProvider {
    /// A provider with the default policy and the system's clock.
    pub fn new(features: FeatureMap, lookup: impl LicenseLookup) -> Self {
        Self {
            metadata: ProviderMetadata::new("app-license"),
            features,
            policy: Policy::new(),
            lookup: Box::new(lookup),
            clock: Arc::new(system_time),
        }
    }

    /// What is asked of a license beyond the capability.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    async fn resolve<T: Send>(
        &self,
        table: Table,
        flag: &str,
        context: &EvaluationContext,
        value: impl FnOnce(&Resolver<'_>) -> Option<(T, String)> + Send,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        table.holds(&self.features, flag)?;
        let found = self.lookup.license(context).await;
        let license: Verified<License> = found.map_err(|error| error.evaluation_error())?;
        let resolver = Resolver {
            features: &self.features,
            policy: &self.policy,
            license: &license,
            now: (self.clock)(),
            flag,
        };
        resolver.details(table, value)
    }
}

#[async_trait]
impl FeatureProvider for LicenseProvider {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        let context = evaluation_context;
        self.resolve(Table::Features, flag_key, context, |r| r.allowed())
            .await
    }

    async fn resolve_int_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        let context = evaluation_context;
        self.resolve(Table::Limits, flag_key, context, |r| r.integer())
            .await
    }

    async fn resolve_float_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        let context = evaluation_context;
        self.resolve(Table::Limits, flag_key, context, |r| r.float())
            .await
    }

    async fn resolve_string_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        let context = evaluation_context;
        self.resolve(Table::ServiceLevels, flag_key, context, |r| r.text())
            .await
    }

    async fn resolve_struct_value(
        &self,
        flag_key: &str,
        _evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        Table::mismatch(&self.features, flag_key, "struct")
    }
}

fn system_time() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    UnixTime::from_seconds(seconds).unwrap_or(UnixTime::EPOCH)
}
