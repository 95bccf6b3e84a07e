//! What is said in the log when an app is made: of settings that are allowed, and dangerous.

use app_license::FeatureMap;
use app_license_client::Fetcher;

pub(crate) fn warn_of_falling_limits(features: &FeatureMap) {
    for (limit, lower, higher) in features.falling_limits() {
        tracing::warn!(limit, %lower, %higher, "a limit falls as the edition rises");
    }
}

/// Whoever has the test keys signs as the platform: nobody serves customers like this without a line in
/// the log.
pub(crate) fn warn_of_test_keys(fetcher: &Fetcher, app: &str) {
    if fetcher.is_for_tests() {
        tracing::warn!(
            app,
            "test keys are accepted, which anybody can sign with: for tests alone"
        );
    }
}
