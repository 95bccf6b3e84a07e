//! How events change an installation: pure, and the same whether delivered once or twice.

use crate::gate::facts::State;

use super::issued::{Issued, Ordered};
use super::record::{InstallationKey, InstallationRecord, InstallationStatus, KnownLicense};
use super::secrets::InstallationSecrets;
use super::{Change, Entitlement, Event, Installation};
use crate::capability::Capability;
use crate::connect::{InstalledEvent, LifecycleEvent};
use crate::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use crate::ids::InstallationAri;
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
                    record.note_issued(Ordered::Enabled, Some(*issued_at));
                    record.enabled(now, &mut changes);
                }
            }
            Event::Linked { tenant } => installation.record.link(tenant, now, &mut changes),
            Event::Joined(known) => installation.record.join(known, &mut changes),
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
                    record.note_issued(Ordered::Installed, issued_at);
                    record.note_issued(Ordered::Enabled, issued_at);
                    record.take_connect(event, &mut changes);
                }
            }
            Event::Forge(event) => {
                if event.kind() == ForgeLifecycleKind::Installed {
                    record.note_issued(Ordered::ForgeInstalled, issued_at);
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
        if !self.record.accept_order(ordered, issued_at) {
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
                    self.record.note_issued(Ordered::Enabled, issued_at);
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
        if ordered.is_some_and(|ordered| !self.record.accept_order(ordered, issued_at)) {
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
        let older = match (&record.license, license.as_of()) {
            (Some(known), Some(as_of)) => as_of < known.as_of,
            _ => false,
        };
        if older {
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
        // silence is a word only of a License API: the others are often silent
        if license.state() != State::Absent || license.source().is_license_api() {
            record.take_license(license, now, changes);
        }
        record.take_trial(license, license.as_of().unwrap_or(now), changes);
    }
}

impl InstallationRecord {
    pub(super) fn new(key: InstallationKey, now: UnixTime) -> Self {
        Self {
            key,
            status: InstallationStatus::Installed,
            status_since: now,
            first_installed_at: now,
            installed_at: now,
            updated_at: now,
            uninstalled_at: None,
            blocked_at: None,
            app_key: None,
            app_id: None,
            app_version: None,
            environment_id: None,
            base_url: None,
            display_url: None,
            product_type: None,
            description: None,
            oauth_client_id: None,
            cloud_id: None,
            installation_id: None,
            entitlement: Entitlement::default(),
            capability_set: None,
            license: None,
            trial_notice: None,
            tenant: None,
            joined: None,
            issued: Issued::default(),
        }
    }

    pub(super) fn becomes(&mut self, status: InstallationStatus, now: UnixTime) {
        self.status = status;
        self.status_since = now;
    }

    /// Installed again, if it was uninstalled. Otherwise `installed` says nothing about being
    /// enabled: it is sent again when a secret is rotated or a site renamed. Whether it was.
    pub(super) fn back(&mut self, now: UnixTime, changes: &mut Vec<Change>) -> bool {
        let was_gone = self.status == InstallationStatus::Uninstalled;
        if was_gone {
            self.becomes(InstallationStatus::Installed, now);
            self.installed_at = now;
            self.uninstalled_at = None;
            changes.push(Change::Reinstalled);
        }
        was_gone
    }

    fn enabled(&mut self, now: UnixTime, changes: &mut Vec<Change>) {
        // only `installed` brings an uninstalled app back
        if matches!(
            self.status,
            InstallationStatus::Installed | InstallationStatus::Disabled
        ) {
            self.becomes(InstallationStatus::Enabled, now);
            changes.push(Change::Enabled);
        }
    }

    fn disabled(&mut self, now: UnixTime, changes: &mut Vec<Change>) {
        // `disabled` may overtake or follow `uninstalled`
        if self.status.is_in_use() {
            self.becomes(InstallationStatus::Disabled, now);
            changes.push(Change::Disabled);
        }
    }

    fn uninstalled(
        &mut self,
        issued_at: Option<UnixTime>,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        if self.status != InstallationStatus::Uninstalled {
            self.issued.uninstalled_now(issued_at);
            self.becomes(InstallationStatus::Uninstalled, now);
            self.uninstalled_at = Some(now);
            changes.push(Change::Uninstalled);
        }
    }

    fn take_connect(&mut self, event: &InstalledEvent, changes: &mut Vec<Change>) {
        let body = event.body();
        if let Some(from) = &self.base_url
            && from != body.base_url()
        {
            changes.push(Change::SiteRenamed {
                from: from.clone(),
                to: body.base_url().to_owned(),
            });
        }
        self.base_url = Some(body.base_url().to_owned());
        if let Some(to) = body.installation_id() {
            self.take_installation(to, changes);
        }
        self.take_entitlement(
            [
                body.entitlement_id(),
                body.entitlement_number(),
                body.service_entitlement_number(),
            ],
            changes,
        );
        self.take_capability(body.capability_set(), changes);
        let mut details = take(&mut self.app_key, Some(body.app_key()));
        details |= take_text(&mut self.product_type, Some(body.product_type()));
        details |= take_text(&mut self.display_url, body.stated_display_url());
        details |= take_text(&mut self.description, body.description());
        details |= take_text(&mut self.oauth_client_id, body.oauth_client_id());
        details |= take(&mut self.cloud_id, body.cloud_id());
        if details {
            changes.push(Change::DetailsChanged);
        }
    }

    pub(super) fn take_installation(&mut self, to: &InstallationAri, changes: &mut Vec<Change>) {
        if self.installation_id.as_ref() != Some(to) {
            changes.push(Change::InstallationIdChanged {
                from: self.installation_id.replace(to.clone()),
                to: to.clone(),
            });
        }
    }

    fn take_forge(&mut self, event: &ForgeLifecycleEvent, changes: &mut Vec<Change>) {
        let from = self.app_version.clone();
        if take_text(&mut self.app_version, event.app_version())
            && let Some(to) = event.app_version()
        {
            changes.push(Change::Upgraded {
                from,
                to: to.to_owned(),
            });
        }
        let mut details = take(&mut self.app_id, event.app_id());
        details |= take_text(&mut self.environment_id, event.environment_id());
        if details {
            changes.push(Change::DetailsChanged);
        }
    }

    pub(super) fn take_entitlement(&mut self, said: [Option<&str>; 3], changes: &mut Vec<Change>) {
        let from = self.entitlement.clone();
        let [id, number, support_number] = said;
        let mut changed = take_text(&mut self.entitlement.id, id);
        changed |= take_text(&mut self.entitlement.number, number);
        changed |= take_text(&mut self.entitlement.support_number, support_number);
        if changed {
            let to = self.entitlement.clone();
            changes.push(Change::EntitlementChanged { from, to });
        }
    }

    pub(super) fn take_capability(&mut self, said: Option<&Capability>, changes: &mut Vec<Change>) {
        if let Some(to) = said
            && self.capability_set.as_ref() != Some(to)
        {
            changes.push(Change::EditionChanged {
                from: self.capability_set.replace(to.clone()),
                to: to.clone(),
            });
        }
    }

    fn take_license(&mut self, license: &License, now: UnixTime, changes: &mut Vec<Change>) {
        let to = KnownLicense::of(license, now);
        self.take_known(to, license.as_of().is_some(), changes);
    }

    pub(super) fn take_known(
        &mut self,
        mut to: KnownLicense,
        dated: bool,
        changes: &mut Vec<Change>,
    ) {
        let known = self.license.as_ref();
        // a license source that does not tell trials does not end one, and what ended was what it was
        let ended = to.state == State::Inactive;
        let same_state = known.is_some_and(|k| k.state == to.state);
        if (same_state || ended) && to.evaluation.is_none() {
            to.evaluation = known.and_then(|k| k.evaluation);
        }
        let same = known.is_some_and(|k| k.state == to.state && k.evaluation == to.evaluation);
        if !same {
            changes.push(Change::LicenseChanged {
                from: self.license.replace(to.clone()),
                to,
            });
        } else if dated {
            // the same word again, but fresher
            self.license = Some(to);
        }
    }
}

/// Takes a stated value; an absent one never erases what is known.
fn take<T: Clone + PartialEq>(known: &mut Option<T>, said: Option<&T>) -> bool {
    match said {
        Some(said) if known.as_ref() != Some(said) => {
            *known = Some(said.clone());
            true
        }
        _ => false,
    }
}

fn take_text(known: &mut Option<String>, said: Option<&str>) -> bool {
    match said {
        Some(said) if known.as_deref() != Some(said) => {
            *known = Some(said.to_owned());
            true
        }
        _ => false,
    }
}
