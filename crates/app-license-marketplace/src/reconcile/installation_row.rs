//! One installation, as far as it says what runs.

use app_license::{License, State, UnixTime};

use super::Error;
use super::key::KeyHasher;
use super::members::{Member, Members};
use super::sought::Sought;

/// Whether the app is there, as a store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    /// Installed, enabled or not said to be.
    #[default]
    InUse,
    /// Installed and switched off by an admin.
    Disabled,
    /// Removed.
    Uninstalled,
    /// No installation, but a link to another row.
    Linked,
}

impl Presence {
    /// What a word says, in any case.
    fn of(word: Option<&str>) -> Result<Self, Error> {
        let words = [
            ("enabled", Self::InUse), // nearly always
            ("installed", Self::InUse),
            ("disabled", Self::Disabled),
            ("uninstalled", Self::Uninstalled),
            ("linked", Self::Linked),
        ];
        let Some(word) = word else {
            return Ok(Self::default());
        };
        let known = words
            .iter()
            .find(|(known, _)| word.eq_ignore_ascii_case(known));
        known.map(|(_, presence)| *presence).ok_or_else(|| {
            Error::word(
                "status",
                "`installed`, `enabled`, `disabled`, `uninstalled` or `linked`",
            )
        })
    }
}

/// What was last said about an installation's license, by whom it was asked.
///
/// ```
/// use app_license::{State, UnixTime};
/// use app_license_marketplace::reconcile::Statement;
/// let mut statement = Statement::new(State::Active, Some(UnixTime::EPOCH));
/// statement.evaluation = Some(true);
/// assert_eq!(statement.state, State::Active);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Active, inactive, or absent: the platform said that there is none.
    pub state: State,
    /// Whether it is a trial.
    pub evaluation: Option<bool>,
    /// When it was said (UTC).
    pub as_of: Option<UnixTime>,
    /// The capability set that was named with it.
    pub capability_set: Option<String>,
    /// The type that was named with it: `COMMERCIAL`, `DEVELOPER`, …
    pub license_type: Option<String>,
    /// The entitlement's number that was named with it.
    pub entitlement_number: Option<String>,
}

impl Statement {
    /// A statement of this state and time; the rest is set field by field.
    #[must_use]
    pub const fn new(state: State, as_of: Option<UnixTime>) -> Self {
        Self {
            state,
            evaluation: None,
            as_of,
            capability_set: None,
            license_type: None,
            entitlement_number: None,
        }
    }

    /// What a License API answered, as the core reads it, at this time (UTC).
    ///
    /// ```
    /// use app_license::{License, State, UnixTime};
    /// use app_license_marketplace::reconcile::Statement;
    /// let answer = br#"{"key":"com.example.app","license":{"active":true,"evaluation":true}}"#;
    /// let license = License::from_connect_api(answer)?;
    /// let statement = Statement::of(&license, UnixTime::EPOCH);
    /// assert_eq!((statement.state, statement.evaluation), (State::Active, Some(true)));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn of(license: &License, fetched_at: UnixTime) -> Self {
        Self {
            evaluation: license.is_evaluation(),
            capability_set: license.capability_set().map(ToString::to_string),
            license_type: license.kind().map(ToString::to_string),
            entitlement_number: license.entitlement_number().map(str::to_owned),
            ..Self::new(license.state(), Some(fetched_at))
        }
    }
}

/// An installation as a store or an export has it: an
/// [`InstallationRecord`](app_license::InstallationRecord) in JSON, read leniently.
///
/// Members that are not known are skipped and all but the key may be missing, so that records of
/// other versions, of the npm package and of stores of your own are read alike. Values are read in
/// any case; one that is not known is an error, for nobody can say what it grants. Beside the
/// members of the record it may have `environmentType` (`PRODUCTION`, …) and the license's `type`
/// (`COMMERCIAL`, `DEVELOPER`, …).
///
/// ```
/// use app_license_marketplace::reconcile::InstallationRow;
/// let row = InstallationRow::from_json(
///     r#"{"key":{"connect":"tenant-1"},"status":"enabled","baseUrl":"https://acme.atlassian.net",
///     "capabilitySet":"capabilityAdvanced"}"#,
/// )?;
/// assert_eq!((row.tenant(), row.host()), ("tenant-1", Some("acme.atlassian.net")));
/// # Ok::<(), app_license_marketplace::reconcile::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InstallationRow<'a> {
    members: Members<'a>,
    presence: Presence,
    /// What was last said about the license: taken from the record; a store that keeps answers of
    /// a License API elsewhere sets the newer of the two.
    pub statement: Option<Statement>,
}

impl<'a> InstallationRow<'a> {
    /// Reads a record.
    ///
    /// # Errors
    /// `installation` for what is no JSON object or has no key, and for a `status` or a state of
    /// the license that is none of the words of a store.
    pub fn from_json(json: &'a str) -> Result<Self, Error> {
        let members = Members::read(json)?;
        let presence = Presence::of(members.get(Member::Status))?;
        let statement = statement(&members)?;
        Ok(Self {
            members,
            presence,
            statement,
        })
    }

