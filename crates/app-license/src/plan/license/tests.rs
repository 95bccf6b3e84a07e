//! The bounds of the license plan, for any sequence of questions, answers and faults.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers of the tests' own"
)]

use proptest::prelude::*;

use super::{
    AnswerContent, CacheEntry, Caller, FetchError, FetchResult, Lease, LeaseUse, LicensePlan,
};
use super::{Retries, Step};
use crate::forge::LicenseApiResponse;
use crate::gate::policy::Evidence;
use crate::time::UnixTime;

type Entry = CacheEntry<u32, &'static str>;
type Result = FetchResult<u32, &'static str>;

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(1_000_000).plus(seconds)
}

#[test]
fn an_answer_of_forge_with_an_error_in_it_is_half_an_answer() {
    let of = |results: &[&str]| {
        let json = format!(r#"{{"results":[{}]}}"#, results.join(","));
        let answer = LicenseApiResponse::parse(json.as_bytes()).unwrap();
        AnswerContent::of_forge(&answer)
    };
    let [active, inactive] =
        [true, false].map(|yes| format!(r#"{{"appId":"a-{yes}","data":{{"active":{yes}}}}}"#));
    let error = |kind| format!(r#"{{"appId":"a-2","error":{{"type":"{kind}","message":"no"}}}}"#);
    assert_eq!(of(&[&active, &error("INTERNAL")]), AnswerContent::Partial);
    assert_eq!(of(&[&inactive, &error("INTERNAL")]), AnswerContent::Partial);
    // it says that there is no license
    assert_eq!(of(&[&active, &error("NOT_FOUND")]), AnswerContent::Active);
    assert_eq!(
        of(&[&inactive, &error("NOT_FOUND")]),
        AnswerContent::Inactive
    );
    assert_eq!(of(&[&inactive, &active]), AnswerContent::Active);
}

fn answered(value: u32, content: AnswerContent) -> Result {
    FetchResult::Answered { value, content }
}

fn failed(retry_after: Option<u64>) -> Result {
    FetchResult::Failed {
        error: "failed",
        retry_after,
    }
}

fn refused() -> Result {
    FetchResult::TokenRefused {
        error: "refused",
        retry_after: None,
    }
}

fn result() -> impl Strategy<Value = Result> {
    let retry_after = prop_oneof![
        Just(None),
        (0_u64..9000).prop_map(Some),
        Just(Some(u64::MAX)),
    ];
    prop_oneof![
        3 => Just(answered(1, AnswerContent::Active)),
        2 => Just(answered(2, AnswerContent::Inactive)),
        1 => Just(answered(3, AnswerContent::Partial)),
        2 => retry_after.prop_map(failed),
        2 => Just(refused()),
    ]
}

fn pause_of(result: &Result) -> u64 {
    match result {
        FetchResult::Failed { retry_after, .. } => retry_after.unwrap_or(0).min(3600),
        _ => 0,
    }
}

/// What is answered is as fresh as it says, and never older than the outage.
fn check_age(plan: &LicensePlan, step: &Step<u32, &str>, now: UnixTime) {
    if let Step::Use { as_of, fault, .. } = step {
        let limit = if fault.is_some() {
            plan.outage
        } else {
            plan.fresh
        };
        assert!(now.since(*as_of) < limit, "{step:?} at {now}");
    }
}

/// What a signed request stated under a clock that was days ahead makes no answer old for days.
#[test]
fn what_a_wrong_clock_expected_is_not_asked_for_ever_after() {
    let (plan, mut entry) = (LicensePlan::CONNECT, Entry::default());
    let days = 3 * 86_400;
    plan.answered(&mut entry, answered(1, AnswerContent::Active), at(0));
    assert!(plan.expect_newer(&mut entry, at(days)));
    plan.answered(&mut entry, answered(1, AnswerContent::Active), at(days));
    // the clock is right again: nobody knows when the answer was given
    assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(100)), Step::Ask);
    plan.answered(&mut entry, answered(2, AnswerContent::Active), at(100));
    for seconds in [101, 300, 399] {
        let step = plan.next(&entry, UnixTime::EPOCH, at(seconds));
        assert!(
            matches!(step, Step::Use { value: 2, .. }),
            "{step:?} at {seconds}"
        );
    }
    assert!(plan.expect_newer(&mut entry, at(200)), "asked for anew");
    assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(200)), Step::Ask);
}

