//! Deliveries that arrive in another order than the one in which they were issued.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers of the tests' own"
)]

use proptest::prelude::*;

use super::tests::{at, forge_event, key, lifecycle};
use super::{Delivery, Outcome, ReplayMark};
use crate::connect::LifecycleKind::{self, Disabled, Enabled, Uninstalled};
use crate::forge::ForgeLifecycleKind;
use crate::ids::{ForgeAppId, InstallationAri};
use crate::installation::{
    Change, Event, ForgeHalf, Installation, InstallationKey, InstallationRecord, InstallationStatus,
};

/// What arrives at one time with a token of another.
fn deliver(stored: Option<Installation>, event: Event, issued: u64, now: u64) -> Outcome {
    let mark = ReplayMark::new(&format!("{issued}"), b"", at(9_999));
    let delivery = Delivery::new(key("a"), event).marked(mark);
    let delivery = delivery.issued(at(issued));
    assert_eq!(delivery.issued_at(), Some(at(issued)));
    delivery.apply(stored, None, at(now)).unwrap()
}

fn connect(kind: LifecycleKind) -> Event {
    lifecycle(kind, "a", 0)
}

fn installed(secret: u8) -> Event {
    lifecycle(LifecycleKind::Installed, "a", secret)
}

fn status(outcome: &Outcome) -> InstallationStatus {
    outcome.after.as_ref().unwrap().status()
}

fn secret(installation: &Installation) -> &str {
    installation.stored_secrets().current().unwrap().expose()
}

fn previous(installation: &Installation) -> Option<&str> {
    let secrets = installation.stored_secrets();
    secrets.previous().map(|(secret, _)| secret.expose())
}

