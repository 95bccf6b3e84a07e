//! One customer, one record: what becomes of an installation when its Connect app moves to Forge.
//!
//! On Connect a customer is known by `clientKey`, on Forge by the ARI of the installation. A
//! Connect-on-Forge app has both: its `installed` names the ARI. The record of the `clientKey` stays the
//! customer's, with its history; under the ARI there is only a link to it. So is there one under the
//! site and product, for the ARI is another after each new install, and the site is not.
//!
//! | what comes | what it does |
//! |---|---|
//! | `installed` of Connect names an ARI | [`Event::Linked`] under the ARI; what was known under it before goes to the customer, [`Event::Joined`] |
//! | a token or event of Forge, of an ARI with a link | is the customer's, [`InstallationRecord::tenant`] |
//! | a production token of an unknown ARI, of a site, product and app that a customer has | is the customer's, [`InstallationRecord::is_continued_by`] |
//! | a token of Forge after the Connect app was uninstalled | says that the customer is there, [`Event::Invoked`] |
//!
//! [`Event::Linked`]: super::Event::Linked
//! [`Event::Joined`]: super::Event::Joined
//! [`Event::Invoked`]: super::Event::Invoked

use super::Installation;
use super::change::Change;
use super::event::Event;
use super::forge_half::{ForgeCall, ForgeHalf};
use super::issued::Ordered;
use super::key::InstallationKey;
use super::record::InstallationRecord;
use super::secrets::InstallationSecrets;
use super::status::InstallationStatus;
use crate::answer::Refusal;
use crate::ids::ClientKey;
use crate::time::UnixTime;

impl Installation {
    /// As [`Installation::apply`], under a key that may have nothing stored: a link is made of it. Of an
    /// event with a token, when that was issued.
    pub(crate) fn apply_at(
        key: &InstallationKey,
        current: Option<Self>,
        event: &Event,
        issued_at: Option<UnixTime>,
        now: UnixTime,
    ) -> (Option<Self>, Vec<Change>) {
        match (current, event, key) {
            (None, Event::Linked { tenant }, InstallationKey::Forge(_)) => {
                let mut changes = Vec::new();
                let mut record = InstallationRecord::new(key.clone(), now);
                record.link(tenant, now, &mut changes);
                let secrets = InstallationSecrets::default();
                (Some(Self::from_parts(record, secrets)), changes)
            }
            (current, ..) => Self::apply_issued(current, event, issued_at, now),
        }
    }
}

impl InstallationRecord {
    /// The tenant whose record is to be looked at instead: this one is a link.
    #[must_use]
    pub const fn tenant(&self) -> Option<&ClientKey> {
        match self.status {
            InstallationStatus::Linked => self.tenant.as_ref(),
            _ => None,
        }
    }

    /// Under which keys links to this customer belong: its Forge installation, its site and product.
    /// Empty for a record that is not of Connect.
    pub fn links(&self) -> impl Iterator<Item = InstallationKey> {
        let of_connect = matches!(self.key, InstallationKey::Connect(_));
        let forge = self.installation_id().cloned().map(InstallationKey::Forge);
        let site = self.product_type.as_deref().zip(self.cloud_id.as_ref());
        let site =
            site.and_then(|(product, cloud_id)| InstallationKey::of_site(product, cloud_id).ok());
        [forge, site]
            .into_iter()
            .flatten()
            .filter(move |_| of_connect)
    }

    /// Whether a link that leads to this customer stays so, though another one names the same installation or site:
    /// where this one names it still, unless the app is in use at the other's alone.
    #[must_use]
    pub fn keeps_link(&self, link: &InstallationKey, other: &Self) -> bool {
        let stays = self.status.is_in_use() || !other.status.is_in_use();
        stays && self.links().any(|key| key == *link)
    }

    /// Whether a Forge installation that is not known is this customer's: in production, of the same
    /// site, product and app. An app is installed once in a product of a site.
    #[must_use]
    pub fn is_continued_by(&self, half: &ForgeHalf) -> bool {
        matches!(self.key, InstallationKey::Connect(_))
            && half.is_production
            && half.cloud_id.is_some()
            && half.cloud_id == self.cloud_id
            && half.product.is_some()
            && half.product == self.product_type
            && self.app_id.as_ref().is_none_or(|app| *app == half.app)
    }

    /// Whether a token of the Forge half says something that is not known: worth an
    /// [`Event::Invoked`](super::Event::Invoked).
    #[must_use]
    pub fn learns_from(&self, half: &ForgeHalf) -> bool {
        let ours = self.installation_id() == Some(&half.installation);
        let site = half.cloud_id.is_some() && self.cloud_id.is_none();
        ours && matches!(self.key, InstallationKey::Connect(_)) && (site || self.is_back(half))
    }

