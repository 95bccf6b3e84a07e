//! Tiers, and what a user count costs by them.

use std::collections::BTreeSet;

use super::money::Money;

/// The most tiers of a plan.
const MAX_TIERS: usize = 1000;
/// The largest user count of a tier. With the largest amount it stays far within 128 bits.
pub(super) const MAX_USERS: u64 = 1 << 40;
/// The largest amount of a tier, in cents.
const MAX_CENTS: u64 = 1_000_000_000_000;

/// How tiers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the platform's two modes")]
pub enum TiersMode {
    /// Each user at the price of the tier that they fall into; flat amounts of all tiers reached.
    Graduated,
    /// All users at the price of the tier that their count falls into.
    Volume,
}

/// Prices for a range of user counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the platform's four fields")]
pub struct Tier {
    /// The first user count.
    pub floor: u64,
    /// The last user count; `None` for no end.
    pub ceiling: Option<u64>,
    /// A user.
    pub unit: Option<Money>,
    /// The tier as a whole.
    pub flat: Option<Money>,
}

/// Why tiers make no plan.
///
/// ```
/// use app_license_editions::{Money, Plan, Tier, TiersMode};
/// let tier = |floor, ceiling| Tier { floor, ceiling, unit: Some(Money::from_cents(1)), flat: None };
/// let error = Plan::new(TiersMode::Volume, vec![tier(1, Some(10)), tier(12, None)]).unwrap_err();
/// assert_eq!(error.to_string(), "no tier holds 11 users");
/// assert_eq!(error.code(), "tier_gap");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There are no tiers.
    #[error("a plan without tiers")]
    Empty,
    /// A user count between two tiers, or below the first.
    #[error("no tier holds {users} users")]
    Gap {
        /// The user count.
        users: u64,
    },
    /// A user count in two tiers.
    #[error("two tiers hold {users} users")]
    Overlap {
        /// The user count.
        users: u64,
    },
    /// A tier without end before the last one.
    #[error("the tier from {floor} users has no end, and is not the last")]
    Unbounded {
        /// Its first user count.
        floor: u64,
    },
    /// A tier that states no price.
    #[error("the tier from {floor} users has no price")]
    NoPrice {
        /// Its first user count.
        floor: u64,
    },
    /// More tiers, users or money than can be counted.
    #[error("more than can be counted: {what}")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// Not the platform's JSON.
    #[error("{message}")]
    Json {
        /// What is wrong.
        message: String,
    },
}

impl PlanError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "tiers_missing",
            Self::Gap { .. } => "tier_gap",
            Self::Overlap { .. } => "tier_overlap",
            Self::Unbounded { .. } => "tier_unbounded",
            Self::NoPrice { .. } => "tier_without_price",
            Self::TooLarge { .. } => "too_large",
            Self::Json { .. } => "commerce_json",
        }
    }
}

/// The prices of a billing cycle: tiers without gaps or overlaps, lowest first.
///
/// ```
/// use app_license_editions::{Money, Plan, Tier, TiersMode};
/// let tiers = vec![
///     Tier { floor: 1, ceiling: Some(100), unit: Some(Money::from_cents(165)), flat: None },
///     Tier { floor: 101, ceiling: None, unit: Some(Money::from_cents(77)), flat: None },
/// ];
/// let graduated = Plan::new(TiersMode::Graduated, tiers.clone())?;
/// assert_eq!(graduated.price(173).unwrap().to_string(), "221.21");
/// let volume = Plan::new(TiersMode::Volume, tiers)?;
/// assert_eq!(volume.price(173).unwrap().to_string(), "133.21");
/// # Ok::<(), app_license_editions::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    mode: TiersMode,
    tiers: Vec<Tier>,
    /// Up to a user count, instead of what the tiers say.
    starter: Option<(u64, Money)>,
}

impl Plan {
    /// A plan of these tiers, in any order. A floor of 0 counts as 1: nobody has no users.
    ///
    /// # Errors
    /// `tiers_missing`, `tier_gap`, `tier_overlap`, `tier_unbounded`, `tier_without_price`,
    /// `too_large`.
    pub fn new(mode: TiersMode, mut tiers: Vec<Tier>) -> Result<Self, PlanError> {
        if tiers.len() > MAX_TIERS {
            return Err(PlanError::TooLarge { what: "tiers" });
        }
        tiers.sort_by_key(|tier| tier.floor);
        let mut next = 1_u64;
        let mut ended = false;
        for tier in &mut tiers {
            tier.floor = tier.floor.max(1);
            if tier.floor > MAX_USERS || tier.ceiling.is_some_and(|c| c > MAX_USERS) {
                return Err(PlanError::TooLarge { what: "users" });
            }
            if ended || tier.floor < next {
                return Err(PlanError::Overlap { users: tier.floor });
            }
            if tier.floor > next {
                return Err(PlanError::Gap { users: next });
            }
            if tier.unit.is_none() && tier.flat.is_none() {
                return Err(PlanError::NoPrice { floor: tier.floor });
            }
            let most = Money::from_cents(MAX_CENTS);
            if tier.unit.max(tier.flat).is_some_and(|amount| amount > most) {
                return Err(PlanError::TooLarge { what: "money" });
            }
            match tier.ceiling {
                Some(ceiling) if ceiling < tier.floor => {
                    return Err(PlanError::Gap { users: tier.floor });
                }
                Some(ceiling) => next = ceiling.saturating_add(1),
                None => ended = true,
            }
        }
        if tiers.is_empty() {
            return Err(PlanError::Empty);
        }
        Ok(Self {
            mode,
            tiers,
            starter: None,
        })
    }

