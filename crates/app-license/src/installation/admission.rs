//! What the secret of a Connect tenant may prove, by what is known of the installation, and what becomes of
//! a request that is proved.
//!
//! A shell finds the tenant of the token's issuer and verifies:
//!
//! 1. The tenant as it was read a moment ago, through the second that [`Installation::kept_through`] said then;
//!    else as the store has it, with [`Installation::secrets_for`].
//! 2. Where only the signature does not match ([`Error::may_be_of_another_key`]) and the tenant was not read just
//!    now, the store is asked, once: another replica may have been told of another secret.
//! 3. [`Installation::admission`] says what becomes of what is proved. That comes last: a stranger does not learn who
//!    has the app.
//!
//! [`Error::may_be_of_another_key`]: crate::Error::may_be_of_another_key

use super::Installation;
use super::status::InstallationStatus;
use crate::answer::Refusal;
use crate::connect::LifecycleKind;
use crate::secret::SharedSecret;
use crate::time::UnixTime;

/// What a token came with that a Connect tenant signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a token comes with one of the three"
)]
pub enum ConnectCall {
    /// A request whose token is bound to its URL: an iframe, a webhook.
    Page,
    /// A request of the app's own front end, with a context token.
    FrontEnd,
    /// A lifecycle event.
    Event(LifecycleKind),
}

/// What becomes of a call that is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum Admission {
    /// It is served; an event is stored.
    Serve,
    /// Apply [`Event::PageOpened`](super::Event::PageOpened): the page says that `enabled` got lost. It is served
    /// if the installation is then.
    Reopen,
    /// It is refused.
    Refuse(Refusal),
}

impl Installation {
    /// The secrets that a token may be signed with now that came with this, the current one first: those of
    /// [`Installation::secrets`], and once the app was uninstalled none but for a `disabled`, which may overtake
    /// or follow `uninstalled`. Where there is none, nobody knows the tenant.
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, SharedSecret, UnixTime};
    /// use app_license::ConnectCall;
    /// use app_license::connect::LifecycleKind;
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"uninstalled",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z",
    /// #   "uninstalledAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// # let secret = SharedSecret::new("a-secret-key-not-to-be-lost").unwrap();
    /// # let secrets = InstallationSecrets::new(Some(secret), None);
    /// let removed = Installation::from_parts(record, secrets);
    /// let count = |call| removed.secrets_for(call, UnixTime::EPOCH, 300).count();
    /// assert_eq!(count(ConnectCall::Event(LifecycleKind::Disabled)), 1);
    /// assert_eq!(count(ConnectCall::Page), 0);
    /// ```
    pub fn secrets_for(
        &self,
        call: ConnectCall,
        now: UnixTime,
        grace: u64,
    ) -> impl Iterator<Item = &SharedSecret> {
        let is_removed = self.status() == InstallationStatus::Uninstalled;
        let may_be_late = call == ConnectCall::Event(LifecycleKind::Disabled);
        self.secrets(now, grace)
            .filter(move |_| !is_removed || may_be_late)
    }

    /// The last second (UTC) in which an installation that is read now may be used out of memory, for so many
    /// seconds at the most; `None` where it may not: what is switched off or removed may be back any moment, of which
    /// another replica was told. What is blocked is in use, and is kept: another replica notices a block, and its end,
    /// after so long. No secret is kept for longer than it counts ([`Installation::secrets_end`]). A clock
    /// that stands before `now` ends it, too.
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"enabled",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// # let installation = Installation::from_parts(record, InstallationSecrets::default());
    /// let now = UnixTime::EPOCH.plus(100);
    /// assert_eq!(installation.kept_through(now, 5, 300), Some(now.plus(4)));
    /// assert_eq!(installation.kept_through(now, 0, 300), None);
    /// ```
    #[must_use]
    pub fn kept_through(&self, now: UnixTime, seconds: u64, grace: u64) -> Option<UnixTime> {
        let last = now.plus(seconds.checked_sub(1)?);
        let end = self.secrets_end(now, grace).unwrap_or(last).min(last);
        self.status().is_in_use().then_some(end)
    }

    /// What becomes of a call whose token was issued then and proved by this installation's secrets. Of an app
    /// that is switched off, a page that was opened later ([`Installation::is_reopened`]) brings it back; a token of
    /// the front end does not, for a page that was open before can renew it.
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// use app_license::{Admission, ConnectCall};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"disabled",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// // disabled at the beginning of time
    /// let installation = Installation::from_parts(record, InstallationSecrets::default());
    /// let later = UnixTime::EPOCH.plus(100);
    /// assert_eq!(installation.admission(ConnectCall::Page, later), Admission::Reopen);
    /// let refused = installation.admission(ConnectCall::FrontEnd, later);
    /// assert!(matches!(refused, Admission::Refuse(refusal) if refusal.code() == "tenant_disabled"));
    /// ```
    #[must_use]
    pub fn admission(&self, call: ConnectCall, issued_at: UnixTime) -> Admission {
        match (self.refusal(), call) {
            (None, _) | (_, ConnectCall::Event(_)) => Admission::Serve,
            (_, ConnectCall::Page) if self.is_reopened(issued_at) => Admission::Reopen,
            (Some(refusal), _) => Admission::Refuse(refusal),
        }
    }
}

#[cfg(test)]
mod tests;
