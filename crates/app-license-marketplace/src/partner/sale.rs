//! A line of a transaction, as far as a level looks at it.

use jiff::civil::Date;
use serde::Serialize;

use super::money::Money;

/// Where the app runs that was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SaleHosting {
    /// Cloud.
    Cloud,
    /// Data Center, server, and whatever else there is: no cloud.
    Other,
}

impl SaleHosting {
    /// Reads the report's word, whatever its case.
    ///
    /// ```
    /// use app_license_marketplace::partner::SaleHosting;
    /// assert_eq!(SaleHosting::from_report("Cloud"), SaleHosting::Cloud);
    /// assert_eq!(SaleHosting::from_report("Data Center"), SaleHosting::Other);
    /// ```
    #[must_use]
    pub fn from_report(text: &str) -> Self {
        if text.trim().eq_ignore_ascii_case("cloud") {
            Self::Cloud
        } else {
            Self::Other
        }
    }
}

/// How a line stands with the customer (`paymentStatus`).
///
/// ```
/// use app_license_marketplace::partner::Payment;
/// assert_eq!(Payment::from_report("UNCOLLECTIBLE"), Some(Payment::Uncollectible));
/// assert_eq!(Payment::from_report("Refunded"), Some(Payment::Settled));
/// assert_eq!(Payment::from_report("Perhaps"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Payment {
    /// `Paid`; `Refunded`, as a line of its own takes the amount off; and what the report is silent
    /// about.
    Settled,
    /// `Open`: not paid yet. It counts, and is shown.
    Open,
    /// `Uncollectible`: it was never paid, and does not count.
    Uncollectible,
}

impl Payment {
    /// Reads the report's word, whatever its case; none for another word.
    #[must_use]
    pub fn from_report(text: &str) -> Option<Self> {
        [
            ("", Self::Settled),
            ("paid", Self::Settled),
            ("refunded", Self::Settled),
            ("open", Self::Open),
            ("uncollectible", Self::Uncollectible),
        ]
        .into_iter()
        .find(|(word, _)| text.trim().eq_ignore_ascii_case(word))
        .map(|(_, payment)| payment)
    }
}

/// A line of a transaction.
///
/// ```
/// use app_license_marketplace::partner::{Sale, SaleHosting};
/// let date = "2026-06-30".parse().unwrap();
/// let sale = Sale::new("AT-1-1", date, SaleHosting::Cloud, "1200.00".parse()?);
/// assert!(!sale.refund);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sale {
    /// The id of the line (`transactionLineItemId`); lines of one id are one line.
    pub line: String,
    /// The day of the sale.
    pub date: Date,
    /// Where the app runs.
    pub hosting: SaleHosting,
    /// What the customer paid ("Purchase Price").
    pub price: Money,
    /// Whether it was paid back (`saleType` is `Refund`).
    pub refund: bool,
    /// How it stands with the customer.
    pub payment: Payment,
}

impl Sale {
    /// A line that is no refund.
    #[must_use]
    pub fn new(line: impl Into<String>, date: Date, hosting: SaleHosting, price: Money) -> Self {
        Self {
            line: line.into(),
            date,
            hosting,
            price,
            refund: false,
            payment: Payment::Settled,
        }
    }

    /// A refund: its price counts as negative, however it is written.
    ///
    /// ```
    /// use app_license_marketplace::partner::{Sale, SaleHosting};
    /// let date = "2026-06-30".parse().unwrap();
    /// let back = Sale::refund("AT-1-2", date, SaleHosting::Cloud, "1200.00".parse()?);
    /// assert_eq!(back.amount().to_string(), "-1,200.00");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn refund(line: impl Into<String>, date: Date, hosting: SaleHosting, price: Money) -> Self {
        Self {
            refund: true,
            ..Self::new(line, date, hosting, price)
        }
    }

    /// What it adds to the sales of its year.
    #[must_use]
    pub fn amount(&self) -> Money {
        if self.refund {
            self.price.paid_back()
        } else {
            self.price
        }
    }
}
