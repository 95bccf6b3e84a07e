//! Which license statement counts for a request: the request's own, that of a License API, or the
//! last stored one.
//!
//! 1. What the request proves, where the policy states that the app sells nothing, where the
//!    statement is inactive, and where it is active and the policy does not want it confirmed, or it
//!    is. One exception: an iframe that states `lic=none` may belong to a customer who bought moments
//!    ago, so the License API is asked, and counts if it is active and newer.
//! 2. Otherwise what the License API states, where one is configured.
//! 3. Where none is, or it could not be asked, the last stored statement of a License API, where the
//!    app lets it count and it is not too old. A refused token ends what was stated before, so then
//!    nothing stands in.
//!    A statement of before the installation counts for nothing.
//! 4. Nothing: the request's own statement stands where no License API is configured; where it could
//!    not be asked, it could not be checked.
//!
//! Gate, hooks and history follow this one answer ([`CurrentLicense::news`]). A shell calls [`CurrentLicense::next`] and does
//! what it says until it says which statement counts:
//!
//! ```
//! use app_license::connect::IframeQuery;
//! use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
//! use app_license::{License, Policy, UnixTime, Verified};
//!
//! let now = UnixTime::EPOCH.plus(1_000);
//! let policy = Policy::new();
//! // of a verified request
//! let request = Verified::dangerous_assume(IframeQuery::parse("").license().clone());
//! let mut current = CurrentLicense::new(request, &policy);
//!
//! // the request says nothing: ask the License API
//! assert_eq!(current.next(now), Next::Ask { since: UnixTime::EPOCH });
//! let answer = License::from_connect_api(br#"{"key":"a","license":{"active":true}}"#)?;
//! current.asked(LicenseApi::Stated(Box::new(Verified::fetched(answer.at(now)))));
//! assert_eq!(current.next(now), Next::Use(StatementOf::LicenseApi));
//! let license = current.license(StatementOf::LicenseApi);
//! assert!(license.has_capability("capabilityStandard"));
//! # Ok::<(), app_license::Error>(())
//! ```

use crate::gate::capability::Grants;
use crate::gate::facts::State;

use crate::connect::LicenseApiResponse;
use crate::gate::policy::Policy;
use crate::installation::KnownLicense;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::Verified;

/// The statements about one request's license that are known so far. See [the module's
/// page](self).
#[derive(Debug, Clone)]
pub struct CurrentLicense<'p> {
    policy: &'p Policy,
    stored_for: Option<u64>,
    installed_at: UnixTime,
    known: Option<&'p KnownLicense>,
    request: Verified<License>,
    license_api: Option<LicenseApi>,
    newer_asked: bool,
    stored: Option<Option<Verified<License>>>,
}

/// What the License API states.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "each has a rule of its own")]
pub enum LicenseApi {
    /// There is none to ask: none is configured, or the request brought no token for it.
    NotConfigured,
    /// This, fresh or as old as it says.
    Stated(Box<Verified<License>>),
    /// Nothing: it refused the app's token.
    TokenRefused,
    /// Nothing: it could not be asked.
    Failed,
}

