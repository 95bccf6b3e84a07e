//! What a query says, value by value.

use super::IframeQuery;
use crate::State;

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
