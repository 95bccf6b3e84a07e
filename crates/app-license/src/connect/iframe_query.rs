//! The query of an iframe URL: `lic`, `capSet`, and the other standard parameters.

mod least;

use std::borrow::Cow;

use crate::gate::facts::{Flag, State};
use crate::gate::user_access::UserAccess;
use crate::gate::work;

use super::query::{decode, pairs, redacted};
use crate::capability::Capability;
use crate::diagnostic::LicenseDiagnostic;
use crate::license::License;
use crate::license_source::LicenseSource;

/// The standard parameters of an iframe URL, found in one pass and borrowed.
///
/// Anybody can write a query: take its license from [`super::RequestToken`], which proves it, or
/// mark it as a [`crate::Hint`]. Cacheable iframes get no parameters at all: absent.
///
/// - `lic` is active only when it is exactly `active`; any other value is inactive.
/// - Repeated values that conflict: `lic` is inactive, `capSet` (or `capabilitySet`) the one that
///   grants least. A hash sorts values, so their order proves nothing.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/context-parameters/>
///
/// ```
/// use app_license::Hint;
/// use app_license::connect::IframeQuery;
/// let query = IframeQuery::parse("lic=active&capSet=capabilityAdvanced&cp=%2Fwiki");
/// assert_eq!(query.context_path().as_deref(), Some("/wiki"));
/// let hint = Hint::new(query.license());
/// assert!(hint.has_capability("capabilityAdvanced"));
/// ```
#[derive(Clone, Copy)]
pub struct IframeQuery<'q> {
    query: &'q str,
    parameters: QueryParameters,
}

/// The standard parameters of a query, for those who keep it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct QueryParameters {
    lic: Option<Span>,
    capability: Option<Span>,
    lic_conflict: bool,
    capability_conflict: bool,
    jwt: bool,
    user_access: Option<bool>,
    cp: Option<Span>,
    xdm_e: Option<Span>,
    xdm_c: Option<Span>,
}

/// Where a value stands in its query.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// Of a part of the query.
    fn of(value: &str, query: &str) -> Self {
        let start = value.as_ptr().addr().wrapping_sub(query.as_ptr().addr());
        let end = start.wrapping_add(value.len());
        Self { start, end }
    }

    fn value(self, query: &str) -> &str {
        query.get(self.start..self.end).unwrap_or_default()
    }
}

impl QueryParameters {
    /// Reads a query in one pass.
    pub(super) fn in_query(query: &str) -> Self {
        work::count(query.len());
        let mut parameters = Self::default();
        for pair in pairs(query) {
            parameters.take(query, pair.name, pair.value);
        }
        parameters
    }

    #[inline]
    fn take(&mut self, query: &str, name: &str, value: &str) {
        let span = || Span::of(value, query);
        match name.as_bytes() {
            // once there is a conflict, no further value is looked at
            b"lic" => {
                let conflict = self.lic_conflict;
                self.lic_conflict = conflict || conflicts(&mut self.lic, query, value);
            }
            b"capSet" | b"capabilitySet" => {
                let conflict = self.capability_conflict;
                self.capability_conflict =
                    conflict || conflicts(&mut self.capability, query, value);
            }
            b"cp" => drop(self.cp.get_or_insert_with(span)),
            b"xdm_e" => drop(self.xdm_e.get_or_insert_with(span)),
            b"xdm_c" => drop(self.xdm_c.get_or_insert_with(span)),
            b"jwt" => self.jwt = true,
            b"userAccess" => {
                let yes = decode(value) == "true" && self.user_access != Some(false);
                self.user_access = Some(yes);
            }
            other if other.contains(&b'%') => self.take_escaped(query, name, value),
            _ => {}
        }
    }

    /// A name with escapes is what it spells; `+` spells a space, which no name here has.
    #[cold]
    fn take_escaped(&mut self, query: &str, name: &str, value: &str) {
        if let Cow::Owned(decoded) = decode(name)
            && !decoded.contains('%')
        {
            self.take(query, &decoded, value);
        }
    }
}

impl<'q> IframeQuery<'q> {
    /// Reads a query: what follows the `?`, without it.
    #[must_use]
    pub fn parse(query: &'q str) -> Self {
        Self::of(query, QueryParameters::in_query(query))
    }

    /// A query that was read before.
    pub(super) const fn of(query: &'q str, parameters: QueryParameters) -> Self {
        Self { query, parameters }
    }

