//! What [`ForgeLicenseApi`] was set to.
//!
//! [`ForgeLicenseApi`]: super::ForgeLicenseApi

use std::time::Duration;

use app_license::plan::license::LicensePlan;

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) plan: LicensePlan,
    pub(super) wait: Duration,
    pub(super) running: usize,
    pub(super) waiting: usize,
}
