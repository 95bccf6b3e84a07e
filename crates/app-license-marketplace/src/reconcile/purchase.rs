//! What a row of the report entitles to.

use app_license::Edition;

use super::day::Day;
use super::symbols::Symbol;
use super::texts::TextRange;

/// No row.
pub(super) const NOBODY: u32 = u32::MAX;

/// The longest trial of a higher edition: at least 30 days, to the end of the second billing cycle.
const UPGRADE_TRIAL_DAYS: u16 = 61;

/// `status`, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    Inactive,
    Cancelled,
    /// Not stated, or a word that this version does not know.
    Unknown,
}

impl Status {
    pub(super) fn of(text: Option<&str>) -> Self {
        match text {
            Some(t) if t.eq_ignore_ascii_case("active") => Self::Active,
            Some(t) if t.eq_ignore_ascii_case("inactive") => Self::Inactive,
            Some(t) if t.eq_ignore_ascii_case("cancelled") => Self::Cancelled,
            Some(t) if t.eq_ignore_ascii_case("canceled") => Self::Cancelled,
            _ => Self::Unknown,
        }
    }
}

/// `licenseType`, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A trial of the app.
    Trial,
    /// A trial of a higher edition beside what is paid.
    UpgradeTrial,
    /// Costs nothing; the platform may say nothing about it at run time.
    Free,
    /// Left behind on the old site by a migration.
    LegacyFree,
    /// For developing the app: nobody buys it.
    Developer,
    /// Everything else.
    Paid,
}

impl Type {
    pub(super) fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Paid };
        let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
        let is = |name: &str| {
            letters == name.len()
                && text
                    .bytes()
                    .filter(u8::is_ascii_alphabetic)
                    .zip(name.bytes())
                    .all(|(a, b)| a.eq_ignore_ascii_case(&b))
        };
        if is("EVALUATION") || is("NETNEWEVALUATION") {
            Self::Trial
        } else if is("UPGRADEEVALUATION") {
            Self::UpgradeTrial
        } else if is("FREE") {
            Self::Free
        } else if is("LEGACYFREE") {
            Self::LegacyFree
        } else if is("DEVELOPER") {
            Self::Developer
        } else {
            Self::Paid
        }
    }
}

/// `appEdition`, as far as it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bought {
    /// A known edition; Standard where none is stated.
    Edition(Edition),
    /// A word without a rank.
    Unranked,
}

impl Bought {
    pub(super) fn of(text: Option<&str>) -> Self {
        match text {
            None => Self::Edition(Edition::Standard),
            Some(t) if t.eq_ignore_ascii_case("free") => Self::Edition(Edition::Free),
            Some(t) if t.eq_ignore_ascii_case("standard") => Self::Edition(Edition::Standard),
            Some(t) if t.eq_ignore_ascii_case("advanced") => Self::Edition(Edition::Advanced),
            Some(t) => Edition::of(t).map_or(Self::Unranked, Self::Edition),
        }
    }
}

/// Yes and no answers of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const MULTI_INSTANCE: u8 = 1;
    pub(super) const SANDBOX: u8 = 2;
    pub(super) const IN_GRACE: u8 = 4;
    /// An installation that is there was joined to it.
    pub(super) const INSTALLED: u8 = 8;
    /// Another row has the same text, by field: cloud id, entitlement's id and number, host name.
    pub(super) const SHARED: [u8; 4] = [16, 32, 64, 128];

    pub(super) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// What is known of a row by those beside it.
    pub(super) const fn shared(self) -> Self {
        Self(self.0 & 0xf0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.0 |= flag;
        }
    }
}

/// One row, without its texts. There are millions: fields are as small as they can be, and a row is
/// one line of memory.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Purchase {
    pub(super) place: TextRange,
    pub(super) app: Symbol,
    pub(super) license_type_text: Symbol,
    pub(super) status_text: Symbol,
    pub(super) edition_text: Symbol,
    pub(super) upgrade_edition_text: Symbol,
    pub(super) tier: Symbol,
    pub(super) dunning: Symbol,
    pub(super) license_type: Type,
    pub(super) status: Status,
    pub(super) edition: Bought,
    pub(super) upgrade_edition: Option<Edition>,
    pub(super) flags: Flags,
    pub(super) start: Option<Day>,
    pub(super) end: Option<Day>,
    pub(super) upgrade_start: Option<Day>,
    pub(super) updated: Option<Day>,
    pub(super) recorded: Option<Day>,
    /// The next row with the same cloud id.
    pub(super) next_cloud: u32,
    /// The next row with the same host name.
    pub(super) next_host: u32,
    /// The newer snapshot of the same entitlement.
    pub(super) replaced_by: u32,
    /// When the newest installation that joins was installed, by product: seconds since 1970.
    pub(super) latest: [u32; 2],
}