proptest! {
    /// A site is asked no more often than the pause after what it answered last.
    #[test]
    fn a_connect_site_is_never_asked_more_often_than_the_bound(
        questions in proptest::collection::vec(
            (0_u64..700, 0_u64..1000, result()), 1..60,
        ),
        outage in prop_oneof![Just(0), Just(86_400), 0_u64..2000],
    ) {
        let plan = LicensePlan { outage, ..LicensePlan::CONNECT };
        let mut entry = Entry::default();
        let (mut now, mut next_call, mut refused) = (at(0), at(0), false);
        for (wait, older, result) in questions {
            now = now.plus(wait);
            let since = at(now.since(at(0)).saturating_sub(older));
            let step = plan.next(&entry, since, now);
            check_age(&plan, &step, now);
            if refused {
                let used = matches!(step, Step::Use { .. });
                prop_assert!(!used, "{:?}", step);
            }
            if step != Step::Ask {
                let settled = matches!(step, Step::Use { .. } | Step::Refuse(_));
                prop_assert!(settled);
                continue;
            }
            prop_assert!(now >= next_call, "asked {} s too soon", next_call.since(now));
            refused = matches!(result, FetchResult::TokenRefused { .. });
            next_call = now.plus(match &result {
                FetchResult::Answered { content: AnswerContent::Active, .. } => 5,
                FetchResult::Answered { .. } => 60,
                _ => pause_of(&result).max(30),
            });
            let (step, _) = plan.answered(&mut entry, result, now);
            check_age(&plan, &step, now);
        }
    }

    /// Three replicas and one lease: the platform counts one call in its time, and each replica
    /// makes three that are refused.
    #[test]
    fn the_forge_api_is_never_asked_more_often_than_the_bound(
        questions in proptest::collection::vec(
            (0_u64..400, 0_usize..3, result(), any::<bool>()), 1..80,
        ),
    ) {
        let plan = LicensePlan::FORGE;
        let mut entries = [Entry::default(), Entry::default(), Entry::default()];
        let mut shared = None;
        let mut leased_until = at(0);
        let (mut now, mut next_call) = (at(0), at(0));
        let mut refusals = [(at(0), 0_u32); 3];
        for (wait, replica, result, patient) in questions {
            now = now.plus(wait);
            let entry = &mut entries[replica];
            let step = plan.next(entry, UnixTime::EPOCH, now);
            check_age(&plan, &step, now);
            if step != Step::Look {
                continue;
            }
            let step = plan.found(entry, shared, now);
            check_age(&plan, &step, now);
            let Step::Lease { seconds } = step else { continue };
            let lease = if leased_until > now {
                Lease::Held { until: leased_until }
            } else {
                leased_until = now.plus(seconds);
                Lease::Granted { until: leased_until }
            };
            let step = plan.leased(entry, lease, now, patient);
            check_age(&plan, &step, now);
            if step != Step::Ask {
                let held = matches!(lease, Lease::Held { .. });
                prop_assert!(held);
                continue;
            }
            prop_assert!(now >= next_call, "asked {} s too soon", next_call.since(now));
            if matches!(result, FetchResult::TokenRefused { .. }) {
                let (first, count) = &mut refusals[replica];
                if *count == 0 || now.since(*first) >= 330 {
                    (*first, *count) = (now, 0);
                }
                *count += 1;
                prop_assert!(*count <= LicensePlan::MAX_REFUSED);
            } else {
                next_call = now.plus(pause_of(&result).max(330));
            }
            if let FetchResult::Answered { value, content } = result {
                shared = Some((value, now, content));
            }
            let (step, lease) = plan.answered(entry, result, now);
            check_age(&plan, &step, now);
            match lease {
                LeaseUse::Keep => {}
                LeaseUse::GiveBack => leased_until = now,
                LeaseUse::Prolong { seconds } => leased_until = now.plus(seconds),
            }
        }
    }

    #[test]
    fn a_question_is_tried_as_often_as_is_said_and_no_pause_is_too_long(
        attempts in 0_u32..9, failures in any::<u32>(), retry_after in any::<Option<u64>>(),
    ) {
        let longest = std::time::Duration::from_secs(2);
        let retries = Retries::new(attempts, std::time::Duration::from_millis(200), longest);
        if let Some(pause) = retries.pause(failures, true, retry_after) {
            prop_assert!(failures < attempts);
            prop_assert!(pause.at_least <= longest && pause.jitter <= longest);
        }
    }
}

/// An entry with this answer, given at second 0.
fn with(plan: &LicensePlan, content: AnswerContent) -> Entry {
    let mut entry = Entry::default();
    plan.answered(&mut entry, answered(1, content), at(0));
    entry
}

