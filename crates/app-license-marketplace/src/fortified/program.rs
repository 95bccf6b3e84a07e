//! The program as data: indicators, thresholds, dates, requirements.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::input::{self, InputError};
use crate::percent::Percent;

const WHAT: &str = "the program file";

/// The notice of a new requirement, in months.
const NOTICE_MONTHS: i64 = 6;

/// The largest program file, in bytes.
const MAX_FILE: usize = 1 << 20;

/// A reliability program: what is measured, by which thresholds, and what is asked of an app.
///
/// The file that is shipped follows the pages of "Cloud Fortified", which is being retired; it
/// says so itself. Any other file of the same shape takes its place.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/cloud-fortified-apps-program-reliability-requirements/>
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let program = ReliabilityProgram::shipped()?;
/// assert!(program.retiring);
/// assert_eq!(program.sli("availability").unwrap().objective.to_string(), "99.9");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReliabilityProgram {
    /// Its name.
    pub name: String,
    /// The date of the newest page it follows.
    #[serde(deserialize_with = "input::date")]
    pub as_of: Date,
    /// Whether the platform is retiring it.
    pub retiring: bool,
    /// What is said about that.
    pub notice: String,
    /// Where it is said.
    pub notice_url: String,
    /// The window of the objectives, in days.
    pub window_days: u32,
    /// The reasons for which an event counts neither way.
    pub exclusions: Vec<String>,
    /// What is measured.
    #[serde(rename = "sli", default)]
    pub slis: Vec<Sli>,
    /// Which counters are events of which indicator.
    #[serde(rename = "counter", default)]
    pub counters: Vec<CounterRule>,
    /// The health check.
    pub probe: ProbeRules,
    /// When support answers.
    pub support: SupportHours,
    /// The annual review.
    pub review: ReviewRules,
    /// What is asked of an app.
    #[serde(rename = "requirement", default)]
    pub requirements: Vec<Requirement>,
}

/// A service level indicator and its objective.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let program = ReliabilityProgram::shipped()?;
/// assert_eq!(program.sli("installation").unwrap().good_statuses, [200, 204]);
/// assert!(program.sli("iframe").unwrap().removed.is_some());
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sli {
    /// Its name in events.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The least share of good events.
    pub objective: Percent,
    /// The statuses of a good event.
    #[serde(default)]
    pub good_statuses: Vec<u16>,
    /// The longest time of a good event, in milliseconds, itself included.
    #[serde(default)]
    pub limit_ms: Option<u64>,
    /// When an alert is raised.
    #[serde(default)]
    pub alerts: Vec<AlertRule>,
    /// Since when it is no part of the program.
    #[serde(default, deserialize_with = "input::optional_date")]
    pub removed: Option<Date>,
    /// The platform's page.
    #[serde(default)]
    pub page: Option<String>,
}

/// An alert: the share of good events falls below a threshold within a short window.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let program = ReliabilityProgram::shipped()?;
/// assert_eq!(program.sli("availability").unwrap().alerts[0].minutes, 15);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AlertRule {
    /// The window, in minutes.
    pub minutes: u32,
    /// The threshold; at it, nothing is raised.
    pub below: Percent,
}

/// Which samples of a counter are events of an indicator.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let rule = &ReliabilityProgram::shipped()?.counters[0];
/// assert_eq!(rule.metric, "app_license_events_total");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CounterRule {
    /// The name of the metric, as it is exposed.
    pub metric: String,
    /// The labels it must have; a value that ends in `*` matches by its beginning.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The indicator.
    pub sli: String,
    /// What an event of it is.
    pub outcome: Outcome,
    /// The label that tells the base URLs apart.
    #[serde(default)]
    pub subject: Option<String>,
}

/// What the platform's checker takes for a healthy app.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// assert_eq!(ReliabilityProgram::shipped()?.probe.limit_ms, 3_000);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbeRules {
    /// The statuses of a healthy app.
    pub statuses: Vec<u16>,
    /// The longest answer, in milliseconds, itself included.
    pub limit_ms: u64,
    /// How often it asks, in seconds.
    pub interval_seconds: u32,
}

/// When support has to answer.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// assert_eq!(ReliabilityProgram::shipped()?.support.working_days.len(), 5);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SupportHours {
    /// The hours of working days within which a severe request is answered.
    pub hours: u32,
    /// The working days.
    #[serde(deserialize_with = "weekdays")]
    pub working_days: Vec<Weekday>,
    /// The platform's page.
    #[serde(default)]
    pub page: Option<String>,
}

/// When an approved app is reviewed.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// assert_eq!(ReliabilityProgram::shipped()?.review.notice_days, 14);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReviewRules {
    /// The review is in this many last days of the month of approval.
    pub last_days_of_month: u8,
    /// The notice before it, in days.
    pub notice_days: u16,
    /// The time to mend what it finds, in days.
    pub fix_days: u16,
    /// The platform's page.
    #[serde(default)]
    pub page: Option<String>,
}

/// What a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// Security.
    Security,
    /// Reliability.
    Reliability,
    /// Support.
    Support,
}

