//! How events change an installation: pure, and the same whether delivered once or twice.

use crate::gate::facts::State;

use super::Installation;
use super::change::Change;
use super::event::Event;
use super::issued::Ordered;
use super::key::InstallationKey;
use super::record::InstallationRecord;
use super::secrets::InstallationSecrets;
use crate::connect::LifecycleEvent;
use crate::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use crate::license::License;
use crate::time::UnixTime;

impl Installation {
    /// What an event makes of what is known: the installation after it, and what changed.
    ///
    /// `current` is what the store holds under the event's key. An event of another installation
    /// changes nothing. Neither do `enabled`, `disabled` and `uninstalled` of an unknown one.
    #[must_use]
    pub fn apply(
        current: Option<Self>,
        event: &Event,
        now: UnixTime,
    ) -> (Option<Self>, Vec<Change>) {
        Self::apply_issued(current, event, None, now)
    }

    /// As [`Installation::apply`], an event whose token was issued then: one that was overtaken changes
    /// nothing.
    pub(super) fn apply_issued(
        current: Option<Self>,
        event: &Event,
        issued_at: Option<UnixTime>,
        now: UnixTime,
    ) -> (Option<Self>, Vec<Change>) {
        let Some(mut installation) = current else {
            let new = Self::first(event, issued_at, now);
            let changes = new.iter().map(|_| Change::Installed).collect();
            return (new, changes);
        };
        let mut changes = Vec::new();
        // nothing happens to a link but that it becomes another's
        if installation.record.tenant().is_some() && !matches!(event, Event::Linked { .. }) {
            return (Some(installation), changes);
        }
        match event {
            Event::Connect(event) => installation.connect(event, issued_at, now, &mut changes),
            Event::Forge(event) => installation.forge(event, issued_at, now, &mut changes),
            Event::License(license) => installation.license(license, now, &mut changes),
            Event::PageOpened { issued_at } => {
                if installation.is_reopened(*issued_at) {
                    let record = &mut installation.record;
                    record.issued.note(Ordered::Enabled, Some(*issued_at));
                    record.enabled(now, &mut changes);
                }
            }
            Event::Linked { tenant } => installation.record.link(tenant, now, &mut changes),
            Event::Joined(known) => installation.record.join(known, now, &mut changes),
            Event::Invoked(half) => {
                if installation.record.invoked(half, now, &mut changes) {
                    installation.secrets = InstallationSecrets::default();
                }
            }
            Event::ForgetPreviousSecret => {
                if installation.secrets.forget_previous() {
                    changes.push(Change::PreviousSecretForgotten);
                }
            }
            Event::Block => {
                if !installation.record.is_blocked() {
                    installation.record.blocked_at = Some(now);
                    changes.push(Change::Blocked);
                }
            }
            Event::Unblock => {
                if installation.record.blocked_at.take().is_some() {
                    changes.push(Change::Unblocked);
                }
            }
        }
        if !changes.is_empty() {
            installation.record.updated_at = now;
        }
        (Some(installation), changes)
    }

    fn first(event: &Event, issued_at: Option<UnixTime>, now: UnixTime) -> Option<Self> {
        let mut secrets = InstallationSecrets::default();
        let mut record = match event {
            Event::Connect(event) => {
                let LifecycleEvent::Installed(event) = &**event else {
                    return None;
                };
                secrets.rotate(event.shared_secret(), now);
                let key = event.body().client_key().clone();
                InstallationRecord::new(InstallationKey::Connect(key), now)
            }
            Event::Forge(event) if event.kind() != ForgeLifecycleKind::PreUninstall => {
                let key = event.installation_id()?.clone();
                InstallationRecord::new(InstallationKey::Forge(key), now)
            }
            Event::Forge(_)
            | Event::License(_)
            | Event::PageOpened { .. }
            | Event::Linked { .. }
            | Event::Joined(_)
            | Event::Invoked(_)
            | Event::ForgetPreviousSecret
            | Event::Block
            | Event::Unblock => return None,
        };
        let mut changes = Vec::new();
        match event {
            Event::Connect(event) => {
                if let LifecycleEvent::Installed(event) = &**event {
                    record.issued.note(Ordered::Installed, issued_at);
                    record.issued.note(Ordered::Enabled, issued_at);
                    record.take_connect(event, &mut changes);
                }
            }
            Event::Forge(event) => {
                if event.kind() == ForgeLifecycleKind::Installed {
                    record.issued.note(Ordered::ForgeInstalled, issued_at);
                }
                record.take_forge(event, &mut changes);
            }
            _ => {}
        }
        Some(Self { record, secrets })
    }