/// Whose statement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are these three")]
pub enum StatementOf {
    /// The request's own.
    Request,
    /// That of the License API.
    LicenseApi,
    /// The last one of the License API that is stored.
    Store,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum Next {
    /// Ask the License API, and call [`CurrentLicense::asked`]. An answer older than `since` is asked
    /// for again where that is possible ([`crate::plan::license`]).
    Ask {
        /// When the request made its statement (UTC).
        since: UnixTime,
    },
    /// The signed request states more than the License API does: a license that is active, or a higher
    /// edition. A host answers as of five minutes ago at the worst, and a client remembers its answer
    /// as long: have a newer one expected ([`LicensePlan::expect_newer`]), ask again where that says
    /// so, and call [`CurrentLicense::asked_newer`].
    ///
    /// ```
    /// use app_license::connect::IframeQuery;
    /// use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
    /// use app_license::{License, Policy, UnixTime, Verified};
    ///
    /// let policy = Policy::new().confirmed_only(true);
    /// // of a verified request
    /// let page = IframeQuery::parse("lic=active&capSet=capabilityAdvanced").license().clone();
    /// let mut current = CurrentLicense::new(Verified::dangerous_assume(page), &policy);
    /// let of_before = br#"{"key":"a","license":{"active":true,"entitlementId":"e","type":"COMMERCIAL"}}"#;
    /// let of_before = Verified::fetched(License::from_connect_api(of_before)?);
    /// current.asked(LicenseApi::Stated(Box::new(of_before)));
    /// assert_eq!(current.next(UnixTime::EPOCH), Next::AskNewer);
    /// // it was asked a moment ago: Standard counts, for that is what is confirmed
    /// current.asked_newer(None);
    /// assert_eq!(current.next(UnixTime::EPOCH), Next::Use(StatementOf::LicenseApi));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// [`LicensePlan::expect_newer`]: crate::plan::license::LicensePlan::expect_newer
    AskNewer,
    /// Load the last stored statement of a License API, and call [`CurrentLicense::loaded`].
    LoadStored,
    /// This statement counts: take it by [`CurrentLicense::license`].
    Use(StatementOf),
    /// It could not be checked.
    CouldNotCheck,
}

impl<'p> CurrentLicense<'p> {
    /// For a request that proves this statement.
    #[must_use]
    pub const fn new(request: Verified<License>, policy: &'p Policy) -> Self {
        Self {
            policy,
            stored_for: None,
            installed_at: UnixTime::EPOCH,
            known: None,
            request,
            license_api: None,
            newer_asked: false,
            stored: None,
        }
    }

    /// Lets the last stored statement count that is so many seconds old at the most. None counts
    /// unless this is called.
    #[must_use]
    pub const fn stored_for(mut self, seconds: Option<u64>) -> Self {
        self.stored_for = seconds;
        self
    }

    /// Lets no statement of a License API count that is older than this: what was said of an
    /// installation ended with it, and a new install is a new one. All count unless this is called.
    #[must_use]
    pub const fn installed_at(mut self, time: UnixTime) -> Self {
        self.installed_at = time;
        self
    }

    /// Says what the record of the installation knows of its license: whether it was a trial, for the
    /// reason of a denial. It grants nothing.
    #[must_use]
    pub const fn known(mut self, license: Option<&'p KnownLicense>) -> Self {
        self.known = license;
        self
    }

    /// Says what the License API states. What it stated before stays when it then cannot be asked.
    pub fn asked(&mut self, license_api: LicenseApi) {
        let license_api = match license_api {
            LicenseApi::Stated(license) if !self.is_of_this_install(&license) => LicenseApi::Failed,
            license_api => license_api,
        };
        let failed = matches!(license_api, LicenseApi::Failed);
        if !(failed && matches!(self.license_api, Some(LicenseApi::Stated(_)))) {
            self.license_api = Some(license_api);
        }
    }

    /// Says what the License API states now that a newer answer was expected; `None` where it was not
    /// asked again.
    pub fn asked_newer(&mut self, license_api: Option<LicenseApi>) {
        self.newer_asked = true;
        if let Some(license_api) = license_api {
            self.asked(license_api);
        }
    }

    /// Says what is stored.
    pub fn loaded(&mut self, stored: Option<Verified<License>>) {
        self.stored = Some(stored.filter(|license| self.is_of_this_install(license)));
    }

    fn is_of_this_install(&self, license: &License) -> bool {
        license.as_of().is_none_or(|at| at >= self.installed_at)
    }

    /// What to do, given what is known so far.
    #[must_use]
    pub fn next(&self, now: UnixTime) -> Next {
        if self.policy.is_selling_nothing() {
            return Next::Use(StatementOf::Request);
        }
        match self.request.state() {
            State::Inactive => self.next_of_inactive(now),
            State::Active if !self.policy.is_confirmed_only() || self.request.is_confirmed() => {
                Next::Use(StatementOf::Request)
            }
            State::Active | State::Absent => self.next_of_unanswered(now),
        }
    }

    /// An inactive statement is final, but for the `lic=none` of a page.
    fn next_of_inactive(&self, now: UnixTime) -> Next {
        let of_page = self.request.source() == LicenseSource::ConnectIframeQuery;
        match (&self.license_api, self.request.as_of()) {
            (None, Some(since)) if of_page => Next::Ask { since },
            (Some(LicenseApi::Stated(license)), _)
                if !license.is_ahead(now)
                    && LicenseApiResponse::overrules(license, &self.request) =>
            {
                Next::Use(StatementOf::LicenseApi)
            }
            _ => Next::Use(StatementOf::Request),
        }
    }