/// One thing that is asked of an app.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// assert_eq!(ReliabilityProgram::shipped()?.requirements[0].id, "privacy_security_tab");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Requirement {
    /// Its name in the file of evidence.
    pub id: String,
    /// What it is about.
    pub area: Area,
    /// What is asked.
    pub title: String,
    /// When it was announced.
    #[serde(default, deserialize_with = "input::optional_date")]
    pub announced: Option<Date>,
    /// From when on it is asked; without it, six months after it was announced.
    #[serde(default, deserialize_with = "input::optional_date")]
    pub binding: Option<Date>,
    /// How old evidence may be, in days.
    #[serde(default)]
    pub max_age_days: Option<u16>,
}

impl ReliabilityProgram {
    /// The text of the file that is shipped, to copy and change.
    pub const SHIPPED: &str = include_str!("../../data/fortified.toml");

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
    /// use app_license_marketplace::fortified::ReliabilityProgram;
    /// let ours = ReliabilityProgram::SHIPPED.replace("\"99.9\"", "\"99.95\"");
    /// let ours = ReliabilityProgram::from_toml(&ours)?;
    /// assert_eq!(ours.sli("availability").unwrap().objective.to_string(), "99.95");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `syntax`, `value`, `contradiction`: what cannot be in such a file, or says nothing.
    pub fn from_toml(text: &str) -> Result<Self, InputError> {
        let text = input::text(WHAT, text.as_bytes(), MAX_FILE)?;
        let program: Self = input::toml(WHAT, text)?;
        program.check()?;
        Ok(program)
    }

    /// The indicator of this name.
    #[must_use]
    pub fn sli(&self, id: &str) -> Option<&Sli> {
        self.slis.iter().find(|sli| sli.id == id)
    }

    fn check(&self) -> Result<(), InputError> {
        let value = |field: &str, expected, found: &dyn ToString| {
            Err(InputError::value(WHAT, field, expected, found.to_string()))
        };
        if !(1..=366).contains(&self.window_days) {
            return value("window_days", "1 to 366", &self.window_days);
        }
        if self.slis.is_empty() || self.slis.len() > 32 {
            return value("sli", "1 to 32 indicators", &self.slis.len());
        }
        let window = self.window_days.saturating_mul(1_440);
        for sli in &self.slis {
            if self.slis.iter().filter(|it| it.id == sli.id).count() > 1 {
                return value("sli.id", "a name that no other has", &sli.id);
            }
            for alert in &sli.alerts {
                if alert.minutes == 0 || alert.minutes > window {
                    return value("alerts.minutes", "1 to the window", &alert.minutes);
                }
            }
        }
        for rule in &self.counters {
            if self.sli(&rule.sli).is_none() {
                return value("counter.sli", "the name of an indicator", &rule.sli);
            }
        }
        if self.probe.statuses.is_empty() || self.probe.limit_ms == 0 {
            return value("probe", "a status and a limit above 0", &"none");
        }
        if self.support.working_days.is_empty() || !(1..=720).contains(&self.support.hours) {
            return value("support", "a working day and 1 to 720 hours", &"neither");
        }
        if !(1..=28).contains(&self.review.last_days_of_month) {
            let found = self.review.last_days_of_month;
            return value("review.last_days_of_month", "1 to 28", &found);
        }
        self.requirements.iter().try_for_each(|requirement| {
            let same = |it: &&Requirement| it.id == requirement.id;
            if self.requirements.iter().filter(same).count() > 1 {
                return value(
                    "requirement.id",
                    "a name that no other has",
                    &requirement.id,
                );
            }
            requirement.check()
        })
    }
}

impl Requirement {
    /// From when on it is asked: as the file says, or six months after it was announced. None for
    /// one that has always been asked.
    ///
    /// ```
    /// use app_license_marketplace::fortified::ReliabilityProgram;
    /// let text = format!(
    ///     "{}\n[[requirement]]\nid = 'new'\narea = 'security'\ntitle = 'New'\nannounced = 2026-10-01\n",
    ///     ReliabilityProgram::SHIPPED
    /// );
    /// let program = ReliabilityProgram::from_toml(&text)?;
    /// let new = program.requirements.last().unwrap();
    /// assert_eq!(new.binds_from().unwrap().to_string(), "2027-04-01");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn binds_from(&self) -> Option<Date> {
        let notice = |announced: Date| announced.saturating_add(NOTICE_MONTHS.months());
        self.binding.or_else(|| self.announced.map(notice))
    }

    /// Vendors have six months from the announcement of a requirement.
    fn check(&self) -> Result<(), InputError> {
        let (Some(announced), Some(binding)) = (self.announced, self.binding) else {
            return Ok(());
        };
        let six: Span = NOTICE_MONTHS.months();
        match announced.checked_add(six) {
            Ok(earliest) if binding >= earliest => Ok(()),
            _ => Err(InputError::contradiction(
                WHAT,
                format!(
                    "`{}` is announced on {announced} and binds on {binding}, with less than six months' notice",
                    self.id
                ),
            )),
        }
    }
}

fn weekdays<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let names = Vec::<String>::deserialize(deserializer)?;
    let day = |name: &String| {
        let found = DAYS.iter().find(|(it, _)| it == name);
        let wrong = || format!("`{}` is no day of the week", input::shown(name));
        found.map(|(_, day)| *day).ok_or_else(wrong)
    };
    let days: Result<Vec<_>, _> = names.iter().map(day).collect();
    days.map_err(serde::de::Error::custom)
}
