//! Amounts of money, exact.

use std::borrow::Cow;
use std::fmt;

use super::vocabulary::FromText;

/// An amount in US dollars, exact to a millionth.
///
/// ```
/// use app_license_marketplace::report::{Amount, FromText};
/// let price = Amount::from_text("1,234.5".into()).unwrap();
/// assert_eq!(price.micros(), 1_234_500_000);
/// assert_eq!(price.to_string(), "1234.50");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in millionths of a dollar.
    ///
    /// ```
    /// use app_license_marketplace::report::Amount;
    /// assert_eq!(Amount::from_micros(-10_000).to_string(), "-0.01");
    /// ```
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In millionths of a dollar.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The sum, or the largest amount there is.
    ///
    /// ```
    /// use app_license_marketplace::report::Amount;
    /// let cent = Amount::from_micros(10_000);
    /// assert_eq!(cent.saturating_add(cent).micros(), 20_000);
    /// ```
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // to the cent, halves away from zero
        let cents = self
            .0
            .unsigned_abs()
            .saturating_add(5_000)
            .checked_div(10_000)
            .unwrap_or(0);
        let (dollars, cents) = (cents.checked_div(100).unwrap_or(0), cents % 100);
        let sign = if self.0 < 0 && (dollars, cents) != (0, 0) {
            "-"
        } else {
            ""
        };
        write!(f, "{sign}{dollars}.{cents:02}")
    }
}

impl FromText<'_> for Amount {
    /// Reads `1234.5`, `1,234.50`, `$12`, `-3`, `1.2E3`; nothing else, and no more than six decimals.
    /// Commas stand between groups of thousands alone: `1000,50` is no amount.
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        let text = text.trim();
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let text = text.strip_prefix('$').unwrap_or(text);
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || !is_grouped(whole) || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut value: i64 = 0;
        for byte in whole.bytes().filter(|b| *b != b',').chain(decimals.bytes()) {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
        }
        // millionths: the decimals that are there count against the exponent
        let shift = exponent
            .checked_add(6)?
            .checked_sub(i32::try_from(decimals.len()).ok()?)?;
        let factor = 10_i64.checked_pow(shift.unsigned_abs())?;
        if shift >= 0 {
            value = value.checked_mul(factor)?;
        } else if value.checked_rem(factor)? == 0 {
            value = value.checked_div(factor)?;
        } else {
            return None;
        }
        Some(Self(if negative {
            value.checked_neg()?
        } else {
            value
        }))
    }
}

/// Whether commas, if there are any, stand between groups of three digits.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().len();
    let mut rest = groups.peekable();
    rest.peek().is_none() || ((1..=3).contains(&first) && rest.all(|group| group.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_not_read() {
        for (text, micros) in [
            ("0", Some(0)),
            ("99.99", Some(99_990_000)),
            ("-99.9", Some(-99_900_000)),
            ("1.2E3", Some(1_200_000_000)),
            ("0.1000000", Some(100_000)),
            ("0.0000001", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("1,234,567.5", Some(1_234_567_500_000)),
            ("1000,50", None),
            ("2,5", None),
            ("1,2,3,4", None),
            (",,5", None),
            (",500", None),
            ("1234,567", None),
            ("1,", None),
            ("1.2.3", None),
            ("12 USD", None),
            ("99999999999999999999", None),
            ("1e99999999999", None),
            ("1e999", None),
        ] {
            let amount = Amount::from_text(text.into());
            assert_eq!(amount.map(Amount::micros), micros, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_to_the_cent() {
        for (micros, text) in [
            (0, "0.00"),
            (-1, "0.00"),
            (5_000, "0.01"),
            (-1_005_000, "-1.01"),
        ] {
            assert_eq!(Amount::from_micros(micros).to_string(), text);
        }
        assert_eq!(
            Amount::from_micros(i64::MIN).to_string(),
            "-9223372036854.78"
        );
    }
}
