//! The license: one type, whatever license source it came from.

mod from_facts;
mod read;
mod summary;

use std::sync::Arc;

use crate::gate::capability::{Edition, Grants, RequiredCapability, same};
use crate::gate::facts::State;
use crate::gate::json::Str;
use crate::gate::policy::Evidence;

use crate::capability::Capability;
use crate::diagnostic::{LicenseDiagnostic, LicenseDiagnostics};
use crate::gate::user_access::UserAccess;
use crate::license_source::LicenseSource;
use crate::open_text::{BillingPeriod, EnvironmentType, LicenseKind, LicenseMode};
use crate::time::UnixTime;

/// What a license source said: active or not, edition, trial, dates, entitlement.
///
/// A license has three states, never two: see [`State`]. [`License::has_capability`] answers for
/// the simple case; [`crate::Policy`] and [`crate::FeatureMap`] decide with reasons.
///
/// ```
/// use app_license::{Edition, License, State};
///
/// let license = License::from_forge_ui_context(
///     br#"{"environmentType":"PRODUCTION","license":{"active":true,"isEvaluation":true,
///         "capabilitySet":"capabilityAdvanced","trialEndDate":"2026-12-22T00:00:00.000Z"}}"#,
/// )?;
/// assert_eq!(license.state(), State::Active);
/// assert_eq!(license.edition(), Some(Edition::Advanced));
/// assert_eq!(license.is_evaluation(), Some(true));
/// assert!(license.has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    state: State,
    grants: Granted,
    source: LicenseSource,
    evaluation: Option<bool>,
    diagnostics: LicenseDiagnostics,
    capability: Option<Capability>,
    kind: Option<LicenseKind>,
    billing_period: Option<BillingPeriod>,
    trial_end: Option<UnixTime>,
    subscription_end: Option<UnixTime>,
    entitlement_id: Option<Box<str>>,
    entitlement_number: Option<Box<str>>,
    support_entitlement_number: Option<Box<str>>,
    modes: Vec<LicenseMode>,
    environment: Option<EnvironmentType>,
    as_of: Option<UnixTime>,
    user_access: Option<UserAccess>,
    raw: Option<Arc<str>>,
}

/// What the license grants, worked out once: [`Grants`] without the borrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Granted {
    Nothing,
    Edition(Edition),
    Only,
}

impl License {
    /// A license that a license source says nothing about.
    ///
    /// ```
    /// use app_license::{License, State, LicenseSource};
    /// let nothing = License::absent(LicenseSource::ForgeInvocationToken);
    /// assert_eq!(nothing.state(), State::Absent);
    /// assert!(!nothing.has_capability("capabilityStandard"));
    /// ```
    #[must_use]
    pub fn absent(source: LicenseSource) -> Self {
        Self::of(State::Absent, None, source)
    }

    /// The least a license source can say: a state and perhaps a capability set.
    pub(crate) fn of(state: State, capability: Option<Capability>, source: LicenseSource) -> Self {
        let grants = match (state, &capability) {
            (State::Active, None) => Granted::Edition(Edition::Standard),
            (State::Active, Some(c)) => c.edition().map_or(Granted::Only, Granted::Edition),
            _ => Granted::Nothing,
        };
        let mut diagnostics = LicenseDiagnostics::default();
        diagnostics.add_if(
            grants == Granted::Only,
            LicenseDiagnostic::UnknownCapability,
        );
        diagnostics.add_if(
            capability.is_some() && grants == Granted::Nothing,
            LicenseDiagnostic::EditionWithoutActive,
        );
        diagnostics.add_if(
            state == State::Active && capability.is_none(),
            LicenseDiagnostic::EditionMissing,
        );
        let odd = |c: &Capability| {
            c.edition()
                .is_some_and(|e| e.capability_set() != c.as_str())
        };
        diagnostics.add_if(
            capability.as_ref().is_some_and(odd),
            LicenseDiagnostic::OddCapabilitySpelling,
        );
        Self {
            state,
            grants,
            source,
            evaluation: None,
            diagnostics,
            capability,
            kind: None,
            billing_period: None,
            trial_end: None,
            subscription_end: None,
            entitlement_id: None,
            entitlement_number: None,
            support_entitlement_number: None,
            modes: Vec::new(),
            environment: None,
            as_of: None,
            user_access: None,
            raw: None,
        }
    }

