//! What counts in place of what was bought: an override, and an access token of the platform.

use app_license::{Edition, State, UnixTime};

use crate::clock::DAY;
use crate::snapshot::{AccessToken, Billing, LicenseSnapshot, Override, Stage};

/// How long a trial by override runs, in days.
const OVERRIDDEN_TRIAL: u64 = 30;

pub(super) fn overridden(value: Override, now: u64) -> LicenseSnapshot {
    let edition = match value {
        Override::Standard => Some(Edition::Standard),
        Override::Advanced => Some(Edition::Advanced),
        Override::Active | Override::Inactive | Override::Trial => None,
    };
    let active = value != Override::Inactive;
    LicenseSnapshot {
        state: if active {
            State::Active
        } else {
            State::Inactive
        },
        edition: active.then_some(edition.unwrap_or(Edition::Standard)),
        capability_set: edition,
        evaluation: value == Override::Trial,
        trial_end: (value == Override::Trial).then(|| {
            let days = DAY.saturating_mul(OVERRIDDEN_TRIAL);
            UnixTime::EPOCH.plus(now.saturating_add(days))
        }),
        override_to: Some(value),
        ..LicenseSnapshot::silent(Stage::Overridden)
    }
}

pub(super) fn by_access_token(token: AccessToken, now: u64) -> LicenseSnapshot {
    use AccessToken as T;
    let month = |later: u64| Some(UnixTime::EPOCH.plus(later));
    let trial = matches!(token, T::ActiveTrial | T::InactiveTrial);
    let state = match token {
        T::Unlicensed => return LicenseSnapshot::silent(Stage::NeverLicensed),
        T::InactiveTrial | T::InactiveSubscription => State::Inactive,
        T::ActiveTrial | T::ActiveSubscription | T::CancelledSubscription => State::Active,
    };
    let end = if state == State::Active {
        month(now.saturating_add(DAY.saturating_mul(30)))
    } else {
        month(now.saturating_sub(DAY))
    };
    LicenseSnapshot {
        state,
        edition: (state == State::Active).then_some(Edition::Standard),
        evaluation: trial,
        kind: Some("DEVELOPER".to_owned()),
        billing: (!trial).then_some(Billing::Monthly),
        trial_end: end.filter(|_| trial),
        subscription_end: end.filter(|_| !trial),
        ..LicenseSnapshot::silent(Stage::Overridden)
    }
}
