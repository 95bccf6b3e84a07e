//! The route of a schedule of the app, by which licenses are looked at without a page view.

use app_license::forge::ForgeSender;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::request::Parts;

use super::ForgeRemote;
use crate::error::BuildError;
use crate::rejection::Rejection;
use crate::wire::route;

impl ForgeRemote {
    /// `POST /forge/license-sweep`, for a `scheduledTrigger` of the app: notices ended trials,
    /// downgrades and new editions, and that a trial ends soon, without a page view. The platform calls
    /// it for each installation. What it finds goes into the history, and from there to
    /// [`Hook`](crate::Hook)s.
    ///
    /// A remote has no token of its own to ask with. What counts is the license that the invocation
    /// states; where it states none, the License API is asked with the system token that came along,
    /// which is used at once and stored nowhere. It is asked once an hour an installation at the most,
    /// over all replicas.
    ///
    /// The trigger has no `filter.appIsLicensed`: it would skip those whose license ended.
    ///
    /// ```yaml
    /// modules:
    ///   scheduledTrigger:
    ///     - key: license-sweep
    ///       endpoint: license-sweep
    ///       interval: day
    ///   endpoint:
    ///     - key: license-sweep
    ///       remote: backend
    ///       route:
    ///         path: /forge/license-sweep
    /// remotes:
    ///   - key: backend
    ///     baseUrl: https://remote.example.com
    ///     auth:
    ///       appSystemToken:
    ///         enabled: true
    /// ```
    ///
    /// | answer | when |
    /// |---|---|
    /// | 204 | looked at |
    /// | 401 | not proved, or sent from a user interface |
    /// | 503 | keys, store or License API out of reach: the platform calls again |
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/modules/scheduled-trigger/>
    ///
    /// ```
    /// use app_license_server::{ForgeRemote, MemoryStore};
    /// use axum::Router;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
    ///     .store(MemoryStore::new())
    ///     .confirm_with_license_api(|api| api)
    ///     .build()?;
    /// let router: Router = Router::new()
    ///     .merge(remote.lifecycle_routes())
    ///     .merge(remote.license_sweep_route()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`BuildError::NoSweep`] for a remote without a store, which remembers nothing.
    pub fn license_sweep_route(&self) -> Result<Router, BuildError> {
        if self.0.installations.is_none() {
            let reason = "what it finds is for the history: add `.store(…)`";
            return Err(BuildError::NoSweep { reason });
        }
        Ok(Router::new()
            .route("/forge/license-sweep", post(sweep))
            .with_state(self.clone()))
    }

    async fn sweep(&self, parts: &Parts) -> Result<(), Rejection> {
        let invocation = self.verify_request(parts).await?;
        // a browser may call any path of the remote
        let swept = match ForgeSender::from(&**invocation.token()).may_send_events() {
            Ok(()) => self.0.decider.find_license(&(self, &invocation)).await,
            Err(refusal) => Err(Rejection::of(refusal)),
        };
        let swept = swept.map(drop);
        swept.map_err(|rejection| rejection.of_tenant(invocation.installation_id()))
    }
}

async fn sweep(State(remote): State<ForgeRemote>, parts: Parts) -> Response {
    match remote.sweep(&parts).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(rejection) => {
            let rejection = rejection.on_route(route(&parts));
            remote.rejected(&rejection);
            rejection.into_response()
        }
    }
}