    fn at(&self, span: Option<Span>) -> Option<&'q str> {
        span.map(|span| span.value(self.query))
    }

    /// What `lic` says, decoded; `None` when it is missing or repeated with other values.
    #[must_use]
    pub fn lic(&self) -> Option<Cow<'q, str>> {
        self.at(self.parameters.lic)
            .filter(|_| !self.parameters.lic_conflict)
            .map(decode)
    }

    /// The edition the query names, decoded; of conflicting values the one that grants least.
    #[must_use]
    pub fn capability_set(&self) -> Option<Capability> {
        if self.parameters.capability_conflict {
            return least::least(self.query).map(Capability::new);
        }
        let value = decode(self.at(self.parameters.capability)?);
        (!least::says_nothing(&value)).then(|| Capability::new(value))
    }

    /// `cp`: the product's context path, `/wiki` or empty.
    #[must_use]
    pub fn context_path(&self) -> Option<Cow<'q, str>> {
        self.at(self.parameters.cp).map(decode)
    }

    /// `xdm_e`: the product's base URL, as the query says. Never a tenant's identity.
    #[must_use]
    pub fn host_url(&self) -> Option<Cow<'q, str>> {
        self.at(self.parameters.xdm_e).map(decode)
    }

    /// `xdm_c`: the channel to the product.
    #[must_use]
    pub fn channel(&self) -> Option<Cow<'q, str>> {
        self.at(self.parameters.xdm_c).map(decode)
    }

    /// What `userAccess` says of the user, as iframes of apps billed by users carry it: access only
    /// when every `userAccess` is exactly `true`; `None` without any.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/adopt-user-based-billing/>
    ///
    /// ```
    /// use app_license::connect::IframeQuery;
    /// let query = IframeQuery::parse("lic=active&userAccess=false");
    /// assert!(query.user_access().is_some_and(|access| !access.allows()));
    /// ```
    #[must_use]
    pub const fn user_access(&self) -> Option<UserAccess> {
        match self.parameters.user_access {
            None => None,
            Some(has) => Some(UserAccess::new(Flag::Missing, Flag::Is(has))),
        }
    }

    /// Whether a token is among the parameters.
    #[must_use]
    pub const fn has_jwt(&self) -> bool {
        self.parameters.jwt
    }

    /// The license the query states: a hint, unless a token proves the query.
    ///
    /// ```
    /// use app_license::State;
    /// use app_license::connect::IframeQuery;
    /// let state = |query| IframeQuery::parse(query).license().state();
    /// assert_eq!(state("lic=active"), State::Active);
    /// assert_eq!(state("lic=ACTIVE"), State::Inactive);
    /// assert_eq!(state("lic=active&lic=none"), State::Inactive);
    /// assert_eq!(state("cp=&xdm_e="), State::Absent);
    /// ```
    #[must_use]
    pub fn license(&self) -> License {
        let state = match self.at(self.parameters.lic) {
            None => State::Absent,
            Some(_) if self.parameters.lic_conflict => State::Inactive,
            Some("active") => State::Active,
            Some(other) if decode(other) == "active" => State::Active,
            Some(_) => State::Inactive,
        };
        let capability = self.capability_set();
        let mut license = License::of(state, capability, LicenseSource::ConnectIframeQuery);
        if self.parameters.lic_conflict || self.parameters.capability_conflict {
            license.add_diagnostic(LicenseDiagnostic::RepeatedParameter);
        }
        license.with_user_access(self.user_access())
    }
}

/// Keeps the first value; whether this one says something else.
fn conflicts(slot: &mut Option<Span>, query: &str, value: &str) -> bool {
    match *slot {
        None => {
            *slot = Some(Span::of(value, query));
            false
        }
        Some(kept) => {
            let kept = kept.value(query);
            kept != value && decode(kept) != decode(value)
        }
    }
}

/// The token that may be in it is not shown.
impl std::fmt::Debug for IframeQuery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let query = redacted(self.query);
        f.debug_tuple("IframeQuery").field(&query).finish()
    }
}

#[cfg(test)]
mod value_tests;

#[cfg(test)]
mod tests {
    use super::IframeQuery;
    use crate::gate::facts::State;

    use crate::diagnostic::LicenseDiagnostic;