fn used(as_of: u64, fault: Option<FetchError<&'static str>>) -> Step<u32, &'static str> {
    Step::Use {
        value: 1,
        as_of: at(as_of),
        fault,
    }
}

#[test]
fn how_long_an_answer_counts() {
    use AnswerContent::{Active, Inactive, Partial};
    let (connect, forge) = (LicensePlan::CONNECT, LicensePlan::FORGE);
    for (plan, content, fresh, then) in [
        (connect, Active, 300, Step::Ask),
        (connect, Inactive, 300, Step::Ask),
        (forge, Active, 3600, Step::Look),
        (forge, Inactive, 3600, Step::Look),
        // where the platform could not tell of an app, it is asked as soon as it may be
        (forge, Partial, 330, Step::Look),
    ] {
        let entry = with(&plan, content);
        let next = |now| plan.next(&entry, UnixTime::EPOCH, at(now));
        assert_eq!(next(fresh - 1), used(0, None), "{content:?}");
        assert_eq!(next(fresh), then, "{content:?}");
        // a clock that was set back waits for nothing
        let back = plan.next(&entry, UnixTime::EPOCH, UnixTime::EPOCH);
        assert_eq!(back, then);
    }
}

#[test]
fn a_page_that_states_otherwise_is_newer_than_a_fresh_answer() {
    let next = |content, since, now| {
        let plan = LicensePlan::CONNECT;
        plan.next(&with(&plan, content), at(since), at(now))
    };
    use AnswerContent::{Active, Inactive};
    for (content, since, now, asked) in [
        (Active, 5, 299, false),
        (Active, 6, 6, true),
        (Active, 6, 4, false),
        (Inactive, 6, 59, false),
        (Inactive, 6, 60, true),
        (Inactive, 5, 60, false),
    ] {
        let step = next(content, since, now);
        assert_eq!(step == Step::Ask, asked, "{content:?} {since} {now}");
        assert_eq!(step == used(0, None), !asked, "{content:?} {since} {now}");
    }
}

#[test]
fn a_failure_is_remembered_and_the_last_answer_stands_in_for_a_day() {
    let plan = LicensePlan::CONNECT;
    let mut entry = with(&plan, AnswerContent::Active);
    let fault = Some(FetchError::Failed("failed"));
    let (step, lease) = plan.answered(&mut entry, failed(None), at(400));
    assert_eq!((step, lease), (used(0, fault.clone()), LeaseUse::Keep));
    let next = |entry: &Entry, now| plan.next(entry, UnixTime::EPOCH, at(now));
    assert_eq!(next(&entry, 429), used(0, fault.clone()));
    assert_eq!(next(&entry, 430), Step::Ask);
    // the site says when
    plan.answered(&mut entry, failed(Some(120)), at(430));
    assert_eq!(next(&entry, 549), used(0, fault.clone()));
    assert_eq!(next(&entry, 550), Step::Ask);
    // an hour at the most
    plan.answered(&mut entry, failed(Some(u64::MAX)), at(600));
    assert_eq!(next(&entry, 4200), Step::Ask);
    // a day
    let (step, _) = plan.answered(&mut entry, failed(None), at(86_399));
    assert_eq!(step, used(0, fault));
    let (step, _) = plan.answered(&mut entry, failed(None), at(86_400));
    assert_eq!(step, Step::Refuse(FetchError::Failed("failed")));
}

#[test]
fn a_refused_token_ends_what_a_site_said_before() {
    let plan = LicensePlan::CONNECT;
    let mut entry = with(&plan, AnswerContent::Active);
    let (step, _) = plan.answered(&mut entry, refused(), at(400));
    assert_eq!(step, Step::Refuse(FetchError::Failed("refused")));
    let next = |entry: &Entry, now| plan.next(entry, UnixTime::EPOCH, at(now));
    assert_eq!(
        next(&entry, 429),
        Step::Refuse(FetchError::Failed("refused"))
    );
    // nor does it stand in for a fault after it
    let (step, _) = plan.answered(&mut entry, failed(None), at(430));
    assert_eq!(step, Step::Refuse(FetchError::Failed("failed")));
}

#[test]
fn a_refused_token_is_its_askers_own_matter_on_forge_three_times() {
    let plan = LicensePlan::FORGE;
    let mut entry = Entry::default();
    for now in 0..3 {
        assert_eq!(
            plan.found(&mut entry, None, at(now)),
            Step::Lease { seconds: 330 }
        );
        let (step, lease) = plan.answered(&mut entry, refused(), at(now));
        assert_eq!(step, Step::Refuse(FetchError::Failed("refused")));
        assert_eq!(lease, LeaseUse::GiveBack);
        // who has a better token may ask at once
        assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(now)), Step::Look);
    }
    let left_alone = |seconds| Step::Refuse(FetchError::TokensRefused { seconds });
    assert_eq!(plan.found(&mut entry, None, at(3)), left_alone(327));
    assert_eq!(plan.found(&mut entry, None, at(329)), left_alone(1));
    assert_eq!(
        plan.found(&mut entry, None, at(330)),
        Step::Lease { seconds: 330 }
    );
    // another replica may have asked with a better one
    let shared = Some((1, at(3), AnswerContent::Active));
    assert_eq!(plan.found(&mut entry, shared, at(4)), used(3, None));
}