    /// What it is looked up by in the report.
    pub(super) fn sought(&self, hasher: &KeyHasher) -> Sought<'_> {
        let texts = [
            self.entitlement_id(),
            self.entitlement_number(),
            self.cloud_id(),
            self.host(),
        ];
        Sought::new(texts, hasher)
    }

    /// The client key on Connect, the installation's ARI on Forge.
    #[must_use]
    pub fn tenant(&self) -> &str {
        let forge = || self.members.get(Member::ForgeKey);
        let key = self.members.get(Member::ConnectKey).or_else(forge);
        key.unwrap_or_default()
    }

    /// `connect` or `forge`.
    #[must_use]
    pub fn platform(&self) -> &'static str {
        match self.members.get(Member::ConnectKey) {
            Some(_) => "connect",
            None => "forge",
        }
    }

    /// `installed`, `enabled`, `disabled`, `uninstalled` or `linked`, in the case that it was written in.
    #[must_use]
    pub fn status(&self) -> &str {
        self.members.get(Member::Status).unwrap_or("installed")
    }

    pub(super) const fn presence(&self) -> Presence {
        self.presence
    }

    /// The key of the Connect app.
    #[must_use]
    pub fn app_key(&self) -> Option<&str> {
        self.text(Member::AppKey)
    }

    /// The id of the site.
    #[must_use]
    pub fn cloud_id(&self) -> Option<&str> {
        self.text(Member::CloudId)
    }

    /// The host name of the site, out of its base URL.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let display = || self.text(Member::DisplayUrl);
        host_of(self.text(Member::BaseUrl).or_else(display)?)
    }

    /// The entitlement's id that the installation was last told.
    #[must_use]
    pub fn entitlement_id(&self) -> Option<&str> {
        self.text(Member::EntitlementId)
    }

    /// The entitlement's number that the installation was last told.
    #[must_use]
    pub fn entitlement_number(&self) -> Option<&str> {
        let stated = self.statement.as_ref();
        let stated = stated.and_then(|s| s.entitlement_number.as_deref());
        stated.or_else(|| self.text(Member::EntitlementNumber))
    }

    /// The last capability set that was named.
    #[must_use]
    pub fn capability_set(&self) -> Option<&str> {
        let stated = self.statement.as_ref();
        let stated = stated.and_then(|s| s.capability_set.as_deref());
        stated.or_else(|| self.text(Member::CapabilitySet))
    }

    /// The license's type, where it was named: `COMMERCIAL`, `DEVELOPER`, …
    #[must_use]
    pub fn license_type(&self) -> Option<&str> {
        let stated = self.statement.as_ref();
        let stated = stated.and_then(|s| s.license_type.as_deref());
        stated.or_else(|| self.text(Member::LicenseType))
    }

    /// `jira`, `confluence`, or another.
    #[must_use]
    pub fn product(&self) -> Option<&str> {
        self.text(Member::ProductType)
    }

    /// The Forge environment, an id.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.text(Member::EnvironmentId)
    }

    /// The Forge environment's type, where an export names it.
    #[must_use]
    pub fn environment_type(&self) -> Option<&str> {
        self.text(Member::EnvironmentType)
    }

    /// When it was installed for the first time (UTC).
    #[must_use]
    pub fn first_installed_at(&self) -> Option<UnixTime> {
        self.time(Member::FirstInstalledAt)
    }

    /// When it was installed the last time (UTC).
    #[must_use]
    pub fn installed_at(&self) -> Option<UnixTime> {
        self.time(Member::InstalledAt)
    }

    /// When anything of it last changed (UTC).
    #[must_use]
    pub fn updated_at(&self) -> Option<UnixTime> {
        self.time(Member::UpdatedAt)
    }

    /// When it was uninstalled (UTC), while it is.
    #[must_use]
    pub fn uninstalled_at(&self) -> Option<UnixTime> {
        self.time(Member::UninstalledAt)
    }

    /// A text that is not empty.
    fn text(&self, member: Member) -> Option<&str> {
        self.members.get(member).filter(|text| !text.is_empty())
    }

    fn time(&self, member: Member) -> Option<UnixTime> {
        UnixTime::parse(self.members.get(member)?)
    }
}

/// What the record says of the license.
fn statement(members: &Members<'_>) -> Result<Option<Statement>, Error> {
    if !members.has_license {
        return Ok(None);
    }
    let word = members.get(Member::LicenseState).unwrap_or_default();
    let words = [State::Active, State::Inactive, State::Absent];
    let known = words
        .into_iter()
        .find(|s| word.eq_ignore_ascii_case(s.name()));
    let state =
        known.ok_or_else(|| Error::word("license.state", "`active`, `inactive` or `absent`"))?;
    let as_of = members.get(Member::LicenseAsOf).and_then(UnixTime::parse);
    let mut statement = Statement::new(state, as_of);
    statement.evaluation = members.evaluation;
    Ok(Some(statement))
}

/// The host name of a URL, without port, user and path.
fn host_of(url: &str) -> Option<&str> {
    let https = url.strip_prefix("https://"); // nearly always
    let rest = https.unwrap_or_else(|| url.split_once("://").map_or(url, |(_, rest)| rest));
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.');
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests;
