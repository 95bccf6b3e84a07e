//! What a customer tried and bought. Nothing here waits: where it stands is worked out from the
//! clock whenever somebody asks.

mod substitute;

use app_license::{Edition, State, UnixTime};
use serde::{Deserialize, Serialize};

use crate::app::{App, Environment};
use crate::clock::DAY;
use crate::error::{Error, ErrorKind};
use crate::snapshot::{AccessToken, Billing, LicenseSnapshot, Override, Stage};

const COMMERCIAL: &str = "COMMERCIAL";
const FREE: &str = "FREE";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entitlement {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) support_number: String,
    pub(crate) kind: String,
    trial: Option<Trial>,
    plan: Option<Plan>,
    hold: Option<Hold>,
    /// The platform names no edition until a customer changes it.
    named: bool,
    pub(crate) override_to: Option<Override>,
    pub(crate) access_token: Option<AccessToken>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Trial {
    #[serde(with = "edition_name")]
    edition: Edition,
    end: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Plan {
    #[serde(with = "edition_name")]
    edition: Edition,
    billing: Billing,
    period_end: u64,
    cancelled: bool,
    next: Option<Next>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Next {
    #[serde(with = "edition_name")]
    edition: Edition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hold {
    Suspended,
    Inactive,
}

impl Plan {
    fn ended(&self, now: u64) -> bool {
        self.cancelled && now >= self.period_end
    }

    /// Renewed as often as the clock demands; an ended plan stays as it is.
    fn renewed(mut self, now: u64) -> Self {
        if now < self.period_end || self.cancelled {
            return self;
        }
        if let Some(next) = self.next.take() {
            self.edition = next.edition;
        }
        let period = self.billing.days().saturating_mul(DAY);
        let over = now.saturating_sub(self.period_end);
        let periods = over
            .checked_div(period)
            .unwrap_or_default()
            .saturating_add(1);
        self.period_end = self
            .period_end
            .saturating_add(periods.saturating_mul(period));
        self
    }
}

impl Entitlement {
    pub(crate) fn new(id: String, number: String, support_number: String) -> Self {
        Self {
            id,
            number,
            support_number,
            kind: COMMERCIAL.to_owned(),
            trial: None,
            plan: None,
            hold: None,
            named: false,
            override_to: None,
            access_token: None,
        }
    }

    /// Whether there is anything to carry an entitlement id.
    pub(crate) fn exists(&self) -> bool {
        self.trial.is_some() || self.plan.is_some()
    }

    pub(crate) fn snapshot(&self, app: &App, now: UnixTime) -> LicenseSnapshot {
        let now = now.as_seconds();
        if !app.paid {
            return LicenseSnapshot::silent(Stage::Free);
        }
        let mut snapshot = if app.environment != Environment::Production {
            match self.override_to {
                Some(value) => substitute::overridden(value, now),
                None => LicenseSnapshot::silent(Stage::NotProduction),
            }
        } else if let Some(token) = self.access_token {
            substitute::by_access_token(token, now)
        } else {
            self.sold(now)
        };
        let overridden = snapshot.override_to.is_some();
        if snapshot.speaks() {
            if snapshot.kind.is_none() {
                snapshot.kind = Some(self.kind.clone());
            }
            // an override buys nothing
            snapshot.entitlement_id = Some(self.id.clone()).filter(|_| !overridden);
            snapshot.entitlement_number = Some(self.number.clone()).filter(|_| !overridden);
        }
        if !app.editions {
            snapshot.capability_set = None;
            snapshot.edition = snapshot.edition.map(|_| Edition::Standard);
        }
        snapshot
    }

    fn sold(&self, now: u64) -> LicenseSnapshot {
        let plan = self.plan.map(|plan| plan.renewed(now));
        let paying = plan.filter(|plan| !plan.ended(now));
        let trying = self.trial.filter(|trial| now < trial.end);
        let (stage, edition) = match (paying, trying) {
            (Some(_), Some(trial)) => (Stage::TrialWhileSubscribed, trial.edition),
            (Some(plan), None) if plan.cancelled => (Stage::Cancelled, plan.edition),
            (Some(plan), None) => (Stage::Subscribed, plan.edition),
            (None, Some(trial)) => (Stage::Trial, trial.edition),
            (None, None) => match (plan, self.trial) {
                (Some(plan), _) => (Stage::Ended, plan.edition),
                (None, Some(trial)) => (Stage::TrialEnded, trial.edition),
                (None, None) => return LicenseSnapshot::silent(Stage::NeverLicensed),
            },
        };
        let stage = match self.hold {
            Some(Hold::Suspended) => Stage::Suspended,
            Some(Hold::Inactive) => Stage::Inactive,
            None => stage,
        };
        let active = self.hold.is_none() && (paying.is_some() || trying.is_some());
        let time = |seconds: u64| UnixTime::EPOCH.plus(seconds);
        LicenseSnapshot {
            state: if active {
                State::Active
            } else {
                State::Inactive
            },
            edition: active.then_some(edition),
            capability_set: self.named.then_some(edition),
            evaluation: trying.is_some() || plan.is_none(),
            billing: plan.map(|plan| plan.billing),
            trial_end: self.trial.map(|trial| time(trial.end)),
            subscription_end: plan.map(|plan| time(plan.period_end)),
            paid_edition: paying.map(|plan| plan.edition),
            next_edition: paying.and_then(|plan| plan.next).map(|next| next.edition),
            ..LicenseSnapshot::silent(stage)
        }
    }

    /// Forgets what the clock has passed, before something new happens.
    fn settle(&mut self, now: u64) {
        self.plan = self.plan.map(|plan| plan.renewed(now));
        let paying = self.plan.is_some_and(|plan| !plan.ended(now));
        if paying && self.trial.is_some_and(|trial| now >= trial.end) {
            self.trial = None;
        }
    }

    fn edition_now(&self, now: u64) -> Option<Edition> {
        self.sold(now).edition
    }

    /// Names the edition on the wire once it is another than the unnamed Standard.
    fn rename(&mut self, before: Option<Edition>, after: Edition) {
        self.named |= after != before.unwrap_or(Edition::Standard);
    }

    pub(crate) fn start_trial(
        &mut self,
        edition: Edition,
        days: u64,
        now: u64,
    ) -> Result<(), Error> {
        sellable("start the trial", edition)?;
        self.settle(now);
        if let Some(plan) = self.paying(now)
            && plan.edition == edition
        {
            return Err(refused("start the trial", "that edition is paid for"));
        }
        let before = self.edition_now(now);
        self.rename(before, edition);
        self.trial = Some(Trial {
            edition,
            end: now.saturating_add(days.saturating_mul(DAY)),
        });
        if self.paying(now).is_none() {
            self.plan = None;
        }
        self.hold = None;
        Ok(())
    }

    pub(crate) fn buy(
        &mut self,
        edition: Edition,
        billing: Billing,
        now: u64,
    ) -> Result<(), Error> {
        sellable("buy", edition)?;
        self.settle(now);
        let before = self.edition_now(now);
        self.rename(before, edition);
        if self.kind == FREE {
            COMMERCIAL.clone_into(&mut self.kind);
        }
        self.trial = None;
        self.plan = Some(Plan {
            edition,
            billing,
            period_end: now.saturating_add(billing.days().saturating_mul(DAY)),
            cancelled: false,
            next: None,
        });
        self.hold = None;
        Ok(())
    }

    /// Nothing to pay, nothing to end; whatever was bought or tried before is over.
    pub(crate) fn take_free(&mut self, now: u64) {
        self.trial = None;
        self.plan = Some(Plan {
            edition: Edition::Free,
            billing: Billing::Monthly,
            period_end: now.saturating_add(Billing::Monthly.days().saturating_mul(DAY)),
            cancelled: false,
            next: None,
        });
        FREE.clone_into(&mut self.kind);
        self.named = true;
        self.hold = None;
    }

    pub(crate) fn change_edition(&mut self, edition: Edition, now: u64) -> Result<(), Error> {
        const WHAT: &str = "change the edition";
        sellable(WHAT, edition)?;
        self.settle(now);
        match (self.paying(now), self.trial) {
            (Some(mut plan), _) => {
                plan.edition = edition;
                plan.next = None;
                self.plan = Some(plan);
                self.trial = None;
            }
            (None, Some(mut trial)) if now < trial.end => {
                trial.edition = edition;
                self.trial = Some(trial);
            }
            _ => return Err(refused(WHAT, "nothing is licensed")),
        }
        self.named = true;
        Ok(())
    }

    pub(crate) fn downgrade(&mut self, edition: Edition, now: u64) -> Result<(), Error> {
        const WHAT: &str = "change the edition at the end of the period";
        sellable(WHAT, edition)?;
        self.settle(now);
        let mut plan = self
            .paying(now)
            .ok_or_else(|| refused(WHAT, "nothing is paid for"))?;
        if plan.cancelled {
            return Err(refused(WHAT, "the subscription is cancelled"));
        }
        plan.next = Some(Next { edition });
        self.plan = Some(plan);
        self.named = true;
        Ok(())
    }

    pub(crate) fn cancel(&mut self, now: u64) -> Result<(), Error> {
        self.settle(now);
        match (self.paying(now), &mut self.trial) {
            (Some(mut plan), _) => {
                plan.cancelled = true;
                self.plan = Some(plan);
                Ok(())
            }
            // a cancelled trial runs to its end, as it would have done anyway
            (None, Some(trial)) if now < trial.end => Ok(()),
            _ => Err(refused("cancel", "nothing is licensed")),
        }
    }

    pub(crate) fn expire(&mut self, now: u64) -> Result<(), Error> {
        self.settle(now);
        if !self.exists() {
            return Err(refused("expire", "nothing was ever licensed"));
        }
        if let Some(trial) = &mut self.trial {
            trial.end = trial.end.min(now);
        }
        if let Some(plan) = &mut self.plan {
            plan.cancelled = true;
            plan.period_end = plan.period_end.min(now);
        }
        Ok(())
    }

    pub(crate) fn hold(&mut self, hold: Hold) -> Result<(), Error> {
        if !self.exists() {
            return Err(refused(
                "hold the license back",
                "nothing was ever licensed",
            ));
        }
        self.hold = Some(hold);
        Ok(())
    }

    pub(crate) fn resume(&mut self) {
        self.hold = None;
    }

    fn paying(&self, now: u64) -> Option<Plan> {
        self.plan.filter(|plan| !plan.ended(now))
    }
}

fn sellable(what: &'static str, edition: Edition) -> Result<(), Error> {
    match edition {
        Edition::Standard | Edition::Advanced => Ok(()),
        _ => Err(refused(what, "only Standard and Advanced are sold")),
    }
}

fn refused(what: &'static str, why: &'static str) -> Error {
    ErrorKind::Move { what, why }.into()
}

/// Editions by name in a stored state.
mod edition_name {
    use app_license::Edition;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(edition: &Edition, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(edition.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Edition, D::Error> {
        let name = String::deserialize(d)?;
        Edition::from_name(&name).ok_or_else(|| serde::de::Error::custom("no such edition"))
    }
}
