//! How an app says that it is sold.

use std::time::Duration;

use serde_json::Value;

use crate::external_app::ExternalApp;

/// How long a running app may take to answer its descriptor.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest descriptor that is read, in bytes.
const MAX_DESCRIPTOR: usize = 1 << 20;

/// How the app is sold, which decides what the platform says of its licenses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppLicensing {
    /// Licensing is not enabled: the platform hands over no license.
    Disabled,
    /// Licensing is, editions are not: no license names a capability set.
    OneEdition,
    /// In editions.
    #[default]
    Editions,
}

impl AppLicensing {
    /// What a `manifest.yml` says, as JSON.
    ///
    /// ```
    /// use app_license_lab::AppLicensing;
    /// let manifest = serde_json::json!({"app": {"licensing": {"enabled": true}}});
    /// assert_eq!(AppLicensing::of_manifest(&manifest), AppLicensing::OneEdition);
    /// ```
    #[must_use]
    pub fn of_manifest(manifest: &Value) -> Self {
        Self::of(
            manifest.pointer("/app/licensing/enabled"),
            manifest.pointer("/app/licensing/editionsEnabled"),
        )
    }

    /// What an `atlassian-connect.json` says.
    ///
    /// ```
    /// use app_license_lab::AppLicensing;
    /// let descriptor = serde_json::json!({"key": "a", "editionsEnabled": true});
    /// assert_eq!(AppLicensing::of_descriptor(&descriptor), AppLicensing::Disabled);
    /// ```
    #[must_use]
    pub fn of_descriptor(descriptor: &Value) -> Self {
        Self::of(
            descriptor.get("enableLicensing"),
            descriptor.get("editionsEnabled"),
        )
    }

    /// What the descriptor of a running app says; `None` where it answers none, as a Forge remote.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use app_license_lab::{AppLicensing, ExternalApp};
    /// let nowhere = ExternalApp {
    ///     base_url: "http://127.0.0.1:9".to_owned(),
    ///     key: "com.example.app".to_owned(),
    ///     forge_id: "35559c21-6120-406b-b7cd-d87f468f6d32".to_owned(),
    /// };
    /// assert_eq!(AppLicensing::of_running(&nowhere).await, None);
    /// # });
    /// ```
    pub async fn of_running(app: &ExternalApp) -> Option<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build();
        let base = app.base_url.trim_end_matches('/');
        let asked = client.ok()?.get(format!("{base}/atlassian-connect.json"));
        let mut answer = asked.send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_DESCRIPTOR {
                return None;
            }
        }
        let descriptor: Value = serde_json::from_slice(&body).ok()?;
        descriptor.get("key")?;
        Some(Self::of_descriptor(&descriptor))
    }

    fn of(enabled: Option<&Value>, editions: Option<&Value>) -> Self {
        let on = |field: Option<&Value>| field == Some(&Value::Bool(true));
        match (on(enabled), on(editions)) {
            (false, _) => Self::Disabled,
            (true, false) => Self::OneEdition,
            (true, true) => Self::Editions,
        }
    }

    /// What the app misses, for people; `None` where it misses nothing.
    ///
    /// ```
    /// use app_license_lab::AppLicensing;
    /// assert!(AppLicensing::Disabled.note("descriptor").unwrap().starts_with("the descriptor"));
    /// assert_eq!(AppLicensing::Editions.note("descriptor"), None);
    /// ```
    #[must_use]
    pub fn note(self, of: &str) -> Option<String> {
        let (field, follows) = match self {
            Self::Disabled => (
                "licensing",
                "the app gets no license at all, here as on the platform, whatever a customer buys",
            ),
            Self::OneEdition => (
                "editions",
                "no license names an edition, here as on the platform, and what asks for Advanced is refused to \
                 every customer",
            ),
            Self::Editions => return None,
        };
        let fields = match (of, field) {
            ("manifest", "licensing") => "app.licensing.enabled: true",
            ("manifest", _) => "app.licensing.editionsEnabled: true",
            (_, "licensing") => "enableLicensing: true",
            _ => "editionsEnabled: true",
        };
        Some(format!("the {of} has no `{fields}`: {follows}"))
    }
}
