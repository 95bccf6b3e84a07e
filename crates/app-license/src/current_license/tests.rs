//! Every combination of request, policy, License API and store, against the rules as a table.

use crate::gate::facts::State;
use crate::gate::user_access::UserAccess;

use super::{CurrentLicense, LicenseApi, Next, StatementOf};
use crate::gate::policy::{Evidence, Policy};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::open_text::EnvironmentType;
use crate::time::UnixTime;
use crate::verified::Verified;

/// When the request was made; the statements are told apart by their dates.
const ISSUED: u64 = 1_000;
const NOW: u64 = 1_020;
const STORED_FOR: u64 = 100;

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(seconds)
}

fn stated(json: &str, source: LicenseSource, as_of: u64) -> Verified<License> {
    let license = License::from_object(json.as_bytes(), source).unwrap();
    Verified::dangerous_assume(license.at(at(as_of)))
}

fn of_api(json: &str, as_of: u64) -> Verified<License> {
    stated(json, LicenseSource::ConnectLicenseApi, as_of)
}

const ACTIVE: &str = r#"{"active":true,"entitlementId":"e-1","type":"COMMERCIAL"}"#;
const INACTIVE: &str = r#"{"active":false}"#;

const REQUESTS: [&str; 9] = [
    "page none",
    "undated page none",
    "page active",
    "page absent",
    "context none",
    "context active",
    "FIT inactive",
    "FIT confirmed",
    "FIT absent",
];

fn request(name: &str) -> Verified<License> {
    let (source, rest) = match name.rsplit_once(' ').unwrap() {
        ("context", state) => (LicenseSource::ConnectContextToken, state),
        ("FIT", state) => (LicenseSource::ForgeInvocationToken, state),
        (_, state) => (LicenseSource::ConnectIframeQuery, state),
    };
    let license = match rest {
        "active" | "confirmed" => License::from_object(ACTIVE.as_bytes(), source).unwrap(),
        "none" | "inactive" => License::from_object(INACTIVE.as_bytes(), source).unwrap(),
        _ => License::absent(source),
    };
    let license = match name {
        "undated page none" => license,
        "FIT confirmed" => license
            .in_environment(EnvironmentType::PRODUCTION)
            .at(at(ISSUED)),
        _ => license.at(at(ISSUED)),
    };
    Verified::dangerous_assume(license.with_user_access(Some(UserAccess::UNREADABLE)))
}

const POLICIES: [&str; 3] = ["plain", "confirmed only", "sells nothing"];

fn policy(name: &str) -> Policy {
    match name {
        "confirmed only" => Policy::new().confirmed_only(true),
        "sells nothing" => Policy::new().sells_nothing(true),
        _ => Policy::new(),
    }
}

const APIS: [&str; 9] = [
    "not asked",
    "not configured",
    "refused",
    "failed",
    "active, newer",
    "active, a little older",
    "active, older",
    "inactive",
    "absent",
];

fn license_api(name: &str) -> Option<LicenseApi> {
    let stated = |license| Some(LicenseApi::Stated(Box::new(license)));
    match name {
        "not asked" => None,
        "not configured" => Some(LicenseApi::NotConfigured),
        "refused" => Some(LicenseApi::TokenRefused),
        "failed" => Some(LicenseApi::Failed),
        "active, newer" => stated(of_api(ACTIVE, ISSUED + 10)),
        "active, a little older" => stated(of_api(ACTIVE, ISSUED - 5)),
        "active, older" => stated(of_api(ACTIVE, ISSUED - 6)),
        "inactive" => stated(of_api(INACTIVE, ISSUED + 10)),
        _ => stated(of_api("{}", ISSUED + 10)),
    }
}

const STORED: [&str; 5] = [
    "not allowed",
    "not loaded",
    "none",
    "last second",
    "too old",
];

fn name(next: Next) -> &'static str {
    match next {
        Next::Ask { since } if since == UnixTime::EPOCH => "ask",
        Next::Ask { since } if since == at(ISSUED) => "ask as of the page",
        Next::Ask { .. } => "ask as of another time",
        Next::AskNewer => "ask for a newer one",
        Next::LoadStored => "load",
        Next::CouldNotCheck => "could not check",
        Next::Use(StatementOf::Request) => "request",
        Next::Use(StatementOf::LicenseApi) => "API",
        Next::Use(StatementOf::Store) => "stored",
    }
}

/// Whose statement it is that was taken, by license source and date.
fn taken(license: &License) -> &'static str {
    match license.source() {
        LicenseSource::ConnectLicenseApi if license.as_of() == Some(at(NOW - STORED_FOR)) => {
            "stored"
        }
        LicenseSource::ConnectLicenseApi => "API",
        _ => "request",
    }
}

/// The rules: the first row that fits. `*` fits all; a name fits all that contain it.
const RULES: [([&str; 4], &str); 16] = [
    (["*", "sells nothing", "*", "*"], "request"),
    (["undated page none", "*", "not asked", "*"], "request"),
    (["page none", "*", "not asked", "*"], "ask as of the page"),
    (["undated page none", "*", "*", "*"], "request"),
    (["page none", "*", "active, newer", "*"], "API"),
    (["page none", "*", "active, a little older", "*"], "API"),
    (["none", "*", "*", "*"], "request"),
    (["inactive", "*", "*", "*"], "request"),
    (["active", "plain", "*", "*"], "request"),
    (["confirmed", "*", "*", "*"], "request"),
    (["*", "*", "not asked", "*"], "ask"),
    (["*", "*", "active", "*"], "API"),
    (["*", "*", "absent", "*"], "API"),
    (["*", "*", "refused", "*"], "could not check"),
    (["*", "*", "*", "not loaded"], "load"),
    (["*", "*", "*", "last second"], "stored"),
];

