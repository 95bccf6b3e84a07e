//! Which level the sales of a year reach, and what is missing to the next one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::money::Money;
use super::program::{PartnerProgram, SalesThreshold, Tier};
use super::sale::{Payment, Sale, SaleHosting};
use crate::input::{InputError, InputErrorKind};
use crate::percent::{Percent, decimal};

const WHAT: &str = "the transactions";

/// The parts of a whole.
const WHOLE: i128 = 1_000_000;

/// The sales of one year.
///
/// ```
/// use app_license_marketplace::partner::{PartnerProgram, Sale, SaleHosting, YearSales};
/// let program = PartnerProgram::shipped()?;
/// let mut sales = YearSales::new(&program, 2026)?;
/// let june = "2026-06-30".parse().unwrap();
/// let july = "2026-07-01".parse().unwrap();
/// sales.add(&Sale::new("1", june, SaleHosting::Cloud, "120000".parse()?))?;
/// sales.add(&Sale::new("2", july, SaleHosting::Cloud, "900000".parse()?))?; // the next year's
/// let report = sales.report(&program);
/// assert_eq!(report.by_sales.as_deref(), Some("Silver"));
/// assert_eq!(report.next.unwrap().tier, "Gold");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone)]
pub struct YearSales {
    first: Date,
    last: Date,
    total: Money,
    cloud: Money,
    refunds: Money,
    open: Money,
    uncollectible: Money,
    rows: u64,
    outside: u64,
    repeated: u64,
    lines: BTreeMap<String, (Date, Money, bool, bool)>,
}

/// The answer: the sales, the levels, what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TierReport {
    /// The first day of the year.
    pub first_day: Date,
    /// Its last day.
    pub last_day: Date,
    /// The currency of all amounts.
    pub currency: String,
    /// Gross sales, refunds taken off.
    pub total: Money,
    /// Those of cloud apps.
    pub cloud: Money,
    /// The share of cloud apps in percent, cut after four decimals; none without sales.
    pub cloud_share_percent: Option<String>,
    /// What was paid back, negative.
    pub refunds: Money,
    /// What of the sales is not paid yet (`Open`).
    pub open: Money,
    /// What was never paid (`Uncollectible`); it is no part of the sales.
    pub uncollectible: Money,
    /// The lines of the year.
    pub rows: u64,
    /// Lines of other years, not counted.
    pub rows_outside: u64,
    /// Lines given twice, counted once.
    pub rows_repeated: u64,
    /// The highest level that the sales reach. What no report answers is not in it.
    pub by_sales: Option<String>,
    /// Every level.
    pub tiers: Vec<TierResult>,
    /// What is missing to the level above `by_sales`; none at the top.
    pub next: Option<NextTier>,
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowState {
    /// Reached.
    Met,
    /// Not reached.
    NotMet,
    /// No report answers it.
    Unknown,
}

impl RowState {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::partner::RowState;
    /// assert_eq!(RowState::Unknown.name(), "unknown");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Unknown => "unknown",
        }
    }
}

/// One requirement of a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TierRow {
    /// What is asked.
    pub title: String,
    /// How it stands.
    pub state: RowState,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TierResult {
    /// Its name.
    pub tier: String,
    /// Whether the sales reach it.
    pub sales: RowState,
    /// Everything it asks for.
    pub rows: Vec<TierRow>,
}

/// What is missing to a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NextTier {
    /// Its name.
    pub tier: String,
    /// The ways to it; one is enough.
    pub ways: Vec<Missing>,
    /// What no report can answer, and has to be known too.
    pub unknown: Vec<String>,
}

/// What is missing on one way to a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missing {
    /// What this way asks for.
    pub title: String,
    /// The sales that are missing, whatever they are of.
    pub total: Money,
    /// The sales of cloud apps that would be enough by themselves, rounded up to a cent. None
    /// where no amount is: a share of 100 % with other sales.
    pub cloud: Option<Money>,
}

