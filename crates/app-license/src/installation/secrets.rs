//! The secrets of one installation: the current one, and the one before it.

use crate::secret::SharedSecret;
use crate::time::UnixTime;

/// The current shared secret, and the previous one with the time it was replaced.
///
/// A secret becomes the previous one only when it was valid until that moment: one that an
/// uninstall ended is never accepted again.
///
/// ```
/// use app_license::{InstallationSecrets, SharedSecret, UnixTime};
/// let secret = |s: &str| SharedSecret::new(s.repeat(4)).unwrap();
/// let secrets = InstallationSecrets::new(
///     Some(secret("new-secret")),
///     Some((secret("old-secret"), UnixTime::EPOCH)),
/// );
/// assert_eq!(secrets.current(), Some(&secret("new-secret")));
/// assert!(!format!("{secrets:?}").contains("new-secret"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstallationSecrets {
    current: Option<SharedSecret>,
    previous: Option<(SharedSecret, UnixTime)>,
}

impl InstallationSecrets {
    /// The secrets as a store kept them; the time is when the previous one was replaced.
    #[must_use]
    pub const fn new(
        current: Option<SharedSecret>,
        previous: Option<(SharedSecret, UnixTime)>,
    ) -> Self {
        Self { current, previous }
    }

    /// The secret of now. None on Forge.
    #[must_use]
    pub const fn current(&self) -> Option<&SharedSecret> {
        self.current.as_ref()
    }

    /// The secret before it, and when it was replaced.
    #[must_use]
    pub fn previous(&self) -> Option<(&SharedSecret, UnixTime)> {
        let (secret, replaced_at) = self.previous.as_ref()?;
        Some((secret, *replaced_at))
    }

    pub(super) fn accepted(
        &self,
        now: UnixTime,
        grace: u64,
    ) -> impl Iterator<Item = &SharedSecret> {
        let previous = self
            .previous()
            .filter(|(_, replaced_at)| !is_over(*replaced_at, grace, now));
        self.current
            .iter()
            .chain(previous.map(|(secret, _)| secret))
    }

    /// Takes the secret of an app that comes back after an uninstall: every earlier one is dead.
    pub(super) fn renew(&mut self, secret: &SharedSecret) -> bool {
        let other = self.current.as_ref() != Some(secret);
        *self = Self::new(Some(secret.clone()), None);
        other
    }

    /// Forgets the previous secret; whether there was one.
    pub(super) fn forget_previous(&mut self) -> bool {
        self.previous.take().is_some()
    }

    /// Whether the secret is another than the current one, which it replaces.
    pub(super) fn rotate(&mut self, secret: &SharedSecret, now: UnixTime) -> bool {
        if self.current.as_ref() == Some(secret) {
            return false;
        }
        if let Some(old) = self.current.replace(secret.clone()) {
            self.previous = Some((old, now));
        }
        true
    }
}

/// Whether the grace is over that began at this time. One that a wrong clock dated ahead is: it would last
/// until that time comes.
pub(super) const fn is_over(since: UnixTime, grace: u64, now: UnixTime) -> bool {
    since.is_ahead(now) || now.since(since) > grace
}
