//! Which secret counts, for how long, and where none is.

use super::*;

#[test]
fn dead_secret_revived_a_reinstall_drops_every_earlier_secret() {
    let other = "0123456789abcdef-other";
    let accepted = |installation: &Installation, now: u64| -> Vec<String> {
        let secrets = installation.secrets(UnixTime::EPOCH.plus(now), 300);
        secrets.map(|s| s.expose().to_owned()).collect()
    };
    let (end, _) = run(&[
        installed(&[]),
        uninstalled(),
        installed(&[("sharedSecret", other)]),
    ]);
    assert_eq!(accepted(&end.unwrap(), 3), [other]);
    // also one that was rotated away just before the uninstall
    let rotated = installed(&[("sharedSecret", "0123456789abcdef-third")]);
    let (end, _) = run(&[
        installed(&[]),
        rotated,
        uninstalled(),
        installed(&[("sharedSecret", other)]),
    ]);
    assert_eq!(accepted(&end.unwrap(), 4), [other]);
    // the same secret again is the platform's choice; the one before it is dead all the same
    let rotated = installed(&[("sharedSecret", other)]);
    let (end, _) = run(&[
        installed(&[]),
        rotated.clone(),
        uninstalled(),
        rotated.clone(),
    ]);
    assert_eq!(accepted(&end.unwrap(), 4), [other]);
    // without an uninstall, the one that was valid a moment ago has its grace, and no longer
    let (end, _) = run(&[installed(&[]), rotated]);
    let end = end.unwrap();
    assert_eq!(accepted(&end, 302), [other, SECRET]);
    assert_eq!(accepted(&end, 303), [other]);
}

#[test]
fn dead_secret_revived_not_by_the_forge_half_either() {
    let id = "ari:cloud:ecosystem::installation/i-1";
    let (end, codes) = run(&[
        installed(&[("installationId", id)]),
        uninstalled(),
        forge(ForgeLifecycleKind::Installed, "2.0.0"),
    ]);
    assert!(codes.contains("reinstalled"), "{codes}");
    let end = end.unwrap();
    assert_eq!(end.secrets(UnixTime::EPOCH.plus(3), 300).count(), 0);
}

#[test]
fn the_previous_secret_can_be_forgotten_at_once() {
    let rotated = installed(&[("sharedSecret", "0123456789abcdef-other")]);
    let forget = Event::ForgetPreviousSecret;
    let (end, codes) = run(&[installed(&[]), rotated, forget.clone(), forget]);
    assert_eq!(codes, "installed secret_rotated previous_secret_forgotten");
    assert_eq!(end.unwrap().stored_secrets().previous(), None);
    assert_eq!(run(&[Event::ForgetPreviousSecret]).0, None);
}

#[test]
fn secrets_of_the_past_count_for_a_grace() {
    let other = "0123456789abcdef-other";
    let (end, _) = run(&[installed(&[]), installed(&[("sharedSecret", other)])]);
    let end = end.unwrap();
    let at = |seconds: u64| {
        let secrets = end.secrets(UnixTime::EPOCH.plus(seconds), 10);
        secrets.map(|s| s.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(at(2), [other, SECRET]);
    assert_eq!(at(12), [other, SECRET]);
    assert_eq!(at(13), [other]);
    let (gone, _) = Installation::apply(Some(end), &uninstalled(), UnixTime::EPOCH.plus(20));
    let gone = gone.unwrap();
    assert_eq!(gone.secrets(UnixTime::EPOCH.plus(30), 10).count(), 1);
    assert_eq!(gone.secrets(UnixTime::EPOCH.plus(31), 10).count(), 0);
    assert!(gone.stored_secrets().current().is_some());
}

/// The clock was days ahead when the event came, and is right again.
#[test]
fn a_clock_that_was_ahead_prolongs_no_secret() {
    const NOW: u64 = 1_000_000;
    let other = "0123456789abcdef-other";
    let at = |seconds| UnixTime::EPOCH.plus(seconds);
    let (known, _) = run(&[installed(&[])]);
    for (ahead, rotated_away, gone) in [
        (Evidence::MAX_AHEAD, 2, 2),
        (Evidence::MAX_AHEAD + 1, 1, 0),
        (3 * 86_400, 1, 0),
    ] {
        let then = at(NOW + ahead);
        let rotated = installed(&[("sharedSecret", other)]);
        let (rotated, _) = Installation::apply(known.clone(), &rotated, then);
        let rotated = rotated.unwrap();
        assert_eq!(
            rotated.secrets(at(NOW), 300).count(),
            rotated_away,
            "{ahead}"
        );
        let end = (rotated_away == 2).then(|| then.plus(300));
        assert_eq!(rotated.secrets_end(at(NOW), 300), end, "{ahead}");
        let (removed, _) = Installation::apply(Some(rotated), &uninstalled(), then);
        let removed = removed.unwrap();
        assert_eq!(removed.secrets(at(NOW), 300).count(), gone, "{ahead}");
        assert_eq!(removed.secrets_end(at(NOW), 300), end, "{ahead}");
    }
}

proptest! {
    /// Whatever clocks dated, no secret counts longer than its grace and what clocks differ by.
    #[test]
    fn no_secret_outlasts_its_grace(
        dated in 0_u64..5_000,
        now in 0_u64..5_000,
        grace in 0_u64..2_000,
        more in 0_u64..3_000,
    ) {
        let at = |seconds| UnixTime::EPOCH.plus(seconds);
        let (known, _) = run(&[installed(&[])]);
        let other = installed(&[("sharedSecret", "0123456789abcdef-other")]);
        let (rotated, _) = Installation::apply(known, &other, at(dated));
        let rotated = rotated.unwrap();
        let counts = |time| rotated.secrets(time, grace).count() == 2;
        let within = now.abs_diff(dated) <= if now < dated { Evidence::MAX_AHEAD } else { grace };
        prop_assert_eq!(counts(at(now)), within);
        // keys made of them now are dropped when the first of them ends
        match rotated.secrets_end(at(now), grace) {
            Some(end) => {
                prop_assert!(counts(at(now)) && counts(end));
                prop_assert!(!counts(end.plus(1)));
            }
            None => prop_assert!(now < dated || !counts(at(now).plus(more))),
        }
    }
}

#[test]
fn records_are_stored_without_secrets() {
    let (end, _) = run(&[
        installed(&[
            ("installationId", "ari:x"),
            ("capabilitySet", "capabilityUltra"),
        ]),
        license(r#"{"active":true,"isEvaluation":false}"#, Some(5)),
        forge(ForgeLifecycleKind::Upgraded, "3"),
    ]);
    let end = end.unwrap();
    let json = serde_json::to_string(end.record()).unwrap();
    assert!(!json.contains(SECRET), "{json}");
    assert!(!format!("{end:?}").contains(SECRET));
    let record: InstallationRecord = serde_json::from_str(&json).unwrap();
    let (before, secrets) = end.clone().into_parts();
    assert_eq!(record, before);
    assert_eq!(Installation::from_parts(record, secrets), end);
}
