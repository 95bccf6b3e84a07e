//! Faults of the host's services, switched at run time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A service of the host, each on a port of its own, and all behind [`MockHost::gateway`].
///
/// [`MockHost::gateway`]: crate::MockHost::gateway
///
/// ```
/// use app_license_testkit::Service;
/// assert_eq!(Service::ALL.len(), 5);
/// assert_eq!(Service::ForgeKeys.name(), "forge-keys");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// The first install-key host, `/{kid}`.
    InstallKeys,
    /// The second one, asked when the first fails.
    InstallKeysFallback,
    /// The Forge CDN, `/.well-known/jwks.json`.
    ForgeKeys,
    /// The Forge API, `/forge/app/v1/license` and the older `/forge/installation/v1/license`.
    ForgeApi,
    /// The sites, with the Connect License API.
    Sites,
}

impl Service {
    /// Every service, in the order of their ports.
    pub const ALL: [Self; 5] = [
        Self::InstallKeys,
        Self::InstallKeysFallback,
        Self::ForgeKeys,
        Self::ForgeApi,
        Self::Sites,
    ];

    /// A name for machines and command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InstallKeys => "install-keys",
            Self::InstallKeysFallback => "install-keys-fallback",
            Self::ForgeKeys => "forge-keys",
            Self::ForgeApi => "forge-api",
            Self::Sites => "sites",
        }
    }

    /// The service with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

/// What is wrong with a service.
///
/// ```
/// use std::time::Duration;
/// use app_license_testkit::{InjectedFault, MockHost, Service};
/// let host = MockHost::offline();
/// host.set_fault(Service::ForgeApi, InjectedFault::TooManyRequests { retry_after: 300 });
/// host.set_fault(Service::ForgeApi, InjectedFault::Slow(Duration::from_secs(2)));
/// assert_eq!(host.fault(Service::ForgeApi), Some(InjectedFault::Slow(Duration::from_secs(2))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// Connections are reset without an answer, open ones too.
    Down,
    /// The right answer, after this time of the system's clock.
    Slow(Duration),
    /// This status, with a short text.
    Status(u16),
    /// 429 with `Retry-After`, in seconds.
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    /// 200 with a page of HTML.
    Html,
    /// 200 with bytes that are no text.
    Rubbish,
    /// 200 with a key, or a license, that is another's.
    Wrong,
    /// 302 to an address where the right answer is: a client that follows is caught by it.
    Redirect,
    /// 200 with a body of this many bytes.
    Huge(usize),
    /// The right answer, but without this field of a license.
    WithoutField(String),
}

#[derive(Debug, Default)]
pub(crate) struct Switchboard {
    switches: Mutex<BTreeMap<Service, Arc<Switch>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Switch {
    fault: Mutex<Option<InjectedFault>>,
    hits: AtomicU64,
}

impl Switchboard {
    pub(crate) fn switch(&self, service: Service) -> Arc<Switch> {
        let mut switches = self.switches.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(switches.entry(service).or_default())
    }

    pub(crate) fn set(&self, service: Service, fault: Option<InjectedFault>) {
        let switch = self.switch(service);
        *switch.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn get(&self, service: Service) -> Option<InjectedFault> {
        self.switch(service).fault()
    }

    pub(crate) fn hits(&self, service: Service) -> u64 {
        self.switch(service).hits.load(Ordering::SeqCst)
    }
}

impl Switch {
    pub(crate) fn fault(&self) -> Option<InjectedFault> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone()
    }

    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::SeqCst);
    }
}
