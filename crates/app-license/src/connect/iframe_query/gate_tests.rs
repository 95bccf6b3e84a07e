//! What a query says, value by value; and its capability set is the same, read by the gate.

use super::IframeQuery;
use crate::State;
use crate::gate::capability::Edition;
use crate::gate::query::capability_set;
use proptest::prelude::*;

#[test]
fn lic_grants_only_when_it_is_exactly_active() {
    for (query, want) in [
        ("lic=active", State::Active),
        ("?lic=active", State::Absent),
        ("lic=%61ctive", State::Active),
        ("l%69c=active", State::Active),
        ("lic=active&lic=active", State::Active),
        ("lic=active&lic=none", State::Inactive),
        ("lic=none&lic=active", State::Inactive),
        ("lic=active&lic", State::Inactive),
        ("lic=Active", State::Inactive),
        ("lic=active+", State::Inactive),
        ("lic=%20active", State::Inactive),
        ("lic=active%00", State::Inactive),
        ("lic=active,active", State::Inactive),
        ("lic=acti%C2%ADve", State::Inactive),
        ("lic=%", State::Inactive),
        ("lic=%2", State::Inactive),
        ("lic=", State::Inactive),
        ("lic", State::Inactive),
        ("lic=active=1", State::Inactive),
        ("LIC=active", State::Absent),
        ("lic%5B%5D=active", State::Absent),
        ("ac.lic=active", State::Absent),
        ("+lic=active", State::Absent),
        ("", State::Absent),
        ("?", State::Absent),
        ("&&=&a", State::Absent),
        ("x=lic=active", State::Absent),
    ] {
        assert_eq!(IframeQuery::parse(query).license().state(), want, "{query}");
    }
}

#[test]
fn user_access_is_true_or_it_denies() {
    for (query, want) in [
        ("userAccess=true", Some(true)),
        ("userAccess=true&userAccess=true", Some(true)),
        ("userAccess=false", Some(false)),
        ("userAccess=true&userAccess=false", Some(false)),
        ("userAccess=false&userAccess=true", Some(false)),
        ("userAccess=True", Some(false)),
        ("userAccess=1", Some(false)),
        ("userAccess=", Some(false)),
        ("userAccess", Some(false)),
        ("useraccess=false", None),
        ("", None),
    ] {
        let access = IframeQuery::parse(query).user_access();
        assert_eq!(access.map(|a| a.allows()), want, "{query}");
    }
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("lic=active".to_owned()),
        Just("lic=none".to_owned()),
        Just("l%69c=%61ctive".to_owned()),
        Just("lic".to_owned()),
        Just("capSet=capabilityAdvanced".to_owned()),
        Just("capSet=CAPABILITY_advanced".to_owned()),
        Just("capabilitySet=capabilityStandard".to_owned()),
        Just("capSet=capabilityFree".to_owned()),
        Just("cap%53et=capability%55ltra".to_owned()),
        Just("capSet=capabilityVast".to_owned()),
        Just("userAccess=true".to_owned()),
        Just("userAccess=false".to_owned()),
        Just("userAcces%73=%74rue".to_owned()),
        Just("capSet=".to_owned()),
        Just("capSet=NULL".to_owned()),
        "(lic|capSet|capabilitySet|userAccess|x)=[a%+0-9=é]{0,6}",
        "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn the_query_and_the_gate_name_the_same_set(mark in "\\??", parts in proptest::collection::vec(part(), 0..6)) {
        let query = format!("{mark}{}", parts.join("&"));
        let license = IframeQuery::parse(&query).license();
        let set = capability_set(&query);
        let edition = set.map_or(Some(Edition::Standard), |set| set.edition());
        let edition = edition.filter(|_| license.state() == State::Active);
        prop_assert_eq!(license.edition(), edition, "{}", query);
        match (license.capability_set(), set.map(|set| set.to_string())) {
            (Some(core), Some(gate)) => {
                prop_assert!(crate::ranking::same(core.as_str(), &gate), "{}", query);
            }
            (core, gate) => prop_assert_eq!(core.is_some(), gate.is_some(), "{}", query),
        }
    }
}
