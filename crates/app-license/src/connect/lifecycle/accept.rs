//! Accepting a lifecycle body: it must agree with what the token proves.

use super::{
    DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody, LifecycleEvent, LifecycleKind,
    UninstalledEvent,
};
use crate::connect::base_url::BaseUrl;
use crate::connect::host::is_name;
use crate::connect::key_host::KeyHosts;
use crate::error::{Error, ErrorKind, shown};
use crate::ids::{AppKey, ClientKey};
use crate::secret::SharedSecret;

impl LifecycleBody {
    /// Compares the body with its endpoint, with the app, and with the tenant that the verified
    /// token is from. Nothing may be stored before this holds.
    ///
    /// `hosts` are those of the cloud that the app is configured for: `baseUrl` must be one of its
    /// sites. An event of which all this was shown before is [`LifecycleBody::accepted_before`].
    ///
    /// ```
    /// use app_license::connect::{KeyHosts, LifecycleBody, LifecycleEvent, LifecycleKind};
    /// use app_license::{AppKey, ClientKey};
    ///
    /// let body = LifecycleBody::parse(br#"{
    ///     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
    ///     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
    ///     "productType": "jira"
    /// }"#)?;
    /// let app = AppKey::new("com.example.app")?;
    /// let tenant = ClientKey::new("tenant-1")?; // `iss` of the verified token
    /// let hosts = KeyHosts::default(); // the commercial cloud
    /// let event = body.clone().accept(LifecycleKind::Installed, &app, &tenant, &hosts)?;
    /// assert!(matches!(event, LifecycleEvent::Installed(_)));
    ///
    /// let other = ClientKey::new("tenant-2")?;
    /// let error = body.accept(LifecycleKind::Installed, &app, &other, &hosts).unwrap_err();
    /// assert_eq!(error.code(), "tenant_mismatch");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `field_value` when `eventType` or `key` is another, `tenant_mismatch` when `clientKey` is,
    /// `invalid_base_url` when `baseUrl` is not plain `https`, `foreign_base_url` when it is no site
    /// of `hosts`, `weak_secret` when the secret is too short to store.
    pub fn accept(
        self,
        endpoint: LifecycleKind,
        app: &AppKey,
        issuer: &ClientKey,
        hosts: &KeyHosts,
    ) -> Result<LifecycleEvent, Error> {
        if self.kind != endpoint {
            return Err(mismatch("eventType", endpoint.name(), self.kind.name()));
        }
        if self.key != *app {
            return Err(mismatch("key", app.as_str(), self.key.as_str()));
        }
        if self.client_key != *issuer {
            return Err(ErrorKind::TenantMismatch {
                field: "clientKey",
                expected: issuer.to_string(),
                found: shown(self.client_key.as_str()),
            }
            .into());
        }
        let host = site_host(&self.base_url)?;
        if !hosts.is_site(&host) {
            return Err(foreign(&self.base_url));
        }
        self.into_event()
    }

    /// The event of a body that [`LifecycleBody::accept`] took before: of a store, of a copy of the
    /// deliveries, or of an earlier step of the same request.
    ///
    /// The body is not compared with a token, an endpoint, an app or a cloud, so it is nothing for
    /// what has just arrived: whoever sends it chooses the tenant.
    ///
    /// ```
    /// use app_license::connect::{LifecycleBody, LifecycleEvent};
    ///
    /// let stored = br#"{"eventType": "enabled", "key": "com.example.app", "clientKey": "tenant-1",
    ///     "baseUrl": "https://example.atlassian.net", "productType": "jira"}"#;
    /// let event = LifecycleBody::parse(stored)?.accepted_before()?;
    /// assert!(matches!(event, LifecycleEvent::Enabled(_)));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid_base_url` when `baseUrl` is not plain `https`, `foreign_base_url` when its host is
    /// an address, `weak_secret` when the secret is too short to store.
    pub fn accepted_before(self) -> Result<LifecycleEvent, Error> {
        site_host(&self.base_url)?;
        self.into_event()
    }

    fn into_event(self) -> Result<LifecycleEvent, Error> {
        Ok(match self.kind {
            LifecycleKind::Installed => {
                let secret = self.shared_secret.as_ref().map(|s| s.as_str());
                let shared_secret = SharedSecret::new(secret.unwrap_or_default())?;
                LifecycleEvent::Installed(InstalledEvent {
                    body: self,
                    shared_secret,
                })
            }
            LifecycleKind::Enabled => LifecycleEvent::Enabled(EnabledEvent { body: self }),
            LifecycleKind::Disabled => LifecycleEvent::Disabled(DisabledEvent { body: self }),
            LifecycleKind::Uninstalled => {
                LifecycleEvent::Uninstalled(UninstalledEvent { body: self })
            }
        })
    }
}

fn mismatch(field: &'static str, expected: &str, found: &str) -> Error {
    ErrorKind::FieldValue {
        what: "lifecycle body",
        field,
        expected: format!("`{expected}`"),
        found: shown(found),
    }
    .into()
}

/// The host of a base URL that may be a site: `https`, no user, no port.
fn site_host(text: &str) -> Result<String, Error> {
    let url = BaseUrl::new(text)?;
    if url.has_port() {
        return Err(ErrorKind::InvalidBaseUrl {
            expected: "expected no port",
            found: shown(text),
        }
        .into());
    }
    let host = url.host().to_ascii_lowercase();
    // only a name: an address is never a site
    if is_name(&host) {
        Ok(host)
    } else {
        Err(foreign(text))
    }
}

fn foreign(text: &str) -> Error {
    ErrorKind::ForeignBaseUrl { found: shown(text) }.into()
}
