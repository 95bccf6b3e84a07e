//! What every verified token of Connect says, of whichever kind it is.

use std::sync::Arc;

use crate::ids::ClientKey;
use crate::jwt::{Leeway, Validity};
use crate::time::UnixTime;
use crate::verified::Verified;

/// What a verified token says: whose it is, and for how long it proves. `K` is what its kind says
/// besides, as in [`super::RequestToken`], [`super::ContextToken`], [`super::SessionToken`] and
/// [`super::InstallToken`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<K> {
    tenant: Arc<ClientKey>,
    subject: Option<Arc<str>>,
    issued_at: UnixTime,
    expires_at: UnixTime,
    proves_until: UnixTime,
    pub(super) claims: K,
}

impl<K> Token<K> {
    /// Of what was verified with this leeway.
    pub(super) const fn verified(
        tenant: Arc<ClientKey>,
        subject: Option<Arc<str>>,
        validity: Validity,
        leeway: Leeway,
        claims: K,
    ) -> Verified<Self> {
        Verified::new(Self {
            tenant,
            subject,
            issued_at: validity.iat,
            expires_at: validity.exp,
            proves_until: validity.proves_until(leeway),
            claims,
        })
    }

    /// The tenant: whose token it is. It is `iss`, but in a token of the app's own, where it is `aud`.
    #[must_use]
    pub fn tenant(&self) -> &ClientKey {
        &self.tenant
    }

    /// The Atlassian account of the user; `None` for an anonymous one, and where it is not said.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// When it was issued (UTC).
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// When it expires (UTC), without leeway.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// The first time at which it no longer verifies (UTC): with the leeway that it was verified with. A mark
    /// of it lives as long, see [`crate::delivery::ReplayMark`].
    #[must_use]
    pub const fn proves_until(&self) -> UnixTime {
        self.proves_until
    }
}
