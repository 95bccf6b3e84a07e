//! The last statement about the license.

use std::fmt;

use crate::gate::facts::State;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;

/// The last statement about the license: kept to see changes and for work without a user. Not a proof.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownLicense {
    #[serde(with = "state")]
    pub(super) state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) evaluation: Option<bool>,
    pub(super) source: LicenseSource,
    pub(super) as_of: UnixTime,
}

impl KnownLicense {
    /// Puts one together from what a store keeps; `as_of` is when it was stated (UTC seconds).
    #[must_use]
    pub const fn new(
        state: State,
        evaluation: Option<bool>,
        source: LicenseSource,
        as_of: UnixTime,
    ) -> Self {
        Self {
            state,
            evaluation,
            source,
            as_of,
        }
    }

    pub(super) fn of(license: &License, now: UnixTime) -> Self {
        Self {
            state: license.state(),
            evaluation: license.is_evaluation(),
            source: license.source(),
            as_of: license.as_of().unwrap_or(now),
        }
    }

    /// Whether it is dated further ahead of `now` than clocks differ ([`Evidence::MAX_AHEAD`]): nobody
    /// knows when it was stated, and any statement is newer.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    #[must_use]
    pub(super) const fn is_ahead(&self, now: UnixTime) -> bool {
        self.as_of.is_ahead(now)
    }

    /// Active, inactive, or absent.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether it was a trial.
    #[must_use]
    pub const fn is_evaluation(&self) -> Option<bool> {
        self.evaluation
    }

    /// Who said so.
    #[must_use]
    pub const fn source(&self) -> LicenseSource {
        self.source
    }

    /// When (UTC).
    #[must_use]
    pub const fn as_of(&self) -> UnixTime {
        self.as_of
    }
}

impl fmt::Display for KnownLicense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.state.name())?;
        f.write_str(if self.evaluation == Some(true) {
            " trial"
        } else {
            ""
        })
    }
}

mod state {
    use crate::gate::facts::State;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    pub(super) fn serialize<S: Serializer>(state: &State, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(state.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<State, D::Error> {
        let name = String::deserialize(d)?;
        [State::Active, State::Inactive, State::Absent]
            .into_iter()
            .find(|s| s.name() == name)
            .ok_or_else(|| de::Error::custom("expected `active`, `inactive` or `absent`"))
    }
}
