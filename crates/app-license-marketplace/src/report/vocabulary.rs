//! The platform's words in a report. They are read in any case; what is not known is `Other`, and
//! its text is still there in the record.

use std::borrow::Cow;

use app_license::Edition;
use jiff::civil::Date;

/// A value that is read from the text of a field.
///
/// ```
/// use app_license_marketplace::report::{FromText, Status};
/// assert_eq!(Status::from_text("Active".into()), Some(Status::Active));
/// ```
pub trait FromText<'r>: Sized {
    /// Reads the text; nothing if it cannot be read as this.
    fn from_text(text: Cow<'r, str>) -> Option<Self>;
}

impl<'r> FromText<'r> for Cow<'r, str> {
    fn from_text(text: Self) -> Option<Self> {
        Some(text)
    }
}

/// `2026-11-28`, or a time stamp that begins with it.
impl FromText<'_> for Date {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        let text = text.trim();
        text.get(..10).unwrap_or(text).parse().ok()
    }
}

impl FromText<'_> for Edition {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|edition| edition.name().eq_ignore_ascii_case(text))
    }
}

/// Whether two words are the same without case, `_`, `-` and spaces.
fn same(one: &str, other: &str) -> bool {
    let plain = |b: &u8| !matches!(b, b'_' | b'-' | b' ');
    one.bytes()
        .filter(plain)
        .map(|b| b.to_ascii_lowercase())
        .eq(other.bytes().filter(plain).map(|b| b.to_ascii_lowercase()))
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal $(| $more:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
            /// A value that is not known.
            Other,
        }

        impl $name {
            /// All that are known.
            pub const ALL: &[Self] = &[$(Self::$word),*];

            /// The name, as this library writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                    Self::Other => "other",
                }
            }
        }

        impl FromText<'_> for $name {
            fn from_text(text: Cow<'_, str>) -> Option<Self> {
                $(if same(&text, $text) $(|| same(&text, $more))* { return Some(Self::$word); })*
                Some(Self::Other)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

words! {
    /// `status` of a license.
    ///
    /// ```
    /// use app_license_marketplace::report::Status;
    /// assert_eq!(Status::Cancelled.name(), "cancelled");
    /// ```
    Status {
        /// In force. It does not prove payment: access is enforced softly.
        Active = "active",
        /// Not in force.
        Inactive = "inactive",
        /// Cancelled.
        Cancelled = "cancelled" | "canceled",
    }
}

words! {
    /// `licenseType` of a license.
    ///
    /// ```
    /// use app_license_marketplace::report::{FromText, LicenseType};
    /// assert_eq!(LicenseType::from_text("OPEN_SOURCE".into()), Some(LicenseType::OpenSource));
    /// assert_eq!(LicenseType::from_text("open source".into()), Some(LicenseType::OpenSource));
    /// ```
    LicenseType {
        /// Bought; may still be of price zero.
        Commercial = "commercial",
        /// A trial of the app.
        Evaluation = "evaluation",
        /// A trial by a new customer, where the platform tells.
        NetNewEvaluation = "net_new_evaluation",
        /// A trial of a higher edition; the lower one is paid for meanwhile.
        UpgradeEvaluation = "upgrade_evaluation",
        /// For schools and universities.
        Academic = "academic",
        /// For non-profits.
        Community = "community",
        /// For showing the app.
        Demonstration = "demonstration",
        /// For open source projects.
        OpenSource = "open_source",
        /// For a classroom.
        Classroom = "classroom",
        /// The Free edition, or a free app.
        Free = "free",
        /// A free license of before; also what a migrated site leaves behind.
        LegacyFree = "legacy_free",
        /// The free or cheap starter tier.
        Starter = "starter" | "free_starter" | "free_starter_tier",
        /// For the vendor's own use.
        InternalUse = "internal_use",
    }
}

impl LicenseType {
    /// Whether it is a trial, of the app or of a higher edition.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseType;
    /// assert!(LicenseType::UpgradeEvaluation.is_trial());
    /// assert!(!LicenseType::Free.is_trial());
    /// ```
    #[must_use]
    pub const fn is_trial(self) -> bool {
        matches!(
            self,
            Self::Evaluation | Self::NetNewEvaluation | Self::UpgradeEvaluation
        )
    }

    /// Whether nothing is paid by design: free, legacy free, starter.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseType;
    /// assert!(LicenseType::LegacyFree.is_free());
    /// ```
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::Free | Self::LegacyFree | Self::Starter)
    }
}

words! {
    /// `hosting` of the parent product.
    ///
    /// ```
    /// use app_license_marketplace::report::{FromText, Hosting};
    /// assert_eq!(Hosting::from_text("Data center".into()), Some(Hosting::DataCenter));
    /// ```
    Hosting {
        /// Cloud; the only one with editions.
        Cloud = "cloud",
        /// Data Center.
        DataCenter = "datacenter",
        /// Server.
        Server = "server",
    }
}