/// Whether a row entitles to anything today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entitled {
    Yes,
    No,
    /// The report does not say.
    Unknown,
}

/// The least and the most that a customer may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) floor: Edition,
    pub(super) ceiling: Edition,
    /// The edition that was on trial until lately, above the ceiling.
    pub(super) trial_ended: Option<Edition>,
}

impl Limits {
    /// The limits of two entitlements of which either may be the one.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            floor: self.floor.min(other.floor),
            ceiling: self.ceiling.max(other.ceiling),
            trial_ended: self.trial_ended.max(other.trial_ended),
        }
    }
}

impl Purchase {
    /// Whether it entitles to anything on this day.
    ///
    /// A trial ends with its last day, whatever its status still says; what was cancelled is paid
    /// until its last day.
    pub(super) fn entitled(&self, today: Day) -> Entitled {
        let runs = |end: Option<Day>| end.map(|end| end >= today);
        let yes = match (self.status, self.license_type) {
            (Status::Active, Type::Trial) => Some(runs(self.end).unwrap_or(true)),
            (Status::Active, _) => Some(true),
            (Status::Cancelled, _) => Some(runs(self.end).unwrap_or(false)),
            (Status::Inactive, _) => Some(false),
            (Status::Unknown, _) => runs(self.end),
        };
        match yes {
            Some(true) => Entitled::Yes,
            Some(false) => Entitled::No,
            None => Entitled::Unknown,
        }
    }

    /// What it entitles to while it does; `None` where that has no rank.
    pub(super) fn limits(&self, today: Day) -> Option<Limits> {
        let Bought::Edition(edition) = self.edition else {
            return None;
        };
        if self.license_type == Type::UpgradeTrial {
            let tried = edition.max(self.upgrade_edition.unwrap_or(Edition::Advanced));
            let over = self.end.is_some_and(|end| end < today);
            return Some(Limits {
                floor: Edition::Standard,
                ceiling: if over { Edition::Standard } else { tried },
                trial_ended: over.then_some(tried),
            });
        }
        let plain = Limits {
            floor: edition,
            ceiling: edition,
            trial_ended: None,
        };
        let Some((tried, start)) = self.upgrade_edition.zip(self.upgrade_start) else {
            return Some(plain);
        };
        Some(if tried <= edition || start > today {
            plain
        } else if start.plus(UPGRADE_TRIAL_DAYS) >= today {
            Limits {
                ceiling: tried,
                ..plain
            }
        } else {
            Limits {
                trial_ended: Some(tried),
                ..plain
            }
        })
    }

    /// The first day without what it entitled to: after its last paid day, or after a trial.
    pub(super) fn first_day_without(&self, today: Day) -> Option<Day> {
        let is_over =
            self.entitled(today) == Entitled::No || self.license_type == Type::UpgradeTrial;
        let last = self.end.filter(|_| is_over);
        let tried = self
            .upgrade_start
            .filter(|_| self.upgrade_edition.is_some());
        let last_tried = tried.map(|start| start.plus(UPGRADE_TRIAL_DAYS));
        let first = |last: Option<Day>| last.map(|day| day.plus(1)).filter(|day| *day <= today);
        first(last).max(first(last_tried))
    }

    /// Which of two snapshots of an entitlement is the newer one.
    pub(super) fn age(&self) -> impl Ord + use<> {
        (self.recorded, self.updated, self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Purchase, Type};

    #[test]
    fn a_row_is_one_line_of_memory() {
        assert_eq!(size_of::<Purchase>(), 64);
    }

    #[test]
    fn license_types_are_read_in_any_spelling() {
        for (text, expected) in [
            ("EVALUATION", Type::Trial),
            ("net_new_evaluation", Type::Trial),
            ("upgrade_evaluation", Type::UpgradeTrial),
            ("Upgrade Evaluation", Type::UpgradeTrial),
            ("LEGACY_FREE", Type::LegacyFree),
            ("legacy free", Type::LegacyFree),
            ("free", Type::Free),
            ("COMMERCIAL", Type::Paid),
            ("EVALUATIONS", Type::Paid),
            ("INTERNAL USE", Type::Paid),
            ("Developer", Type::Developer),
        ] {
            assert_eq!(Type::of(Some(text)), expected, "{text}");
        }
    }
}
