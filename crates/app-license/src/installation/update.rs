//! How a record takes in what events say.

use crate::gate::facts::State;

use super::change::Change;
use super::entitlement::Entitlement;
use super::issued::Issued;
use super::key::InstallationKey;
use super::known_license::KnownLicense;
use super::record::InstallationRecord;
use super::status::InstallationStatus;
use super::trial::TrialNotice;
use crate::capability::Capability;
use crate::connect::InstalledEvent;
use crate::forge::ForgeLifecycleEvent;
use crate::ids::InstallationAri;
use crate::license::License;
use crate::time::UnixTime;

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

    pub(super) fn enabled(&mut self, now: UnixTime, changes: &mut Vec<Change>) {
        // only `installed` brings an uninstalled app back
        if matches!(
            self.status,
            InstallationStatus::Installed | InstallationStatus::Disabled
        ) {
            self.becomes(InstallationStatus::Enabled, now);
            changes.push(Change::Enabled);
        }
    }

    pub(super) fn disabled(&mut self, now: UnixTime, changes: &mut Vec<Change>) {
        // `disabled` may overtake or follow `uninstalled`
        if self.status.is_in_use() {
            self.becomes(InstallationStatus::Disabled, now);
            changes.push(Change::Disabled);
        }
    }

    pub(super) fn uninstalled(
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

    pub(super) fn take_connect(&mut self, event: &InstalledEvent, changes: &mut Vec<Change>) {
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

    pub(super) fn take_forge(&mut self, event: &ForgeLifecycleEvent, changes: &mut Vec<Change>) {
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

    pub(super) fn take_license(
        &mut self,
        license: &License,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        let to = KnownLicense::of(license, now);
        self.take_known(to, license.as_of().is_some(), changes);
    }

    /// Says that a trial ends soon, where that is due and was not said.
    pub(super) fn take_trial(
        &mut self,
        license: &License,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) {
        let Some((notice, days)) = TrialNotice::due(self.trial_notice.as_ref(), license, now)
        else {
            return;
        };
        self.trial_notice = Some(notice);
        let ends = notice.ends();
        changes.push(Change::TrialEnding { days, ends });
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
            // the same statement again, but fresher
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
