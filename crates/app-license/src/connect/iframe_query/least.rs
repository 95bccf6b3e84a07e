//! Which of several capability sets a query names: the one that grants least, whatever their order. The host's
//! request hash sorts values, so a user may swap them without breaking the signature.

use std::borrow::Cow;

use crate::connect::query::{decode, pairs};
use crate::gate::capability::{Edition, same};

/// Empty, or the literal `NULL`: no edition is named.
pub(super) fn says_nothing(capability: &str) -> bool {
    matches!(capability, "" | "NULL")
}

/// Stands for several capability sets without a rank: each includes only itself, so together they include
/// nothing.
const SEVERAL: &str = ",";

/// A capability set as a parameter names it; its edition is looked up once.
struct Named<'q> {
    set: Cow<'q, str>,
    /// Nothing said counts as Standard.
    edition: Option<Edition>,
}

impl<'q> Named<'q> {
    fn of(set: Cow<'q, str>) -> Self {
        let edition = if says_nothing(&set) {
            Some(Edition::Standard)
        } else {
            Edition::of(&set)
        };
        Self { set, edition }
    }

    /// What two of them come to, the same whichever comes first. One without a rank is below every rank, for
    /// it includes none; two different ones of them include nothing.
    fn and(self, other: Self) -> Self {
        match (self.edition, other.edition) {
            (None, None) if !same(&self.set, &other.set) => Self {
                set: SEVERAL.into(),
                edition: None,
            },
            // the shorter spelling, so that a long one is not walked again
            (None, None) if other.set.len() < self.set.len() => other,
            // `None` sorts below every edition
            (one, two) if one <= two => self,
            _ => other,
        }
    }
}

/// The capability set that a query names by all its `capSet` and `capabilitySet`; `None` for one that says
/// nothing.
pub(super) fn least(query: &str) -> Option<Cow<'_, str>> {
    let named = pairs(query)
        .filter(|pair| matches!(&*decode(pair.name), "capSet" | "capabilitySet"))
        .map(|pair| Named::of(decode(pair.value)));
    let least = named.reduce(Named::and)?;
    (!says_nothing(&least.set)).then_some(least.set)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Edition, least};
    use proptest::prelude::*;

    #[test]
    fn the_least_generous_capability_counts_whatever_the_order() {
        let (s, a, u, v) = (
            "capabilityStandard",
            "capabilityAdvanced",
            "cUltra",
            "cVast",
        );
        let free = "capabilityFree";
        for (one, other, want) in [
            (s, a, s),
            (a, free, free),
            (u, a, u),
            (u, free, u),
            (u, v, ","),
            ("", a, ""),
            ("NULL", a, ""),
            ("", free, free),
            ("", u, u),
        ] {
            let want = (!want.is_empty()).then_some(want);
            for (x, y) in [(one, other), (other, one)] {
                for (n, m) in [("capSet", "capSet"), ("capSet", "c%61pabilitySet")] {
                    let query = format!("lic=active&{n}={x}&{m}={y}");
                    assert_eq!(least(&query).as_deref(), want, "{query}");
                }
            }
        }
        let twice = "lic=active&capSet=capabilityAdvanced&capabilitySet=CAPABILITY_ADVANCED";
        assert_eq!(least(twice).as_deref(), Some(a));
        assert_eq!(least("lic=active&capSet="), None);
        assert_eq!(least("CapSet=capabilityAdvanced"), None);
        let query = "lic=active&capSet=cUltra&capSet=cVast&capSet=cUltra";
        assert_eq!(least(query).as_deref(), Some(","));
    }

    proptest! {
        #[test]
        fn any_order_names_the_same(mut values in proptest::collection::vec(
            "(capability(Free|_standard|Advanced|Ultra)|NULL|c_?v|[a-c,%_]{0,3})", 1..5,
        )) {
            let query = |values: &[String]| values.iter().map(|v| format!("capSet={v}&")).collect::<String>();
            let (forward, backward) = (query(&values), { values.reverse(); query(&values) });
            let (one, other) = (least(&forward), least(&backward));
            // nothing said and Standard grant the same
            let edition = |set: &Option<Cow<'_, str>>| set.as_deref().map_or(Some(Edition::Standard), Edition::of);
            prop_assert_eq!(edition(&one), edition(&other), "{} {}", forward, backward);
            if edition(&one).is_none() {
                let same = one.zip(other).is_some_and(|(one, other)| super::same(&one, &other));
                prop_assert!(same, "{} {}", forward, backward);
            }
        }
    }
}
