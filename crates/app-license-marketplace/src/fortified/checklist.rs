//! What an app has to show, and what is missing of it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::program::{Area, ReliabilityProgram, Requirement, ReviewRules};
use crate::input::{self, InputError};

const WHAT: &str = "the evidence";
const MAX_FILE: usize = 1 << 20;

/// The evidence of one app.
///
/// ```
/// use app_license_marketplace::fortified::Evidence;
/// let evidence = Evidence::from_toml(
///     "app = 'com.example.app'\napproved = 2025-03-14\n\
///      [evidence.restoration_plan]\nlink = 'https://wiki.example.com/restore'\ndate = 2026-02-01",
/// )?;
/// assert_eq!(evidence.app, "com.example.app");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Evidence {
    /// The app's key.
    pub app: String,
    /// When the app was approved; none before that.
    #[serde(default, deserialize_with = "input::optional_date")]
    pub approved: Option<Date>,
    /// By the name of the requirement.
    #[serde(default)]
    pub evidence: BTreeMap<String, Proof>,
}

/// Where a requirement is shown to be met.
///
/// ```
/// use app_license_marketplace::fortified::Evidence;
/// let text = "app = 'a'\n[evidence.alerting]\nlink = 'https://alerts.example.com'\ndate = 2026-02-01";
/// assert_eq!(Evidence::from_toml(text)?.evidence["alerting"].date.to_string(), "2026-02-01");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Proof {
    /// A link, a ticket, a file.
    pub link: String,
    /// When it was last looked at.
    #[serde(deserialize_with = "input::date")]
    pub date: Date,
    /// The last day on which it holds.
    #[serde(default, deserialize_with = "input::optional_date")]
    pub expires: Option<Date>,
    /// A note for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemState {
    /// There is evidence, and it is young enough.
    Met,
    /// There is none.
    Missing,
    /// Its last day is past.
    Expired,
    /// It is older than the requirement allows.
    Outdated,
    /// It bears a date that has not come.
    InFuture,
    /// The requirement does not bind yet.
    NotBinding,
}

impl ItemState {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::fortified::ItemState;
    /// assert_eq!(ItemState::Missing.name(), "missing");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Outdated => "outdated",
            Self::InFuture => "in_future",
            Self::NotBinding => "not_binding",
        }
    }
}

/// One requirement and its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChecklistItem {
    /// The requirement.
    pub id: String,
    /// What it is about.
    pub area: Area,
    /// What is asked.
    pub title: String,
    /// How it stands.
    pub state: ItemState,
    /// Why.
    pub reason: String,
    /// The link, ticket or file of its evidence.
    pub link: Option<String>,
}

/// The dates of the annual review.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let rules = ReliabilityProgram::shipped()?.review;
/// let review = rules.next("2025-03-14".parse().unwrap(), "2025-11-28".parse().unwrap())?;
/// assert_eq!(review.first_day.to_string(), "2026-03-25"); // the last week of March
/// assert_eq!(review.last_day.to_string(), "2026-03-31");
/// assert_eq!(review.notice_from.to_string(), "2026-03-11");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Review {
    /// The day from which its notice is to be expected.
    pub notice_from: Date,
    /// Its first day.
    pub first_day: Date,
    /// Its last day.
    pub last_day: Date,
    /// The last day to mend what it finds.
    pub fix_until: Date,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checklist {
    /// The app's key.
    pub app: String,
    /// Whether nothing is missing.
    pub ready: bool,
    /// Every requirement.
    pub items: Vec<ChecklistItem>,
    /// The review that is over, while its findings are still to be mended.
    pub mending: Option<Review>,
    /// The next review; none before an approval.
    pub review: Option<Review>,
}

impl Evidence {
    /// Reads a file of evidence.
    ///
    /// # Errors
    /// `syntax` for what is no such file.
    pub fn from_toml(text: &str) -> Result<Self, InputError> {
        input::toml(WHAT, input::text(WHAT, text.as_bytes(), MAX_FILE)?)
    }
}