impl YearSales {
    /// The sales of the year that is reviewed in a calendar year.
    ///
    /// # Errors
    /// As [`PartnerProgram::year`].
    pub fn new(program: &PartnerProgram, review: i16) -> Result<Self, InputError> {
        let (first, last) = program.year(review)?;
        Ok(Self {
            first,
            last,
            total: Money::ZERO,
            cloud: Money::ZERO,
            refunds: Money::ZERO,
            open: Money::ZERO,
            uncollectible: Money::ZERO,
            rows: 0,
            outside: 0,
            repeated: 0,
            lines: BTreeMap::new(),
        })
    }

    /// Adds a line. One of another year is counted as such; one that was added before is not
    /// added again.
    ///
    /// # Errors
    /// `contradiction` when a line of the same id says something else; `too_many` beyond all
    /// money.
    pub fn add(&mut self, sale: &Sale) -> Result<(), InputError> {
        let amount = sale.amount();
        let cloud = sale.hosting == SaleHosting::Cloud;
        let lost = sale.payment == Payment::Uncollectible;
        // an open line may be paid in a later export
        let same = (sale.date, amount, cloud, lost);
        match self.lines.get(&sale.line) {
            Some(before) if *before == same => {
                self.repeated = self.repeated.saturating_add(1);
                return Ok(());
            }
            Some(_) => {
                let line = crate::input::shown(&sale.line);
                let why = format!("the line `{line}` is there twice and says two things");
                return Err(InputError::contradiction(WHAT, why));
            }
            None => {}
        }
        self.lines.insert(sale.line.clone(), same);
        if sale.date < self.first || sale.date > self.last {
            self.outside = self.outside.saturating_add(1);
            return Ok(());
        }
        self.rows = self.rows.saturating_add(1);
        if lost {
            return add(&mut self.uncollectible, amount);
        }
        if sale.payment == Payment::Open {
            add(&mut self.open, amount)?;
        }
        add(&mut self.total, amount)?;
        if cloud {
            add(&mut self.cloud, amount)?;
        }
        if sale.refund {
            add(&mut self.refunds, amount)?;
        }
        Ok(())
    }

    /// Which level is reached, and what is missing to the next.
    #[must_use]
    pub fn report(&self, program: &PartnerProgram) -> TierReport {
        let reached = |tier: &&Tier| tier.sales.iter().any(|it| self.reaches(it));
        let best = program.tiers.iter().rposition(|it| reached(&it));
        let next = best.map_or(0, |it| it.saturating_add(1));
        TierReport {
            first_day: self.first,
            last_day: self.last,
            currency: program.currency.clone(),
            total: self.total,
            cloud: self.cloud,
            cloud_share_percent: self.share(),
            refunds: self.refunds,
            open: self.open,
            uncollectible: self.uncollectible,
            rows: self.rows,
            rows_outside: self.outside,
            rows_repeated: self.repeated,
            by_sales: best
                .and_then(|it| program.tiers.get(it))
                .map(|tier| tier.name.clone()),
            tiers: program
                .tiers
                .iter()
                .map(|it| self.tier(program, it))
                .collect(),
            next: program.tiers.get(next).map(|tier| NextTier {
                tier: tier.name.clone(),
                ways: tier
                    .sales
                    .iter()
                    .map(|it| self.missing(program, it))
                    .collect(),
                unknown: program.unknown(tier),
            }),
        }
    }

    fn share(&self) -> Option<String> {
        if self.total <= Money::ZERO {
            return None;
        }
        let parts = self.cloud.millionths().checked_mul(WHOLE)?;
        Some(decimal(
            parts.checked_div_euclid(self.total.millionths())?,
            4,
        ))
    }

    fn reaches(&self, wanted: &SalesThreshold) -> bool {
        self.total > Money::ZERO
            && wanted.total.is_none_or(|it| self.total >= it)
            && wanted.cloud_total.is_none_or(|it| self.cloud >= it)
            && wanted.cloud_share.is_none_or(|it| self.share_reaches(it))
    }

