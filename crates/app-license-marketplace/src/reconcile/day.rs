//! Days, as license reports write dates: two bytes each, for there are millions of them.

use std::fmt;
use std::num::NonZeroU16;

use app_license::UnixTime;

const SECONDS: u64 = 86_400;

/// A day, UTC, from 1970-01-02 to 2149-06-06; later ones are held at the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(NonZeroU16);

impl Day {
    /// The day of a point in time.
    pub(super) fn of(time: UnixTime) -> Self {
        let days = time.as_seconds().checked_div(SECONDS).unwrap_or_default();
        let days = u16::try_from(days).unwrap_or(u16::MAX);
        Self(NonZeroU16::new(days).unwrap_or(NonZeroU16::MIN))
    }

    /// Reads a date as the platform writes it; `None` for what is no date.
    pub(super) fn parse(text: &str) -> Option<Self> {
        UnixTime::parse(text).map(Self::of)
    }

    /// The day so many days later.
    pub(super) const fn plus(self, days: u16) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Midnight at its beginning, UTC.
    pub(super) fn start(self) -> UnixTime {
        UnixTime::EPOCH.plus(u64::from(self.0.get()).saturating_mul(SECONDS))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_are_read_printed_and_held_within_two_bytes() {
        let day = Day::parse("2026-11-22").unwrap();
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(Day::parse("2026-11-22T23:59:59Z"), Some(day));
        assert_eq!(day.plus(9).to_string(), "2026-12-01");
        assert_eq!(Day::parse("9999-12-31").unwrap().to_string(), "2149-06-06");
        assert_eq!(Day::parse("1970-01-01").unwrap().to_string(), "1970-01-02");
        assert_eq!(Day::parse("RTBF"), None);
    }
}
