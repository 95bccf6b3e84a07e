//! Faults of the reporting API.

use std::time::Duration;

/// What goes wrong next; each once.
///
/// ```
/// use app_license_testkit::ReportFault;
/// assert_eq!(ReportFault::Status(503, Some(1)), ReportFault::Status(503, Some(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFault {
    /// The next request is answered so, with this `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// The next file breaks off after so many bytes.
    BreakAfter(usize),
    /// The next file comes in ten parts, with a pause before each.
    Slow(Duration),
}
