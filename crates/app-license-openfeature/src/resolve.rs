//! A license and a flag to a value, a reason and metadata.

use app_license::{
    Decision, Edition, FeatureMap, License, Limit, Policy, Reason, State, UnixTime, Verified,
};
use open_feature::provider::ResolutionDetails;
use open_feature::{
    EvaluationError, EvaluationErrorCode, EvaluationReason, EvaluationResult, FlagMetadata,
};
use serde_json::Value;

/// A table of the feature map, and the kind of flag that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Features,
    Limits,
    ServiceLevels,
}

impl Table {
    const ALL: [Self; 3] = [Self::Features, Self::Limits, Self::ServiceLevels];

    const fn kind(self) -> &'static str {
        match self {
            Self::Features => "bool",
            Self::Limits => "number",
            Self::ServiceLevels => "string",
        }
    }

    fn has(self, features: &FeatureMap, flag: &str) -> bool {
        match self {
            Self::Features => features.requirement(flag).is_some(),
            Self::Limits => features.limit_in(flag, None).is_ok(),
            Self::ServiceLevels => features.service_level_in(flag, None).is_ok(),
        }
    }

    /// Whether a flag is of this kind; the error says what it is instead.
    pub(crate) fn holds(self, features: &FeatureMap, flag: &str) -> EvaluationResult<()> {
        if self.has(features, flag) {
            return Ok(());
        }
        Self::mismatch(features, flag, self.kind())
    }

    /// The error of a flag that is not of the kind that was asked for.
    pub(crate) fn mismatch<T>(
        features: &FeatureMap,
        flag: &str,
        kind: &str,
    ) -> EvaluationResult<T> {
        let shown: String = flag.chars().take(128).collect();
        let other = Self::ALL
            .into_iter()
            .find(|table| table.has(features, flag));
        let (code, message) = match other {
            Some(table) => (
                EvaluationErrorCode::TypeMismatch,
                format!("`{shown}` is a {}, not a {kind}", table.kind()),
            ),
            None => (
                EvaluationErrorCode::FlagNotFound,
                format!("the feature map does not name `{shown}`"),
            ),
        };
        Err(EvaluationError {
            code,
            message: Some(message),
        })
    }
}

/// One evaluation.
pub(crate) struct Resolver<'a> {
    pub(crate) features: &'a FeatureMap,
    pub(crate) policy: &'a Policy,
    pub(crate) license: &'a Verified<License>,
    pub(crate) now: UnixTime,
    pub(crate) flag: &'a str,
}

impl Resolver<'_> {
    /// Whether the feature may be used.
    pub(crate) fn allowed(&self) -> Option<(bool, String)> {
        let decision = self
            .features
            .check(self.flag, self.license, self.policy, self.now);
        let allowed = decision.ok()?.is_allowed();
        Some((allowed, allowed.to_string()))
    }

    /// The limit; without one, the largest number.
    pub(crate) fn integer(&self) -> Option<(i64, String)> {
        let limit = self.limit()?;
        let count = limit.count().and_then(|count| i64::try_from(count).ok());
        Some((count.unwrap_or(i64::MAX), limit.to_string()))
    }

    /// The limit; without one, infinity.
    pub(crate) fn float(&self) -> Option<(f64, String)> {
        let limit = self.limit()?;
        // the map holds no number that a float does not hold exactly
        let value = limit.count().map_or(f64::INFINITY, |count| count as f64);
        Some((value, limit.to_string()))
    }

    fn limit(&self) -> Option<Limit> {
        self.features
            .limit(self.flag, self.license, self.policy, self.now)
            .ok()
    }

    /// The service level, or nothing.
    pub(crate) fn text(&self) -> Option<(String, String)> {
        let level = self
            .features
            .service_level(self.flag, self.license, self.policy, self.now)
            .ok()?;
        let level = level.unwrap_or_default().to_owned();
        Some((level.clone(), level))
    }

    /// The value with its reason and metadata.
    pub(crate) fn details<T>(
        &self,
        table: Table,
        value: impl FnOnce(&Self) -> Option<(T, String)>,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        let Some((value, variant)) = value(self) else {
            return Table::mismatch(self.features, self.flag, table.kind());
        };
        let (policy, now) = (self.policy, self.now);
        let decision = match table {
            Table::Features => self
                .features
                .check(self.flag, self.license, policy, now)
                .ok(),
            // limits and service levels ask for no capability of their own
            _ => None,
        };
        let decision = decision.unwrap_or_else(|| self.license.decide(policy, Edition::Free, now));
        let reason = if self.license.state() == State::Absent {
            EvaluationReason::Default
        } else if decision.reason() == Reason::Stale {
            EvaluationReason::Other("STALE".to_owned())
        } else {
            EvaluationReason::TargetingMatch
        };
        Ok(ResolutionDetails {
            value,
            variant: Some(variant),
            reason: Some(reason),
            flag_metadata: Some(self.metadata(table, &decision)),
        })
    }

    /// The decision, field by field, as it is written everywhere else.
    fn metadata(&self, table: Table, decision: &Decision) -> FlagMetadata {
        let state = self.license.state().name();
        let mut metadata = FlagMetadata::default().with_value("state", state);
        let fields = serde_json::to_value(decision).unwrap_or(Value::Null);
        for (name, value) in fields.as_object().into_iter().flatten() {
            // the value of the flag says it, and only a feature needs a capability
            if name == "allowed" || name == "needs" && table != Table::Features {
                continue;
            }
            match value {
                Value::String(text) => metadata.add_value(name, text.as_str()),
                Value::Bool(value) => metadata.add_value(name, *value),
                Value::Number(number) => {
                    if let Some(number) = number.as_i64() {
                        metadata.add_value(name, number);
                    }
                }
                _ => {}
            }
        }
        metadata
    }
}
