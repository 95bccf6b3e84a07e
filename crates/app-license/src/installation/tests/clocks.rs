//! Clocks that were wrong for a while.

use super::*;

fn of_api(active: bool, as_of: u64) -> License {
    let json = format!(r#"{{"active":{active}}}"#);
    let license = License::from_object(json.as_bytes(), LicenseSource::ConnectLicenseApi).unwrap();
    license.at(UnixTime::EPOCH.plus(as_of))
}

#[test]
fn what_a_wrong_clock_dated_outlasts_no_newer_statement() {
    const JUMP: u64 = 3 * 86_400;
    let at = |seconds| UnixTime::EPOCH.plus(seconds);
    let state_of = |it: &Installation| it.license().map(|known| (known.state(), known.as_of()));
    let (installation, _) = run(&[installed(&[])]);
    let apply = |to: Installation, license: &License, now| {
        let (after, changes) = Installation::apply(Some(to), &license.clone().into(), now);
        (after.unwrap(), changes.len())
    };
    let ahead = of_api(true, 1000 + JUMP);
    let (installation, _) = apply(installation.unwrap(), &ahead, at(1000 + JUMP));
    assert_eq!(
        state_of(&installation),
        Some((State::Active, at(1000 + JUMP)))
    );

    // as far as clocks differ, it may be the newer one
    let near = 1000 + JUMP - Evidence::MAX_AHEAD;
    assert!(!installation.is_news(&of_api(false, near), at(near)));
    assert_eq!(
        apply(installation.clone(), &of_api(false, near), at(near)).1,
        0
    );
    let far = near - 1;
    assert!(installation.is_news(&of_api(false, far), at(far)));
    // the clock is right again
    assert!(installation.is_news(&of_api(false, 1001), at(1001)));
    let (ended, changes) = apply(installation.clone(), &of_api(false, 1001), at(1001));
    assert_eq!(
        (state_of(&ended), changes),
        (Some((State::Inactive, at(1001))), 1)
    );
    // a statement of the same has a date again
    assert!(installation.is_news(&of_api(true, 1001), at(1001)));
    let (dated, _) = apply(installation, &of_api(true, 1001), at(1001));
    assert_eq!(state_of(&dated), Some((State::Active, at(1001))));
    assert!(!dated.is_news(&of_api(true, 1002), at(1002)));
    // what the wrong clock said comes once more, from a cache
    assert!(!ended.is_news(&ahead, at(1002)));
    assert_eq!(apply(ended.clone(), &ahead, at(1002)), (ended, 0));
}

proptest! {
    /// However clocks went, the record states nothing of a time to come, and what is stated now is taken.
    #[test]
    fn clocks_that_jump_keep_no_statement_alive(
        history in proptest::collection::vec((0_u64..10_000, 0_u64..2_000, any::<bool>()), 0..12),
        now in 1_000_u64..10_000,
        active in any::<bool>(),
    ) {
        let time = |seconds| UnixTime::EPOCH.plus(seconds);
        let (mut installation, _) = run(&[installed(&[])]);
        for (clock, dated, active) in history {
            // dated up to 1,000 s before and after what the clock says
            let dated = clock.saturating_add(dated).saturating_sub(1_000);
            let event = of_api(active, dated).into();
            (installation, _) = Installation::apply(installation, &event, time(clock));
            let known = installation.as_ref().and_then(|it| it.license().cloned());
            if let Some(known) = known.filter(|it| it.as_of() == time(dated)) {
                prop_assert!(known.as_of().since(time(clock)) <= Evidence::MAX_AHEAD);
            }
        }
        let before = installation.as_ref().and_then(|it| it.license().map(|known| known.as_of()));
        let (after, _) = Installation::apply(installation, &of_api(active, now).into(), time(now));
        let known = after.unwrap().license().cloned().unwrap();
        let ahead = before.map_or(0, |before| before.since(time(now)));
        if (1..=Evidence::MAX_AHEAD).contains(&ahead) {
            prop_assert_eq!(Some(known.as_of()), before);
        } else {
            prop_assert_eq!(known.as_of(), time(now));
            let state = if active { State::Active } else { State::Inactive };
            prop_assert_eq!(known.state(), state);
        }
    }
}
