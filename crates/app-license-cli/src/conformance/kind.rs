//! The kinds of vector files.

use clap::ValueEnum;

use super::suite::Suite;
use super::{
    conditions, connect_license, decisions, feature_maps, forge, forge_api, iframe, invocation,
    lifecycle, manifest, perimeters, qsh, readings, requests, scenarios, tokens,
};

/// What the cases of a file are, and how they are run. The schema of each kind is in
/// `tests/vectors/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    CanonicalRequests,
    Conditions,
    ConnectConditions,
    ConnectIframeQuery,
    ConnectJwt,
    ConnectLicAndRest,
    ConnectLicenseApi,
    ConnectLifecycle,
    ConnectLifecycleRequests,
    ConnectPerimeters,
    ConnectQsh,
    ConnectRequests,
    Decisions,
    FeatureMaps,
    ForgeAppIds,
    ForgeContexts,
    ForgeContextsRecorded,
    ForgeFitShapes,
    ForgeFitTokens,
    ForgeInvocationRequests,
    ForgeLicenseApi,
    ForgeLicenseObjects,
    ForgeLicenseOverrides,
    ForgeManifestLicensing,
    LicenseReadings,
    LifecycleScenarios,
    SignedUrls,
}

impl Kind {
    /// The kind of this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The names of all kinds, for people.
    pub(super) fn names() -> String {
        let names: Vec<_> = Self::value_variants()
            .iter()
            .filter_map(Self::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        names.join(", ")
    }

    /// Adds the cases of a file of this kind; the error says which of its settings is unreadable.
    pub(super) fn plan(self, suite: &mut Suite<'_>) -> Result<(), String> {
        match self {
            Self::CanonicalRequests => suite.cases(qsh::canonical),
            Self::Conditions | Self::ConnectConditions => suite.lists(&[], conditions::case),
            Self::ConnectIframeQuery => suite.lists(&[], iframe::case),
            Self::ConnectJwt => tokens::plan(suite)?,
            Self::ConnectLicAndRest | Self::ConnectLicenseApi => {
                suite.lists(&[], connect_license::case);
            }
            Self::ConnectLifecycle => suite.cases(lifecycle::body),
            Self::ConnectLifecycleRequests | Self::ConnectRequests => requests::plan(suite)?,
            Self::ConnectPerimeters => suite.lists(&["descriptors"], perimeters::case),
            Self::ConnectQsh => qsh::plan(suite)?,
            Self::Decisions => suite.cases(decisions::decision),
            Self::FeatureMaps => suite.cases(feature_maps::map),
            Self::ForgeAppIds => suite.cases(perimeters::app_id),
            Self::ForgeContexts | Self::ForgeContextsRecorded => {
                suite.lists(&["lifecycle_events", "workflow_arguments"], forge::case);
            }
            Self::ForgeFitShapes | Self::ForgeFitTokens => suite.cases(invocation::claims),
            Self::ForgeInvocationRequests => invocation::plan(suite)?,
            Self::ForgeLicenseApi => suite.lists(&["requests", "responses"], forge_api::case),
            Self::ForgeLicenseObjects | Self::ForgeLicenseOverrides => {
                suite.cases(forge::license_object);
            }
            Self::ForgeManifestLicensing => suite.lists(&["fragments"], manifest::case),
            Self::LicenseReadings => suite.lists(&[], readings::case),
            Self::LifecycleScenarios => suite.cases(scenarios::scenario),
            Self::SignedUrls => suite.cases(tokens::signed_url),
        }
        Ok(())
    }
}