    /// A flat price up to a user count; above it, users are counted from the first one.
    pub(crate) fn with_starter(mut self, up_to: u64, price: Money) -> Result<Self, PlanError> {
        if price > Money::from_cents(MAX_CENTS) {
            return Err(PlanError::TooLarge { what: "money" });
        }
        self.starter = Some((up_to, price));
        Ok(self)
    }

    /// All prices so many times.
    pub(crate) fn times(&self, by: i128) -> Result<Self, PlanError> {
        let scaled = |money: Option<Money>| match money {
            Some(money) => (money.scaled(by))
                .map(Some)
                .ok_or(PlanError::TooLarge { what: "money" }),
            None => Ok(None),
        };
        let mut plan = self.clone();
        for tier in &mut plan.tiers {
            tier.unit = scaled(tier.unit)?;
            tier.flat = scaled(tier.flat)?;
        }
        if let Some((up_to, price)) = plan.starter {
            plan.starter = scaled(Some(price))?.map(|price| (up_to, price));
        }
        Ok(plan)
    }

    /// How tiers count.
    #[must_use]
    pub const fn mode(&self) -> TiersMode {
        self.mode
    }

    /// The tiers, lowest first.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// What so many users cost; `None` for no users, above the last tier, and beyond what can be
    /// counted.
    #[must_use]
    pub fn price(&self, users: u64) -> Option<Money> {
        let reached = self.tiers.iter().take_while(|tier| tier.floor <= users);
        let last = reached.clone().last()?;
        if last.ceiling.is_some_and(|ceiling| users > ceiling) {
            return None;
        }
        if let Some((up_to, price)) = self.starter
            && users <= up_to
        {
            return Some(price);
        }
        let of = |tier: &Tier, count: u64| {
            let units = tier.unit.unwrap_or(Money::ZERO).times(count)?;
            units.plus(tier.flat.unwrap_or(Money::ZERO))
        };
        match self.mode {
            TiersMode::Volume => of(last, users),
            TiersMode::Graduated => reached
                .map(|tier| {
                    let up_to = tier.ceiling.map_or(users, |ceiling| ceiling.min(users));
                    of(tier, up_to.saturating_sub(tier.floor).saturating_add(1))
                })
                .try_fold(Money::ZERO, |sum, price| sum.plus(price?)),
        }
    }

    /// What a graduated plan adds for each user of the tier that a user count falls into; `None` in
    /// the starter tier, where a tier has a flat price alone, and in a volume plan, where the total
    /// is a multiple of it.
    pub(crate) fn rate(&self, users: u64) -> Option<Money> {
        let starter = self.starter.is_some_and(|(up_to, _)| users <= up_to);
        if starter || self.mode == TiersMode::Volume {
            return None;
        }
        let tier = self.tiers.iter().rfind(|tier| tier.floor <= users)?;
        let beyond = tier.ceiling.is_some_and(|ceiling| users > ceiling);
        tier.unit.filter(|_| !beyond)
    }

    /// The last user count with a price; `None` for no end.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.tiers.last().and_then(|tier| tier.ceiling)
    }

    /// Where the price takes another slope: between two of these it is a straight line.
    pub(crate) fn breakpoints(&self) -> BTreeSet<u64> {
        let mut points: BTreeSet<u64> = self.tiers.iter().map(|tier| tier.floor).collect();
        if let Some((up_to, _)) = self.starter {
            points.insert(up_to.saturating_add(1));
        }
        if let Some(last) = self.last() {
            points.retain(|point| *point <= last);
        }
        points
    }

    /// The first user count that costs less than one user fewer, with both prices.
    pub(crate) fn first_fall(&self) -> Option<(u64, Money, Money)> {
        // within a tier prices only rise: units are not negative
        self.breakpoints().into_iter().find_map(|users| {
            let before = self.price(users.checked_sub(1)?)?;
            let after = self.price(users)?;
            (after < before).then_some((users, before, after))
        })
    }
}