    #[test]
    fn lic_grants_only_when_it_is_exactly_active() {
        for (query, state) in [
            ("lic=active", State::Active),
            ("%6Cic=%61ctive", State::Active),
            ("lic=active&lic=active", State::Active),
            ("lic=active&lic=%61ctive", State::Active),
            ("x=1&lic=active&y", State::Active),
            ("lic=none", State::Inactive),
            ("lic=", State::Inactive),
            ("lic", State::Inactive),
            ("lic=ACTIVE", State::Inactive),
            ("lic=active+", State::Inactive),
            ("lic=active%00", State::Inactive),
            ("lic=active,none", State::Inactive),
            ("lic=active%26lic%3Dnone", State::Inactive),
            ("lic=active;capSet=x", State::Inactive),
            ("lic=active=", State::Inactive),
            ("lic=active&lic=none", State::Inactive),
            ("lic=none&lic=active", State::Inactive),
            ("lic=active&lic=", State::Inactive),
            ("lic=active&lic=none&lic=active", State::Inactive),
            ("LIC=active", State::Absent),
            ("lic%5B%5D=active", State::Absent),
            ("ac.lic=active", State::Absent),
            ("+lic=active", State::Absent),
            ("lic+=active", State::Absent),
            ("lic%00=active", State::Absent),
            ("%256Cic=active", State::Absent),
            ("=active", State::Absent),
            ("", State::Absent),
            ("capSet=capabilityAdvanced", State::Absent),
        ] {
            assert_eq!(
                IframeQuery::parse(query).license().state(),
                state,
                "{query}"
            );
        }
    }

    #[test]
    fn conflicting_editions_give_the_least_in_any_order() {
        for (values, standard, advanced, ultra) in [
            (&["capabilityAdvanced"][..], true, true, false),
            (
                &["capabilityAdvanced", "CAPABILITY_ADVANCED"],
                true,
                true,
                false,
            ),
            (
                &["capabilityAdvanced", "capabilityStandard"],
                true,
                false,
                false,
            ),
            (&["capabilityAdvanced", ""], true, false, false),
            (&["", ""], true, false, false),
            (
                &["capabilityAdvanced", "capabilityFree"],
                false,
                false,
                false,
            ),
            (
                &["capabilityAdvanced", "capabilityUltra"],
                false,
                false,
                true,
            ),
            (&["capabilityUltra", "capability_ultra"], false, false, true),
            (&["capabilityUltra", "capabilityMega"], false, false, false),
            (
                &["capabilityUltra", "capabilityMega", "capabilityUltra"],
                false,
                false,
                false,
            ),
        ] {
            for names in [["capSet"; 3], ["capSet", "capabilitySet", "cap%53et"]] {
                let pairs: Vec<String> = values
                    .iter()
                    .zip(names)
                    .map(|(value, name)| format!("{name}={value}"))
                    .collect();
                let forward = pairs.join("&");
                let backward = pairs.iter().rev().cloned().collect::<Vec<_>>().join("&");
                for query in [forward, backward] {
                    let query = format!("lic=active&{query}");
                    let license = IframeQuery::parse(&query).license();
                    let has = |c: &str| license.has_capability(c);
                    let got = (
                        has("capabilityStandard"),
                        has("capabilityAdvanced"),
                        has("capabilityUltra"),
                    );
                    assert_eq!(got, (standard, advanced, ultra), "{query}");
                    assert!(!has("capabilityMega"), "{query}");
                }
            }
        }
    }

    #[test]
    fn a_conflict_is_remarked_and_a_repetition_is_not() {
        let remarked = |query| {
            let license = IframeQuery::parse(query).license();
            license
                .diagnostics()
                .any(|it| it == LicenseDiagnostic::RepeatedParameter)
        };
        assert!(remarked("lic=active&lic=none"));
        assert!(remarked("lic=active&capSet=a&capSet=b"));
        assert!(!remarked("lic=active&lic=active"));
        assert!(!remarked("lic=active&cp=a&cp=b"));
    }

    #[test]
    fn the_standard_parameters_are_decoded() {
        let query = IframeQuery::parse(
            "xdm_e=https%3A%2F%2Fexample.atlassian.net&xdm_c=channel-x&cp=&cv=1001.0.0&jwt=a.b.c",
        );
        assert_eq!(
            query.host_url().as_deref(),
            Some("https://example.atlassian.net")
        );
        assert_eq!(query.channel().as_deref(), Some("channel-x"));
        assert_eq!(query.context_path().as_deref(), Some(""));
        assert!(query.has_jwt());
        assert_eq!(query.lic(), None);
    }
}
