//! The context a Forge front end gets: where it runs, and whether its user has access.

use app_license_gate::json::{Scanner, Value};

use crate::document::{Fault, Field, name_of, read_object};
use crate::error::Error;
use crate::ids::CloudId;
use crate::license::License;
use crate::open_text::EnvironmentType;
use crate::verified::Hint;

const WHAT: &str = "Forge UI context";
/// The largest context that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

const fn field(name: &'static str) -> Field {
    Field { what: WHAT, name }
}

/// Whether the platform lets this user use the app, where apps are billed by users with access.
///
/// Not in effect means that everybody who may use the site may use the app.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/adopt-user-based-billing/>
///
/// ```
/// use app_license::forge::UserAccess;
/// let access = UserAccess::from_json(br#"{"enabled": true, "hasAccess": false}"#)?;
/// assert!(access.is_in_effect());
/// assert!(!access.allows());
/// assert!(UserAccess::from_json(br#"{"enabled": false}"#)?.allows());
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserAccess {
    enabled: bool,
    has_access: Option<bool>,
}

impl UserAccess {
    /// Reads the object `userAccess`.
    ///
    /// # Errors
    /// `field_type` for anything but booleans, `json_…`, `too_large`.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let (mut enabled, mut has_access) = (None, None);
        read_object(
            "userAccess",
            json,
            MAX_BYTES,
            |s: &mut Scanner<'_, 64>, key| {
                let value = s.value()?;
                match &*name_of(key) {
                    "enabled" => enabled = field("userAccess.enabled").flag(value)?,
                    "hasAccess" => has_access = field("userAccess.hasAccess").flag(value)?,
                    _ => {}
                }
                Ok::<(), Fault>(())
            },
        )?;
        Ok(Self {
            // a type of the platform leaves `enabled` out: where access is told, it is in effect
            enabled: enabled.unwrap_or_else(|| has_access.is_some()),
            has_access,
        })
    }

    /// Reads the value of `userAccess`; null is absent.
    pub(crate) fn of(value: Value<'_>) -> Result<Option<Self>, Error> {
        let object = field("userAccess").object(value)?;
        object.map(|o| Self::from_json(o.as_bytes())).transpose()
    }

    /// Whether the app is billed by users with access.
    #[must_use]
    pub const fn is_in_effect(self) -> bool {
        self.enabled
    }

    /// What `hasAccess` says; it may be missing.
    #[must_use]
    pub const fn has_access(self) -> Option<bool> {
        self.has_access
    }

    /// Whether this user may use the app: always when it is not in effect; otherwise only by a
    /// clear yes.
    #[must_use]
    pub const fn allows(self) -> bool {
        !self.enabled || matches!(self.has_access, Some(true))
    }
}

/// What `view.getContext()` or `useProductContext()` says, as far as licensing needs it.
///
/// It comes from the browser and can be changed there: show and hide by it, never authorise.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/ui-api-bridge/view/>
///
/// ```
/// use app_license::{EnvironmentType, forge::UiContext};
///
/// let context = UiContext::parse(br#"{
///     "cloudId": "c-1", "environmentType": "PRODUCTION", "moduleKey": "panel",
///     "siteUrl": "https://example.atlassian.net", "userAccess": {"enabled": false},
///     "license": {"active": true, "capabilitySet": "capabilityAdvanced"}
/// }"#)?;
/// assert_eq!(context.environment_type(), Some(&EnvironmentType::PRODUCTION));
/// assert!(context.license().has_capability("capabilityAdvanced"));
/// assert!(context.user_access().is_some_and(|a| a.allows()));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiContext {
    license: Hint<License>,
    account_id: Option<String>,
    cloud_id: Option<CloudId>,
    environment_id: Option<String>,
    environment_type: Option<EnvironmentType>,
    module_key: Option<String>,
    site_url: Option<String>,
    user_access: Option<UserAccess>,
}

