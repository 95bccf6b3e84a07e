//! What a license object says, kept.

use super::License;
use crate::capability::Capability;
use crate::diagnostic::LicenseDiagnostic;
use crate::gate::facts::{Facts, Flag};
use crate::gate::json::{Str, Value};
use crate::license_source::LicenseSource;
use crate::open_text::{BillingPeriod, LicenseKind, LicenseMode};
use crate::shared_text::arc;
use crate::time::UnixTime;

impl License {
    /// From the facts the gate read, and the text they were read from.
    pub(crate) fn from_facts(facts: &Facts<'_>, raw: Option<&str>, source: LicenseSource) -> Self {
        let capability = with_text(facts.capability_set, Capability::stated);
        let mut license = Self::of(facts.state(), capability, source);
        license.evaluation = facts.evaluation();
        license.kind = with_text(facts.kind, LicenseKind::new);
        license.billing_period = with_text(facts.billing_period, BillingPeriod::new);
        license.trial_end = facts.trial_end.and_then(UnixTime::from_json);
        license.subscription_end = facts.subscription_end.and_then(UnixTime::from_json);
        license.entitlement_id = with_text(facts.entitlement_id, |it| it.into());
        license.entitlement_number = with_text(facts.entitlement_number, |it| it.into());
        license.support_entitlement_number =
            with_text(facts.support_entitlement_number, |it| it.into());
        license.modes = facts.modes.map(modes).unwrap_or_default();
        license.raw = raw.map(arc);
        license.remark_on(facts);
        license
    }

    fn remark_on(&mut self, facts: &Facts<'_>) {
        let mut say = |yes, diagnostic| self.diagnostics.add_if(yes, diagnostic);
        match (facts.active, facts.is_active) {
            (Flag::Missing, Flag::Missing) => {}
            (Flag::NotBoolean, _) | (_, Flag::NotBoolean) => {
                say(true, LicenseDiagnostic::ActiveNotBoolean)
            }
            (Flag::Is(_), Flag::Missing) => {}
            (Flag::Missing, _) => say(true, LicenseDiagnostic::OnlyIsActive),
            (a, b) if a == b => say(true, LicenseDiagnostic::BothSpellings),
            _ => say(true, LicenseDiagnostic::SpellingsDisagree),
        }
        let said = |f: Flag| f != Flag::Missing;
        let evaluation_said = said(facts.evaluation) || said(facts.is_evaluation);
        say(
            evaluation_said && self.evaluation.is_none(),
            LicenseDiagnostic::EvaluationUnreadable,
        );
        let unreadable = (facts.trial_end.is_some() && self.trial_end.is_none())
            || (facts.subscription_end.is_some() && self.subscription_end.is_none());
        say(unreadable, LicenseDiagnostic::DateUnreadable);
        say(
            self.trial_end.is_some() && self.evaluation == Some(false),
            LicenseDiagnostic::TrialEndWithoutTrial,
        );
        say(
            self.support_entitlement_number.is_some(),
            LicenseDiagnostic::SupportNumberDeprecated,
        );
        say(
            self.kind == Some(LicenseKind::DEVELOPER),
            LicenseDiagnostic::DeveloperKind,
        );
    }
}

pub(super) fn with_text<T>(text: Option<Str<'_>>, make: impl FnOnce(&str) -> T) -> Option<T> {
    text.map(|s| match s.plain() {
        Some(plain) => make(plain),
        None => make(&s.to_string()),
    })
}

fn modes(value: Value<'_>) -> Vec<LicenseMode> {
    let Value::Array(text) = value else {
        return Vec::new();
    };
    let mut modes = Vec::new();
    let mut scanner = crate::gate::json::Scanner::<32>::from_text(text);
    let read = scanner.array::<crate::gate::json::Error>(|s| {
        if let Value::String(mode) = s.value()? {
            modes.extend(with_text(Some(mode), LicenseMode::new));
        }
        Ok(())
    });
    if read.is_err() { Vec::new() } else { modes }
}