    fn connect(
        &mut self,
        event: &LifecycleEvent,
        issued_at: Option<UnixTime>,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        match &self.record.key {
            InstallationKey::Connect(key) if key == event.body().client_key() => {}
            _ => return,
        }
        let ordered = match event {
            LifecycleEvent::Installed(_) => Ordered::Installed,
            LifecycleEvent::Enabled(_) => Ordered::Enabled,
            LifecycleEvent::Disabled(_) => Ordered::Disabled,
            LifecycleEvent::Uninstalled(_) => Ordered::Uninstalled,
        };
        if !self.record.issued.accept(ordered, issued_at) {
            // the app was gone in between: what was valid before it went is no previous secret
            let gone = matches!(event, LifecycleEvent::Uninstalled(_));
            if gone && self.secrets.forget_previous() {
                changes.push(Change::PreviousSecretForgotten);
            }
            return;
        }
        match event {
            LifecycleEvent::Installed(event) => {
                let secret = event.shared_secret();
                let rotated = if self.record.back(now, changes) {
                    self.record.issued.note(Ordered::Enabled, issued_at);
                    self.secrets.renew(secret)
                } else {
                    self.secrets.rotate(secret, now)
                };
                if rotated {
                    changes.push(Change::SecretRotated);
                }
                self.record.take_connect(event, changes);
            }
            LifecycleEvent::Enabled(_) => self.record.enabled(now, changes),
            LifecycleEvent::Disabled(_) => self.record.disabled(now, changes),
            LifecycleEvent::Uninstalled(_) => self.record.uninstalled(issued_at, now, changes),
        }
    }

    fn forge(
        &mut self,
        event: &ForgeLifecycleEvent,
        issued_at: Option<UnixTime>,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        let other = match (&self.record.key, event.installation_id()) {
            (InstallationKey::Forge(known), Some(said)) => known != said,
            (InstallationKey::Forge(_), None) => false,
            // a Connect-on-Forge app hears of its Forge half too
            (InstallationKey::Connect(_), Some(said)) => {
                self.record.installation_id.as_ref() != Some(said)
            }
            (InstallationKey::Connect(_), None) => self.record.installation_id.is_none(),
        };
        if other {
            return;
        }
        let ordered = match event.kind() {
            ForgeLifecycleKind::Installed => Some(Ordered::ForgeInstalled),
            ForgeLifecycleKind::PreUninstall => Some(Ordered::ForgeUninstalled),
            ForgeLifecycleKind::Upgraded => None,
        };
        if ordered.is_some_and(|ordered| !self.record.issued.accept(ordered, issued_at)) {
            return;
        }
        match event.kind() {
            ForgeLifecycleKind::Installed => {
                // the secret of a Connect-on-Forge app comes with its Connect event
                if self.record.back(now, changes) {
                    self.secrets = InstallationSecrets::default();
                }
            }
            ForgeLifecycleKind::Upgraded => {}
            ForgeLifecycleKind::PreUninstall => {
                return self.record.uninstalled(issued_at, now, changes);
            }
        }
        self.record.take_forge(event, changes);
    }

    fn license(&mut self, license: &License, now: UnixTime, changes: &mut Vec<Change>) {
        let record = &mut self.record;
        let known = record.license.as_ref();
        let older = match (known.filter(|it| !it.is_ahead(now)), license.as_of()) {
            (Some(known), Some(as_of)) => as_of < known.as_of,
            _ => false,
        };
        if older || license.is_ahead(now) {
            return;
        }
        record.take_entitlement(
            [
                license.entitlement_id(),
                license.entitlement_number(),
                license.support_entitlement_number(),
            ],
            changes,
        );
        record.take_capability(license.capability_set(), changes);
        // silence says something only of a License API: the others are often silent
        if license.state() != State::Absent || license.source().is_license_api() {
            record.take_license(license, now, changes);
        }
        record.take_trial(license, license.as_of().unwrap_or(now), changes);
    }
}
