//! Percentages without floating point: a boundary is met or it is not.

use std::fmt;
use std::str::FromStr;

use crate::input::{InputError, InputErrorKind, shown};

/// The parts of a whole.
const WHOLE: u32 = 1_000_000;

/// A percentage of 0 to 100 with at most four decimals, exact.
///
/// ```
/// use app_license_marketplace::Percent;
/// let objective: Percent = "99.9".parse()?;
/// assert!(objective.is_reached(999, 1_000)); // the boundary itself is enough
/// assert!(!objective.is_reached(9_989_999, 10_000_000));
/// assert!(!objective.is_reached(0, 0)); // nothing measured reaches nothing
/// assert_eq!(objective.to_string(), "99.9");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// The percentage in parts of a million: 99.9 % is 999000.
    ///
    /// ```
    /// use app_license_marketplace::Percent;
    /// assert_eq!("99.9".parse::<Percent>()?.parts_per_million(), 999_000);
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub const fn parts_per_million(self) -> u32 {
        self.0
    }

    /// Whether `part` of `whole` is at least this percentage. Of nothing, nothing is.
    #[must_use]
    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        // below 2^84 on both sides
        whole > 0
            && u128::from(part).saturating_mul(u128::from(WHOLE))
                >= u128::from(whole).saturating_mul(u128::from(self.0))
    }

    /// What is left to 100 %, in parts of a million.
    pub(crate) const fn rest(self) -> u32 {
        WHOLE.saturating_sub(self.0)
    }
}

/// `part` of `whole` in percent, cut (never rounded up) after four decimals.
pub(crate) fn percent_of(part: u64, whole: u64) -> Option<String> {
    let parts = u128::from(part)
        .checked_mul(u128::from(WHOLE))?
        .checked_div(u128::from(whole))?;
    Some(decimal(i128::try_from(parts).ok()?, 4))
}

/// A number of `10^-places` in decimals.
pub(crate) fn decimal(value: i128, places: u32) -> String {
    let scale = 10_u128.saturating_pow(places);
    let size = value.unsigned_abs();
    let whole = size.checked_div(scale).unwrap_or(0);
    let rest = size.checked_rem(scale).unwrap_or(0);
    let sign = if value < 0 { "-" } else { "" };
    let width = usize::try_from(places).unwrap_or(0);
    format!("{sign}{whole}.{rest:0width$}")
}

impl FromStr for Percent {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || {
            InputError::from(InputErrorKind::Value {
                what: "a percentage",
                field: "percent".to_owned(),
                expected: "0 to 100 with at most four decimals, as `99.9`",
                found: shown(text),
            })
        };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(whole, 3) || !digits(decimals, 4) {
            return Err(wrong());
        }
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let decimals: u32 = format!("{decimals:0<4}").parse().map_err(|_| wrong())?;
        let parts = whole.saturating_mul(10_000).saturating_add(decimals);
        if parts > WHOLE {
            return Err(wrong());
        }
        Ok(Self(parts))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = decimal(i128::from(self.0), 4);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl serde::Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Percent, decimal, percent_of};

    #[test]
    fn only_plain_decimals_are_percentages() {
        for wrong in [
            "", ".", "99.", ".9", "100.0001", "101", "-1", "+1", "1e1", "NaN", "99.99999", "٩",
            "1\0",
        ] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong:?}");
        }
        for (text, shown) in [("0", "0"), ("100", "100"), ("99.90", "99.9"), ("25", "25")] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_ratio_is_never_rounded_up() {
        assert_eq!(percent_of(99_899_999, 100_000_000).unwrap(), "99.8999");
        assert_eq!(percent_of(999, 1000).unwrap(), "99.9000");
        assert_eq!(percent_of(1, 0), None);
        assert_eq!(decimal(-15, 1), "-1.5");
    }
}
