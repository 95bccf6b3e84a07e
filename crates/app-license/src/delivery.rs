//! What a delivery of the platform does: stored record, events and mark as stored go in; the new
//! record, the history entries and the mark to write come out, or "repeated", or a refusal.
//!
//! A store loads what it has under the delivery's key and, where the delivery is marked, under the
//! mark's token; calls [`Delivery::apply`]; and writes what the [`Outcome`] says, all in one
//! transaction that is committed before the platform is answered. It decides nothing.
//!
//! ```
//! use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
//! use app_license::delivery::{BodyHash, Delivery, ReplayMark, StoredMark};
//! use app_license::{AppKey, Change, ClientKey, UnixTime};
//!
//! // a lifecycle webhook came, and its token was verified
//! let body = br#"{"eventType":"installed","key":"com.example.app","clientKey":"tenant-1",
//!     "sharedSecret":"a-secret-key-not-to-be-lost","baseUrl":"https://example.atlassian.net",
//!     "productType":"jira"}"#;
//! let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
//! let event = LifecycleBody::parse(body)?
//!     .accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
//! let now = UnixTime::EPOCH;
//! let mark = ReplayMark::new("the token, verified", body, now.plus(180));
//! let delivery = Delivery::connect(event).marked(mark);
//!
//! // nothing is stored yet: write `after`, the entries and the mark
//! let first = delivery.apply(None, None, now)?;
//! assert_eq!(first.entries[0].changes, [Change::Installed]);
//! assert_eq!(first.mark, Some(mark));
//!
//! // the same delivery again: nothing to write, and the answer is the same
//! let again = delivery.apply(first.after.clone(), Some(&mark.stored()), now.plus(60))?;
//! assert!(again.repeated && again.is_unchanged() && again.mark.is_none());
//!
//! // the token was first seen with another body
//! let other = StoredMark::new(BodyHash::of(b"{}"), now.plus(180));
//! let refused = delivery.apply(first.after, Some(&other), now.plus(60)).unwrap_err();
//! assert_eq!(refused.code(), "replayed");
//! # Ok::<(), app_license::Error>(())
//! ```

mod hash;
mod mark;
mod outcome;
mod payload;

use std::fmt;

use crate::connect::LifecycleEvent;
use crate::error::{Error, ErrorKind, shown};
use crate::forge::ForgeLifecycleEvent;
use crate::installation::{Event, Installation, InstallationKey};
use crate::time::UnixTime;

pub use hash::{BodyHash, TokenHash};
pub use mark::{Mark, ReplayMark, StoredMark};
pub use outcome::{NewEntry, Outcome};

/// One verified delivery of the platform: events of one tenant, applied together or not at all.
///
/// Make one only of what was verified; nothing here asks about proof. The body of each event that
/// changes something is kept beside the history, without its secrets.
///
/// A license may be delivered too, as an event. One that says nothing new but is fresher costs a
/// write all the same, so do that when a License API was asked, not with every request.
///
/// ```
/// use app_license::delivery::Delivery;
/// use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
/// use app_license::UnixTime;
///
/// let payload = br#"{"id":"i-1","app":{"id":"a-1","version":"3"}}"#;
/// let event = ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, payload)?;
/// let delivery = Delivery::forge(event).expect("the event names its installation");
/// let outcome = delivery.apply(None, None, UnixTime::EPOCH)?;
/// assert_eq!(outcome.entries[0].event, "avi:forge:installed:app");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone)]
pub struct Delivery {
    key: InstallationKey,
    events: Vec<Event>,
    mark: Option<ReplayMark>,
    issued_at: Option<UnixTime>,
}

impl Delivery {
    /// A delivery of one event.
    #[must_use]
    pub fn new(key: InstallationKey, event: impl Into<Event>) -> Self {
        Self {
            key,
            events: vec![event.into()],
            mark: None,
            issued_at: None,
        }
    }

    /// A delivery of a lifecycle event of a Connect app.
    #[must_use]
    pub fn connect(event: LifecycleEvent) -> Self {
        let key = event.body().client_key().clone();
        Self::new(InstallationKey::Connect(key), event)
    }

    /// A delivery of a lifecycle event of a Forge app; `None` when it names no installation.
    #[must_use]
    pub fn forge(event: ForgeLifecycleEvent) -> Option<Self> {
        let key = event.installation_id()?.clone();
        Some(Self::new(InstallationKey::Forge(key), event))
    }

    /// One more event of the same tenant.
    #[must_use]
    pub fn and(mut self, event: impl Into<Event>) -> Self {
        self.events.push(event.into());
        self
    }

