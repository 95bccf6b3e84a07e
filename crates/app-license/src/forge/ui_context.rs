//! The context a Forge front end gets: where it runs, and whether its user has access.

use crate::gate::json::Scanner;
use crate::gate::user_access::UserAccess;

use crate::document::{Field, ReadError, name_of, read_object};
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

/// What `view.getContext()` or `useProductContext()` says, as far as licensing needs it.
///
/// It comes from the browser and can be changed there: show and hide by it, never authorize.
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
    workspace_id: Option<String>,
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
            workspace_id: None,
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
                "workspaceId" => context.workspace_id = field("workspaceId").text(value)?,
                "environmentId" => context.environment_id = field("environmentId").text(value)?,
                "environmentType" => {
                    let text = field("environmentType").text(value)?;
                    context.environment_type = text.as_deref().map(EnvironmentType::new);
                }
                "moduleKey" => context.module_key = field("moduleKey").text(value)?,
                "siteUrl" => context.site_url = field("siteUrl").text(value)?,
                "userAccess" => context.user_access = UserAccess::of(value),
                _ => {}
            }
            Ok::<(), ReadError>(())
        })?;
        Ok(context)
    }

    /// The license: a hint.
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

    /// The workspace, in Bitbucket.
    #[must_use]
    pub fn workspace_id(&self) -> Option<&str> {
        self.workspace_id.as_deref()
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
    use super::UiContext;
    use crate::gate::policy::Policy;
    use crate::time::UnixTime;

    #[test]
    fn a_context_says_little_or_much() {
        let context = UiContext::parse(b"{}").unwrap();
        assert_eq!(context.user_access(), None);
        let unreadable = UiContext::parse(br#"{"userAccess":true,"license":{"active":true}}"#);
        let license = unreadable.unwrap().license().clone();
        let decision = license.decide(&Policy::new(), "capabilityStandard", UnixTime::EPOCH);
        assert_eq!(decision.code(), "no_user_access");
        for json in [r#"{"cloudId":1}"#, r#"{"license":"x"}"#] {
            assert_eq!(
                UiContext::parse(json.as_bytes()).unwrap_err().code(),
                "field_type"
            );
        }
    }
}
