//! Advanced above Standard at every user count.

use std::collections::BTreeSet;

use serde::Serialize;

use super::money::Money;
use super::plan::{MAX_USERS, Plan};
use super::{Cycle, Offering, STARTER, cycle_name};
use crate::diagnostic::{Diagnostic, Severity};

/// Both prices at a user count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The billing cycle.
    pub cycle: Cycle,
    /// The first user count of the range.
    pub from: u64,
    /// The last user count of the range; `None` for no end.
    pub to: Option<u64>,
    /// Standard at `from`.
    pub standard: Option<Money>,
    /// Advanced at `from`.
    pub advanced: Option<Money>,
    /// Whether Advanced is above Standard in all of the range.
    pub holds: bool,
}

/// The prices of two editions, range by range of the union of their breakpoints.
///
/// ```
/// use app_license_editions::{Editions, compare};
/// let editions = Editions::from_toml("editions.toml", "
/// [pricing.standard.monthly]
/// tiers = [{ up-to = 100, per-user = 165 }, { per-user = 77 }]
/// [pricing.advanced.monthly]
/// tiers = [{ up-to = 50, per-user = 200 }, { per-user = 60 }]
/// ")?;
/// let [standard, advanced] = editions.offerings() else { panic!() };
/// let comparison = compare(standard, advanced);
/// assert_eq!(comparison.first_failure().map(|(_, users)| users), Some(67));
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    rows: Vec<Row>,
    #[serde(skip)]
    failures: Vec<(Cycle, u64)>,
    #[serde(skip)]
    found: Vec<Diagnostic>,
}

impl Comparison {
    /// The ranges, both cycles.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The lowest user count at which Advanced is not above Standard, by cycle.
    #[must_use]
    pub fn first_failure(&self) -> Option<(Cycle, u64)> {
        self.failures.first().copied()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.found.iter().all(|d| d.severity() < Severity::Error)
    }

    /// What is wrong.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.found
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found
    }
}

/// Compares two editions on the union of their plans' breakpoints: between two breakpoints both
/// prices are straight lines, so that the ends of a range decide about all of it.
///
/// Prices that an offering has for one cycle alone are compared for that cycle.
#[must_use]
pub fn compare(standard: &Offering, advanced: &Offering) -> Comparison {
    let mut comparison = Comparison {
        rows: Vec::new(),
        failures: Vec::new(),
        found: Vec::new(),
    };
    let mut report = |severity, code, message: String, help: &str| {
        let found = Diagnostic::new(severity, code, message, help);
        comparison.found.push(found);
    };
    if standard.currency() != advanced.currency() {
        let (a, b) = (standard.currency(), advanced.currency());
        let message = format!("Standard is priced in {a}, Advanced in {b}");
        report(
            Severity::Error,
            "currency_differs",
            message,
            "prices in two currencies do not compare",
        );
        return comparison;
    }
    for cycle in Cycle::ALL {
        let (standard, advanced) = match (standard.plan(cycle), advanced.plan(cycle)) {
            (Some(standard), Some(advanced)) => (standard, advanced),
            (None, None) => continue,
            (standard, _) => {
                let (has, lacks) = match standard {
                    Some(_) => ("Standard", "Advanced"),
                    None => ("Advanced", "Standard"),
                };
                let message = format!(
                    "{has} has prices for {}, {lacks} has none",
                    cycle_name(cycle)
                );
                report(
                    Severity::Error,
                    "price_missing",
                    message,
                    "both editions need prices for both cycles",
                );
                continue;
            }
        };
        if let Some(users) = free_starter(advanced) {
            let message = format!("Advanced is free {} at {users} users", cycle_name(cycle));
            report(
                Severity::Error,
                "free_starter_on_advanced",
                message,
                "Advanced has no free starter tier",
            );
        }
        let (rows, failure) = ranges(cycle, standard, advanced);
        if let Some(users) = failure {
            comparison.failures.push((cycle, users));
            let show = |plan: &Plan| {
                plan.price(users)
                    .map_or_else(|| "no price".to_owned(), |price| price.to_string())
            };
            let (s, a) = (standard.price(users), advanced.price(users));
            let at = format!("at {users} users {}", cycle_name(cycle));
            let (standard, advanced) = (show(standard), show(advanced));
            let (code, message, help) = if s.is_some() && a.is_some() {
                (
                    "advanced_not_above_standard",
                    format!("{at}, Advanced ({advanced}) is not above Standard ({standard})"),
                    "Advanced must cost more than Standard at each user count",
                )
            } else {
                let missing = match (&s, &a) {
                    (Some(_), _) => format!("Advanced has no price, Standard costs {standard}"),
                    (None, Some(_)) => format!("Standard has no price, Advanced costs {advanced}"),
                    (None, None) => "neither edition has a price".to_owned(),
                };
                (
                    "price_missing",
                    format!("{at}, {missing}"),
                    "both editions need a price for each user count that one has",
                )
            };
            report(Severity::Error, code, message, help);
        } else if let Some((row, standard, advanced)) = low_rate(&rows, standard, advanced) {
            let users = match row.to {
                Some(to) => format!("{} to {to}", row.from),
                None => format!("{} and more", row.from),
            };
            let message = format!(
                "tier of {users} users {}: Advanced adds {advanced} a user, Standard {standard}",
                cycle_name(cycle)
            );
            let help = "the totals are above Standard at each user count, but the platform asks for \
                        a higher price in each tier";
            let code = "advanced_tier_not_above_standard";
            report(Severity::Warning, code, message, help);
        }
        comparison.rows.extend(rows);
    }
    comparison
}