    fn next_of_unanswered(&self, now: UnixTime) -> Next {
        let nothing = match &self.license_api {
            None => {
                let since = UnixTime::EPOCH;
                return Next::Ask { since };
            }
            Some(LicenseApi::Stated(answer)) => return self.next_of_answered(answer),
            Some(LicenseApi::TokenRefused) => return Next::CouldNotCheck,
            Some(LicenseApi::Failed) => Next::CouldNotCheck,
            Some(LicenseApi::NotConfigured) => Next::Use(StatementOf::Request),
        };
        match (&self.stored, self.stored_for) {
            (None, Some(_)) => Next::LoadStored,
            (Some(Some(stored)), Some(seconds))
                if stored.age(now).is_some_and(|age| age <= seconds) =>
            {
                Next::Use(StatementOf::Store)
            }
            _ => nothing,
        }
    }

    fn next_of_answered(&self, answer: &License) -> Next {
        if !self.newer_asked && self.is_raised(answer) {
            Next::AskNewer
        } else {
            Next::Use(StatementOf::LicenseApi)
        }
    }

    /// Whether the signed request states more than this answer of the License API.
    fn is_raised(&self, answer: &License) -> bool {
        let edition = |license: &License| match license.grants() {
            Grants::Edition(edition) => Some(edition),
            _ => None,
        };
        self.request.state() == State::Active
            && match (edition(&self.request), edition(answer)) {
                (Some(stated), Some(confirmed)) => stated > confirmed,
                (_, None) => answer.state() != State::Active,
                (None, Some(_)) => false,
            }
    }

    /// The statement that hooks and history hear of: the one that counts, or that of
    /// the License API where it states the same, for it says more (which entitlement, which type). Where these are
    /// no [news](crate::InstallationRecord::is_news), because a License API may lag behind a signed
    /// request, but what counts ([`CurrentLicense::license`]) is, then they hear of that: a signed
    /// request that agrees with the License API waits for nothing.
    #[must_use]
    pub fn news(&self, of: StatementOf) -> &Verified<License> {
        match (of, &self.license_api, &self.stored) {
            (StatementOf::LicenseApi, Some(LicenseApi::Stated(license)), _) => license,
            (StatementOf::Request, Some(LicenseApi::Stated(license)), _)
                if license.state() == self.request.state() =>
            {
                license
            }
            (StatementOf::Store, _, Some(Some(license))) => license,
            _ => &self.request,
        }
    }

    /// The statement that counts. Whether the user has access is what the request states: a statement
    /// for the whole site does not say. Whether a license that ended was a trial is told by whoever
    /// knows: itself, the License API, what is stored of it, the record ([`CurrentLicense::known`]).
    #[must_use]
    pub fn license(self, of: StatementOf) -> Verified<License> {
        let trial = self.trial();
        let license = self.counting(of);
        if license.state() == State::Inactive {
            license.with_evaluation(trial)
        } else {
            license
        }
    }

    fn trial(&self) -> Option<bool> {
        let of_api = match &self.license_api {
            Some(LicenseApi::Stated(license)) => license.is_evaluation(),
            _ => None,
        };
        let of_store = || self.stored.as_ref()?.as_ref()?.is_evaluation();
        let of_this_install = |known: &&KnownLicense| known.as_of() >= self.installed_at;
        let of_record = || self.known.filter(of_this_install)?.is_evaluation();
        of_api.or_else(of_store).or_else(of_record)
    }

    fn counting(self, of: StatementOf) -> Verified<License> {
        let access = self.request.user_access();
        let other = match (of, self.license_api, self.stored) {
            (StatementOf::LicenseApi, Some(LicenseApi::Stated(license)), _) => Some(*license),
            (StatementOf::Store, _, stored) => stored.flatten(),
            _ => None,
        };
        match other {
            Some(license) => license.with_user_access(access),
            None => self.request,
        }
    }
}

#[cfg(test)]
mod tests;
