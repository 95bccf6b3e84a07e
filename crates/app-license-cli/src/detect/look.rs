//! How to look at an input.

use app_license::{LicenseSource, UnixTime};

/// The time, and what the caller says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) now: UnixTime,
    /// What the caller says it is, where its shape could be several things.
    pub(crate) source: Option<LicenseSource>,
}
