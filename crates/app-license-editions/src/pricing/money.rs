//! Amounts, exactly: never a float.

use std::fmt;

/// Parts of a cent: the platform states unit amounts with at most twelve decimals.
const PARTS: i128 = 1_000_000_000_000;

/// An amount of money: cents and fractions of them, exactly.
///
/// ```
/// use app_license_editions::Money;
/// let unit = Money::from_decimal_cents("16.5").unwrap();
/// assert_eq!(unit.times(10), Some(Money::from_cents(165)));
/// assert_eq!(Money::from_cents(22121).to_string(), "221.21");
/// assert_eq!(unit.to_string(), "0.165");
/// assert!(Money::from_decimal_cents("1e3").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole cents.
    #[must_use]
    pub fn from_cents(cents: u64) -> Self {
        // 2^64 times 10^12 is below 2^127
        Self(i128::from(cents).saturating_mul(PARTS))
    }

    /// Cents with at most twelve decimals: `165`, `16.5`.
    #[must_use]
    pub fn from_decimal_cents(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let pointed = text.contains('.');
        if whole.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || (pointed && fraction.is_empty())
        {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        if whole.len() > 18 || fraction.len() > 12 {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let padded: i128 = format!("{fraction:0<12}").parse().ok()?;
        Some(Self(whole.checked_mul(PARTS)?.checked_add(padded)?))
    }

    /// So many times the amount; `None` beyond what can be counted.
    #[must_use]
    pub fn times(self, count: u64) -> Option<Self> {
        self.0.checked_mul(i128::from(count)).map(Self)
    }

    pub(crate) fn scaled(self, by: i128) -> Option<Self> {
        self.0.checked_mul(by).map(Self)
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The amount in parts of a cent.
    pub(crate) const fn parts(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Money {
    /// In units of a hundred cents, two decimals, more where the amount has more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        let per_unit = PARTS.unsigned_abs().saturating_mul(100);
        let whole = amount.checked_div(per_unit).unwrap_or(0);
        let rest = amount.checked_rem(per_unit).unwrap_or(0);
        let decimals = format!("{rest:014}");
        let short = decimals.trim_end_matches('0');
        f.pad(&format!("{sign}{whole}.{short:0<2}"))
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
