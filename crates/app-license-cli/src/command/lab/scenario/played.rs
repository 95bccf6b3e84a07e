//! A story that was played.

use std::time::Duration;

use app_license_lab::ScenarioReport;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Played {
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) result: ScenarioReport,
    #[serde(skip)]
    pub(super) time: Duration,
}
