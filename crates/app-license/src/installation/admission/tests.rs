use proptest::prelude::*;

use super::{Admission, ConnectCall};
use crate::answer::Refusal;
use crate::connect::LifecycleKind;
use crate::secret::SharedSecret;
use crate::time::UnixTime;
use crate::{Event, Installation, InstallationSecrets, InstallationStatus};

const GRACE: u64 = 300;

fn calls() -> impl Iterator<Item = ConnectCall> {
    let events = LifecycleKind::ALL.into_iter().map(ConnectCall::Event);
    [ConnectCall::Page, ConnectCall::FrontEnd]
        .into_iter()
        .chain(events)
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(seconds)
}

/// In this status since the beginning of time; the secret was replaced then.
fn known(status: InstallationStatus, is_blocked: bool, replaced_at: u64) -> Installation {
    let time = "1970-01-01T00:00:00Z";
    let mut record = serde_json::json!({
        "key": { "connect": "tenant-1" }, "status": status, "statusSince": time,
        "firstInstalledAt": time, "installedAt": time, "updatedAt": time,
    });
    if is_blocked {
        record["blockedAt"] = time.into();
    }
    if status == InstallationStatus::Uninstalled {
        record["uninstalledAt"] = time.into();
    }
    let secret = |text: &str| SharedSecret::new(text.repeat(4)).unwrap();
    let previous = Some((secret("old-secret"), at(replaced_at)));
    let secrets = InstallationSecrets::new(Some(secret("new-secret")), previous);
    Installation::from_parts(serde_json::from_value(record).unwrap(), secrets)
}

#[test]
fn once_it_is_removed_the_secret_proves_a_disabled_alone() {
    for status in InstallationStatus::ALL {
        let installation = known(status, false, 0);
        for call in calls() {
            let secrets = installation.secrets_for(call, at(10), GRACE).count();
            let late = call == ConnectCall::Event(LifecycleKind::Disabled);
            let proves = late || status != InstallationStatus::Uninstalled;
            assert_eq!(secrets, if proves { 2 } else { 0 }, "{status} {call:?}");
            if status == InstallationStatus::Uninstalled {
                let after = installation.secrets_for(call, at(GRACE).plus(1), GRACE);
                assert_eq!(after.count(), 0, "{call:?}");
            }
        }
    }
}

#[test]
fn a_page_alone_brings_back_what_is_switched_off_alone() {
    let later = at(Installation::LATER).plus(1);
    for status in InstallationStatus::ALL {
        for (is_blocked, call) in [false, true]
            .into_iter()
            .flat_map(|blocked| calls().map(move |call| (blocked, call)))
        {
            let installation = known(status, is_blocked, 0);
            let is_off = status == InstallationStatus::Disabled && !is_blocked;
            let wanted = match installation.refusal() {
                None => Admission::Serve,
                Some(_) if matches!(call, ConnectCall::Event(_)) => Admission::Serve,
                Some(_) if is_off && call == ConnectCall::Page => Admission::Reopen,
                Some(refusal) => Admission::Refuse(refusal),
            };
            let found = installation.admission(call, later);
            assert_eq!(found, wanted, "{status} {is_blocked} {call:?}");
            if found == Admission::Reopen {
                let opened = Event::PageOpened { issued_at: later };
                let (opened, _) = Installation::apply(Some(installation), &opened, later);
                let again = opened.unwrap().admission(call, later);
                assert_eq!(again, Admission::Serve);
            }
        }
    }
    let off = known(InstallationStatus::Disabled, false, 0);
    let refused = Admission::Refuse(Refusal::TenantDisabled);
    assert_eq!(off.admission(ConnectCall::Page, at(60)), refused);
}

proptest! {
    /// What is kept in memory proves no more than if it were read again, and comes to the same.
    #[test]
    fn what_is_kept_proves_no_more_than_what_is_read(
        status in prop::sample::select(InstallationStatus::ALL.to_vec()),
        is_blocked: bool,
        replaced_at in 0..1000_u64,
        now in 0..2000_u64,
        seconds in 0..700_u64,
        later in 0..1000_u64,
    ) {
        let installation = known(status, is_blocked, replaced_at);
        let kept = installation.kept_through(at(now), seconds, GRACE);
        prop_assert_eq!(kept.is_some(), status.is_in_use() && seconds > 0);
        let Some(through) = kept else { return Ok(()) };
        prop_assert!(at(now) <= through);
        prop_assert!(through < at(now).plus(seconds));
        let then = at(now).plus(later);
        if then <= through {
            for call in calls() {
                let mut read = installation.secrets_for(call, at(now), GRACE);
                let again: Vec<_> = installation.secrets_for(call, then, GRACE).collect();
                prop_assert!(read.all(|secret| again.contains(&secret)));
                let read = installation.admission(call, at(now));
                prop_assert_eq!(read, installation.admission(call, then));
            }
        }
    }
}
