//! Points in time: UTC seconds. The core has no clock; `now` is always an argument.

use std::fmt;
use std::time::Duration;

use crate::gate::date::Date;
use crate::gate::json::Value;
use crate::gate::policy::Evidence;

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z. Never before 1970 and never
/// after the year 9999.
///
/// ```
/// use app_license::UnixTime;
/// let now = UnixTime::from_seconds(1_790_000_000).unwrap();
/// assert_eq!(now.to_string(), "2026-09-21T14:13:20Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

/// 9999-12-31T23:59:59Z
const LAST: u64 = 253_402_300_799;

impl UnixTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The time this many seconds after 1970, or `None` after the year 9999.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// assert!(UnixTime::from_seconds(u64::MAX).is_none());
    /// ```
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds <= LAST {
            Some(Self(seconds))
        } else {
            None
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// This time and `seconds` more, held at the year 9999.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// assert_eq!(UnixTime::EPOCH.plus(60).as_seconds(), 60);
    /// ```
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        Self(if sum > LAST { LAST } else { sum })
    }

    /// Seconds from `earlier` to this time; 0 when `earlier` is later.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// assert_eq!(UnixTime::EPOCH.plus(5).since(UnixTime::EPOCH), 5);
    /// ```
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether `seconds` have passed since `then`. A clock that was set back counts as passed, so
    /// that nothing waits for the old time to come again.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// let then = UnixTime::EPOCH.plus(100);
    /// assert!(!then.plus(59).passed(then, 60));
    /// assert!(then.plus(60).passed(then, 60));
    /// assert!(UnixTime::EPOCH.passed(then, 60));
    /// ```
    #[must_use]
    pub const fn passed(self, then: Self, seconds: u64) -> bool {
        self.0 < then.0 || self.since(then) >= seconds
    }

    /// Whether this time is further ahead of `now` than clocks differ ([`Evidence::MAX_AHEAD`]): the clock
    /// was wrong that dated it, and nobody knows when it was.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// let now = UnixTime::EPOCH.plus(1000);
    /// assert!(!now.plus(300).is_ahead(now));
    /// assert!(now.plus(301).is_ahead(now));
    /// ```
    #[must_use]
    pub const fn is_ahead(self, now: Self) -> bool {
        self.since(now) > Evidence::MAX_AHEAD
    }

    /// This time, or [`UnixTime::EPOCH`] where it [is ahead](Self::is_ahead) of `now`.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// let now = UnixTime::EPOCH.plus(1000);
    /// assert_eq!(now.plus(300).unless_ahead(now), now.plus(300));
    /// assert_eq!(now.plus(301).unless_ahead(now), UnixTime::EPOCH);
    /// ```
    #[must_use]
    pub const fn unless_ahead(self, now: Self) -> Self {
        if self.is_ahead(now) {
            Self::EPOCH
        } else {
            self
        }
    }

    /// Reads a date as the platform writes it: ISO-8601 with a zone, a bare date (midnight UTC),
    /// or epoch **milliseconds** as a number or a string of digits. `None` for anything else.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// let iso = UnixTime::parse("2026-12-08T00:00:00.000Z");
    /// assert_eq!(iso, UnixTime::parse("1796688000000"));
    /// assert_eq!(UnixTime::parse("NULL"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Date::parse(text).and_then(Self::of_date)
    }

    /// Reads a date out of a JSON value; see [`UnixTime::parse`].
    pub(crate) fn from_json(value: Value<'_>) -> Option<Self> {
        Date::from_json(value).and_then(Self::of_date)
    }

    fn of_date(date: Date) -> Option<Self> {
        Self::from_seconds(date.unix_seconds())
    }
}

/// A time of a setting in whole seconds. A part of one counts as one: no time is taken for none, and nothing
/// is done sooner than stated. What lets old statements or secrets count takes [`Duration::as_secs`].
///
/// ```
/// use std::time::Duration;
/// use app_license::whole_seconds;
/// assert_eq!(whole_seconds(Duration::from_millis(1001)), 2);
/// assert_eq!(whole_seconds(Duration::ZERO), 0);
/// ```
#[must_use]
pub const fn whole_seconds(time: Duration) -> u64 {
    let part = time.subsec_nanos() > 0;
    time.as_secs().saturating_add(part as u64)
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0)
            .ok()
            .and_then(|s| jiff::Timestamp::from_second(s).ok())
        {
            Some(timestamp) => write!(f, "{timestamp}"),
            None => write!(f, "{} s", self.0),
        }
    }
}

impl serde::Serialize for UnixTime {
    /// Writes ISO-8601 text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for UnixTime {
    /// Reads what [`UnixTime::parse`] reads, as text.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a date as ISO-8601 text"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{UnixTime, whole_seconds};

    #[test]
    fn a_part_of_a_second_is_no_zero() {
        for (milliseconds, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

    proptest::proptest! {
        #[test]
        fn dates_are_those_of_a_calendar_library(
            seconds in 0_i64..253_402_300_800,
            offset in -86_340_i32..86_340,
            fraction in "(\\.[0-9]{1,9})?",
        ) {
            let zone = jiff::tz::Offset::from_seconds((offset / 60).wrapping_mul(60)).unwrap();
            let local = zone.to_datetime(jiff::Timestamp::from_second(seconds).unwrap());
            let sign = if offset / 60 < 0 { '-' } else { '+' };
            let minutes = (offset / 60).abs();
            let text = format!(
                "{local}{fraction}{sign}{:02}:{:02}", minutes / 60, minutes % 60
            );
            if local.year() >= 1970 && local.year() <= 9999 {
                let got = UnixTime::parse(&text).map(UnixTime::as_seconds);
                proptest::prop_assert_eq!(got, u64::try_from(seconds).ok(), "{}", text);
            }
        }
    }

    #[test]
    fn dates_in_every_spelling_seen() {
        let at = |s: u64| UnixTime::from_seconds(s);
        for (text, want) in [
            ("2026-12-08T00:00:00.000Z", at(1_796_688_000)),
            ("2026-12-08T00:00:00Z", at(1_796_688_000)),
            ("2026-12-08T01:00:00+01:00", at(1_796_688_000)),
            ("2026-12-08T01:00:00.000+0100", at(1_796_688_000)),
            ("2026-12-08", at(1_796_688_000)),
            ("1689949707000", at(1_689_949_707)),
            ("0", at(0)),
            ("", None),
            ("NULL", None),
            ("-1", None),
            ("99999999999999999999", None),
            ("1e12", None),
            ("2026-12-08T00:00:00", None),
            ("2026-13-08", None),
            ("1969-12-31T23:59:59Z", None),
            ("tomorrow", None),
        ] {
            assert_eq!(UnixTime::parse(text), want, "{text}");
        }
    }
}
