//! One customer's way, out of snapshots.

use app_license::{Edition, State, UnixTime};
use jiff::civil::Date;
use serde::Serialize;

use super::LicenseRecord;
use super::amount::Amount;
use super::stage::Stage;

/// A time in one stage.
///
/// ```
/// use app_license_marketplace::report::{LicenseReader, Timeline};
/// let report = br#"[{"appEntitlementNumber":"E-1","status":"active","licenseType":"EVALUATION","recordCreatedDate":"2026-01-01"},
///                   {"appEntitlementNumber":"E-1","status":"active","licenseType":"COMMERCIAL","recordCreatedDate":"2026-02-01"}]"#;
/// let mut reader = LicenseReader::new(&report[..]);
/// let mut timeline = Timeline::new("E-1");
/// while let Some(license) = reader.next() {
///     timeline.add(&license?);
/// }
/// let periods = timeline.periods();
/// assert_eq!(periods[1].from.unwrap().to_string(), "2026-02-01");
/// assert_eq!(periods[1].change.name(), "bought");
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Period {
    /// The first day of which it is known.
    #[serde(serialize_with = "day")]
    pub from: Option<Date>,
    /// The stage.
    #[serde(flatten)]
    pub stage: Stage,
    /// What led to it.
    pub change: Change,
    /// Last day that the report names.
    #[serde(serialize_with = "day")]
    pub until: Option<Date>,
}

fn day<S: serde::Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(to)
}

/// What led from one stage to the next.
///
/// ```
/// use app_license_marketplace::report::Change;
/// assert_eq!(Change::UpgradeTrialEnded.name(), "upgrade_trial_ended");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// The first record there is.
    First,
    /// A trial began.
    TrialStarted,
    /// The trial became a purchase.
    Bought,
    /// A trial of a higher edition began.
    UpgradeTrialStarted,
    /// It ended without an upgrade.
    UpgradeTrialEnded,
    /// To a higher edition.
    Upgraded,
    /// To a lower edition.
    Downgraded,
    /// Cancelled, or not in force any more.
    Ended,
    /// In force again.
    Resumed,
    /// Something else.
    Changed,
}

impl Change {
    /// The name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::TrialStarted => "trial_started",
            Self::Bought => "bought",
            Self::UpgradeTrialStarted => "upgrade_trial_started",
            Self::UpgradeTrialEnded => "upgrade_trial_ended",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Ended => "ended",
            Self::Resumed => "resumed",
            Self::Changed => "changed",
        }
    }

    fn between(before: Stage, after: Stage) -> Self {
        let ended = |stage| matches!(stage, Stage::Cancelled | Stage::Inactive);
        match (before, after) {
            (before, after) if ended(after) && !ended(before) => Self::Ended,
            (before, after) if ended(before) && !ended(after) => Self::Resumed,
            (_, Stage::Trial { .. }) => Self::TrialStarted,
            (Stage::Trial { .. } | Stage::Free, Stage::Licensed { .. }) => Self::Bought,
            (Stage::UpgradeTrial { edition, .. }, Stage::Licensed { edition: after }) => {
                if after > edition {
                    Self::Upgraded
                } else {
                    Self::UpgradeTrialEnded
                }
            }
            (_, Stage::UpgradeTrial { .. }) => Self::UpgradeTrialStarted,
            (Stage::Licensed { edition }, Stage::Licensed { edition: after }) => {
                match (edition, after) {
                    (Some(before), Some(after)) if after > before => Self::Upgraded,
                    (Some(before), Some(after)) if after < before => Self::Downgraded,
                    _ => Self::Changed,
                }
            }
            _ => Self::Changed,
        }
    }
}

/// The way of one entitlement, out of the records of a report with the history, and out of the
/// events that an app stored.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    entitlement: String,
    snapshots: Vec<(Option<Date>, Stage, Option<Date>)>,
    events: Vec<StoredEvent>,
    /// What the app was last told: the edition, the state, and whether it is a trial.
    known: (Option<Edition>, Option<(State, Option<bool>)>),
}

impl Timeline {
    /// Of this entitlement: its number or id, or the license's number.
    #[must_use]
    pub fn new(entitlement: &str) -> Self {
        Self {
            entitlement: entitlement.to_owned(),
            ..Self::default()
        }
    }

    /// Takes a record, if it is of the entitlement; whether it is.
    pub fn add(&mut self, license: &LicenseRecord<'_>) -> bool {
        let ids = [
            license.app_entitlement_number(),
            license.app_entitlement_id(),
            license.license_id(),
            license.addon_license_id(),
        ];
        let same = |id: &str| id.eq_ignore_ascii_case(&self.entitlement);
        if !ids.iter().flatten().any(|id| same(id)) {
            return false;
        }
        let date = license
            .record_created_date()
            .or_else(|| license.last_updated())
            .or_else(|| license.maintenance_start_date());
        let until = license.maintenance_end_date();
        self.snapshots.push((date, Stage::of(license), until));
        true
    }

    /// The stages in the order of their days; the same stage again is the same period.
    #[must_use]
    pub fn periods(&self) -> Vec<Period> {
        let mut snapshots = self.snapshots.clone();
        snapshots.sort_by_key(|(date, ..)| *date); // stable: of one day, the order of the report
        let mut periods: Vec<Period> = Vec::new();
        for (from, stage, until) in snapshots {
            let change = match periods.last_mut() {
                Some(last) if last.stage == stage => {
                    last.until = until;
                    continue;
                }
                Some(last) => Change::between(last.stage, stage),
                None => Change::First,
            };
            periods.push(Period {
                from,
                stage,
                change,
                until,
            });
        }
        periods
    }
}

