//! Saying in time that a trial ends.

use crate::gate::facts::State;

use super::change::Change;
use super::record::InstallationRecord;
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

impl InstallationRecord {
    /// The notice that a license is worth, if that was not given yet, and how many days are left.
    pub(super) fn trial_notice(
        &self,
        license: &License,
        now: UnixTime,
    ) -> Option<(TrialNotice, u64)> {
        let (ends, left) = ending(license, now)?;
        let notices = Change::TRIAL_NOTICES.into_iter();
        let days = notices.filter(|days| left <= *days).min()?;
        let given = |known: &TrialNotice| known.ends == ends && known.days <= days;
        let is_given = self.trial_notice.as_ref().is_some_and(given);
        (!is_given).then_some((TrialNotice { ends, days }, left))
    }

    pub(super) fn take_trial(
        &mut self,
        license: &License,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        let Some((notice, days)) = self.trial_notice(license, now) else {
            return;
        };
        self.trial_notice = Some(notice);
        let ends = notice.ends;
        changes.push(Change::TrialEnding { days, ends });
    }
}
