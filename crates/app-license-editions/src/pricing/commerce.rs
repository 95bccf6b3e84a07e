//! The pricing plans of the Commerce API.

use app_license::Edition;
use serde::Deserialize;
use serde_json::Value;

use super::money::Money;
use super::plan::{Plan, PlanError, Tier, TiersMode};
use super::{Cycle, Offering};

/// The largest document that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PricingPlan {
    offering_name: Option<String>,
    primary_cycle: Option<CycleName>,
    status: Option<String>,
    currency: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct CycleName {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    cycle: Option<CycleName>,
    tiers_mode: Option<String>,
    #[serde(default)]
    tiers: Vec<ItemTier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemTier {
    floor: u64,
    ceiling: Option<u64>,
    unit_amount: Option<Value>,
    unit_amount_decimal: Option<Value>,
    flat_amount: Option<Value>,
}

/// Reads what `GET /commerce/api/v2/offerings/{id}/pricing-plans` answers: a plan, a list of
/// plans, or a page with `values`; also several answers in one list.
///
/// Of the plans, those of the offerings `Standard` and `Advanced` count, of type `COMMERCIAL`, and
/// active where a status is said. Unknown fields are left alone. Amounts are minor units.
///
/// The platform answers the tier from 11 users in two parts, 11 to 11 and 12 to the end, which are
/// one tier: they are put together where both say the same.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/marketplace-app-pricing-api>
///
/// ```
/// use app_license_editions::{Cycle, from_commerce};
/// let json = br#"{"values":[{"offeringName":"Advanced","currency":"USD","type":"COMMERCIAL",
///     "status":"ACTIVE","primaryCycle":{"name":"ANNUAL"},"items":[{"tiersMode":"VOLUME","tiers":[
///         {"floor":1,"ceiling":10,"flatAmount":10000},
///         {"floor":11,"ceiling":11,"flatAmount":20000},
///         {"floor":12,"ceiling":15,"flatAmount":20000}]}]}]}"#;
/// let offerings = from_commerce(json)?;
/// let plan = offerings[0].plan(Cycle::Annual).unwrap();
/// assert_eq!(plan.tiers().len(), 2);
/// assert_eq!(plan.price(11).unwrap().to_string(), "200.00");
/// # Ok::<(), app_license_editions::PlanError>(())
/// ```
///
/// # Errors
/// `commerce_json`, and those of [`Plan::new`].
pub fn from_commerce(json: &[u8]) -> Result<Vec<Offering>, PlanError> {
    let invalid = |message: String| PlanError::Json { message };
    if json.len() > MAX_BYTES {
        return Err(PlanError::TooLarge { what: "bytes" });
    }
    let value: Value = serde_json::from_slice(json).map_err(|e| invalid(e.to_string()))?;
    let mut plans = Vec::new();
    collect(value, &mut plans);
    let mut offerings: Vec<Offering> = Vec::new();
    for plan in plans {
        let plan: PricingPlan = serde_json::from_value(plan)
            .map_err(|e| invalid(format!("not a pricing plan: {e}")))?;
        let edition = match plan.offering_name.as_deref() {
            Some("Standard") => Edition::Standard,
            Some("Advanced") => Edition::Advanced,
            _ => continue,
        };
        let counts = |text: &Option<String>, is: &str| text.as_deref().is_none_or(|t| t == is);
        if !counts(&plan.kind, "COMMERCIAL") || !counts(&plan.status, "ACTIVE") {
            continue;
        }
        let currency = plan.currency.unwrap_or_else(|| "USD".to_owned());
        let at = offerings.iter().position(|o| o.edition() == edition);
        let at = at.unwrap_or_else(|| {
            offerings.push(Offering::new(edition, currency));
            offerings.len().saturating_sub(1)
        });
        let Some(offering) = offerings.get_mut(at) else {
            continue;
        };
        for item in &plan.items {
            let cycle = item.cycle.as_ref().or(plan.primary_cycle.as_ref());
            let cycle = match cycle.map(|c| c.name.as_str()) {
                Some("MONTHLY") => Cycle::Monthly,
                Some("ANNUAL") => Cycle::Annual,
                other => {
                    let found = other.unwrap_or("none");
                    return Err(invalid(format!(
                        "expected the cycle MONTHLY or ANNUAL, found {found}"
                    )));
                }
            };
            if offering.plan(cycle).is_some() {
                let name = edition.name();
                return Err(invalid(format!(
                    "two {} plans of {name} are active",
                    cycle.name()
                )));
            }
            offering.set(cycle, of_item(item)?);
        }
    }
    if offerings.is_empty() {
        let message = "no active commercial plan of the offerings Standard and Advanced";
        return Err(invalid(message.to_owned()));
    }
    offerings.sort_by_key(Offering::edition);
    Ok(offerings)
}

/// Plans out of a plan, a list or a page.
fn collect(value: Value, plans: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.into_iter().for_each(|v| collect(v, plans)),
        Value::Object(mut object) => match object.remove("values") {
            Some(values) => collect(values, plans),
            None => plans.push(Value::Object(object)),
        },
        other => plans.push(other),
    }
}

fn of_item(item: &Item) -> Result<Plan, PlanError> {
    let mode = match item.tiers_mode.as_deref() {
        Some("GRADUATED") => TiersMode::Graduated,
        Some("VOLUME") => TiersMode::Volume,
        other => {
            let found = other.unwrap_or("none");
            let message = format!("expected the tiers mode GRADUATED or VOLUME, found {found}");
            return Err(PlanError::Json { message });
        }
    };
    let tiers: Result<Vec<Tier>, PlanError> = item.tiers.iter().map(of_tier).collect();
    Plan::new(mode, joined(mode, tiers?))
}

fn of_tier(tier: &ItemTier) -> Result<Tier, PlanError> {
    let unit = match amount(tier.unit_amount_decimal.as_ref())? {
        Some(exact) => Some(exact),
        None => amount(tier.unit_amount.as_ref())?,
    };
    Ok(Tier {
        floor: tier.floor,
        ceiling: tier.ceiling,
        unit,
        flat: amount(tier.flat_amount.as_ref())?,
    })
}

/// A number or a text with a number, in minor units.
fn amount(value: Option<&Value>) -> Result<Option<Money>, PlanError> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match Money::from_decimal_cents(&text) {
        Some(money) => Ok(Some(money)),
        None => Err(PlanError::Json {
            message: format!(
                "expected an amount in minor units, found `{}`",
                short(&text)
            ),
        }),
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The tier from 11 users put together, where its two parts say the same.
fn joined(mode: TiersMode, mut tiers: Vec<Tier>) -> Vec<Tier> {
    tiers.sort_by_key(|tier| tier.floor);
    let split = tiers
        .iter()
        .position(|t| t.floor == 11 && t.ceiling == Some(11));
    let Some(at) = split else { return tiers };
    let next = at.saturating_add(1);
    let (Some(first), Some(second)) = (tiers.get(at).copied(), tiers.get(next).copied()) else {
        return tiers;
    };
    if second.floor != 12 {
        return tiers;
    }
    let zero = |money: Option<Money>| money.unwrap_or(Money::ZERO);
    let units = zero(first.unit) == zero(second.unit);
    let flats = zero(first.flat) == zero(second.flat);
    let same = match mode {
        TiersMode::Volume => units && flats,
        // a flat amount is of the tier that was split: it is stated twice, and meant once
        TiersMode::Graduated => units && (flats || second.flat.is_none()),
    };
    if same {
        tiers.remove(next);
        if let Some(tier) = tiers.get_mut(at) {
            tier.ceiling = second.ceiling;
        }
    }
    tiers
}
