//! The app under test, as the platform knows it: its keys, its addresses, whether it is sold.

use app_license::{AppKey, ForgeAppId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// An app registered with the mock host: a Connect app, a Forge app, or Connect on Forge.
///
/// Paid through Atlassian with editions, in production, unless said otherwise.
///
/// ```
/// use app_license_testkit::{App, Environment};
/// let app = App::connect("com.example.app", "https://app.example.com/connect")?
///     .with_forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
///     .environment(Environment::Staging);
/// assert_eq!(app.name(), "com.example.app");
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub(crate) connect_key: Option<String>,
    pub(crate) forge_id: Option<String>,
    pub(crate) base_url: String,
    pub(crate) paths: LifecyclePaths,
    pub(crate) environment: Environment,
    pub(crate) paid: bool,
    pub(crate) editions: bool,
    pub(crate) version: String,
}

/// Where an app takes its lifecycle events, relative to its base URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LifecyclePaths {
    pub(crate) installed: String,
    pub(crate) enabled: String,
    pub(crate) disabled: String,
    pub(crate) uninstalled: String,
    pub(crate) forge: String,
}

/// The Forge environment an app is installed from. Connect has none: production.
///
/// ```
/// use app_license_testkit::Environment;
/// assert_eq!(Environment::Development.name(), "DEVELOPMENT");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Environment {
    /// Sold here.
    Production,
    /// Says nothing about licenses, unless overridden.
    Staging,
    /// Says nothing about licenses, unless overridden.
    Development,
}

impl Environment {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "PRODUCTION",
            Self::Staging => "STAGING",
            Self::Development => "DEVELOPMENT",
        }
    }
}

impl App {
    /// A Connect app: `key` of its descriptor, and its base URL.
    ///
    /// # Errors
    /// `invalid_id` or `invalid` when one of them cannot be that.
    pub fn connect(key: &str, base_url: &str) -> Result<Self, Error> {
        let key = AppKey::new(key)?;
        Ok(Self {
            connect_key: Some(key.as_str().to_owned()),
            ..Self::bare(base_url)?
        })
    }

    /// A Forge app with a remote: its id (UUID or ARI), and the base URL of the remote.
    ///
    /// ```
    /// use app_license_testkit::App;
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// assert_eq!(app.name(), "8db33809-1f69-42a5-8e40-8b6e0b3f8d11");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid_id` or `invalid` when one of them cannot be that.
    pub fn forge(id: &str, remote: &str) -> Result<Self, Error> {
        Self::bare(remote)?.with_forge(id)
    }

    fn bare(base_url: &str) -> Result<Self, Error> {
        let url = url::Url::parse(base_url).ok();
        if !url.is_some_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https")) {
            return Err(ErrorKind::Invalid {
                what: "base URL of an app",
                found: base_url.to_owned(),
            }
            .into());
        }
        Ok(Self {
            connect_key: None,
            forge_id: None,
            base_url: base_url.trim_end_matches('/').to_owned(),
            paths: LifecyclePaths {
                installed: "/installed".to_owned(),
                enabled: "/enabled".to_owned(),
                disabled: "/disabled".to_owned(),
                uninstalled: "/uninstalled".to_owned(),
                forge: "/forge/lifecycle".to_owned(),
            },
            environment: Environment::Production,
            paid: true,
            editions: true,
            version: "1.0.0".to_owned(),
        })
    }

    /// Makes it Connect on Forge: `installed` carries an installation ARI, `enabled` and
    /// `disabled` are no longer sent.
    ///
    /// # Errors
    /// `invalid_id` when it is not a Forge app id.
    pub fn with_forge(mut self, id: &str) -> Result<Self, Error> {
        self.forge_id = Some(ForgeAppId::new(id)?.uuid().to_owned());
        Ok(self)
    }

    /// Makes it free: no license source says anything about a license.
    #[must_use]
    pub const fn free(mut self) -> Self {
        self.paid = false;
        self
    }

    /// Sells it without editions: no license source names a capability set.
    #[must_use]
    pub const fn without_editions(mut self) -> Self {
        self.editions = false;
        self
    }

    /// Installs it from another environment than production.
    #[must_use]
    pub const fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Takes the Connect lifecycle events at other paths than `/installed`, `/enabled`,
    /// `/disabled` and `/uninstalled`.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::connect("com.example.app", "https://app.example.com")?
    ///     .lifecycle_paths(["/hooks/in", "/hooks/on", "/hooks/off", "/hooks/out"]);
    /// let events = MockHost::offline().tenant(&app, "acme")?.install()?;
    /// assert_eq!(events[0].target(), "/hooks/in");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn lifecycle_paths(mut self, paths: [&str; 4]) -> Self {
        let [installed, enabled, disabled, uninstalled] = paths.map(str::to_owned);
        self.paths = LifecyclePaths {
            installed,
            enabled,
            disabled,
            uninstalled,
            forge: self.paths.forge,
        };
        self
    }

    /// Takes the Forge lifecycle events at another path of the remote than `/forge/lifecycle`.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let id = "5f2e8f1c-6a3b-4f0e-9c9d-2b7c1a4e8d30";
    /// let app = App::forge(id, "https://app.example.com")?.forge_lifecycle_path("/hooks/forge");
    /// let events = MockHost::offline().tenant(&app, "acme")?.install()?;
    /// assert_eq!(events[0].target(), "/hooks/forge");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn forge_lifecycle_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.paths.forge);
        self
    }

    /// What it is called here: its Connect key, or the UUID of the Forge app.
    #[must_use]
    pub fn name(&self) -> &str {
        match (&self.connect_key, &self.forge_id) {
            (Some(key), _) => key,
            (None, Some(id)) => id,
            (None, None) => "",
        }
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key of its Connect half.
    #[must_use]
    pub fn connect_key(&self) -> Option<&str> {
        self.connect_key.as_deref()
    }

    /// The UUID of its Forge half.
    #[must_use]
    pub fn forge_id(&self) -> Option<&str> {
        self.forge_id.as_deref()
    }

    pub(crate) fn ari(&self) -> Option<String> {
        let id = self.forge_id.as_deref()?;
        Some(format!("{}{id}", ForgeAppId::PREFIX))
    }

    pub(crate) fn wrong_half(&self, half: &'static str) -> Error {
        ErrorKind::WrongHalf {
            app: self.name().to_owned(),
            half,
        }
        .into()
    }
}