impl UiContext {
    /// Reads the context, as JSON.
    ///
    /// # Errors
    /// `field_type`, `invalid_id`, `json_…`, `too_large`.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        let license = License::from_forge_ui_context(json)?;
        let mut context = Self {
            license: Hint::new(license),
            account_id: None,
            cloud_id: None,
            environment_id: None,
            environment_type: None,
            module_key: None,
            site_url: None,
            user_access: None,
        };
        read_object(WHAT, json, MAX_BYTES, |s: &mut Scanner<'_, 256>, key| {
            let value = s.value()?;
            match &*name_of(key) {
                "accountId" => context.account_id = field("accountId").text(value)?,
                "cloudId" => {
                    let id = field("cloudId").text(value)?;
                    context.cloud_id = id.map(CloudId::new).transpose()?;
                }
                "environmentId" => context.environment_id = field("environmentId").text(value)?,
                "environmentType" => {
                    let text = field("environmentType").text(value)?;
                    context.environment_type = text.as_deref().map(EnvironmentType::new);
                }
                "moduleKey" => context.module_key = field("moduleKey").text(value)?,
                "siteUrl" => context.site_url = field("siteUrl").text(value)?,
                "userAccess" => context.user_access = UserAccess::of(value)?,
                _ => {}
            }
            Ok::<(), Fault>(())
        })?;
        Ok(context)
    }

    /// The licence: a hint.
    #[must_use]
    pub const fn license(&self) -> &Hint<License> {
        &self.license
    }

    /// Who looks at it.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// The site.
    #[must_use]
    pub const fn cloud_id(&self) -> Option<&CloudId> {
        self.cloud_id.as_ref()
    }

    /// The environment, an id.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.environment_id.as_deref()
    }

    /// The type of the environment.
    #[must_use]
    pub const fn environment_type(&self) -> Option<&EnvironmentType> {
        self.environment_type.as_ref()
    }

    /// The module of the manifest.
    #[must_use]
    pub fn module_key(&self) -> Option<&str> {
        self.module_key.as_deref()
    }

    /// The URL of the site.
    #[must_use]
    pub fn site_url(&self) -> Option<&str> {
        self.site_url.as_deref()
    }

    /// Whether the user has access; `None` where the platform does not say.
    #[must_use]
    pub const fn user_access(&self) -> Option<UserAccess> {
        self.user_access
    }
}

#[cfg(test)]
mod tests {
    use super::{UiContext, UserAccess};

    #[test]
    fn access_in_every_spelling() {
        for (json, in_effect, allows) in [
            ("{}", false, true),
            (r#"{"enabled":false}"#, false, true),
            (r#"{"enabled":false,"hasAccess":true}"#, false, true),
            (r#"{"enabled":false,"hasAccess":false}"#, false, true),
            (r#"{"enabled":true}"#, true, false),
            (r#"{"enabled":true,"hasAccess":null}"#, true, false),
            (r#"{"enabled":true,"hasAccess":false}"#, true, false),
            (r#"{"enabled":true,"hasAccess":true}"#, true, true),
            (r#"{"hasAccess":false}"#, true, false),
            (r#"{"hasAccess":true}"#, true, true),
        ] {
            let access = UserAccess::from_json(json.as_bytes()).unwrap();
            assert_eq!(
                (access.is_in_effect(), access.allows()),
                (in_effect, allows),
                "{json}"
            );
        }
        for json in [
            r#"{"enabled":"false"}"#,
            r#"{"enabled":true,"hasAccess":1}"#,
        ] {
            let error = UserAccess::from_json(json.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "field_type", "{json}");
        }
    }

    #[test]
    fn a_context_says_little_or_much() {
        let context = UiContext::parse(b"{}").unwrap();
        assert_eq!(context.user_access(), None);
        for json in [
            r#"{"cloudId":1}"#,
            r#"{"userAccess":true}"#,
            r#"{"license":"x"}"#,
        ] {
            assert_eq!(
                UiContext::parse(json.as_bytes()).unwrap_err().code(),
                "field_type"
            );
        }
    }
}