/// One event that an app stored, and where the customer was by it.
///
/// ```
/// use app_license::{Capability, Change, UnixTime};
/// use app_license_marketplace::report::Timeline;
/// let mut timeline = Timeline::new("E-1");
/// let bought = Change::EditionChanged { from: None, to: Capability::ADVANCED };
/// timeline.add_event(UnixTime::parse("2026-11-22").unwrap(), "installed", &[Change::Installed, bought]);
/// let event = &timeline.events()[0];
/// assert_eq!(event.changes, ["installed", "edition_changed"]);
/// assert_eq!(event.edition, Some(app_license::Edition::Advanced));
/// assert_eq!(event.stage.to_string(), "unknown"); // nobody said yet that a license is active
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredEvent {
    /// When it was applied (UTC).
    pub at: UnixTime,
    /// What the platform calls it, or where a license was read.
    pub event: String,
    /// The codes of what it changed.
    pub changes: Vec<String>,
    /// The edition that the app knows from then on.
    #[serde(rename = "known_edition", serialize_with = "edition")]
    pub edition: Option<Edition>,
    /// The stage by what the app was last told.
    #[serde(flatten)]
    pub stage: Stage,
}

fn edition<S: serde::Serializer>(edition: &Option<Edition>, to: S) -> Result<S::Ok, S::Error> {
    edition.map(Edition::name).serialize(to)
}

impl Timeline {
    /// Takes what a stored event changed; events come in the order in which they were stored.
    pub fn add_event(&mut self, at: UnixTime, event: &str, changes: &[app_license::Change]) {
        use app_license::Change as Stored;
        for change in changes {
            match change {
                Stored::EditionChanged { from, to } => {
                    let before = from.as_ref().and_then(|from| Edition::of(from.as_str()));
                    if self.known.0.is_none() && before.is_some() {
                        self.knew_before(before);
                    }
                    self.known.0 = Edition::of(to.as_str());
                }
                Stored::LicenseChanged { to, .. } => {
                    self.known.1 = Some((to.state(), to.is_evaluation()));
                }
                _ => {}
            }
        }
        let (edition, license) = self.known;
        let stage = stage_of(edition, license);
        let code = |change| {
            let json = serde_json::to_value(change).ok()?;
            json.get("change")?.as_str().map(str::to_owned)
        };
        self.events.push(StoredEvent {
            at,
            event: event.to_owned(),
            changes: changes.iter().filter_map(code).collect(),
            edition,
            stage,
        });
    }

    /// The first change of an edition says what was known before it, since the installation.
    fn knew_before(&mut self, edition: Option<Edition>) {
        for event in &mut self.events {
            event.edition = edition;
            event.stage = match event.stage {
                Stage::Trial { .. } => Stage::Trial { edition },
                Stage::Licensed { .. } => Stage::Licensed { edition },
                other => other,
            };
        }
    }

    /// The stored events, in the order in which they came.
    #[must_use]
    pub fn events(&self) -> &[StoredEvent] {
        &self.events
    }
}

/// The stage by what an app was told.
fn stage_of(edition: Option<Edition>, license: Option<(State, Option<bool>)>) -> Stage {
    match license {
        // the platform leaves the edition out until a customer changes it
        Some((State::Active, Some(true))) => Stage::Trial { edition },
        Some((State::Active, _)) => Stage::Licensed {
            edition: edition.or(Some(Edition::Standard)),
        },
        Some((State::Inactive, _)) => Stage::Inactive,
        _ => Stage::Unknown,
    }
}

/// An estimate of what an upgrade within a paid period costs: the difference of the prices for the
/// days that are left, of all days of the period.
///
/// It is an estimate: the platform bills by the largest number of users of a month and rounds by
/// its own rules. Of a sandbox, of a price of zero, and outside the period it is zero.
///
/// ```
/// use app_license_marketplace::report::{Amount, estimate_proration};
/// use jiff::civil::date;
/// let (standard, advanced) = (Amount::from_micros(1_200_000_000), Amount::from_micros(1_800_000_000));
/// // 184 of 365 days are left
/// let difference = estimate_proration(
///     standard, advanced, (date(2026, 1, 1), date(2026, 12, 31)), date(2026, 7, 1), false,
/// );
/// assert_eq!(difference.to_string(), "302.47");
/// ```
#[must_use]
pub fn estimate_proration(
    old: Amount,
    new: Amount,
    period: (Date, Date),
    upgrade: Date,
    sandbox: bool,
) -> Amount {
    let (first, last) = period;
    if sandbox || new == Amount::ZERO || new <= old || upgrade < first || upgrade > last {
        return Amount::ZERO;
    }
    let days = |from: Date| -> i128 {
        let span = last.since(from).map(|span| span.get_days()).unwrap_or(-1);
        i128::from(span).saturating_add(1) // both days are paid for
    };
    let difference = i128::from(new.micros()).saturating_sub(i128::from(old.micros()));
    let share = difference
        .saturating_mul(days(upgrade))
        .checked_div(days(first));
    let share = share.and_then(|share| i64::try_from(share).ok());
    Amount::from_micros(share.unwrap_or(0))
}
