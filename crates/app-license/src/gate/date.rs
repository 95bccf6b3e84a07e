//! Dates, as the platform writes them in a dozen places.
//!
//! A reader of our own, for three reasons. A library's (jiff's) makes the module for JavaScript servers a
//! fifth larger. It takes more: basic forms, hours alone, offsets with seconds or of a day; and less: not
//! the last day of the year 9999. And it takes about three times as long. It is what a property test in
//! `time` compares this one with. Arithmetic is kept in days and seconds of a day, 32 bits each, which is
//! small in WebAssembly.

use crate::gate::json::{Str, Value};

/// A point in time: whole days since 1970-01-01 and seconds of that day, UTC. From 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    days: u32,
    second: u32,
}

const DAY: u32 = 86_400;
/// 9999-12-31
const LAST_DAY: u32 = 2_932_896;
/// The longest spelling that is read, in bytes.
const MAX_TEXT: usize = 40;

impl Date {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub(crate) fn unix_seconds(self) -> u64 {
        u64::from(self.days)
            .wrapping_mul(u64::from(DAY))
            .wrapping_add(u64::from(self.second))
    }

    /// Reads ISO-8601 with a zone (`2026-12-08T00:00:00.000Z`, `…+01:00`, `…+0100`, `…+01`, also
    /// without seconds, with a space for the `T`), a bare date (midnight UTC), or epoch
    /// **milliseconds** in at most 15 digits. A fraction of a second is dropped; a leap second
    /// reads as the second before it. `None` for anything else.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() <= 15 && !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit) {
            return Self::of_milliseconds(bytes);
        }
        let mut at = Cursor(bytes);
        let year = at.digits(4)?;
        at.one(b"-")?;
        let month = at.digits(2)?;
        at.one(b"-")?;
        let day = at.digits(2)?;
        let days = days_from_civil(year, month, day)?;
        let (mut seconds, mut offset) = (0, Some((true, 0)));
        if !at.0.is_empty() {
            at.one(b"Tt ")?;
            seconds = at.time()?;
            offset = at.offset();
        }
        let (east, offset) = offset?;
        if !at.0.is_empty() {
            return None;
        }
        // a day more, so that nothing is negative
        let local = seconds.wrapping_add(DAY);
        let utc = if east {
            local.wrapping_sub(offset)
        } else {
            local.wrapping_add(offset)
        };
        let days = days.wrapping_add(utc / DAY).checked_sub(2)?;
        Self::new(days, utc % DAY)
    }

    /// Reads a date out of a JSON value.
    #[must_use]
    pub(crate) fn from_json(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Number(digits) => Self::parse(digits),
            Value::String(s) => s
                .plain()
                .map_or_else(|| Self::parse_escaped(s), Self::parse),
            _ => None,
        }
    }

    #[cold]
    fn parse_escaped(s: Str<'_>) -> Option<Self> {
        let mut text = [0_u8; MAX_TEXT];
        let mut room = text.iter_mut();
        let mut len = 0_usize;
        for c in s.chars() {
            *room.next()? = u8::try_from(c).ok()?;
            len = len.wrapping_add(1);
        }
        Self::parse(core::str::from_utf8(text.get(..len)?).ok()?)
    }

    const fn new(days: u32, second: u32) -> Option<Self> {
        if days <= LAST_DAY {
            Some(Self { days, second })
        } else {
            None
        }
    }

    /// Long division by the seconds of a day; the last three digits are milliseconds.
    fn of_milliseconds(digits: &[u8]) -> Option<Self> {
        let (mut days, mut second) = (0_u32, 0_u32);
        for digit in digits.get(..digits.len().saturating_sub(3))? {
            let more = second
                .wrapping_mul(10)
                .wrapping_add(u32::from(digit & 0x0f));
            days = days.wrapping_mul(10).wrapping_add(more / DAY);
            second = more % DAY;
        }
        Self::new(days, second)
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn one(&mut self, any_of: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !any_of.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    fn digits(&mut self, count: u32) -> Option<u32> {
        let mut number = 0_u32;
        for _ in 0..count {
            let digit = self.one(b"0123456789")?;
            number = number
                .wrapping_mul(10)
                .wrapping_add(u32::from(digit & 0x0f));
        }
        Some(number)
    }

    fn up_to(&mut self, last: u32) -> Option<u32> {
        self.digits(2).filter(|n| *n <= last)
    }

    /// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fraction`
    fn time(&mut self) -> Option<u32> {
        let hour = self.up_to(23)?;
        self.one(b":")?;
        let minute = self.up_to(59)?;
        let mut second = 0;
        if self.one(b":").is_some() {
            second = self.up_to(60)?.min(59);
            if self.one(b".,").is_some() {
                self.digits(1)?;
                let mut more = 8_u32;
                while more > 0 && self.digits(1).is_some() {
                    more = more.wrapping_sub(1);
                }
            }
        }
        Some(
            hour.wrapping_mul(3600)
                .wrapping_add(minute.wrapping_mul(60))
                .wrapping_add(second),
        )
    }

    /// `Z`, `+HH`, `+HHMM`, `+HH:MM`: whether it is east, and seconds.
    fn offset(&mut self) -> Option<(bool, u32)> {
        let sign = self.one(b"Zz+-")?;
        if !matches!(sign, b'+' | b'-') {
            return Some((true, 0));
        }
        let hours = self.up_to(23)?;
        let colon = self.one(b":").is_some();
        let minutes = if colon || !self.0.is_empty() {
            self.up_to(59)?
        } else {
            0
        };
        let seconds = hours
            .wrapping_mul(3600)
            .wrapping_add(minutes.wrapping_mul(60));
        Some((sign == b'+', seconds))
    }
}

/// Days since 1969-12-31 of a date of the Gregorian calendar.
fn days_from_civil(year: u32, month: u32, day: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1969 || day < 1 || day > last {
        return None;
    }
    // years begin in March, so that the leap day is the last of one
    let (y, m) = if month > 2 {
        (year, month.wrapping_sub(3))
    } else {
        (year.wrapping_sub(1), month.wrapping_add(9))
    };
    let of_year = m.wrapping_mul(153).wrapping_add(2) / 5;
    y.wrapping_mul(365)
        .wrapping_add(y / 4)
        .wrapping_sub(y / 100)
        .wrapping_add(y / 400)
        .wrapping_add(of_year)
        .wrapping_add(day)
        .checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn every_spelling_seen() {
        for (text, want) in [
            ("2026-12-08T00:00:00.000Z", Some(1_796_688_000)),
            ("2026-12-08T00:00:00Z", Some(1_796_688_000)),
            ("2026-12-08t00:00z", Some(1_796_688_000)),
            ("2026-12-08 00:00:00Z", Some(1_796_688_000)),
            ("2026-12-08T01:00:00+01:00", Some(1_796_688_000)),
            ("2026-12-08T01:00:00.000+0100", Some(1_796_688_000)),
            ("2026-12-07T23:00:00-01", Some(1_796_688_000)),
            ("2026-12-08T00:00:00,5Z", Some(1_796_688_000)),
            ("2026-12-08", Some(1_796_688_000)),
            ("1970-01-01", Some(0)),
            ("1970-01-01T00:30:00+01:00", None),
            ("1969-12-31T23:30:00-01:00", Some(1800)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("9999-12-31T23:59:59-01:00", None),
            ("2024-02-29", Some(1_709_164_800)),
            ("2100-02-29", None),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799)),
            ("1689949707000", Some(1_689_949_707)),
            ("0", Some(0)),
            ("999", Some(0)),
            ("253402300799999", Some(253_402_300_799)),
            ("253402300800000", None),
            ("999999999999999", None),
            ("9999999999999999", None),
            ("", None),
            ("NULL", None),
            ("-1", None),
            ("1e12", None),
            ("2026-12-08T00:00:00", None),
            ("2026-12-08T24:00:00Z", None),
            ("2026-12-08T00:00:00.Z", None),
            ("2026-12-08T00:00:00.1234567890Z", None),
            ("2026-12-08T00:00:00+1", None),
            ("2026-12-08T00:00:00+01:", None),
            ("2026-12-08T00:00:00Zx", None),
            ("2026-13-08", None),
            ("2026-00-08", None),
            ("2026-01-00", None),
            ("0000-01-01", None),
            ("tomorrow", None),
        ] {
            let got = Date::parse(text).map(Date::unix_seconds);
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_day_before() {
        let mut want = 0_u64;
        for year in 1970..=9999_u32 {
            for month in 1..=12_u32 {
                for day in 1..=31_u32 {
                    let text = std::format!("{year:04}-{month:02}-{day:02}");
                    if let Some(date) = Date::parse(&text) {
                        assert_eq!(date.unix_seconds(), want, "{text}");
                        want += 86_400;
                    }
                }
            }
        }
        assert_eq!(want, 253_402_300_800);
    }

    #[test]
    fn numbers_and_escapes_in_json() {
        use crate::gate::json::Scanner;
        for json in ["1689949707000", r#""\u0031689949707000""#] {
            let value = Scanner::<1>::from_text(json).value().unwrap();
            let date = Date::from_json(value).map(Date::unix_seconds);
            assert_eq!(date, Some(1_689_949_707), "{json}");
        }
        for json in ["1e12", "-1", "true", "[]", r#""\u00e9""#] {
            let value = Scanner::<1>::from_text(json).value().unwrap();
            assert_eq!(Date::from_json(value), None, "{json}");
        }
    }
}
