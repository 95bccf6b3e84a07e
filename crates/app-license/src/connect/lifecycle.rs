//! Lifecycle bodies: what the host posts when the app is installed, enabled, disabled, uninstalled.

mod accept;
mod read;

use std::fmt;

use crate::gate::facts::State;
use zeroize::Zeroizing;

use crate::capability::Capability;
use crate::find::named;
use crate::ids::{AppKey, ClientKey, CloudId, InstallationAri};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::secret::SharedSecret;
use crate::verified::Hint;

/// Which lifecycle event it is.
///
/// ```
/// use app_license::connect::LifecycleKind;
/// assert_eq!(LifecycleKind::from_name("installed"), Some(LifecycleKind::Installed));
/// assert_eq!(LifecycleKind::Uninstalled.name(), "uninstalled");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LifecycleKind {
    /// The app was installed or upgraded, its secret rotated, or the site renamed.
    Installed,
    /// The app was switched on.
    Enabled,
    /// The app was switched off, perhaps on the way out.
    Disabled,
    /// The app was removed.
    Uninstalled,
}

impl LifecycleKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Installed,
        Self::Enabled,
        Self::Disabled,
        Self::Uninstalled,
    ];

    /// The name in `eventType`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Uninstalled => "uninstalled",
        }
    }

    /// The kind with this name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        named(&Self::ALL, Self::name, name)
    }
}

impl fmt::Display for LifecycleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The body of a lifecycle event as it came: read strictly, not yet accepted.
///
/// `key`, `clientKey`, `baseUrl`, `productType` and `eventType` are always there, and
/// `sharedSecret` in `installed`. An empty string is absent. [`LifecycleBody::accept`] compares it
/// with what the token proves.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>
///
/// ```
/// use app_license::connect::{LifecycleBody, LifecycleKind};
///
/// let body = LifecycleBody::parse(br#"{
///     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
///     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
///     "productType": "jira", "capabilitySet": "capabilityAdvanced", "serviceEntitlementNumber": ""
/// }"#)?;
/// assert_eq!(body.kind(), LifecycleKind::Installed);
/// assert_eq!(body.display_url(), "https://example.atlassian.net");
/// assert_eq!(body.service_entitlement_number(), None);
/// assert!(body.has_secret());
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LifecycleBody {
    kind: LifecycleKind,
    key: AppKey,
    client_key: ClientKey,
    base_url: String,
    product_type: String,
    shared_secret: Option<Zeroizing<String>>,
    display_url: Option<String>,
    display_url_servicedesk_help_center: Option<String>,
    description: Option<String>,
    service_entitlement_number: Option<String>,
    entitlement_id: Option<String>,
    entitlement_number: Option<String>,
    oauth_client_id: Option<String>,
    account_id: Option<String>,
    capability_set: Option<Capability>,
    installation_id: Option<InstallationAri>,
    cloud_id: Option<CloudId>,
    raw: Zeroizing<String>,
}

impl LifecycleBody {
    /// Which event it says it is.
    #[must_use]
    pub const fn kind(&self) -> LifecycleKind {
        self.kind
    }

    /// `key`: the app.
    #[must_use]
    pub const fn app_key(&self) -> &AppKey {
        &self.key
    }

    /// `clientKey`: the tenant it says it is from.
    #[must_use]
    pub const fn client_key(&self) -> &ClientKey {
        &self.client_key
    }

    /// `baseUrl`: for REST calls. Confluence's ends in `/wiki`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `displayUrl`: for links that people see; `baseUrl` when it is absent.
    #[must_use]
    pub fn display_url(&self) -> &str {
        self.display_url.as_deref().unwrap_or(&self.base_url)
    }

    pub(crate) fn stated_display_url(&self) -> Option<&str> {
        self.display_url.as_deref()
    }

    /// `displayUrlServicedeskHelpCenter`: for links in the help center; otherwise
    /// [`LifecycleBody::display_url`].
    #[must_use]
    pub fn display_url_servicedesk_help_center(&self) -> &str {
        let url = self.display_url_servicedesk_help_center.as_deref();
        url.unwrap_or_else(|| self.display_url())
    }

    /// `productType`: `jira`, `confluence`, or another.
    #[must_use]
    pub fn product_type(&self) -> &str {
        &self.product_type
    }

    /// `description`: what the site's admin calls it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whether a shared secret came along, strong or weak.
    #[must_use]
    pub const fn has_secret(&self) -> bool {
        self.shared_secret.is_some()
    }

    /// `serviceEntitlementNumber`, deprecated by the platform.
    #[must_use]
    pub fn service_entitlement_number(&self) -> Option<&str> {
        self.service_entitlement_number.as_deref()
    }

