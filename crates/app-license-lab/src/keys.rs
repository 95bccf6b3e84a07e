//! The mock host's keys and addresses as files, for the configuration of the user's own app.

use std::path::{Path, PathBuf};

use app_license_testkit::{App, MockHost, Service};
use serde::Serialize;
use serde_json::json;

use super::persist::replace;
use crate::error::Error;

/// Where everything is that an app has to be told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedKeys {
    /// The public key that signs `installed` and `uninstalled`, PEM.
    install_key: PathBuf,
    /// The key set of invocation tokens, JSON.
    jwks: PathBuf,
    /// The same served: `GET /{kid}`.
    install_keys_url: Option<String>,
    jwks_url: Option<String>,
    forge_api_url: Option<String>,
    /// Answers for all hosts of the platform, by the `Host` header.
    gateway: Option<String>,
}

/// Writes public keys and addresses. The folder holds nothing that signs.
///
/// # Errors
/// When a file cannot be written.
///
/// ```
/// use app_license_testkit::{App, MockHost};
/// let host = MockHost::offline();
/// let app = App::connect("com.example.app", "https://app.example.com").expect("an app");
/// let folder = std::env::temp_dir().join("app-license-lab-keys-doc");
/// app_license_lab::keys::export(&host, &app, &folder).expect("written");
/// assert!(folder.join("jwks.json").exists());
/// ```
pub fn export(host: &MockHost, app: &App, folder: &Path) -> Result<ExportedKeys, Error> {
    let key = host.install_key()?;
    let exported = ExportedKeys {
        install_key: folder.join("install-keys").join(key.id()),
        jwks: folder.join("jwks.json"),
        install_keys_url: host.url(Service::InstallKeys),
        jwks_url: host.jwks_url(),
        forge_api_url: host.forge_api_url(),
        gateway: host.gateway().map(|gateway| gateway.to_string()),
    };
    replace(&exported.install_key, key.public_pem().as_bytes())?;
    replace(&exported.jwks, host.jwks().to_string().as_bytes())?;
    let config = json!({
        "app": {"key": app.connect_key(), "id": app.forge_id(), "baseUrl": app.base_url()},
        "host": exported,
    });
    let mut text = serde_json::to_string_pretty(&config).unwrap_or_default();
    text.push('\n');
    replace(&folder.join("config.json"), text.as_bytes())?;
    Ok(exported)
}

impl ExportedKeys {
    /// Labels and addresses, for people.
    ///
    /// ```
    /// # use app_license_testkit::{App, MockHost};
    /// # let app = App::connect("com.example.app", "https://app.example.com").expect("an app");
    /// # let folder = std::env::temp_dir().join("app-license-lab-lines-doc");
    /// let keys = app_license_lab::keys::export(&MockHost::offline(), &app, &folder).expect("written");
    /// assert_eq!(keys.lines().count(), 0); // nothing is served
    /// ```
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("install keys", self.install_keys_url.as_deref()),
            ("key set", self.jwks_url.as_deref()),
            ("license API", self.forge_api_url.as_deref()),
            ("all hosts", self.gateway.as_deref()),
        ]
        .into_iter()
        .filter_map(|(label, value)| Some((label, value?)))
    }
}