    fn share_reaches(&self, wanted: Percent) -> bool {
        let cloud = self.cloud.millionths().checked_mul(WHOLE);
        let all = self
            .total
            .millionths()
            .checked_mul(i128::from(wanted.parts_per_million()));
        matches!((cloud, all), (Some(cloud), Some(all)) if cloud >= all)
    }

    fn tier(&self, program: &PartnerProgram, tier: &Tier) -> TierResult {
        let state = |yes| if yes { RowState::Met } else { RowState::NotMet };
        let met = tier.sales.iter().any(|it| self.reaches(it));
        let sales = TierRow {
            title: title(program, &tier.sales),
            state: state(met),
        };
        let paper = program.unknown(tier).into_iter().map(|title| TierRow {
            title,
            state: RowState::Unknown,
        });
        TierResult {
            tier: tier.name.clone(),
            sales: state(met),
            rows: std::iter::once(sales).chain(paper).collect(),
        }
    }

    fn missing(&self, program: &PartnerProgram, wanted: &SalesThreshold) -> Missing {
        let (total, cloud) = (self.total.millionths(), self.cloud.millionths());
        let short = |wanted: Option<Money>, has: i128| {
            let gap = wanted.map_or(0, |it| it.millionths().saturating_sub(has));
            gap.max(0)
        };
        let in_all = short(wanted.total, total);
        let share = match wanted.cloud_share {
            Some(share) if !self.share_reaches(share) || self.total <= Money::ZERO => {
                for_share(share, total, cloud)
            }
            _ => Some(0),
        };
        Missing {
            title: title(program, std::slice::from_ref(wanted)),
            total: Money::from_millionths(in_all),
            cloud: share.map(|share| {
                let most = in_all.max(short(wanted.cloud_total, cloud)).max(share);
                Money::from_millionths(up_to_cent(most))
            }),
        }
    }
}

/// The least `x` with `(cloud + x) / (total + x)` at the share; none where there is none.
fn for_share(share: Percent, total: i128, cloud: i128) -> Option<i128> {
    let wanted = i128::from(share.parts_per_million());
    let rest = WHOLE.checked_sub(wanted)?;
    let lacking = total
        .checked_mul(wanted)?
        .checked_sub(cloud.checked_mul(WHOLE)?)?
        .max(0);
    if lacking == 0 {
        return Some(0);
    }
    if rest == 0 {
        return None;
    }
    lacking.checked_add(rest.checked_sub(1)?)?.checked_div(rest)
}

fn up_to_cent(millionths: i128) -> i128 {
    const CENT: i128 = 10_000;
    let over = millionths.checked_rem_euclid(CENT).unwrap_or(0);
    if over == 0 {
        return millionths;
    }
    millionths.saturating_sub(over).saturating_add(CENT)
}

fn add(sum: &mut Money, amount: Money) -> Result<(), InputError> {
    let too_many = || {
        let (what, limit) = ("units of money", usize::MAX);
        InputError::from(InputErrorKind::TooMany { what, limit })
    };
    *sum = sum.checked_add(amount).ok_or_else(too_many)?;
    Ok(())
}

impl PartnerProgram {
    fn unknown(&self, tier: &Tier) -> Vec<String> {
        let of = |names: &[String]| names.iter().any(|it| it.eq_ignore_ascii_case(&tier.name));
        self.requirements
            .iter()
            .filter(|it| of(&it.tiers))
            .map(|it| it.title.clone())
            .collect()
    }
}

fn title(program: &PartnerProgram, ways: &[SalesThreshold]) -> String {
    let whole = |money: Money| {
        let text = money.to_string();
        let short = text.strip_suffix(".00").unwrap_or(&text).to_owned();
        format!("{} {short}", program.currency)
    };
    let way = |it: &SalesThreshold| {
        let mut parts = Vec::new();
        parts.extend(it.total.map(|total| format!("sales of {}", whole(total))));
        parts.extend(
            it.cloud_total
                .map(|it| format!("cloud sales of {}", whole(it))),
        );
        parts.extend(it.cloud_share.map(|it| format!("{it} % cloud")));
        parts.join(" with ")
    };
    ways.iter().map(way).collect::<Vec<_>>().join(", or ")
}
