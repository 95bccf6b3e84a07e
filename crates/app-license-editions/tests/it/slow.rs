//! The comparison held against the slow way: user by user, tier by tier, to 100,000.

use app_license_editions::{Cycle, Editions, compare};
use proptest::prelude::*;

const MOST: u64 = 100_000;

/// A plan as a person would add it up.
#[derive(Debug, Clone)]
struct Slow {
    volume: bool,
    starter: Option<u128>,
    /// The last user count, cents a user, cents for the tier.
    tiers: Vec<(u64, Option<u64>, Option<u64>)>,
}

impl Slow {
    /// The prices of 1 to `MOST` users: the index is the user count.
    fn prices(&self) -> Vec<Option<u128>> {
        let mut prices = vec![None];
        let (mut tier, mut sum) = (0, 0_u128);
        for users in 1..=MOST {
            let began = tier == 0 && users == 1
                || tier < self.tiers.len() && users == self.tiers[tier].0 + 1;
            if began && users > 1 {
                tier += 1;
            }
            let Some((_, unit, flat)) = self.tiers.get(tier) else {
                prices.push(None);
                continue;
            };
            let (unit, flat) = (u128::from(unit.unwrap_or(0)), u128::from(flat.unwrap_or(0)));
            sum += unit + if began { flat } else { 0 };
            let price = match self.starter {
                Some(starter) if users <= 10 => starter,
                _ if self.volume => unit * u128::from(users) + flat,
                _ => sum,
            };
            prices.push(Some(price));
        }
        prices
    }

    fn toml(&self) -> String {
        let mode = if self.volume { "volume" } else { "graduated" };
        let starter = self
            .starter
            .map_or_else(String::new, |s| format!("starter = {s}\n"));
        let tiers: Vec<String> = self
            .tiers
            .iter()
            .map(|(up_to, unit, flat)| {
                let mut fields = Vec::new();
                if *up_to < MOST {
                    fields.push(format!("up-to = {up_to}"));
                }
                fields.extend(unit.map(|unit| format!("per-user = {unit}")));
                fields.extend(flat.map(|flat| format!("flat = {flat}")));
                format!("{{ {} }}", fields.join(", "))
            })
            .collect();
        format!(
            "mode = \"{mode}\"\n{starter}tiers = [{}]\n",
            tiers.join(", ")
        )
    }
}

/// The table of a cycle in the file.
fn name(cycle: Cycle) -> &'static str {
    match cycle {
        Cycle::Annual => "annual",
        _ => "monthly",
    }
}

fn plan() -> impl Strategy<Value = Slow> {
    let breakpoints =
        prop::collection::btree_set(prop_oneof![1_u64..20, 1_u64..1000, 1_u64..MOST], 0..6);
    let amount = prop_oneof![3 => (1_u64..400).prop_map(Some), 1 => Just(None)];
    (
        any::<bool>(),
        prop::option::of(0_u128..4000),
        breakpoints,
        prop::collection::vec((1_u64..400, amount), 7),
        any::<bool>(),
    )
        .prop_map(|(volume, starter, breakpoints, amounts, ends)| {
            let mut ceilings: Vec<u64> = breakpoints.into_iter().collect();
            if !ends || ceilings.is_empty() {
                ceilings.push(MOST);
            }
            let tiers = ceilings
                .into_iter()
                .zip(amounts)
                .map(|(ceiling, (unit, flat))| (ceiling, Some(unit), flat.map(|f| f * 10)))
                .collect();
            Slow {
                volume,
                starter,
                tiers,
            }
        })
}

/// Advanced, most often somewhat dearer than Standard.
fn pair() -> impl Strategy<Value = (Slow, Slow)> {
    let dearer = plan().prop_flat_map(|standard| {
        (Just(standard), 0_u64..3, 0_u128..3).prop_map(|(standard, more, starter)| {
            let mut advanced = standard.clone();
            advanced.starter = advanced.starter.map(|s| s + starter);
            for tier in &mut advanced.tiers {
                tier.1 = tier.1.map(|unit| unit + more);
            }
            (standard, advanced)
        })
    });
    prop_oneof![(plan(), plan()), dearer]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whenever_the_check_passes_advanced_is_above_standard_at_every_user_count(
        (standard, advanced) in pair(),
        cycle in prop::sample::select(vec![Cycle::Monthly, Cycle::Annual]),
    ) {
        let text = format!(
            "[pricing.standard.{cycle}]\n{}[pricing.advanced.{cycle}]\n{}",
            standard.toml(),
            advanced.toml(),
            cycle = name(cycle),
        );
        let editions = Editions::from_toml("editions.toml", &text).unwrap();
        let [s, a] = editions.offerings() else { panic!("two offerings") };
        let comparison = compare(s, a);
        let (low, high) = (standard.prices(), advanced.prices());
        let fails = |users: &usize| match (low[*users], high[*users]) {
            (Some(low), Some(high)) => high <= low,
            (None, None) => false,
            _ => true,
        };
        let first = (1..low.len()).find(fails).map(|users| users as u64);
        let named = comparison
            .first_failure()
            .filter(|(named, users)| *named == cycle && *users <= MOST);
        // not only that it fails: the very user count
        prop_assert_eq!(named.map(|(_, users)| users), first, "{}", text);
        if comparison.holds() {
            prop_assert_eq!(first, None, "{}", text);
        }
    }

    #[test]
    fn prices_are_those_of_the_slow_way(
        slow in plan(),
        users in 1_u64..MOST,
        cycle in prop::sample::select(vec![Cycle::Monthly, Cycle::Annual]),
    ) {
        let text = format!("[pricing.standard.{}]\n{}", name(cycle), slow.toml());
        let editions = Editions::from_toml("editions.toml", &text).unwrap();
        let plan = editions.offerings()[0].plan(cycle).unwrap();
        let expected = slow.prices()[usize::try_from(users).unwrap()];
        let expected = expected.map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
        prop_assert_eq!(plan.price(users).map(|p| p.to_string()), expected, "{}", text);
    }
}