/// The first range in which Advanced adds no more for a user than Standard does.
fn low_rate<'r>(
    rows: &'r [Row],
    standard: &Plan,
    advanced: &Plan,
) -> Option<(&'r Row, Money, Money)> {
    rows.iter().find_map(|row| {
        let (standard, advanced) = (standard.rate(row.from)?, advanced.rate(row.from)?);
        (advanced <= standard).then_some((row, standard, advanced))
    })
}

/// A user count of the starter tier that costs nothing.
fn free_starter(plan: &Plan) -> Option<u64> {
    let mut points = plan.breakpoints();
    points.extend([1, STARTER]);
    points.retain(|users| *users <= STARTER);
    points
        .into_iter()
        .find(|users| plan.price(*users) == Some(Money::ZERO))
}

/// The ranges of the union of both plans' breakpoints, and the lowest user count that fails.
fn ranges(cycle: Cycle, standard: &Plan, advanced: &Plan) -> (Vec<Row>, Option<u64>) {
    let mut points: BTreeSet<u64> = standard.breakpoints();
    points.append(&mut advanced.breakpoints());
    let last = match (standard.last(), advanced.last()) {
        (Some(a), Some(b)) => {
            // the shorter plan ends inside a range of the longer one
            if a != b {
                points.insert(a.min(b).saturating_add(1));
            }
            Some(a.max(b))
        }
        (Some(end), None) | (None, Some(end)) => {
            points.insert(end.saturating_add(1));
            None
        }
        (None, None) => None,
    };
    let points: Vec<u64> = points.into_iter().collect();
    let nexts = points
        .iter()
        .skip(1)
        .map(|next| Some(next.saturating_sub(1)));
    let mut first = None;
    let mut rows = Vec::new();
    for (from, to) in points.iter().copied().zip(nexts.chain([last])) {
        let failure = first_in(standard, advanced, from, to);
        first = first.or(failure);
        rows.push(Row {
            cycle,
            from,
            to,
            standard: standard.price(from),
            advanced: advanced.price(from),
            holds: failure.is_none(),
        });
    }
    (rows, first)
}

/// By how much Advanced is above Standard; `None` where one has no price.
fn above(standard: &Plan, advanced: &Plan, users: u64) -> Option<i128> {
    let difference = advanced.price(users)?.minus(standard.price(users)?)?;
    Some(difference.parts())
}

/// The lowest user count of a range, on which both prices are straight lines, that fails.
fn first_in(standard: &Plan, advanced: &Plan, from: u64, to: Option<u64>) -> Option<u64> {
    let holds = |users| above(standard, advanced, users).is_some_and(|by| by > 0);
    if !holds(from) {
        return Some(from);
    }
    let end = to.unwrap_or(MAX_USERS);
    if holds(end) {
        return None;
    }
    // the difference is a straight line that begins above zero and ends at or below
    let (mut good, mut bad) = (from, end);
    while good.saturating_add(1) < bad {
        let middle = good.midpoint(bad);
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(bad)
}