impl ReliabilityProgram {
    /// What is missing of an app's evidence on a day.
    ///
    /// ```
    /// use app_license_marketplace::fortified::{Evidence, ReliabilityProgram};
    /// let program = ReliabilityProgram::shipped()?;
    /// let evidence = Evidence::from_toml("app = 'com.example.app'")?;
    /// let list = program.checklist(&evidence, "2026-11-28".parse().unwrap())?;
    /// assert!(!list.ready);
    /// assert_eq!(list.items[0].reason, "no evidence");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `value` for evidence of a requirement that the program does not have; `contradiction` for
    /// dates in the wrong order.
    pub fn checklist(&self, evidence: &Evidence, today: Date) -> Result<Checklist, InputError> {
        let known = |id: &String| self.requirements.iter().any(|it| &it.id == id);
        if let Some(id) = evidence.evidence.keys().find(|id| !known(id)) {
            let expected = "a requirement of the program";
            return Err(InputError::value(WHAT, "evidence", expected, id));
        }
        if evidence.app.trim().is_empty() {
            return Err(InputError::value(WHAT, "app", "the app's key", "nothing"));
        }
        for (id, proof) in &evidence.evidence {
            let scheme = proof.link.trim().split(':').next().unwrap_or_default();
            let active = ["javascript", "data", "vbscript"];
            if active.iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
                let expected = "a link, a ticket or a file";
                return Err(InputError::value(WHAT, "link", expected, &proof.link));
            }
            if let Some(expires) = proof.expires.filter(|it| *it < proof.date) {
                let why = format!(
                    "`{id}` expires on {expires}, before its date {}",
                    proof.date
                );
                return Err(InputError::contradiction(WHAT, why));
            }
        }
        let approved = evidence.approved;
        if let Some(approved) = approved.filter(|it| *it > today) {
            let expected = "a day that has come";
            return Err(InputError::value(WHAT, "approved", expected, approved));
        }
        let items: Vec<_> = self
            .requirements
            .iter()
            .map(|it| it.item(evidence.evidence.get(&it.id), today))
            .collect();
        let open =
            |item: &ChecklistItem| !matches!(item.state, ItemState::Met | ItemState::NotBinding);
        Ok(Checklist {
            app: evidence.app.clone(),
            ready: !items.is_empty() && !items.iter().any(open),
            items,
            mending: approved.and_then(|it| self.review.mending(it, today)),
            review: match approved {
                Some(approved) => Some(self.review.next(approved, today)?),
                None => None,
            },
        })
    }
}

impl Requirement {
    fn item(&self, proof: Option<&Proof>, today: Date) -> ChecklistItem {
        let (state, reason) = self.state(proof, today);
        ChecklistItem {
            id: self.id.clone(),
            area: self.area,
            title: self.title.clone(),
            state,
            reason,
            link: proof
                .map(|it| it.link.clone())
                .filter(|it| !it.trim().is_empty()),
        }
    }

    fn state(&self, proof: Option<&Proof>, today: Date) -> (ItemState, String) {
        let Some(proof) = proof.filter(|it| !it.link.trim().is_empty()) else {
            return match self.binds_from().filter(|it| *it > today) {
                Some(binding) => (ItemState::NotBinding, format!("binds on {binding}")),
                None => (ItemState::Missing, "no evidence".to_owned()),
            };
        };
        if proof.date > today {
            let reason = format!("its date {} has not come", proof.date);
            return (ItemState::InFuture, reason);
        }
        if let Some(expires) = proof.expires.filter(|it| *it < today) {
            return (ItemState::Expired, format!("expired on {expires}"));
        }
        let oldest = self
            .max_age_days
            .map(|days| today.saturating_sub(i64::from(days).days()));
        match (oldest, self.max_age_days) {
            (Some(oldest), Some(days)) if proof.date < oldest => {
                let reason = format!("of {}, older than {days} days", proof.date);
                (ItemState::Outdated, reason)
            }
            _ => (ItemState::Met, format!("of {}", proof.date)),
        }
    }
}

impl ReviewRules {
    /// The review that is going on or comes next: every year in the last days of the month of
    /// approval, for the first time in the year after it.
    ///
    /// # Errors
    /// `value` for a date at the end of the calendar.
    pub fn next(&self, approved: Date, today: Date) -> Result<Review, InputError> {
        let wrong = || {
            let expected = "a day within the calendar";
            InputError::value(WHAT, "approved", expected, approved)
        };
        let first = approved.year().saturating_add(1).max(today.year());
        for year in [first, first.saturating_add(1)] {
            let month = Date::new(year, approved.month(), 1).map_err(|_| wrong())?;
            let last_day = month.last_of_month();
            if last_day >= today {
                return self.review(last_day).ok_or_else(wrong);
            }
        }
        Err(wrong())
    }

    /// The review that is over on a day on which its findings are still to be mended.
    ///
    /// ```
    /// use app_license_marketplace::fortified::ReliabilityProgram;
    /// let rules = ReliabilityProgram::shipped()?.review;
    /// let mending = |today: &str| {
    ///     rules.mending("2025-03-14".parse().unwrap(), today.parse().unwrap())
    /// };
    /// assert_eq!(mending("2026-04-01").unwrap().fix_until.to_string(), "2026-04-28");
    /// assert!(mending("2026-03-31").is_none() && mending("2026-04-29").is_none());
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn mending(&self, approved: Date, today: Date) -> Option<Review> {
        let years = [today.year().checked_sub(1)?, today.year()];
        years.into_iter().find_map(|year| {
            let month = Date::new(year, approved.month(), 1).ok()?;
            let review = self.review(month.last_of_month())?;
            let over = review.last_day < today && today <= review.fix_until;
            (over && year > approved.year()).then_some(review)
        })
    }

    fn review(&self, last_day: Date) -> Option<Review> {
        let back = i64::from(self.last_days_of_month).saturating_sub(1);
        let first_day = last_day.checked_sub(back.days()).ok()?;
        Some(Review {
            notice_from: first_day
                .checked_sub(i64::from(self.notice_days).days())
                .ok()?,
            first_day,
            last_day,
            fix_until: last_day.checked_add(i64::from(self.fix_days).days()).ok()?,
        })
    }
}