/// A tenant that is there since the beginning.
fn there() -> Option<Installation> {
    deliver(None, installed(0), 0, 0).after
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sent {
    Installed(u8),
    Uninstalled,
    Enabled,
    Disabled,
}

impl Sent {
    fn event(self) -> Event {
        match self {
            Self::Installed(secret) => installed(secret),
            Self::Uninstalled => connect(Uninstalled),
            Self::Enabled => connect(Enabled),
            Self::Disabled => connect(Disabled),
        }
    }
}

/// Events with a second each in which they were issued, from 1 on, in another order.
fn shuffled(
    one: impl Strategy<Value = Sent>,
) -> impl Strategy<Value = (Vec<Sent>, Vec<(u64, Sent)>)> {
    proptest::collection::vec(one, 1..9).prop_flat_map(|sent| {
        let numbered: Vec<_> = (1..).zip(sent.iter().copied()).collect();
        (Just(sent), Just(numbered).prop_shuffle())
    })
}

fn in_order(sent: &[Sent]) -> Installation {
    let all = (1..).zip(sent).fold(there(), |stored, (second, sent)| {
        deliver(stored, sent.event(), second, second).after
    });
    all.unwrap()
}

fn arriving(sent: &[(u64, Sent)]) -> Installation {
    let all = (20..)
        .zip(sent)
        .fold(there(), |stored, (now, (second, sent))| {
            deliver(stored, sent.event(), *second, now).after
        });
    all.unwrap()
}

proptest! {
    #[test]
    fn installs_and_uninstalls_end_alike_in_whatever_order_they_arrive(
        (sent, other) in shuffled(prop_oneof![
            (0_u8..4).prop_map(Sent::Installed), Just(Sent::Uninstalled),
        ]),
    ) {
        let (wanted, found) = (in_order(&sent), arriving(&other));
        prop_assert_eq!(found.status(), wanted.status());
        if wanted.status() == InstallationStatus::Installed {
            prop_assert_eq!(secret(&found), secret(&wanted));
            // no more secrets count than in order
            prop_assert!(previous(&found).is_none() || previous(&wanted).is_some());
        }
    }

    #[test]
    fn switches_end_alike_in_whatever_order_they_arrive(
        (sent, other) in shuffled(prop_oneof![Just(Sent::Enabled), Just(Sent::Disabled)]),
    ) {
        prop_assert_eq!(arriving(&other).status(), in_order(&sent).status());
    }

    /// Whatever happened: one that is older than the uninstall changes nothing.
    #[test]
    fn no_older_installed_brings_an_uninstalled_tenant_back(
        (_, before) in shuffled(prop_oneof![
            (0_u8..4).prop_map(Sent::Installed), Just(Sent::Uninstalled), Just(Sent::Enabled), Just(Sent::Disabled),
        ]),
        older in 0_u64..20, later in 0_u64..500,
    ) {
        let stored = Some(arriving(&before));
        let gone = deliver(stored, connect(Uninstalled), 20, 100);
        prop_assert_eq!(status(&gone), InstallationStatus::Uninstalled);
        let late = deliver(gone.after.clone(), installed(9), older, 101 + later);
        prop_assert!(late.is_unchanged() && !late.repeated && late.mark.is_some());
        // a genuine reinstall, in the same second or later
        let back = deliver(gone.after, installed(9), 20 + later, 101 + later);
        prop_assert_eq!(status(&back), InstallationStatus::Installed);
        prop_assert!(secret(back.after.as_ref().unwrap()).ends_with("-9"));
    }

    /// However far the clocks of replicas are apart.
    #[test]
    fn the_app_s_own_clock_has_no_part_in_the_order(
        nows in proptest::array::uniform3(0_u64..9_999),
    ) {
        let gone = deliver(there(), connect(Uninstalled), 20, nows[0]).after;
        prop_assert!(deliver(gone.clone(), installed(1), 19, nows[1]).is_unchanged());
        prop_assert!(!deliver(gone, installed(1), 20, nows[2]).is_unchanged());
    }
}

#[test]
fn an_older_installed_does_not_bring_back_the_secret_of_before() {
    let rotated = deliver(there(), installed(2), 10, 10).after;
    assert!(deliver(rotated.clone(), installed(1), 9, 11).is_unchanged());
    let same_second = deliver(rotated, installed(1), 10, 11).after.unwrap();
    assert!(secret(&same_second).ends_with("-1"));
}

#[test]
fn a_later_uninstall_of_one_that_is_gone_counts_for_the_order() {
    let gone = deliver(there(), connect(Uninstalled), 10, 10).after;
    let again = deliver(gone, connect(Uninstalled), 20, 20);
    assert!(again.entries.is_empty() && !again.is_unchanged());
    assert!(deliver(again.after, installed(1), 15, 21).is_unchanged());
}

#[test]
fn disabled_and_uninstalled_have_no_order_between_them() {
    let off = deliver(there(), connect(Disabled), 11, 10).after;
    let gone = deliver(off, connect(Uninstalled), 10, 10);
    assert_eq!(status(&gone), InstallationStatus::Uninstalled);
    // nor do a rotated secret and `disabled`: a tenant that is switched off stays so
    let rotated = deliver(there(), installed(1), 20, 20).after;
    let off = deliver(rotated, connect(Disabled), 10, 21);
    assert_eq!(status(&off), InstallationStatus::Disabled);
}

#[test]
fn a_page_or_a_reinstall_is_later_than_the_disabled_of_before() {
    let off = deliver(there(), connect(Disabled), 10, 10).after;
    let issued_at = at(100);
    let opened = Delivery::new(key("a"), Event::PageOpened { issued_at });
    let opened = opened.apply(off, None, at(100)).unwrap().after;
    assert!(deliver(opened.clone(), connect(Disabled), 99, 101).is_unchanged());
    let off = deliver(opened, connect(Disabled), 100, 101);
    assert_eq!(status(&off), InstallationStatus::Disabled);

    let gone = deliver(there(), connect(Uninstalled), 10, 10).after;
    let back = deliver(gone, installed(0), 20, 20).after;
    assert!(deliver(back.clone(), connect(Disabled), 19, 21).is_unchanged());
    assert!(!deliver(back, connect(Disabled), 20, 21).is_unchanged());
}

#[test]
fn without_a_time_all_is_as_it_arrives() {
    let untimed = |stored, event| {
        let outcome = Delivery::new(key("a"), event).apply(stored, None, at(50));
        outcome.unwrap().after
    };
    // a record that knows no times, and one of this version with events that have none
    let old = untimed(None, installed(0));
    let json = serde_json::to_string(old.as_ref().unwrap().record()).unwrap();
    assert!(!json.contains("issued\":"), "{json}");
    let back = deliver(untimed(old, connect(Uninstalled)), installed(1), 1, 51);
    assert_eq!(status(&back), InstallationStatus::Installed);
    let gone = deliver(there(), connect(Uninstalled), 20, 20).after;
    assert_eq!(gone.as_ref().unwrap().uninstall_issued_at(), Some(at(20)));
    let back = untimed(gone, installed(1));
    assert_eq!(
        back.as_ref().unwrap().status(),
        InstallationStatus::Installed
    );
    assert_eq!(back.as_ref().unwrap().uninstall_issued_at(), None);
    // an uninstall without a time is not of the time of the one before
    let gone = untimed(back, connect(Uninstalled));
    assert_eq!(gone.as_ref().unwrap().uninstall_issued_at(), Some(at(50)));
}

#[test]
fn the_times_are_stored_with_the_record() {
    let gone = deliver(there(), connect(Uninstalled), 20, 20)
        .after
        .unwrap();
    let json = serde_json::to_string(gone.record()).unwrap();
    let record: InstallationRecord = serde_json::from_str(&json).unwrap();
    assert_eq!(&record, gone.record());
    let stored = Installation::from_parts(record, gone.stored_secrets().clone());
    assert!(deliver(Some(stored), installed(1), 19, 21).is_unchanged());
}

fn ari() -> InstallationAri {
    InstallationAri::new("ari:cloud:ecosystem::installation/i-1").unwrap()
}

fn of_forge(
    key: &InstallationKey,
    stored: Option<Installation>,
    kind: ForgeLifecycleKind,
    issued: u64,
) -> Outcome {
    let delivery = Delivery::new(key.clone(), forge_event(kind, ari().as_str()));
    let delivery = delivery.issued(at(issued));
    delivery.apply(stored, None, at(issued + 1_000)).unwrap()
}

#[test]
fn events_of_forge_are_in_order_too() {
    use ForgeLifecycleKind::{Installed, PreUninstall, Upgraded};
    let key = InstallationKey::Forge(ari());
    let there = of_forge(&key, None, Installed, 10).after;
    assert!(of_forge(&key, there.clone(), PreUninstall, 9).is_unchanged());
    let gone = of_forge(&key, there, PreUninstall, 20).after;
    assert!(of_forge(&key, gone.clone(), Installed, 19).is_unchanged());
    let upgraded = of_forge(&key, gone.clone(), Upgraded, 30);
    assert_eq!(status(&upgraded), InstallationStatus::Uninstalled);
    let back = of_forge(&key, gone, Installed, 20);
    assert_eq!(status(&back), InstallationStatus::Installed);
}

/// A Connect-on-Forge app hears of both halves; times of one half say nothing of the other, but for an
/// uninstall, which ends both.
#[test]
fn each_half_of_a_customer_has_its_own_order() {
    use ForgeLifecycleKind::{Installed, PreUninstall};
    let invoked = |stored, second| {
        let half = ForgeHalf {
            installation: ari(),
            app: ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap(),
            cloud_id: None,
            product: None,
            is_production: true,
            issued_at: at(second),
        };
        let delivery = Delivery::new(key("a"), Event::Invoked(Box::new(half)));
        delivery.apply(stored, None, at(second)).unwrap().after
    };
    // the customer's Forge installation is known
    let there = invoked(there(), 1);
    let gone = deliver(there.clone(), connect(Uninstalled), 20, 20).after;
    // an `installed` of either half, of before
    assert!(of_forge(&key("a"), gone.clone(), Installed, 19).is_unchanged());
    let back = of_forge(&key("a"), gone.clone(), Installed, 21);
    assert_eq!(status(&back), InstallationStatus::Installed);
    // the Forge half is there, the Connect half was removed before it came: that still counts
    let newer = of_forge(&key("a"), there.clone(), Installed, 30).after;
    let connect_gone = deliver(newer, connect(Uninstalled), 25, 31);
    assert_eq!(status(&connect_gone), InstallationStatus::Uninstalled);
    // and the Forge half's `preUninstall` keeps an older `installed` of Connect out
    let gone = of_forge(&key("a"), there, PreUninstall, 40).after;
    assert!(deliver(gone.clone(), installed(1), 39, 41).is_unchanged());
    assert!(!deliver(gone.clone(), installed(1), 40, 41).is_unchanged());
    // a token of the Forge half that says that it is back is later than a `preUninstall` of before
    let since = gone.as_ref().unwrap().status_since();
    let back = invoked(gone, since.since(at(0)) + Installation::LATER + 1);
    assert!(of_forge(&key("a"), back, PreUninstall, 41).is_unchanged());
}

#[test]
fn a_page_of_before_the_disabled_opens_nothing_however_late_the_app_s_clock_is() {
    // the app's clock is 90 s behind: by it, the page is more than a minute younger
    let off = deliver(there(), connect(Disabled), 106, 16);
    let page = |issued| {
        Delivery::new(
            key("a"),
            Event::PageOpened {
                issued_at: at(issued),
            },
        )
    };
    for issued in [77, 101, 106] {
        let late = page(issued).apply(off.after.clone(), None, at(20)).unwrap();
        assert_eq!(status(&late), InstallationStatus::Disabled, "{issued}");
    }
    let opened = page(107).apply(off.after, None, at(20)).unwrap();
    assert_eq!(status(&opened), InstallationStatus::Enabled);
}

/// The uninstall between the two was held back: what was valid before it is dead all the same.
#[test]
fn dead_secret_revived_not_where_the_uninstall_comes_last() {
    let reinstalled = deliver(there(), installed(1), 5, 5).after;
    assert!(
        previous(reinstalled.as_ref().unwrap()).is_some(),
        "as a rotation"
    );
    let late = deliver(reinstalled, connect(Uninstalled), 3, 6);
    let after = late.after.as_ref().unwrap();
    assert_eq!(
        (previous(after), status(&late)),
        (None, InstallationStatus::Installed)
    );
    let codes: Vec<_> = late.changes().map(Change::code).collect();
    assert_eq!(codes, ["previous_secret_forgotten"]);
}

#[test]
fn a_clock_that_is_ahead_makes_no_answer_one_of_before_the_install() {
    let since = |issued, now| {
        let end = deliver(None, installed(0), issued, now).after.unwrap();
        end.license_since(at(1000))
    };
    // issued at 1000, and taken in by a replica whose clock is a second ahead
    assert_eq!(since(1000, 1001), at(1000));
    assert_eq!(since(1000, 1300), at(1000));
    // a clock that is behind
    assert_eq!(since(1000, 999), at(999));
    // a token that is older than clocks differ says nothing of when it came
    assert_eq!(since(500, 900), at(900));
}
