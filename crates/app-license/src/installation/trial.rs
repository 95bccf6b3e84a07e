//! Saying in time that a trial ends.

use crate::gate::facts::State;

use super::change::Change;
use crate::license::License;
use crate::time::UnixTime;

const DAY: u64 = 86_400;

/// What was said last of the end of a trial, so that it is said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrialNotice {
    ends: UnixTime,
    /// The one of [`Change::TRIAL_NOTICES`] that it was said for.
    days: u64,
}

/// The end of a running trial, and how many days are left, begun ones included.
fn ending(license: &License, now: UnixTime) -> Option<(UnixTime, u64)> {
    let runs = license.state() == State::Active && license.is_evaluation() == Some(true);
    let ends = license.trial_end().filter(|ends| runs && *ends > now)?;
    Some((ends, ends.since(now).div_ceil(DAY)))
}

impl TrialNotice {
    /// The notice that a license is worth, if that was not given yet, and how many days are left.
    pub(super) fn due(
        given: Option<&Self>,
        license: &License,
        now: UnixTime,
    ) -> Option<(Self, u64)> {
        let (ends, left) = ending(license, now)?;
        let notices = Change::TRIAL_NOTICES.into_iter();
        let days = notices.filter(|days| left <= *days).min()?;
        let is_given = given.is_some_and(|known| known.ends == ends && known.days <= days);
        (!is_given).then_some((Self { ends, days }, left))
    }

    /// When the trial ends (UTC).
    pub(super) const fn ends(&self) -> UnixTime {
        self.ends
    }
}
