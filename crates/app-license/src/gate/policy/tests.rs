//! The table of decisions again, written row by row the slow way, checked over every cell.

use std::time::Duration;
use std::vec::Vec;

use super::{Deployment, Evidence, Policy, Reason, WhenAbsent};
use crate::gate::capability::{Edition, Grants, RequiredCapability};
use crate::gate::facts::{Flag, State};
use crate::gate::user_access::UserAccess;

const CAPABILITIES: [Option<&str>; 4] = [
    None,
    Some("capabilityStandard"),
    Some("capabilityAdvanced"),
    Some("capabilityUltra"),
];

fn includes(has: &str, wants: &str) -> bool {
    let ranked = ["capabilityFree", "capabilityStandard", "capabilityAdvanced"];
    let rank = |c: &str| ranked.iter().position(|x| *x == c);
    match (rank(has), rank(wants)) {
        (Some(h), Some(w)) => h >= w,
        (None, None) => has == wants,
        _ => false,
    }
}

/// A policy and the settings it was made of.
struct Inputs {
    policy: Policy,
    when_absent: WhenAbsent,
    outside: Option<WhenAbsent>,
    max_age: Option<u64>,
    production: bool,
    confirmed: bool,
    sells_nothing: bool,
    ignore_user_access: bool,
}

fn policies() -> Vec<Inputs> {
    let assumed = [
        WhenAbsent::Deny,
        WhenAbsent::Assume(Edition::Standard),
        WhenAbsent::Assume(Edition::Advanced),
    ];
    let outsides = [
        None,
        Some(WhenAbsent::Deny),
        Some(WhenAbsent::Assume(Edition::Standard)),
    ];
    let mut all = Vec::new();
    for bits in 0..16_u32 {
        let bit = |n: u32| bits & (1 << n) != 0;
        for when_absent in assumed {
            for outside in outsides {
                for max_age in [None, Some(10)] {
                    let mut policy = Policy::new()
                        .when_absent(when_absent)
                        .production_only(bit(0))
                        .confirmed_only(bit(1))
                        .sells_nothing(bit(2))
                        .ignore_user_access(bit(3));
                    if let Some(meaning) = outside {
                        policy = policy.when_absent_outside_production(meaning);
                    }
                    if let Some(seconds) = max_age {
                        policy = policy.max_age(Duration::from_secs(seconds));
                    }
                    all.push(Inputs {
                        policy,
                        when_absent,
                        outside,
                        max_age,
                        production: bit(0),
                        confirmed: bit(1),
                        sells_nothing: bit(2),
                        ignore_user_access: bit(3),
                    });
                }
            }
        }
    }
    all
}

fn evidence() -> Vec<(Evidence<'static>, &'static str)> {
    let mut all = Vec::new();
    for state in [State::Active, State::Inactive, State::Absent] {
        for evaluation in [None, Some(true)] {
            for capability in CAPABILITIES {
                for deployment in [
                    Deployment::Production,
                    Deployment::NotProduction,
                    Deployment::Unknown,
                ] {
                    for age in [None, Some(10), Some(11)] {
                        for confirmed in [false, true] {
                            for user_access in [
                                None,
                                Some(UserAccess::new(Flag::Is(false), Flag::Missing)),
                                Some(UserAccess::new(Flag::Is(true), Flag::Is(true))),
                                Some(UserAccess::new(Flag::Is(true), Flag::Is(false))),
                            ] {
                                let grants = match state {
                                    State::Active => Grants::of_active(capability.map(Into::into)),
                                    _ => Grants::Nothing,
                                };
                                let evidence = Evidence {
                                    state,
                                    grants,
                                    evaluation,
                                    deployment,
                                    age,
                                    confirmed,
                                    user_access,
                                };
                                all.push((evidence, capability.unwrap_or("capabilityStandard")));
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

fn wanted(asked: &Inputs, evidence: &Evidence<'_>, has: &str, wants: &str) -> Reason {
    let outside = evidence.deployment == Deployment::NotProduction;
    let meaning = match asked.outside {
        Some(meaning) if outside => meaning,
        _ => asked.when_absent,
    };
    let assumed = match meaning {
        WhenAbsent::Assume(edition) if !asked.confirmed => Some(edition.capability_set()),
        _ => None,
    };
    if !asked.sells_nothing {
        if evidence.state == State::Inactive {
            return Reason::Inactive {
                trial: evidence.evaluation,
            };
        }
        if evidence.state == State::Absent && assumed.is_none() {
            return Reason::Absent;
        }
    }
    if evidence.user_access.is_some_and(|a| !a.allows()) && !asked.ignore_user_access {
        return Reason::NoUserAccess;
    }
    let production = evidence.deployment == Deployment::Production;
    if (asked.production || asked.confirmed) && !production {
        return Reason::NotProduction;
    }
    let fresh = asked.max_age.is_none() || matches!(evidence.age, Some(0..=10));
    if evidence.state == State::Active && !fresh && !asked.sells_nothing {
        return Reason::Stale;
    }
    if asked.confirmed && !evidence.confirmed {
        return Reason::Unconfirmed;
    }
    let has = match evidence.state {
        State::Absent => assumed.unwrap_or_default(),
        _ => has,
    };
    if asked.sells_nothing || includes(has, wants) {
        Reason::Granted
    } else {
        Reason::CapabilityMissing
    }
}

#[test]
fn every_cell_of_the_table() {
    let (policies, evidence) = (policies(), evidence());
    for asked in &policies {
        for (evidence, has) in &evidence {
            for wants in CAPABILITIES.into_iter().flatten() {
                let got = asked
                    .policy
                    .decide(evidence, RequiredCapability::from(wants));
                let want = wanted(asked, evidence, has, wants);
                assert_eq!(got, want, "{:?} {evidence:?} {wants}", asked.policy);
            }
        }
    }
    assert_eq!(policies.len(), 16 * 3 * 3 * 2);
    assert_eq!(evidence.len(), 3 * 2 * 4 * 3 * 3 * 2 * 4);
}
