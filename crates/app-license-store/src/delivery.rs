//! What is given to the store, and what it answers.

use std::fmt;

use app_license::connect::LifecycleEvent;
use app_license::forge::ForgeLifecycleEvent;
use app_license::{Change, Event, Installation, InstallationKey, UnixTime};

use crate::error::{Error, ErrorKind};
use crate::history::Sequence;
use crate::mark::ReplayMark;
use crate::payload;
use crate::tenant::tenant;
use app_license::error::shown;

/// One verified delivery of the platform: events of one tenant, applied together or not at all.
///
/// Give the store only what was verified; it asks no questions about proof. The body of each event
/// that changes something is kept beside the history, without its secrets.
///
/// A license may be delivered too, as an event. One that says nothing new but is fresher costs a
/// write all the same, so do that when a License API was asked, not with every request.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::connect::{LifecycleBody, LifecycleKind};
/// use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};
/// use app_license_store::{Delivery, InstallationStore, MemoryStore, ReplayMark};
///
/// let body = br#"{
///     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
///     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
///     "productType": "jira"
/// }"#;
/// let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// let event = LifecycleBody::parse(body)?
///     .accept(LifecycleKind::Installed, &app, &tenant, &|_| true)?;
/// let now = UnixTime::EPOCH;
/// let mark = ReplayMark::new("the token, verified", body, now.plus(180));
///
/// let store = MemoryStore::new();
/// let applied = store.apply(Delivery::connect(event).marked(mark), now).await?;
/// assert!(applied.before.is_none());
///
/// let stored = store.get(&InstallationKey::Connect(tenant)).await?.unwrap();
/// assert_eq!(stored.base_url(), Some("https://example.atlassian.net"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Delivery {
    key: InstallationKey,
    events: Vec<Event>,
    mark: Option<ReplayMark>,
}

impl Delivery {
    /// A delivery of one event.
    #[must_use]
    pub fn new(key: InstallationKey, event: impl Into<Event>) -> Self {
        Self {
            key,
            events: vec![event.into()],
            mark: None,
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

    /// Holds the token of the delivery to this body, in the same transaction.
    #[must_use]
    pub const fn marked(mut self, mark: ReplayMark) -> Self {
        self.mark = Some(mark);
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

    /// Runs the events through the reducer: what a store does between reading and writing.
    ///
    /// # Errors
    /// `tenant_mismatch` when an event is of another tenant.
    pub fn reduce(&self, before: Option<Installation>, now: UnixTime) -> Result<Reduced, Error> {
        let mut entries = Vec::new();
        let mut after = before.clone();
        for event in &self.events {
            self.check_tenant(event)?;
            let (next, changes) = Installation::apply(after, event, now);
            after = next;
            if !changes.is_empty() {
                entries.push(NewEntry {
                    event: name(event),
                    changes,
                    payload: body(event).and_then(|b| payload::without_secrets(b.as_bytes())),
                });
            }
        }
        Ok(Reduced {
            before,
            after,
            entries,
        })
    }

    /// The reducer ignores what is not for the tenant; here it is an error, so that it is seen.
    fn check_tenant(&self, event: &Event) -> Result<(), Error> {
        let found = match (&self.key, event) {
            (InstallationKey::Connect(key), Event::Connect(e)) => {
                let said = e.body().client_key();
                (said != key).then(|| said.as_str())
            }
            (InstallationKey::Forge(key), Event::Forge(e)) => {
                let said = e.installation_id();
                said.filter(|said| *said != key).map(|said| said.as_str())
            }
            (InstallationKey::Forge(_), Event::Connect(e)) => Some(e.body().client_key().as_str()),
            // a Connect-on-Forge app hears of its Forge half too, and a license names nobody
            _ => None,
        };
        let Some(found) = found else { return Ok(()) };
        Err(ErrorKind::TenantMismatch {
            expected: tenant(&self.key),
            found: shown(found),
        }
        .into())
    }
}

/// What the platform calls the event.
fn name(event: &Event) -> &'static str {
    match event {
        Event::Connect(e) => e.body().kind().name(),
        Event::Forge(e) => e.kind().name(),
        Event::License(license) => license.touchpoint().code(),
        Event::ForgetPreviousSecret => "forget_previous_secret",
        _ => "unknown",
    }
}

/// The text the event was read from.
fn body(event: &Event) -> Option<&str> {
    match event {
        Event::Connect(e) => Some(e.body().raw()),
        Event::Forge(e) => Some(e.raw()),
        Event::License(license) => license.raw(),
        _ => None,
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<_> = self.events.iter().map(name).collect();
        f.debug_struct("Delivery")
            .field("key", &self.key)
            .field("events", &events)
            .finish_non_exhaustive()
    }
}

/// What a delivery comes to, before it is written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reduced {
    /// The installation as it was.
    pub before: Option<Installation>,
    /// The installation as it is to be.
    pub after: Option<Installation>,
    /// The history entries to append.
    pub entries: Vec<NewEntry>,
}

/// A history entry that has no number yet.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewEntry {
    /// What the platform calls the event.
    pub event: &'static str,
    /// What it changed, in order; never empty.
    pub changes: Vec<Change>,
    /// The body, without its secrets.
    pub payload: Option<String>,
}

impl Reduced {
    /// Whether there is anything to write.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.entries.is_empty() && self.before == self.after
    }

    /// The answer, once it is written; `sequence` is the number of the last entry appended.
    #[must_use]
    pub fn applied(self, sequence: Option<Sequence>) -> Applied {
        Applied {
            before: self.before,
            after: self.after,
            changes: self.entries.into_iter().flat_map(|e| e.changes).collect(),
            sequence,
            repeated: false,
        }
    }
}

/// What a delivery did. It is committed by the time this is seen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Applied {
    /// The installation as it was.
    pub before: Option<Installation>,
    /// The installation as it is now.
    pub after: Option<Installation>,
    /// What changed, in order; empty for a delivery that says nothing new.
    pub changes: Vec<Change>,
    /// The number of the last history entry it led to.
    pub sequence: Option<Sequence>,
    /// Whether the delivery's token was seen before with this body, so nothing was done.
    pub repeated: bool,
}

impl Applied {
    /// The answer to a delivery whose token was seen before with the same body.
    #[must_use]
    pub fn repeated(now_stored: Option<Installation>) -> Self {
        Self {
            before: now_stored.clone(),
            after: now_stored,
            changes: Vec::new(),
            sequence: None,
            repeated: true,
        }
    }
}
