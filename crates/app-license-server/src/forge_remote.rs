//! A Forge remote: invocations with a Forge Invocation Token.

mod block;
mod builder;
mod installations;
mod invocation;
mod license;
mod lifecycle;
mod sweep;
mod verify;

use std::sync::Arc;

use app_license::forge::Verifier;
use app_license::{ForgeAppId, UnixTime};
use app_license_client::{ForgeKeys, ForgeLicenseApi};
use app_license_store::InstallationStore;
use http::request::Parts;

pub use builder::ForgeRemoteBuilder;
use installations::Installations;
pub use invocation::ForgeInvocation;

use crate::app_request::App;
use crate::decider::Decider;
use crate::metrics::Metrics;
use crate::rejection::Rejection;

/// A Forge remote. Cheap to clone; one a process.
///
/// Which statement about the license counts is decided in the core, in the order of
/// [`app_license::current_license`]. The License API is asked where one is configured and the invocation
/// brings the app's system token, which is taken from calls that the platform or a function made, never
/// from one that a user's browser made: a browser may write what it likes into a header, and the API may
/// be called once in five minutes. For a remote that only pages call, a confirmed license is what a token
/// of production with an entitlement says.
///
/// With a store, the remote keeps its installations: lifecycle events and news of licenses go into the
/// history, from which hooks are fed, and a token of before an uninstall is refused after it. With the
/// store of the Connect app that it continues, its customers are that app's: see
/// [`ForgeInvocation::tenant`].
///
/// ```
/// use app_license_server::{Edition, ForgeInvocation, ForgeRemote, MemoryStore};
/// use axum::Router;
/// use axum::routing::post;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
///     .store(MemoryStore::new()) // one that lasts, in production
///     .build()?;
/// let router: Router = Router::new()
///     .route("/whose", post(async |it: ForgeInvocation| it.tenant().to_string()))
///     .route("/export", post(async || "Advanced").layer(remote.requires(Edition::Advanced)))
///     .with_state(remote.clone())
///     .merge(remote.lifecycle_routes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
#[derive(Clone)]
pub struct ForgeRemote(Arc<Inner>);

struct Inner {
    app_id: ForgeAppId,
    verifier: Verifier,
    keys: ForgeKeys,
    license_api: Option<ForgeLicenseApi>,
    installations: Option<Installations>,
    decider: Decider,
}

impl App for ForgeRemote {
    fn decider(&self) -> &Decider {
        &self.0.decider
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl ForgeRemote {
    /// The remote's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        let keys = self.0.keys.stats();
        self.0.decider.metrics.keys("forge_key_set", &keys);
        if let Some(seconds) = self.0.keys.age() {
            self.0.decider.metrics.key_set_age(seconds);
        }
        &self.0.decider.metrics
    }

    pub(crate) fn store(&self) -> Option<&dyn InstallationStore> {
        self.0.installations.as_ref().map(Installations::store)
    }

    /// The first of the apps that it serves.
    pub(crate) fn app_name(&self) -> &str {
        self.0.app_id.as_str()
    }

    fn now(&self) -> UnixTime {
        self.0.decider.now()
    }

    fn answer_rejected(&self, rejection: Rejection, parts: &Parts) -> Rejection {
        self.0.decider.answer_rejected(rejection, || parts.clone())
    }

    fn rejected(&self, rejection: &Rejection) {
        self.0.decider.rejected(rejection);
    }
}

impl std::fmt::Debug for ForgeRemote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForgeRemote").finish_non_exhaustive()
    }
}
