//! The levels as data.

use jiff::civil::Date;
use serde::Deserialize;

use super::money::Money;
use crate::input::{self, InputError};
use crate::percent::Percent;

const WHAT: &str = "the program file";
const MAX_FILE: usize = 1 << 20;

/// The partner program: its levels, their thresholds, and what no report can answer.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/marketplace-partner-program>
///
/// ```
/// use app_license_marketplace::partner::PartnerProgram;
/// let program = PartnerProgram::shipped()?;
/// let names: Vec<_> = program.tiers.iter().map(|tier| tier.name.as_str()).collect();
/// assert_eq!(names, ["Silver", "Gold", "Platinum"]);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PartnerProgram {
    /// Its name.
    pub name: String,
    /// The date of the newest page it follows.
    #[serde(deserialize_with = "input::date")]
    pub as_of: Date,
    /// Whether the platform is retiring it.
    pub retiring: bool,
    /// What is to be known about the numbers.
    pub notice: String,
    /// Where they are from.
    pub notice_url: String,
    /// The currency of the thresholds.
    pub currency: String,
    /// The first day of the year that is reviewed.
    pub year_begins: MonthDay,
    /// The levels, from the lowest to the highest.
    #[serde(rename = "tier")]
    pub tiers: Vec<Tier>,
    /// What no report can answer.
    #[serde(rename = "requirement", default)]
    pub requirements: Vec<PaperRequirement>,
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MonthDay {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 28.
    pub day: i8,
}

/// A level.
///
/// ```
/// use app_license_marketplace::partner::PartnerProgram;
/// let program = PartnerProgram::shipped()?;
/// assert_eq!(program.tiers[1].sales.len(), 2); // two ways to Gold
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// The sales it asks for; one of them is enough.
    pub sales: Vec<SalesThreshold>,
}

/// Sales that a level asks for. All that is given has to be reached; the boundary is enough.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SalesThreshold {
    /// The gross sales of the year.
    #[serde(default)]
    pub total: Option<Money>,
    /// Those of cloud apps.
    #[serde(default)]
    pub cloud_total: Option<Money>,
    /// The share of cloud apps in all sales.
    #[serde(default)]
    pub cloud_share: Option<Percent>,
}

/// A requirement that is not in any report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PaperRequirement {
    /// The levels that ask for it.
    pub tiers: Vec<String>,
    /// What is asked.
    pub title: String,
}

impl PartnerProgram {
    /// The text of the file that is shipped, to copy and change.
    pub const SHIPPED: &str = include_str!("../../data/partner.toml");

    /// The program that is shipped.
    ///
    /// # Errors
    /// None: a test reads it.
    pub fn shipped() -> Result<Self, InputError> {
        Self::from_toml(Self::SHIPPED)
    }

    /// Reads a program of one's own.
    ///
    /// ```
    /// use app_license_marketplace::partner::PartnerProgram;
    /// let ours = PartnerProgram::SHIPPED.replace("\"500000\"", "\"550000\"");
    /// assert!(PartnerProgram::from_toml(&ours).is_ok());
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `syntax`, `value`: what cannot be in such a file, or asks for nothing.
    pub fn from_toml(text: &str) -> Result<Self, InputError> {
        let text = input::text(WHAT, text.as_bytes(), MAX_FILE)?;
        let program: Self = input::toml(WHAT, text)?;
        program.check()?;
        Ok(program)
    }

    /// The level of this name, in any case.
    #[must_use]
    pub fn tier(&self, name: &str) -> Option<&Tier> {
        self.tiers
            .iter()
            .find(|tier| tier.name.eq_ignore_ascii_case(name))
    }

    /// The year that is reviewed in a calendar year: of its first day, and of its last.
    ///
    /// ```
    /// use app_license_marketplace::partner::PartnerProgram;
    /// let (first, last) = PartnerProgram::shipped()?.year(2026)?;
    /// assert_eq!((first.to_string(), last.to_string()), ("2025-07-01".into(), "2026-06-30".into()));
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `value` for a year outside the calendar.
    pub fn year(&self, review: i16) -> Result<(Date, Date), InputError> {
        let wrong = || InputError::value(WHAT, "year", "a year of the calendar", review);
        let begins = self.year_begins;
        let before = review.checked_sub(1).ok_or_else(wrong)?;
        let first = Date::new(before, begins.month, begins.day).map_err(|_| wrong())?;
        let next = Date::new(review, begins.month, begins.day).map_err(|_| wrong())?;
        Ok((first, next.yesterday().map_err(|_| wrong())?))
    }

    fn check(&self) -> Result<(), InputError> {
        let value =
            |field, expected, found: &str| Err(InputError::value(WHAT, field, expected, found));
        if self.tiers.is_empty() {
            return value("tier", "one or more levels", "none");
        }
        if !(1..=12).contains(&self.year_begins.month) || !(1..=28).contains(&self.year_begins.day)
        {
            return value("year_begins", "a month and a day of 1 to 28", "another");
        }
        for tier in &self.tiers {
            let none = |it: &SalesThreshold| {
                it.total.is_none() && it.cloud_total.is_none() && it.cloud_share.is_none()
            };
            if tier.sales.is_empty() || tier.sales.iter().any(none) {
                return value("tier.sales", "a threshold", &tier.name);
            }
            let zero = |it: &Option<Money>| it.is_some_and(|it| it <= Money::ZERO);
            let zeros = |it: &SalesThreshold| zero(&it.total) || zero(&it.cloud_total);
            if tier.sales.iter().any(zeros) {
                return value("tier.sales", "an amount above 0", &tier.name);
            }
            let same = |it: &&Tier| it.name.eq_ignore_ascii_case(&tier.name);
            if self.tiers.iter().filter(same).count() > 1 {
                return value("tier.name", "a name that no other has", &tier.name);
            }
        }
        for requirement in &self.requirements {
            if let Some(name) = requirement.tiers.iter().find(|it| self.tier(it).is_none()) {
                return value("requirement.tiers", "names of levels", name);
            }
        }
        Ok(())
    }
}
