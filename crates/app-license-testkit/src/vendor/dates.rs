//! Dates by days before the one that vendors are made for.

use app_license::UnixTime;

/// 2026-11-22T12:00:00Z: what vendors are made for.
pub(super) const NOW: u64 = 1_795_348_800;

/// A date so many days before (or, negative, behind) the day of [`NOW`].
pub(super) fn day(ago: i64) -> String {
    let text = time(ago, 0);
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The same as a time, so many seconds earlier.
pub(super) fn time(ago: i64, seconds: u64) -> String {
    let at = seconds_of(ago).saturating_sub(seconds);
    UnixTime::from_seconds(at)
        .unwrap_or(UnixTime::EPOCH)
        .to_string()
}

pub(super) fn seconds_of(ago: i64) -> u64 {
    let days = i64::try_from(NOW).unwrap_or_default();
    let at = days.saturating_sub(ago.saturating_mul(86_400));
    u64::try_from(at).unwrap_or_default()
}
