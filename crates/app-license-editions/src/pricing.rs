//! Prices of editions: tiers, plans, and whether Advanced is above Standard at every user count.

mod commerce;
mod compare;
mod money;
mod plan;

use app_license::Edition;

use crate::diagnostic::{Diagnostic, Severity};
use crate::document::{CycleEntry, ModeEntry, PricingEntry};

pub use commerce::from_commerce;
pub use compare::{Comparison, Row, compare};
pub use money::Money;
pub use plan::{Plan, PlanError, Tier, TiersMode};

/// The last user count of the starter tier.
pub(crate) const STARTER: u64 = 10;
/// A year costs as much as so many months.
const MONTHS_PAID: i128 = 10;

/// A billing cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    clippy::exhaustive_enums,
    reason = "the platform bills by month and by year"
)]
pub enum Cycle {
    /// A month.
    Monthly,
    /// A year.
    Annual,
}

impl Cycle {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Monthly, Self::Annual];

    /// `monthly` or `annual`.
    ///
    /// ```
    /// assert_eq!(app_license_editions::Cycle::Annual.name(), "annual");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Annual => "annual",
        }
    }
}

/// Whether a cycle is that of a month; for messages.
pub(crate) const fn cycle_name(cycle: Cycle) -> &'static str {
    match cycle {
        Cycle::Monthly => "a month",
        Cycle::Annual => "a year",
    }
}

/// The prices of one edition.
///
/// ```
/// use app_license_editions::{Cycle, Editions};
/// let editions = Editions::from_toml("editions.toml", "
/// [pricing.standard.monthly]
/// starter = 1000
/// tiers = [{ up-to = 100, per-user = 165 }, { up-to = 250, per-user = 77 }]
/// ")?;
/// let monthly = editions.offerings()[0].plan(Cycle::Monthly).unwrap();
/// assert_eq!(monthly.price(173).unwrap().to_string(), "221.21");
/// // a year costs ten months where nothing else is said
/// let annual = editions.offerings()[0].plan(Cycle::Annual).unwrap();
/// assert_eq!(annual.price(200).unwrap().to_string(), "2420.00");
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offering {
    edition: Edition,
    currency: String,
    monthly: Option<Plan>,
    annual: Option<Plan>,
}

impl Offering {
    pub(crate) const fn new(edition: Edition, currency: String) -> Self {
        Self {
            edition,
            currency,
            monthly: None,
            annual: None,
        }
    }

    /// The edition.
    #[must_use]
    pub const fn edition(&self) -> Edition {
        self.edition
    }

    /// The currency: `USD`.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The prices of a cycle, where there are any.
    #[must_use]
    pub const fn plan(&self, cycle: Cycle) -> Option<&Plan> {
        match cycle {
            Cycle::Monthly => self.monthly.as_ref(),
            Cycle::Annual => self.annual.as_ref(),
        }
    }

    pub(crate) fn set(&mut self, cycle: Cycle, plan: Plan) {
        match cycle {
            Cycle::Monthly => self.monthly = Some(plan),
            Cycle::Annual => self.annual = Some(plan),
        }
    }
}

/// The prices that the file states.
pub(crate) fn of_file(edition: Edition, entry: PricingEntry) -> Result<Offering, PlanError> {
    let currency = entry.currency.unwrap_or_else(|| "USD".to_owned());
    let mut offering = Offering::new(edition, currency);
    if let Some(monthly) = &entry.monthly {
        let plan = of_cycle(monthly)?;
        if entry.annual.is_none() {
            offering.set(Cycle::Annual, plan.times(MONTHS_PAID)?);
        }
        offering.set(Cycle::Monthly, plan);
    }
    if let Some(annual) = &entry.annual {
        offering.set(Cycle::Annual, of_cycle(annual)?);
    }
    Ok(offering)
}

fn of_cycle(entry: &CycleEntry) -> Result<Plan, PlanError> {
    let mode = match entry.mode {
        ModeEntry::Graduated => TiersMode::Graduated,
        ModeEntry::Volume => TiersMode::Volume,
    };
    let mut floor = 1;
    let mut tiers = Vec::new();
    for (index, tier) in entry.tiers.iter().enumerate() {
        if tier.per_user.is_none() && tier.flat.is_none() {
            return Err(PlanError::NoPrice { floor });
        }
        tiers.push(Tier {
            floor,
            ceiling: tier.up_to,
            unit: tier.per_user.map(Money::from_cents),
            flat: tier.flat.map(Money::from_cents),
        });
        match tier.up_to {
            Some(up_to) => floor = up_to.saturating_add(1),
            None if index.saturating_add(1) < entry.tiers.len() => {
                return Err(PlanError::Unbounded { floor });
            }
            None => {}
        }
    }
    let plan = Plan::new(mode, tiers)?;
    match entry.starter {
        Some(starter) => plan.with_starter(STARTER, Money::from_cents(starter)),
        None => Ok(plan),
    }
}

/// More users that cost less.
pub(crate) fn falls(offering: &Offering) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for cycle in Cycle::ALL {
        let Some(plan) = offering.plan(cycle) else {
            continue;
        };
        if let Some((users, before, after)) = plan.first_fall() {
            let message = format!(
                "{} {}: {users} users cost {after}, {} cost {before}",
                offering.edition().name(),
                cycle.name(),
                users.saturating_sub(1),
            );
            let help = "volume tiers reprice all users; graduated tiers do not fall";
            found.push(Diagnostic::new(
                Severity::Warning,
                "price_falls",
                message,
                help,
            ));
        }
    }
    found
}
