//! The vendor's own Forge app, as the command line names it.

use std::path::PathBuf;

use app_license_testkit::Product;
use serde_json::Value;

use super::extension;
use super::manifest::{AppManifest, PageModule};
use crate::licensing::AppLicensing;

/// The vendor's own Forge app, as the command line names it.
///
/// ```
/// use app_license_lab::ForgeConfig;
/// let config = ForgeConfig {
///     custom_ui: Some("http://localhost:5173/".to_owned()),
///     ..ForgeConfig::default()
/// };
/// assert!(config.manifest.is_none());
/// ```
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever starts the lab")]
pub struct ForgeConfig {
    /// The `manifest.yml`, as JSON.
    pub manifest: Option<Value>,
    /// The folder of the manifest: the paths of its resources start here.
    pub root: PathBuf,
    /// The built folder of the page, or the URL of its development server on this machine. The
    /// folders that the manifest names, unless said.
    pub custom_ui: Option<String>,
    /// The bundle of the functions: a folder, or one file.
    pub functions: Option<PathBuf>,
    /// The port of the pages; a free one for 0.
    pub port: u16,
}

impl ForgeConfig {
    /// The id of the app, where the manifest states one.
    ///
    /// ```
    /// use app_license_lab::ForgeConfig;
    /// let manifest = serde_json::json!({"app": {"id": "ari:cloud:ecosystem::app/1"}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.app_id(), Some("ari:cloud:ecosystem::app/1"));
    /// ```
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.manifest.as_ref()?.pointer("/app/id")?.as_str()
    }

    /// How the manifest says that the app is sold: in editions where there is no manifest.
    ///
    /// ```
    /// use app_license_lab::{AppLicensing, ForgeConfig};
    /// let manifest = serde_json::json!({"app": {"licensing": {"enabled": true}}, "modules": {}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.licensing(), AppLicensing::OneEdition);
    /// ```
    #[must_use]
    pub fn licensing(&self) -> AppLicensing {
        // what is no manifest is an error when the app is started
        let manifest = self.manifest.as_ref().map(AppManifest::read);
        manifest.map_or(AppLicensing::Editions, |read| {
            read.map_or(AppLicensing::Editions, |manifest| manifest.licensing)
        })
    }

    /// The product that the app's pages are of: Confluence where no page is of another.
    ///
    /// ```
    /// use app_license_lab::ForgeConfig;
    /// use app_license_testkit::Product;
    /// let manifest = serde_json::json!({"modules": {"macro": [{"key": "m", "resource": "main"}]}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.product(), Product::Confluence);
    /// ```
    #[must_use]
    pub fn product(&self) -> Product {
        let manifest = self.manifest.as_ref().map(AppManifest::read);
        let pages = manifest.and_then(Result::ok).unwrap_or_default().pages;
        let confluence = |page: &PageModule| extension::is_of_confluence(&page.kind);
        if !pages.is_empty() && pages.iter().all(confluence) {
            Product::Confluence
        } else {
            Product::Jira
        }
    }
}
