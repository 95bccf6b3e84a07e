//! What happens to an installation.

use super::forge_half::ForgeHalf;
use super::record::InstallationRecord;
use crate::connect::LifecycleEvent;
use crate::forge::ForgeLifecycleEvent;
use crate::ids::ClientKey;
use crate::license::License;
use crate::time::UnixTime;

/// Something that happened to an installation.
///
/// Connect events are accepted ones: their token was verified and their body agrees with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A lifecycle event of a Connect app.
    Connect(Box<LifecycleEvent>),
    /// A lifecycle event of a Forge app.
    Forge(Box<ForgeLifecycleEvent>),
    /// A license source spoke about the license.
    License(Box<License>),
    /// The platform opened a page or sent a webhook with a token that was issued then (UTC): the app
    /// is switched on there, whether or not the app heard of it. Of a token that was verified and is
    /// bound to its URL, never of a context token: a page that was open before can renew one.
    PageOpened {
        /// When the token was issued.
        issued_at: UnixTime,
    },
    /// The Forge installation, or site and product, under whose key this is applied, is the customer's
    /// with this client key: what is stored under it is a link from now on.
    Linked {
        /// The customer.
        tenant: ClientKey,
    },
    /// What was stored under a Forge installation before it was known to be this customer's.
    Joined(Box<InstallationRecord>),
    /// A verified token of the customer's Forge half: it names installation and site, and says that the
    /// app is there.
    Invoked(Box<ForgeHalf>),
    /// The app's own decision: the secret before the current one is accepted no longer, whatever its
    /// grace. For a secret that leaked.
    ForgetPreviousSecret,
    /// The app's own decision: the site is served no more, whatever the platform says and however often
    /// the app is installed there, until [`Event::Unblock`].
    Block,
    /// The end of [`Event::Block`].
    Unblock,
}

impl From<LifecycleEvent> for Event {
    fn from(event: LifecycleEvent) -> Self {
        Self::Connect(Box::new(event))
    }
}

impl From<ForgeLifecycleEvent> for Event {
    fn from(event: ForgeLifecycleEvent) -> Self {
        Self::Forge(Box::new(event))
    }
}

impl From<License> for Event {
    fn from(license: License) -> Self {
        Self::License(Box::new(license))
    }
}
