//! The query of an iframe URL is read twice: by the core, with all its parameters, and by the gate,
//! for browsers. Both must say the same.

use app_license::connect::IframeQuery;
use app_license_gate::capability::Edition;
use app_license_gate::facts::State;
use app_license_gate::query::QueryFacts;
use proptest::prelude::*;

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
    fn the_core_and_the_gate_say_the_same(mark in "\\??", parts in proptest::collection::vec(part(), 0..6)) {
        let query = format!("{mark}{}", parts.join("&"));
        let license = IframeQuery::parse(&query).license();
        let facts = QueryFacts::read(&query);
        prop_assert_eq!(license.state(), facts.state(), "{}", query);
        let set = facts.capability_set;
        prop_assert_eq!(license.user_access(), facts.user_access(), "{}", query);
        let edition = set.map_or(Some(Edition::Standard), |s| s.edition());
        let edition = edition.filter(|_| facts.state() == State::Active);
        prop_assert_eq!(license.edition(), edition, "{}", query);
        let set = set.map(|set| set.to_string());
        match (license.capability_set(), set) {
            (Some(core), Some(gate)) => {
                prop_assert!(app_license::ranking::same(core.as_str(), &gate), "{}", query);
            }
            (core, gate) => prop_assert_eq!(core.is_some(), gate.is_some(), "{}", query),
        }
    }
}