    /// Holds the token of the delivery to this body.
    #[must_use]
    pub const fn marked(mut self, mark: ReplayMark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Says when the token of the delivery was issued, its `iat` (UTC): a lifecycle event that is older
    /// than one that counted changes nothing, and is answered like a delivery repeated. An `installed` of
    /// before an uninstall does not bring a tenant back, an `uninstalled` of before a reinstall does not
    /// remove it. What was issued in the same second is not older. A delivery without it is always taken
    /// for new.
    ///
    /// ```
    /// use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
    /// use app_license::delivery::Delivery;
    /// use app_license::{AppKey, ClientKey, InstallationStatus, UnixTime};
    ///
    /// let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
    /// let event = |kind: LifecycleKind| {
    ///     let body = format!(r#"{{"eventType":"{}","key":"com.example.app","clientKey":"tenant-1",
    ///         "sharedSecret":"a-secret-key-not-to-be-lost","baseUrl":"https://example.atlassian.net",
    ///         "productType":"jira"}}"#, kind.name());
    ///     LifecycleBody::parse(body.as_bytes())?.accept(kind, &app, &tenant, &KeyHosts::default())
    /// };
    /// let at = |seconds| UnixTime::EPOCH.plus(seconds);
    /// let deliver = |kind, issued, stored| {
    ///     Delivery::connect(event(kind)?).issued(at(issued)).apply(stored, None, at(100))
    /// };
    /// let there = deliver(LifecycleKind::Installed, 10, None)?.after;
    /// let gone = deliver(LifecycleKind::Uninstalled, 30, there)?.after;
    /// // one that was held back
    /// let late = deliver(LifecycleKind::Installed, 20, gone)?;
    /// assert!(late.is_unchanged());
    /// // a reinstall
    /// let back = deliver(LifecycleKind::Installed, 31, late.after)?.after.unwrap();
    /// assert_eq!(back.status(), InstallationStatus::Installed);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub const fn issued(mut self, at: UnixTime) -> Self {
        self.issued_at = Some(at);
        self
    }

    /// Whose delivery it is.
    #[must_use]
    pub const fn key(&self) -> &InstallationKey {
        &self.key
    }

    /// The events, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// What the delivery's token is to be held to.
    #[must_use]
    pub const fn mark(&self) -> Option<&ReplayMark> {
        self.mark.as_ref()
    }

    /// When the delivery's token was issued (UTC), if it was said.
    #[must_use]
    pub const fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// What the delivery comes to: what a store does between reading and writing.
    ///
    /// `stored` is what is stored under [`Delivery::key`]. `stored_mark` is what is stored under
    /// the token of [`Delivery::mark`], or `None`; it may be one that is forgotten by now. A token
    /// seen before with the same body changes nothing and is answered alike.
    ///
    /// # Errors
    /// `replayed` when the token was seen before with another body, `tenant_mismatch` when an event
    /// is of another tenant. Nothing is to be written then, no mark either.
    pub fn apply(
        &self,
        stored: Option<Installation>,
        stored_mark: Option<&StoredMark>,
        now: UnixTime,
    ) -> Result<Outcome, Error> {
        match self.mark.map(|mark| mark.against(stored_mark, now)) {
            None | Some(Mark::First) => {}
            Some(Mark::Repeated) => return Ok(Outcome::repeated(stored)),
            Some(Mark::Replayed) => return Err(ErrorKind::Replayed.into()),
        }
        let mut entries = Vec::new();
        let mut after = stored.clone();
        for event in &self.events {
            self.check_tenant(event)?;
            let (next, changes) =
                Installation::apply_at(&self.key, after, event, self.issued_at, now);
            after = next;
            if !changes.is_empty() {
                entries.push(NewEntry::new(event, changes));
            }
        }
        Ok(Outcome {
            before: stored,
            after,
            entries,
            mark: self.mark,
            repeated: false,
        })
    }

    /// The reducer ignores what is not for the tenant; here it is an error, so that it is seen.
    fn check_tenant(&self, event: &Event) -> Result<(), Error> {
        let (field, found) = match (&self.key, event) {
            (InstallationKey::Connect(key), Event::Connect(event)) => {
                let said = event.body().client_key();
                ("clientKey", (said != key).then(|| said.as_str()))
            }
            (InstallationKey::Forge(key), Event::Forge(event)) => {
                let said = event.installation_id();
                let other = said.filter(|said| *said != key);
                ("id", other.map(|said| said.as_str()))
            }
            (InstallationKey::Forge(_), Event::Connect(event)) => {
                ("clientKey", Some(event.body().client_key().as_str()))
            }
            // a Connect-on-Forge app hears of its Forge half too, and a license names nobody
            (InstallationKey::Connect(_), Event::Forge(_))
            | (
                _,
                Event::License(_)
                | Event::PageOpened { .. }
                | Event::Linked { .. }
                | Event::Joined(_)
                | Event::Invoked(_)
                | Event::ForgetPreviousSecret
                | Event::Block
                | Event::Unblock,
            ) => return Ok(()),
        };
        let Some(found) = found else { return Ok(()) };
        Err(ErrorKind::TenantMismatch {
            field,
            expected: self.key.to_string(),
            found: shown(found),
        }
        .into())
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<_> = self.events.iter().map(outcome::name).collect();
        f.debug_struct("Delivery")
            .field("key", &self.key)
            .field("events", &events)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod tests;
