//! What a verified invocation token says.

use std::sync::Arc;

use crate::delivery::{ReplayMark, TokenHash};
use crate::forge::UserAccess;
use crate::ids::{CloudId, ForgeAppId, InstallationAri};
use crate::license::License;
use crate::open_text::EnvironmentType;
use crate::shared_text::SharedText;
use crate::time::UnixTime;
use crate::verified::Verified;

/// What a verified invocation token says: who calls, from where, and under which license.
///
/// The license is [`Verified<InvocationToken>::license`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationToken {
    pub(super) app: Arc<ForgeAppId>,
    pub(super) installation: InstallationAri,
    pub(super) environment_type: Option<EnvironmentType>,
    pub(super) environment_id: Option<SharedText>,
    pub(super) module_key: Option<SharedText>,
    pub(super) module_type: Option<SharedText>,
    pub(super) app_version: Option<SharedText>,
    pub(super) api_base_url: Option<SharedText>,
    pub(super) contexts: Vec<ProductContext>,
    pub(super) cloud_id: Option<CloudId>,
    pub(super) workspace_id: Option<SharedText>,
    pub(super) site_url: Option<SharedText>,
    pub(super) principal: Option<SharedText>,
    pub(super) user_access: Option<UserAccess>,
    pub(super) from_user_interface: bool,
    pub(super) jti: Option<SharedText>,
    pub(super) issued_at: UnixTime,
    pub(super) expires_at: UnixTime,
    pub(super) proves_until: UnixTime,
    pub(super) license: License,
}

/// One product that the app is installed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductContext {
    pub(super) name: Option<SharedText>,
    pub(super) api_base_url: Option<SharedText>,
    pub(super) cloud_id: Option<CloudId>,
    pub(super) workspace_id: Option<SharedText>,
}

impl ProductContext {
    /// The product: `jira`, `confluence`, `bitbucket`, or another.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(SharedText::as_str)
    }

    /// The base URL of its REST API.
    #[must_use]
    pub fn api_base_url(&self) -> Option<&str> {
        self.api_base_url.as_ref().map(SharedText::as_str)
    }

    /// The site; older tokens leave it out.
    #[must_use]
    pub const fn cloud_id(&self) -> Option<&CloudId> {
        self.cloud_id.as_ref()
    }

    /// The workspace, in Bitbucket.
    #[must_use]
    pub fn workspace_id(&self) -> Option<&str> {
        self.workspace_id.as_ref().map(SharedText::as_str)
    }
}

impl InvocationToken {
    /// The app that the token is for: of several that are expected, this one.
    #[must_use]
    pub fn app_id(&self) -> &ForgeAppId {
        &self.app
    }

    /// The installation: the tenant.
    #[must_use]
    pub const fn installation_id(&self) -> &InstallationAri {
        &self.installation
    }

    /// The type of the environment the app is installed from.
    #[must_use]
    pub const fn environment_type(&self) -> Option<&EnvironmentType> {
        self.environment_type.as_ref()
    }

    /// That environment, an ARI.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.environment_id.as_ref().map(SharedText::as_str)
    }

    /// The module of the manifest that calls.
    #[must_use]
    pub fn module_key(&self) -> Option<&str> {
        self.module_key.as_ref().map(SharedText::as_str)
    }

    /// Its type, `core:endpoint` say.
    #[must_use]
    pub fn module_type(&self) -> Option<&str> {
        self.module_type.as_ref().map(SharedText::as_str)
    }

    /// The version of the app.
    #[must_use]
    pub fn app_version(&self) -> Option<&str> {
        self.app_version.as_ref().map(SharedText::as_str)
    }

    /// The base URL for REST calls in the name of the app.
    #[must_use]
    pub fn api_base_url(&self) -> Option<&str> {
        self.api_base_url.as_ref().map(SharedText::as_str)
    }

    /// The products that the app is installed in.
    #[must_use]
    pub fn contexts(&self) -> &[ProductContext] {
        &self.contexts
    }

    /// The site that the call is from, where it is named; every claim that names it agrees.
    #[must_use]
    pub const fn cloud_id(&self) -> Option<&CloudId> {
        self.cloud_id.as_ref()
    }

    /// The Bitbucket workspace that the call is from, as the platform writes it (a UUID, in braces
    /// or without); `None` for calls from other products. A call from Bitbucket has no
    /// [`InvocationToken::cloud_id`].
    #[must_use]
    pub fn workspace_id(&self) -> Option<&str> {
        self.workspace_id.as_ref().map(SharedText::as_str)
    }

    /// The URL of the site, for calls from a user interface.
    #[must_use]
    pub fn site_url(&self) -> Option<&str> {
        self.site_url.as_ref().map(SharedText::as_str)
    }

    /// The Atlassian account of the user, for calls from a user interface.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_ref().map(SharedText::as_str)
    }

    /// Whether the call is from a user interface, where the user's browser chose path, headers and
    /// body of the request, and not from a function, a trigger or an event: the token names a
    /// `principal`, or the type of its module is neither `core:…` nor a kind of trigger. Whether it
    /// has a `context` does not matter: tokens of lifecycle triggers have one, too.
    #[must_use]
    pub const fn is_from_user_interface(&self) -> bool {
        self.from_user_interface
    }

    /// Whether the user has access, for calls from a user interface.
    #[must_use]
    pub const fn user_access(&self) -> Option<UserAccess> {
        self.user_access
    }

    /// The token's own id, if it has one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.jti.as_ref().map(SharedText::as_str)
    }

    /// When it was issued (UTC).
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// When it expires (UTC), without leeway. The platform's tokens live 25 s.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// The first time at which it no longer verifies (UTC): with the leeway that it was verified with.
    #[must_use]
    pub const fn proves_until(&self) -> UnixTime {
        self.proves_until
    }

    /// A mark that holds it, the text of which is given (without its scheme), to this body for as long as
    /// it verifies.
    #[must_use]
    pub fn replay_mark(&self, token: &str, body: &[u8]) -> ReplayMark {
        ReplayMark::from_hash(TokenHash::of(token), body, self.proves_until)
    }
}

impl Verified<InvocationToken> {
    /// The license, verified, as of when the token was issued. Absent where the token says nothing:
    /// in development and staging, for free apps.
    #[must_use]
    pub fn license(&self) -> Verified<License> {
        Verified::new(self.license.clone())
    }
}