words! {
    /// `Yes` or `No`, with the sentinels of the data insights.
    ///
    /// ```
    /// use app_license_marketplace::report::{FromText, YesNo};
    /// assert_eq!(YesNo::from_text("NA".into()), Some(YesNo::NotApplicable));
    /// ```
    YesNo {
        /// `Yes`.
        Yes = "yes" | "true",
        /// `No`.
        No = "no" | "false",
        /// `NA`.
        NotApplicable = "na" | "n/a" | "not_applicable",
        /// `Pending`: not known yet.
        Pending = "pending",
    }
}

words! {
    /// `saleType` of a transaction. The specification lacks `Downgrade`; the platform has it.
    ///
    /// ```
    /// use app_license_marketplace::report::{FromText, SaleType};
    /// assert_eq!(SaleType::from_text("Refund".into()), Some(SaleType::Refund));
    /// ```
    SaleType {
        /// The first of an entitlement.
        New = "new",
        /// A further period.
        Renewal = "renewal",
        /// More of it within the period: users, or a higher edition.
        Upgrade = "upgrade",
        /// Less of it.
        Downgrade = "downgrade",
        /// Money that goes back; its amounts are negative.
        Refund = "refund",
    }
}

/// A list of words: of JSON, or of CSV with `,`, `;` or `|` between them.
///
/// ```
/// use app_license_marketplace::report::{FromText, Values};
/// let words = Values::from_text(r#"["commercial","isolated_cloud"]"#.into()).unwrap();
/// assert_eq!(words.as_slice(), ["commercial", "isolated_cloud"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(Vec<String>);

impl Values {
    /// The words.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether one of them is this, in any case.
    ///
    /// ```
    /// use app_license_marketplace::report::{FromText, Values};
    /// assert!(Values::from_text("Commercial".into()).unwrap().has("commercial"));
    /// ```
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|one| same(one, word))
    }
}

impl FromText<'_> for Values {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        if text.trim_start().starts_with('[') {
            // what is no text is not a word, and the others still are
            let values: Vec<serde_json::Value> = serde_json::from_str(&text).ok()?;
            let words = values.iter().filter_map(|value| value.as_str());
            return Some(Self(words.map(str::to_owned).collect()));
        }
        let words = text.split([',', ';', '|']).map(str::trim);
        Some(Self(
            words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        ))
    }
}

/// A data insight: a text, or why there is none.
///
/// ```
/// use app_license_marketplace::report::{FromText, Insight};
/// assert_eq!(Insight::from_text("Pending".into()), Some(Insight::Pending));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Insight<'r> {
    /// `NA`: the question does not apply.
    NotApplicable,
    /// `Pending`: not known yet.
    Pending,
    /// The text.
    Known(Cow<'r, str>),
}

impl<'r> Insight<'r> {
    /// The text, if there is one.
    ///
    /// ```
    /// use app_license_marketplace::report::Insight;
    /// assert_eq!(Insight::NotApplicable.known(), None);
    /// ```
    #[must_use]
    pub fn known(self) -> Option<Cow<'r, str>> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }
}

impl<'r> FromText<'r> for Insight<'r> {
    fn from_text(text: Cow<'r, str>) -> Option<Self> {
        Some(match YesNo::from_text(Cow::Borrowed(&text)) {
            Some(YesNo::NotApplicable) => Self::NotApplicable,
            Some(YesNo::Pending) => Self::Pending,
            _ => Self::Known(text),
        })
    }
}

/// `tier`, which is free text.
///
/// ```
/// use app_license_marketplace::report::{FromText, Tier};
/// let read = |text: &'static str| Tier::from_text(text.into());
/// assert_eq!(read("10 Users"), Some(Tier::Users(10)));
/// assert_eq!(read("Per Unit Pricing (593 Users)"), Some(Tier::PerUnit(593)));
/// assert_eq!(read("Subscription"), Some(Tier::Other));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// A trial, of any number of users.
    Evaluation,
    /// Up to so many users.
    Users(u32),
    /// So many users, each of them paid for.
    PerUnit(u32),
    /// Any number of users.
    Unlimited,
    /// A text that is not known.
    Other,
}

impl Tier {
    /// The number of users, where the tier has one.
    ///
    /// ```
    /// use app_license_marketplace::report::Tier;
    /// assert_eq!(Tier::PerUnit(593).users(), Some(593));
    /// ```
    #[must_use]
    pub const fn users(self) -> Option<u32> {
        match self {
            Self::Users(users) | Self::PerUnit(users) => Some(users),
            _ => None,
        }
    }
}

impl FromText<'_> for Tier {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        // a number with `,` or `.` between thousands, directly before `users`
        let users = text
            .split(['(', ')'])
            .filter_map(|part| {
                let (number, word) = part.trim().rsplit_once(' ')?;
                let number = number.rsplit(' ').next()?;
                let digits: String = number.chars().filter(|c| !matches!(c, ',' | '.')).collect();
                word.starts_with("user").then(|| digits.parse().ok())?
            })
            .next();
        Some(match users {
            Some(users) if text.starts_with("per unit") => Self::PerUnit(users),
            Some(users) => Self::Users(users),
            None if text.starts_with("evaluation") => Self::Evaluation,
            None if text.starts_with("unlimited") => Self::Unlimited,
            None => text.parse().map_or(Self::Other, Self::Users),
        })
    }
}

#[cfg(test)]
mod tests;
