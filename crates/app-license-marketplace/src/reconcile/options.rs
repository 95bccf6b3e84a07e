//! How to compare.

use std::time::Duration;

use app_license::UnixTime;

#[cfg(doc)]
use super::Cause;

/// How to compare.
///
/// ```
/// use std::time::Duration;
/// use app_license::UnixTime;
/// use app_license_marketplace::reconcile::Options;
/// let options = Options::at(UnixTime::EPOCH)
///     .app("com.example.app")
///     .production_environment("6c1b0c8e-2f3a-4a46-9c3c-0b1f6a4f1d11")
///     .report_lag(Duration::from_secs(24 * 3600));
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) now: UnixTime,
    pub(super) app: Option<String>,
    pub(super) production: Vec<String>,
    pub(super) lag: u64,
}

impl Options {
    /// Compares at this time (UTC).
    #[must_use]
    pub const fn at(now: UnixTime) -> Self {
        Self {
            now,
            app: None,
            production: Vec::new(),
            lag: 2 * 86_400,
        }
    }

    /// Only the app with this key (`addonKey` in the report); Forge installations do not name
    /// theirs, so it must be named when the report is of several apps.
    #[must_use]
    pub fn app(mut self, key: impl Into<String>) -> Self {
        self.app = Some(key.into());
        self
    }

    /// The id of a Forge environment that is production; may be called several times. Unless it is
    /// called, all environments are taken for production.
    #[must_use]
    pub fn production_environment(mut self, id: impl Into<String>) -> Self {
        self.production.push(id.into());
        self
    }

    /// How late the report may be: two days, unless told. A part of a second is left out. What changed later than that
    /// has [`Cause::ReportLag`] where nothing better explains it.
    #[must_use]
    pub const fn report_lag(mut self, time: Duration) -> Self {
        self.lag = time.as_secs();
        self
    }
}
