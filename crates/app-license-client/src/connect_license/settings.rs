//! What [`ConnectLicenseApi`] was set to.
//!
//! [`ConnectLicenseApi`]: super::ConnectLicenseApi

use std::time::Duration;

use app_license::plan::license::{LicensePlan, Retries};

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) plan: LicensePlan,
    pub(super) retries: Retries,
    pub(super) deadline: Duration,
    pub(super) tenants: usize,
    pub(super) running: usize,
    pub(super) waiting: usize,
}