    /// Why a verified token of the Forge half counts for nothing here; `None` where it counts. One of before
    /// an uninstall is refused, an invocation of its very second too: an event of that second may be the
    /// uninstall itself, sent again. One of after it is not: the platform says that the app is there.
    /// Of a blocked installation an invocation is refused, and an event is stored as any other.
    ///
    /// ```
    /// use app_license::{ForgeAppId, ForgeCall, ForgeHalf, InstallationAri, InstallationKey};
    /// use app_license::{Event, Installation, UnixTime};
    /// let installation = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?;
    /// let half = ForgeHalf {
    ///     installation: installation.clone(),
    ///     app: ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?,
    ///     cloud_id: None,
    ///     product: None,
    ///     is_production: true,
    ///     issued_at: UnixTime::EPOCH,
    /// };
    /// let body = br#"{
    ///     "eventType": "avi:forge:installed:app", "id": "ari:cloud:ecosystem::installation/7ab5a4a1",
    ///     "app": {"id": "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "version": "1.0.0"}
    /// }"#;
    /// let event = app_license::forge::ForgeLifecycleEvent::parse_any(body)?;
    /// let (known, _) = Installation::apply(None, &Event::from(event), UnixTime::EPOCH);
    /// let (blocked, _) = Installation::apply(known, &Event::Block, UnixTime::EPOCH);
    /// let blocked = blocked.unwrap();
    /// let refusal = blocked.refusal_of(&half, ForgeCall::Invocation).unwrap();
    /// assert_eq!(refusal.code(), "tenant_blocked");
    /// assert_eq!(blocked.refusal_of(&half, ForgeCall::Event), None);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn refusal_of(&self, half: &ForgeHalf, call: ForgeCall) -> Option<Refusal> {
        let is_invocation = call == ForgeCall::Invocation;
        let is_of_before = self
            .uninstall_issued_at()
            .is_some_and(|at| half.issued_at < at || (is_invocation && half.issued_at == at));
        if is_of_before {
            Some(Refusal::UnknownTenant)
        } else {
            (is_invocation && self.is_blocked()).then_some(Refusal::TenantBlocked)
        }
    }

    /// Whether the app is there, though its Connect half was uninstalled.
    fn is_back(&self, half: &ForgeHalf) -> bool {
        let since = half.issued_at.since(self.status_since);
        self.status == InstallationStatus::Uninstalled && since > Installation::LATER
    }

    pub(super) fn link(&mut self, tenant: &ClientKey, now: UnixTime, changes: &mut Vec<Change>) {
        let forge = matches!(self.key, InstallationKey::Forge(_));
        if forge && self.tenant() != Some(tenant) {
            self.becomes(InstallationStatus::Linked, now);
            self.tenant = Some(tenant.clone());
            changes.push(Change::Linked { to: tenant.clone() });
        }
    }

    /// Whether the app is back, so that no secret of before may count.
    pub(super) fn invoked(
        &mut self,
        half: &ForgeHalf,
        now: UnixTime,
        changes: &mut Vec<Change>,
    ) -> bool {
        if !matches!(self.key, InstallationKey::Connect(_)) {
            return false;
        }
        let back = self.is_back(half) && self.back(now, changes);
        if back {
            self.issued
                .note(Ordered::ForgeInstalled, Some(half.issued_at));
        }
        self.take_installation(&half.installation, changes);
        let mut details = fill(&mut self.cloud_id, &half.cloud_id);
        details |= fill(&mut self.app_id, &Some(half.app.clone()));
        if details {
            changes.push(Change::DetailsChanged);
        }
        back
    }

    /// Takes over what was known under a Forge installation before it was known whose it is. Once more,
    /// where something happened there between this and the link.
    pub(super) fn join(&mut self, other: &Self, now: UnixTime, changes: &mut Vec<Change>) {
        let InstallationKey::Forge(installation) = &other.key else {
            return;
        };
        let ours = matches!(self.key, InstallationKey::Connect(_));
        if !ours || other.tenant().is_some() {
            return;
        }
        if self.joined.as_ref() != Some(installation) {
            self.joined = Some(installation.clone());
            changes.push(Change::Joined {
                from: installation.clone(),
            });
        }
        // the vendor's block is about the customer, whichever half is asked for
        if self.blocked_at.is_none() && other.is_blocked() {
            self.blocked_at = other.blocked_at;
            changes.push(Change::Blocked);
        }
        let known = self.license.as_ref().filter(|known| !known.is_ahead(now));
        if let Some(said) = other.license.as_ref().filter(|said| !said.is_ahead(now))
            && known.is_none_or(|known| known.as_of < said.as_of)
        {
            let entitlement = &other.entitlement;
            let ids = [
                entitlement.id(),
                entitlement.number(),
                entitlement.support_number(),
            ];
            self.take_entitlement(ids, changes);
            self.take_capability(other.capability_set.as_ref(), changes);
            self.take_known(said.clone(), true, changes);
            self.trial_notice = other.trial_notice.or(self.trial_notice);
        }
        self.issued.join(&other.issued);
        // what a Connect half does not say
        let mut details = fill(&mut self.app_version, &other.app_version);
        details |= fill(&mut self.environment_id, &other.environment_id);
        details |= fill(&mut self.app_id, &other.app_id);
        details |= fill(&mut self.cloud_id, &other.cloud_id);
        if details {
            changes.push(Change::DetailsChanged);
        }
    }
}

/// Takes what is said where nothing is known.
fn fill<T: Clone>(known: &mut Option<T>, said: &Option<T>) -> bool {
    let news = known.is_none() && said.is_some();
    if news {
        known.clone_from(said);
    }
    news
}

#[cfg(test)]
mod tests;