    pub(crate) fn add_diagnostic(&mut self, diagnostic: LicenseDiagnostic) {
        self.diagnostics.add_if(true, diagnostic);
    }

    pub(crate) fn entitlement(
        &mut self,
        id: Option<&str>,
        number: Option<&str>,
        sen: Option<&str>,
    ) {
        self.entitlement_id = id.map(Box::from);
        self.entitlement_number = number.map(Box::from);
        self.diagnostics
            .add_if(sen.is_some(), LicenseDiagnostic::SupportNumberDeprecated);
        self.support_entitlement_number = sen.map(Box::from);
    }

    /// Says when it was stated: the token's `iat`, or when the answer was fetched.
    ///
    /// ```
    /// # use app_license::{License, LicenseSource, UnixTime};
    /// let license = License::absent(LicenseSource::ForgeLicenseApi).at(UnixTime::EPOCH);
    /// assert_eq!(license.as_of(), Some(UnixTime::EPOCH));
    /// ```
    #[must_use]
    pub const fn at(mut self, as_of: UnixTime) -> Self {
        self.as_of = Some(as_of);
        self
    }

    /// Says which Forge environment the app is installed from, where the license source does not.
    ///
    /// ```
    /// # use app_license::{EnvironmentType, License, LicenseSource};
    /// let license = License::absent(LicenseSource::ForgeLicenseApi)
    ///     .in_environment(EnvironmentType::PRODUCTION);
    /// assert_eq!(license.environment(), Some(&EnvironmentType::PRODUCTION));
    /// ```
    #[must_use]
    pub fn in_environment(mut self, environment: EnvironmentType) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Says what the platform states of the user who asks, where it is stated beside the license:
    /// in the token or the query of the request, while the license was fetched for the whole site.
    ///
    /// ```
    /// use app_license::forge::UserAccess;
    /// use app_license::{Hint, License, Policy, LicenseSource, UnixTime};
    /// let license = License::from_object(br#"{"active":true}"#, LicenseSource::ForgeLicenseApi)?
    ///     .with_user_access(Some(UserAccess::UNREADABLE));
    /// let decision =
    ///     Hint::new(license).decide(&Policy::new(), "capabilityStandard", UnixTime::EPOCH);
    /// assert_eq!(decision.code(), "no_user_access");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub const fn with_user_access(mut self, access: Option<UserAccess>) -> Self {
        self.user_access = access;
        self
    }

    /// Says whether it is, or was, a trial, where the license source does not: a page says `lic=none` of an
    /// ended trial and of an ended subscription alike.
    ///
    /// ```
    /// use app_license::{License, LicenseSource};
    /// let ended = License::from_object(br#"{"active":false}"#, LicenseSource::ConnectIframeQuery)?;
    /// assert_eq!(ended.with_evaluation(Some(true)).is_evaluation(), Some(true));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub const fn with_evaluation(mut self, evaluation: Option<bool>) -> Self {
        if self.evaluation.is_none() {
            self.evaluation = evaluation;
        }
        self
    }

    /// Active, inactive, or absent.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether the license is **active** and its edition includes the capability. Advanced
    /// includes Standard; an active license without a capability set counts as Standard; an
    /// unknown capability includes only itself.
    ///
    /// ```
    /// use app_license::{Capability, License, LicenseSource};
    /// let json = br#"{"active":true,"capabilitySet":"capabilityStandard"}"#;
    /// let license = License::from_object(json, LicenseSource::ForgeUiContext)?;
    /// assert!(license.has_capability("capabilityStandard"));
    /// assert!(!license.has_capability(&Capability::ADVANCED));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn has_capability<'a>(&self, capability: impl Into<RequiredCapability<'a>>) -> bool {
        let needs = capability.into();
        match (self.grants, needs.edition()) {
            (Granted::Edition(has), Some(wants)) => has >= wants,
            (Granted::Only, None) => self.is_the_unknown(needs.text()),
            _ => false,
        }
    }

    #[cold]
    fn is_the_unknown(&self, text: &str) -> bool {
        self.capability
            .as_ref()
            .is_some_and(|c| same(c.as_str(), text))
    }

    /// What the gate decides on.
    pub(crate) fn grants(&self) -> Grants<'_> {
        match (self.grants, &self.capability) {
            (Granted::Edition(edition), _) => Grants::Edition(edition),
            (Granted::Only, Some(c)) => Grants::Only(Str::from(c.as_str())),
            _ => Grants::Nothing,
        }
    }

    /// The raw fact: the capability set the platform named, active or not.
    #[must_use]
    pub const fn capability_set(&self) -> Option<&Capability> {
        self.capability.as_ref()
    }

    /// The edition an **active** license stands for; `None` when it is not active or the
    /// capability set is unknown.
    #[must_use]
    pub const fn edition(&self) -> Option<Edition> {
        match self.grants {
            Granted::Edition(edition) => Some(edition),
            Granted::Nothing | Granted::Only => None,
        }
    }

    /// Whether it is a trial; `None` when the platform does not say.
    #[must_use]
    pub const fn is_evaluation(&self) -> Option<bool> {
        self.evaluation
    }

    /// What kind of license it is.
    #[must_use]
    pub const fn kind(&self) -> Option<&LicenseKind> {
        self.kind.as_ref()
    }

    /// How often the customer is billed.
    #[must_use]
    pub const fn billing_period(&self) -> Option<&BillingPeriod> {
        self.billing_period.as_ref()
    }

    /// When the trial ends (UTC). Says nothing about whether it is a trial.
    #[must_use]
    pub const fn trial_end(&self) -> Option<UnixTime> {
        self.trial_end
    }

    /// When the subscription ends (UTC).
    #[must_use]
    pub const fn subscription_end(&self) -> Option<UnixTime> {
        self.subscription_end
    }

    /// The entitlement's id. It may repeat across installations: never key tenants on it.
    #[must_use]
    pub fn entitlement_id(&self) -> Option<&str> {
        self.entitlement_id.as_deref()
    }

    /// The entitlement's number, `E-…`; Forge calls it slug.
    #[must_use]
    pub fn entitlement_number(&self) -> Option<&str> {
        self.entitlement_number.as_deref()
    }

    /// The support entitlement number, `SEN-…`, deprecated by the platform.
    #[must_use]
    pub fn support_entitlement_number(&self) -> Option<&str> {
        self.support_entitlement_number.as_deref()
    }

    /// The license's modes.
    #[must_use]
    pub fn modes(&self) -> &[LicenseMode] {
        &self.modes
    }

    /// The Forge environment the app is installed from, where it is said.
    #[must_use]
    pub const fn environment(&self) -> Option<&EnvironmentType> {
        self.environment.as_ref()
    }

    /// Where it was read.
    #[must_use]
    pub const fn source(&self) -> LicenseSource {
        self.source
    }

    /// When it was stated (UTC), where that is known.
    #[must_use]
    pub const fn as_of(&self) -> Option<UnixTime> {
        self.as_of
    }

    /// How old its statement is at `now`, in seconds. Unknown is the age of a statement without a time,
    /// and of one dated more than [`Evidence::MAX_AHEAD`](crate::Evidence::MAX_AHEAD) seconds ahead.
    ///
    /// ```
    /// # use app_license::{License, LicenseSource, UnixTime};
    /// let license = License::absent(LicenseSource::ForgeLicenseApi).at(UnixTime::EPOCH.plus(900));
    /// assert_eq!(license.age(UnixTime::EPOCH.plus(960)), Some(60));
    /// assert_eq!(license.age(UnixTime::EPOCH), None);
    /// ```
    #[must_use]
    pub fn age(&self, now: UnixTime) -> Option<u64> {
        let as_of = self.as_of?;
        let seconds = |time: UnixTime| time.as_seconds().cast_signed();
        Evidence::age(seconds(now).saturating_sub(seconds(as_of)))
    }

    /// Whether it is dated further ahead of `now` than clocks differ.
    pub(crate) fn is_ahead(&self, now: UnixTime) -> bool {
        self.as_of.is_some() && self.age(now).is_none()
    }

    /// What is stated of the user who asks, where apps are billed by users with access; `None`
    /// where nothing is. A policy denies by it unless told otherwise.
    #[must_use]
    pub const fn user_access(&self) -> Option<UserAccess> {
        self.user_access
    }

    /// The JSON text of the license object as the platform wrote it, with every field it holds.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    /// What is worth telling about it.
    pub fn diagnostics(&self) -> impl Iterator<Item = LicenseDiagnostic> {
        self.diagnostics.iter()
    }
}
