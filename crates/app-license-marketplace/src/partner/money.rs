//! Amounts of money, exact.

use std::fmt;
use std::str::FromStr;

use crate::input::{InputError, InputErrorKind, shown};
use crate::percent::decimal;

const PLACES: u32 = 6;
const SCALE: i128 = 1_000_000;

/// An amount in the currency of the report, to a millionth, negative for what is paid back.
///
/// ```
/// use app_license_marketplace::partner::Money;
/// let price: Money = "-1234.5".parse()?;
/// assert_eq!(price.to_string(), "-1,234.50");
/// for wrong in ["", "NaN", "1e6", "1,000", "0x10", "1.2345678"] {
///     assert!(wrong.parse::<Money>().is_err(), "{wrong}");
/// }
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in millionths.
    ///
    /// ```
    /// use app_license_marketplace::partner::Money;
    /// assert_eq!(Money::from_millionths(2_500_000).to_string(), "2.50");
    /// ```
    #[must_use]
    pub const fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// The amount in millionths.
    #[must_use]
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// The sum; none when it is beyond all money.
    ///
    /// ```
    /// use app_license_marketplace::partner::Money;
    /// let five: Money = "5".parse()?;
    /// assert_eq!(five.checked_add(five).unwrap().to_string(), "10.00");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The same amount, paid back.
    #[must_use]
    pub fn paid_back(self) -> Self {
        Self(self.0.saturating_abs().saturating_neg())
    }

    /// The amount as a plain decimal number, as in JSON and CSV.
    ///
    /// ```
    /// use app_license_marketplace::partner::Money;
    /// assert_eq!("1234.5".parse::<Money>()?.plain(), "1234.50");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn plain(self) -> String {
        let text = decimal(self.0, PLACES);
        // two decimals stay, more only where they say something
        let cents = text.len().saturating_sub(4);
        let (kept, rest) = text.split_at_checked(cents).unwrap_or((&text, ""));
        format!("{kept}{}", rest.trim_end_matches('0'))
    }
}

impl FromStr for Money {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || {
            InputError::from(InputErrorKind::Value {
                what: "an amount",
                field: "amount".to_owned(),
                expected: "a decimal number with at most six decimals, as `1234.50`",
                found: shown(text),
            })
        };
        let (negative, size) = match text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, text),
        };
        let (whole, decimals) = size.split_once('.').unwrap_or((size, "0"));
        let digits = |part: &str, most: usize| {
            !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(whole, 15) || !digits(decimals, 6) {
            return Err(wrong());
        }
        let whole: i128 = whole.parse().map_err(|_| wrong())?;
        let decimals: i128 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
        let size = whole.saturating_mul(SCALE).saturating_add(decimals);
        Ok(Self(if negative {
            size.saturating_neg()
        } else {
            size
        }))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        let (sign, size) = match plain.strip_prefix('-') {
            Some(size) => ("-", size),
            None => ("", plain.as_str()),
        };
        let (whole, decimals) = size.split_once('.').unwrap_or((size, ""));
        f.write_str(sign)?;
        for (place, digit) in whole.chars().enumerate() {
            let left = whole.len().saturating_sub(place);
            if place > 0 && left.checked_rem(3) == Some(0) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{decimals}")
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.plain())
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