fn wanted(case: [&str; 4]) -> &'static str {
    let fits = |(rule, case): (&&str, &str)| *rule == "*" || case.contains(*rule);
    let first = RULES
        .iter()
        .find(|(rules, _)| rules.iter().zip(case).all(fits));
    match first {
        Some((_, outcome)) => outcome,
        None if case.contains(&"failed") => "could not check",
        None => "request",
    }
}

#[test]
fn every_combination_follows_the_rules() {
    let mut count = 0_u32;
    for of_request in REQUESTS {
        for of_policy in POLICIES {
            for api in APIS {
                for stored in STORED {
                    let policy = policy(of_policy);
                    let allowed = (stored != "not allowed").then_some(STORED_FOR);
                    let mut current =
                        CurrentLicense::new(request(of_request), &policy).stored_for(allowed);
                    if let Some(api) = license_api(api) {
                        current.asked(api);
                    }
                    match stored {
                        "none" => current.loaded(None),
                        "last second" => {
                            current.loaded(Some(of_api(ACTIVE, NOW - STORED_FOR)));
                        }
                        "too old" => {
                            current.loaded(Some(of_api(ACTIVE, NOW - STORED_FOR - 1)));
                        }
                        _ => {}
                    }
                    let case = [of_request, of_policy, api, stored];
                    if current.next(at(NOW)) == Next::AskNewer {
                        let less = api == "inactive" || api == "absent";
                        assert!(less && of_request.contains("active"), "{case:?}");
                        current.asked_newer(None);
                    }
                    let next = current.next(at(NOW));
                    assert_eq!(name(next), wanted(case), "{case:?}");
                    if let Next::Use(of) = next {
                        let news = current.news(of).clone();
                        let license = current.license(of);
                        assert_eq!(news.state(), license.state(), "{case:?}");
                        let of_api = taken(&license) == "request" && taken(&news) == "API";
                        let confirmed = next == Next::Use(StatementOf::Request)
                            && (api, license.state()) == ("inactive", State::Inactive)
                            || api.starts_with("active") && license.state() == State::Active
                            || api == "absent" && license.state() == State::Absent;
                        assert_eq!(
                            of_api,
                            confirmed && taken(&license) == "request",
                            "{case:?}"
                        );
                        assert_eq!(taken(&license), name(next), "{case:?}");
                        let access = Some(UserAccess::UNREADABLE);
                        assert_eq!(license.user_access(), access, "{case:?}");
                    }
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 1215);
}

#[test]
fn what_was_said_before_the_install_counts_for_nothing() {
    let policy = Policy::new();
    for (age, answer, stored) in [
        (1, "could not check", "could not check"),
        (0, "API", "stored"),
    ] {
        let then = NOW - age;
        let new = || {
            CurrentLicense::new(request("page absent"), &policy)
                .stored_for(Some(STORED_FOR))
                .installed_at(at(NOW))
        };
        let mut current = new();
        current.asked(LicenseApi::Stated(Box::new(of_api(ACTIVE, then))));
        current.loaded(None);
        assert_eq!(name(current.next(at(NOW))), answer);
        let mut current = new();
        current.asked(LicenseApi::Failed);
        current.loaded(Some(of_api(ACTIVE, then)));
        assert_eq!(name(current.next(at(NOW))), stored);
    }
}

#[test]
fn a_stored_statement_of_the_future_stands_in_for_nothing() {
    for (ahead, stored) in [
        (0, "stored"),
        (Evidence::MAX_AHEAD, "stored"),
        (Evidence::MAX_AHEAD + 1, "could not check"),
        (u64::from(u32::MAX), "could not check"),
    ] {
        let policy = Policy::new();
        let mut current =
            CurrentLicense::new(request("page absent"), &policy).stored_for(Some(STORED_FOR));
        current.asked(LicenseApi::Failed);
        current.loaded(Some(of_api(ACTIVE, NOW + ahead)));
        assert_eq!(name(current.next(at(NOW))), stored, "{ahead}");
    }
}

/// Nobody knows when it was stated: it overrules no `lic=none`.
#[test]
fn an_answer_of_the_future_overrules_nothing() {
    for (ahead, used) in [
        (0, "API"),
        (Evidence::MAX_AHEAD, "API"),
        (Evidence::MAX_AHEAD + 1, "request"),
    ] {
        let policy = Policy::new();
        let mut current = CurrentLicense::new(request("page none"), &policy);
        current.asked(LicenseApi::Stated(Box::new(of_api(ACTIVE, NOW + ahead))));
        assert_eq!(name(current.next(at(NOW))), used, "{ahead}");
    }
}

/// Whatever comes of each step, a shell is done after asking once and loading once.
#[test]
fn nothing_is_asked_or_loaded_twice() {
    for of_request in REQUESTS {
        for of_policy in POLICIES {
            for api in APIS.into_iter().filter(|api| *api != "not asked") {
                let policy = policy(of_policy);
                let mut current =
                    CurrentLicense::new(request(of_request), &policy).stored_for(Some(STORED_FOR));
                let mut steps = Vec::new();
                for _ in 0..5 {
                    let next = current.next(at(NOW));
                    match next {
                        Next::Ask { .. } => current.asked(license_api(api).unwrap()),
                        Next::AskNewer => current.asked_newer(license_api(api)),
                        Next::LoadStored => current.loaded(None),
                        Next::Use(_) | Next::CouldNotCheck => break,
                    }
                    steps.push(name(next));
                }
                let newer = steps.contains(&"ask for a newer one");
                assert!(
                    steps.len() <= 2 + usize::from(newer),
                    "{of_request} {of_policy} {api}: {steps:?}"
                );
            }
        }
    }
}
