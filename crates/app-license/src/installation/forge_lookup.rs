//! Whose a verified token of Forge is, looked up in a store step by step.

use super::forge_half::{ForgeCall, ForgeHalf};
use super::key::InstallationKey;
use super::record::InstallationRecord;

/// Whose a verified token of Forge is: that of an installation with a record of its own, or of a customer of
/// Connect to whom a link leads; where nothing is known of the installation, of the customer who has the app on
/// the same site ([`InstallationRecord::is_continued_by`]). A shell loads what it is told to, until somebody is
/// found or nobody is; whether the token counts there is said by [`InstallationRecord::refusal_of`].
///
/// ```
/// use app_license::{ForgeAppId, ForgeCall, ForgeHalf, ForgeLookup, InstallationAri, InstallationKey};
/// use app_license::{LookupStep, UnixTime};
/// let installation = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?;
/// let half = ForgeHalf {
///     installation: installation.clone(),
///     app: ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?,
///     cloud_id: None,
///     product: None,
///     is_production: true,
///     issued_at: UnixTime::EPOCH,
/// };
/// let mut lookup = ForgeLookup::new(&half, ForgeCall::Invocation);
/// let own = InstallationKey::Forge(installation);
/// assert_eq!(lookup.first(), own);
/// // nothing is stored there, and the token names no site
/// assert_eq!(lookup.loaded(None), LookupStep::Nobody);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ForgeLookup<'h> {
    half: &'h ForgeHalf,
    call: ForgeCall,
    stage: LookupStage,
}

/// How far a [`ForgeLookup`] came: what was loaded last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::exhaustive_enums,
    reason = "for shells that hand it over and back"
)]
pub enum LookupStage {
    /// What is stored under the token's installation.
    #[default]
    Own,
    /// The customer to whom the link of the installation leads.
    Linked,
    /// What is stored under the token's site and product.
    Site,
    /// The customer to whom the link of the site leads.
    OnSite,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum LookupStep {
    /// Load what is stored under this key, and say so to [`ForgeLookup::loaded`].
    Load(InstallationKey),
    /// Nobody is known whose it is.
    Nobody,
    /// It is the installation that was loaded last. What the token says of it is written down as is said here.
    Found(Learning),
}

/// Whether what a token says of a customer is written down: by [`Event::Invoked`](super::Event::Invoked), and a link to
/// the customer under each of [`InstallationRecord::links`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum Learning {
    /// It says nothing that is not known, or counts for nothing: what is refused writes nothing.
    Nothing,
    /// It is. Where that fails the call goes on, for who it is is known, and a later one says it again.
    Try,
    /// It is, or the call fails: an event belongs to who is linked.
    Require,
}

impl<'h> ForgeLookup<'h> {
    /// For what a verified token says, and what it came with.
    #[must_use]
    pub fn new(half: &'h ForgeHalf, call: ForgeCall) -> Self {
        Self::at(half, call, LookupStage::default())
    }

    /// One that came so far, for a shell that keeps no more of it than its [stage](ForgeLookup::stage).
    #[must_use]
    pub const fn at(half: &'h ForgeHalf, call: ForgeCall, stage: LookupStage) -> Self {
        Self { half, call, stage }
    }

    /// How far it came.
    #[must_use]
    pub const fn stage(&self) -> LookupStage {
        self.stage
    }

    /// The key to load first.
    #[must_use]
    pub fn first(&self) -> InstallationKey {
        InstallationKey::Forge(self.half.installation.clone())
    }

    /// What to do, given what is stored under the key that was said last.
    pub fn loaded(&mut self, stored: Option<&InstallationRecord>) -> LookupStep {
        let customer = stored.and_then(InstallationRecord::tenant);
        let customer = customer.map(|tenant| InstallationKey::Connect(tenant.clone()));
        match (self.stage, stored, customer) {
            (LookupStage::Own, _, Some(customer)) => self.load(LookupStage::Linked, customer),
            (LookupStage::Own, Some(_), None) => LookupStep::Found(Learning::Nothing),
            // a link may lead to nobody, whose record was erased
            (LookupStage::Own | LookupStage::Linked, None, _) => match self.half.site_key() {
                Some(site) => self.load(LookupStage::Site, site),
                None => LookupStep::Nobody,
            },
            (LookupStage::Linked, Some(stored), _) => {
                self.found(stored, stored.learns_from(self.half))
            }
            (LookupStage::Site, _, Some(customer)) => self.load(LookupStage::OnSite, customer),
            (LookupStage::OnSite, Some(stored), _) if stored.is_continued_by(self.half) => {
                self.found(stored, true)
            }
            (LookupStage::Site | LookupStage::OnSite, ..) => LookupStep::Nobody,
        }
    }

    const fn load(&mut self, stage: LookupStage, key: InstallationKey) -> LookupStep {
        self.stage = stage;
        LookupStep::Load(key)
    }

    fn found(&self, customer: &InstallationRecord, is_news: bool) -> LookupStep {
        let counts = customer.refusal_of(self.half, self.call).is_none();
        LookupStep::Found(match self.call {
            _ if !is_news || !counts => Learning::Nothing,
            ForgeCall::Invocation => Learning::Try,
            ForgeCall::Event => Learning::Require,
        })
    }
}

impl InstallationRecord {
    /// Whether a lifecycle event that came with a token of this half is this record's to take: the customer may
    /// have another installation by now, and what happens to one of before is answered and changes nothing.
    #[must_use]
    pub fn takes_event_of(&self, half: &ForgeHalf) -> bool {
        self.installation_id() == Some(&half.installation)
    }
}

#[cfg(test)]
mod tests;