#[test]
fn a_refused_token_ends_what_the_forge_api_said_before() {
    let plan = LicensePlan::FORGE;
    let mut entry = with(&plan, AnswerContent::Active);
    let (step, _) = plan.answered(&mut entry, refused(), at(4000));
    assert_eq!(step, Step::Refuse(FetchError::Failed("refused")));
    // an outage finds nothing that stands in
    let (step, _) = plan.answered(&mut entry, failed(None), at(4001));
    assert_eq!(step, Step::Refuse(FetchError::Failed("failed")));
}

#[test]
fn who_has_no_lease_uses_what_there_is_or_waits_for_it() {
    let plan = LicensePlan::FORGE;
    let held = Lease::Held { until: at(100) };
    let leased = |seconds| FetchError::Leased { seconds };
    let mut entry = Entry::default();
    let step = plan.leased(&mut entry, held, at(90), true);
    assert_eq!(step, Step::Wait { until: at(100) });
    let step = plan.leased(&mut entry, held, at(90), false);
    assert_eq!(step, Step::Refuse(leased(10)));
    // remembered for five seconds
    let next = |entry: &Entry, now| plan.next(entry, UnixTime::EPOCH, at(now));
    assert_eq!(next(&entry, 94), Step::Refuse(leased(10)));
    assert_eq!(next(&entry, 95), Step::Look);
    // what another replica fetched hours ago stands in
    let old = Some((1, at(0), AnswerContent::Active));
    assert_eq!(
        plan.found(&mut entry, old, at(4000)),
        Step::Lease { seconds: 330 }
    );
    let held = Lease::Held { until: at(4100) };
    let step = plan.leased(&mut entry, held, at(4000), true);
    assert_eq!(step, used(0, Some(leased(100))));
    // but not where it is of an installation that ended since
    entry.forget_before(at(3000), at(4000));
    let found = plan.found(&mut entry, old, at(4000));
    assert_eq!(found, Step::Lease { seconds: 330 });
    let step = plan.leased(&mut entry, held, at(4000), false);
    assert_eq!(step, Step::Refuse(leased(100)));
    // and what it fetched just now counts, and ends the fault
    let new = Some((1, at(4001), AnswerContent::Active));
    assert_eq!(plan.found(&mut entry, new, at(4002)), used(4001, None));
    assert_eq!(next(&entry, 4003), used(4001, None));
}

/// An install that was recorded while the clock was ahead makes no answer one of before it.
#[test]
fn an_install_of_the_future_forgets_nothing() {
    let plan = LicensePlan::FORGE;
    let answer = |at: UnixTime| Some((1, at, AnswerContent::Active));
    for (ahead, forgotten) in [
        (Evidence::MAX_AHEAD, true),
        (Evidence::MAX_AHEAD + 1, false),
        (3 * 86_400, false),
    ] {
        let mut entry = Entry::default();
        plan.found(&mut entry, answer(at(1000)), at(1000));
        entry.forget_before(at(1000 + ahead), at(1000));
        let step = plan.next(&entry, UnixTime::EPOCH, at(1000));
        assert_eq!(step == Step::Look, forgotten, "{ahead}");
        let found = plan.found(&mut entry, answer(at(1000)), at(1000));
        assert_eq!(found == used(1000, None), !forgotten, "{ahead}");
    }
    // what the wrong clock said is over with it
    let mut entry = Entry::default();
    entry.forget_before(at(100_000), at(100_000));
    entry.forget_before(at(900), at(1000));
    assert_eq!(
        plan.found(&mut entry, answer(at(1000)), at(1000)),
        used(1000, None)
    );
    entry.forget_before(at(1001), at(1001));
    assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(1001)), Step::Look);
}

#[test]
fn a_long_retry_after_holds_all_replicas_back() {
    let plan = LicensePlan::FORGE;
    for (wanted, lease) in [
        (Some(330), LeaseUse::Keep),
        (Some(331), LeaseUse::Prolong { seconds: 331 }),
        (Some(90_000), LeaseUse::Prolong { seconds: 3600 }),
        (None, LeaseUse::Keep),
    ] {
        let (step, kept) = plan.answered(&mut Entry::default(), failed(wanted), at(0));
        assert_eq!(step, Step::Refuse(FetchError::Failed("failed")));
        assert_eq!(kept, lease);
    }
}

#[test]
fn a_browser_brings_no_system_token() {
    assert!(Caller::Platform.brings_system_token() && !Caller::Browser.brings_system_token());
}
