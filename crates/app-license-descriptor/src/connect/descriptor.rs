//! The app descriptor, `atlassian-connect.json`: typed where this crate relies on it, whole where
//! it does not.

use app_license::{AppKey, connect::BaseUrl};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A Connect app descriptor. Fields this crate does not know are kept and written back unchanged.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/>
///
/// ```
/// use app_license_descriptor::connect::Descriptor;
/// let descriptor: Descriptor = serde_json::from_str(
///     r#"{"key":"com.example.app","baseUrl":"https://app.example.com","scopes":["READ"]}"#,
/// )?;
/// assert_eq!(descriptor.other["scopes"][0], "READ");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// The app's key.
    pub key: String,
    /// Where the app is served.
    pub base_url: String,
    /// How the host authenticates; always `jwt` here.
    #[serde(default)]
    pub authentication: Authentication,
    /// Whether the app is sold: without it no license is ever handed over.
    #[serde(default)]
    pub enable_licensing: bool,
    /// The lifecycle callbacks, relative to the base URL.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// The security migrations; both on.
    #[serde(default)]
    pub api_migrations: ApiMigrations,
    /// Everything else: name, vendor, scopes, modules, …
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How the host authenticates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Authentication {
    /// `jwt`
    #[serde(rename = "type")]
    pub kind: String,
}

impl Default for Authentication {
    fn default() -> Self {
        Self {
            kind: "jwt".to_owned(),
        }
    }
}

/// The lifecycle callbacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Lifecycle {
    /// Called synchronously on install and re-install.
    pub installed: String,
    /// Called after uninstall.
    pub uninstalled: String,
    /// Called after install and upgrade.
    pub enabled: String,
    /// Called before uninstall.
    pub disabled: String,
    /// Callbacks this crate does not serve, `dare-migration` say.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            installed: "/installed".to_owned(),
            uninstalled: "/uninstalled".to_owned(),
            enabled: "/enabled".to_owned(),
            disabled: "/disabled".to_owned(),
            other: Map::new(),
        }
    }
}

/// The security migrations of 2021.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-active-api-migrations>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct ApiMigrations {
    /// Install and uninstall are signed with RS256.
    pub signed_install: bool,
    /// Context tokens carry the literal `context-qsh`.
    pub context_qsh: bool,
    /// Others.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for ApiMigrations {
    fn default() -> Self {
        Self {
            signed_install: true,
            context_qsh: true,
            other: Map::new(),
        }
    }
}

impl Descriptor {
    /// A descriptor with the callbacks of this crate and both security migrations on.
    #[must_use]
    pub fn new(key: &AppKey, base_url: &BaseUrl) -> Self {
        Self {
            key: key.to_string(),
            base_url: base_url.to_string(),
            authentication: Authentication::default(),
            enable_licensing: true,
            lifecycle: Lifecycle::default(),
            api_migrations: ApiMigrations::default(),
            other: Map::new(),
        }
    }

    /// The same descriptor with what this crate relies on set: key, base URL, `jwt`, the
    /// callbacks, both security migrations.
    #[must_use]
    pub fn secured(mut self, key: &AppKey, base_url: &BaseUrl) -> Self {
        let served = Lifecycle::default();
        self.key = key.to_string();
        self.base_url = base_url.to_string();
        self.authentication = Authentication::default();
        self.api_migrations.signed_install = true;
        self.api_migrations.context_qsh = true;
        self.lifecycle = Lifecycle {
            other: self.lifecycle.other,
            ..served
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Descriptor;
    use app_license::{AppKey, connect::BaseUrl};
    use serde_json::{Value, json};

    #[test]
    fn what_is_not_ours_is_written_back_unchanged() {
        let given = json!({
            "key": "other", "baseUrl": "http://old", "name": "App", "scopes": ["READ"],
            "apiMigrations": {"signed-install": false, "gdpr": true},
            "lifecycle": {"installed": "/i", "dare-migration": "/dare"},
            "modules": {"generalPages": [{"key": "p", "url": "/p"}]}
        });
        let key = AppKey::new("com.example.app").unwrap();
        let base = BaseUrl::new("https://app.example.com/connect/").unwrap();
        let descriptor: Descriptor = serde_json::from_value(given).unwrap();
        let written: Value = serde_json::to_value(descriptor.secured(&key, &base)).unwrap();
        assert_eq!(
            written,
            json!({
                "key": "com.example.app", "baseUrl": "https://app.example.com/connect",
                "name": "App", "scopes": ["READ"], "enableLicensing": false,
                "authentication": {"type": "jwt"},
                "apiMigrations": {"signed-install": true, "context-qsh": true, "gdpr": true},
                "lifecycle": {
                    "installed": "/installed", "uninstalled": "/uninstalled",
                    "enabled": "/enabled", "disabled": "/disabled", "dare-migration": "/dare"
                },
                "modules": {"generalPages": [{"key": "p", "url": "/p"}]}
            })
        );
    }
}