    /// `entitlementId`: paid apps only.
    #[must_use]
    pub fn entitlement_id(&self) -> Option<&str> {
        self.entitlement_id.as_deref()
    }

    /// `entitlementNumber`: paid apps only.
    #[must_use]
    pub fn entitlement_number(&self) -> Option<&str> {
        self.entitlement_number.as_deref()
    }

    /// `oauthClientId`: for acting as a user.
    #[must_use]
    pub fn oauth_client_id(&self) -> Option<&str> {
        self.oauth_client_id.as_deref()
    }

    /// `accountId`: who did it.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// `capabilitySet`: the edition when the event was sent. Nothing confirms that an edition
    /// change sends the event again: a hint.
    #[must_use]
    pub const fn capability_set(&self) -> Option<&Capability> {
        self.capability_set.as_ref()
    }

    /// `installationId`: the Forge installation of a Connect-on-Forge app.
    #[must_use]
    pub const fn installation_id(&self) -> Option<&InstallationAri> {
        self.installation_id.as_ref()
    }

    /// `cloudId`: rarely sent; do not rely on it.
    #[must_use]
    pub const fn cloud_id(&self) -> Option<&CloudId> {
        self.cloud_id.as_ref()
    }

    /// The whole body as it came, with every field it holds. **It holds the shared secret**: never
    /// log it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What the body says about the license: an edition and an entitlement, but nothing about
    /// being active. So its state is absent and it grants nothing.
    ///
    /// ```
    /// use app_license::{Capability, State, connect::LifecycleBody};
    /// let body = LifecycleBody::parse(br#"{
    ///     "eventType": "enabled", "key": "com.example.app", "clientKey": "tenant-1",
    ///     "baseUrl": "https://example.atlassian.net", "productType": "jira",
    ///     "capabilitySet": "capabilityAdvanced"
    /// }"#)?;
    /// assert_eq!(body.license().state(), State::Absent);
    /// assert_eq!(body.license().capability_set(), Some(&Capability::ADVANCED));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn license(&self) -> Hint<License> {
        let capability = self.capability_set.clone();
        let mut license = License::of(State::Absent, capability, LicenseSource::ConnectLifecycle);
        license.entitlement(
            self.entitlement_id.as_deref(),
            self.entitlement_number.as_deref(),
            self.service_entitlement_number.as_deref(),
        );
        Hint::new(license)
    }
}

impl fmt::Debug for LifecycleBody {
    /// Leaves out the secret, and the raw text that holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifecycleBody")
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("client_key", &self.client_key)
            .field("base_url", &self.base_url)
            .field("product_type", &self.product_type)
            .field("capability_set", &self.capability_set)
            .field("installation_id", &self.installation_id)
            .field("has_secret", &self.has_secret())
            .finish_non_exhaustive()
    }
}

/// A lifecycle event whose body agrees with its endpoint, with the app, and with the tenant that
/// its token proves. Only [`LifecycleBody::accept`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// Installed, upgraded, secret rotated, or site renamed.
    Installed(InstalledEvent),
    /// Switched on.
    Enabled(EnabledEvent),
    /// Switched off.
    Disabled(DisabledEvent),
    /// Removed.
    Uninstalled(UninstalledEvent),
}

impl LifecycleEvent {
    /// The body of the event.
    #[must_use]
    pub const fn body(&self) -> &LifecycleBody {
        match self {
            Self::Installed(e) => &e.body,
            Self::Enabled(e) => &e.body,
            Self::Disabled(e) => &e.body,
            Self::Uninstalled(e) => &e.body,
        }
    }
}

/// `installed`, accepted: its secret is strong enough to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledEvent {
    body: LifecycleBody,
    shared_secret: SharedSecret,
}

impl InstalledEvent {
    /// The secret of the tenant from now on.
    #[must_use]
    pub const fn shared_secret(&self) -> &SharedSecret {
        &self.shared_secret
    }
}

macro_rules! plain_event {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                body: LifecycleBody,
            }
        )+
    };
}

plain_event! {
    /// `enabled`, accepted.
    EnabledEvent;
    /// `disabled`, accepted.
    DisabledEvent;
    /// `uninstalled`, accepted.
    UninstalledEvent;
}

macro_rules! body {
    ($($name:ident)+) => {
        $(
            impl $name {
                /// The body of the event.
                #[must_use]
                pub const fn body(&self) -> &LifecycleBody {
                    &self.body
                }
            }
        )+
    };
}

body! { InstalledEvent EnabledEvent DisabledEvent UninstalledEvent }

#[cfg(test)]
mod tests;
