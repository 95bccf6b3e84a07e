//! The demo app: a Connect app on Forge that sells what `editions.toml` lists, on
//! `app-license-server`.
//!
//! | route | called by | says |
//! |---|---|---|
//! | lifecycle routes of the server | the platform | 204 |
//! | `GET /panel` | an iframe of the product | the panel, as a page |
//! | `GET /decisions` | the same | every feature, decided by the URL |
//! | `GET /decisions/confirmed` | the same | every feature, decided by the License API |
//! | `GET /features/{name}` | the same | 204 behind the feature's gate |
//! | `POST /forge/decisions` | a Forge page or function | every feature, decided by the token |
//! | `POST /forge/features/{name}` | the same | 204 behind the feature's gate |

mod feature_decision;
mod panel;

use std::sync::Arc;
use std::time::Duration;

use app_license::connect::KeyHosts;
use app_license::forge::JwksUrl;
use app_license::{AppKey, Capability, Decision, FeatureMap, License, Policy, UnixTime, Verified};
use app_license_client::{ConnectLicenseApi, Fetcher, ForgeKeys, InstallKeys};
use app_license_server::{ConnectApp, ConnectRequest, ForgeInvocation, ForgeRemote, Rejection};
use app_license_store::Store;
use app_license_testkit::MockHost;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use self::feature_decision::FeatureDecision;
use crate::error::Error;

/// The key of the demo app's descriptor.
pub const APP_KEY: &str = "com.example.lab";
/// The id of its Forge half.
pub const FORGE_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// What the app sells, and how it decides.
///
/// ```
/// use app_license::{FeatureMap, Policy};
/// use app_license_lab::{EDITIONS, Rules};
/// let rules = Rules::new(FeatureMap::from_toml(EDITIONS)?, Policy::new());
/// assert!(rules.features().features().count() > 0);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    pub(crate) map: FeatureMap,
    pub(crate) policy: Policy,
}

impl Rules {
    /// These features, decided by this policy.
    #[must_use]
    pub const fn new(map: FeatureMap, policy: Policy) -> Self {
        Self { map, policy }
    }

    /// The features that the app sells.
    #[must_use]
    pub const fn features(&self) -> &FeatureMap {
        &self.map
    }

    /// How the app decides.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Every feature of the map, decided.
    pub(crate) fn decisions(
        &self,
        decide: &dyn Fn(&Capability) -> Decision,
    ) -> Vec<FeatureDecision> {
        let decided = |name: &str| {
            Some(FeatureDecision {
                name: name.to_owned(),
                decision: decide(self.map.requirement(name)?),
            })
        };
        self.map.features().filter_map(decided).collect()
    }
}

#[derive(Clone)]
struct Demo {
    connect: ConnectApp,
    /// The same app, asking the License API before it believes a URL.
    confirmed: ConnectApp,
    license_api: ConnectLicenseApi,
    remote: ForgeRemote,
    rules: Rules,
    host: MockHost,
}

impl FromRef<Demo> for ConnectApp {
    fn from_ref(demo: &Demo) -> Self {
        demo.connect.clone()
    }
}

impl FromRef<Demo> for ForgeRemote {
    fn from_ref(demo: &Demo) -> Self {
        demo.remote.clone()
    }
}

/// The demo app at a base URL, told by this platform and keeping its installations in this store.
pub(crate) fn router(
    host: &MockHost,
    base_url: &str,
    forge_id: &str,
    store: &Arc<dyn Store>,
    rules: &Rules,
) -> Result<Router, Error> {
    let built = |error: &dyn std::error::Error| Error::Lab(error.to_string());
    let gateway = host
        .gateway()
        .ok_or_else(|| Error::Lab("the platform is not served".to_owned()))?;
    let fetcher = Fetcher::rerouted_for_tests(gateway).map_err(|e| built(&e))?;
    let clock = host.clock().clone();
    let now = move || -> UnixTime { clock.now() };
    let hosts = KeyHosts::default();
    let install_keys = InstallKeys::builder(fetcher.clone(), hosts.clone())
        .clock(now.clone())
        .refused_for(Duration::from_secs(1))
        .back_off(Duration::from_secs(1))
        .build()
        .map_err(|e| built(&e))?;
    let forge_keys = ForgeKeys::builder(fetcher.clone(), JwksUrl::COMMERCIAL)
        .clock(now.clone())
        .cooldown(Duration::from_secs(1))
        .back_off(Duration::from_secs(1))
        .build()
        .map_err(|e| built(&e))?;
    let license_api = ConnectLicenseApi::builder(fetcher, AppKey::new(APP_KEY)?, hosts)
        .clock(now.clone())
        .keep_through_outage(Duration::ZERO)
        .back_off(Duration::ZERO)
        .attempts(1, Duration::ZERO, Duration::ZERO)
        .deadline(Duration::from_secs(3))
        .build()
        .map_err(|e| built(&e))?;
    let app = |policy: Policy| {
        ConnectApp::builder(APP_KEY, base_url)?
            .shared_store(Arc::clone(store))
            .install_keys(install_keys.clone())
            .license_api(license_api.clone())
            .policy(policy)
            .features(rules.map.clone())
            .tenant_cache(Duration::ZERO)
            .clock(now.clone())
            .build()
            .map_err(|e| built(&e))
    };
    let demo = Demo {
        connect: app(rules.policy)?,
        confirmed: app(rules.policy.confirmed_only(true))?,
        license_api: license_api.clone(),
        remote: ForgeRemote::builder(forge_id)?
            .keys(forge_keys)
            .shared_store(Arc::clone(store))
            .policy(rules.policy)
            .features(rules.map.clone())
            .clock(now)
            .build()
            .map_err(|e| built(&e))?,
        rules: rules.clone(),
        host: host.clone(),
    };
    let mut router = Router::new()
        .route("/panel", get(panel))
        .route("/decisions", get(decisions))
        .route("/decisions/confirmed", get(confirmed))
        .route("/forge/decisions", post(forge_decisions));
    let plain = |name: &&str| {
        name.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    for feature in rules.map.features().filter(plain) {
        let done = async || StatusCode::NO_CONTENT;
        router = router
            .route(
                &format!("/features/{feature}"),
                get(done).layer(
                    demo.connect
                        .requires_feature(feature)
                        .map_err(|e| built(&e))?,
                ),
            )
            .route(
                &format!("/forge/features/{feature}"),
                post(done).layer(
                    demo.remote
                        .requires_feature(feature)
                        .map_err(|e| built(&e))?,
                ),
            );
    }
    let lifecycle = demo.connect.lifecycle_routes();
    let lifecycle = lifecycle.merge(demo.remote.lifecycle_routes());
    Ok(router.with_state(demo).merge(lifecycle))
}

impl Demo {
    /// What the License API says, asked now: what is kept of it may be five minutes old.
    async fn confirmed(&self, request: &ConnectRequest) -> Result<Verified<License>, Rejection> {
        self.license_api.forget(request.client_key());
        self.confirmed.license(request).await
    }

    /// Every feature, decided on a proved license.
    fn decide(&self, policy: &Policy, license: &Verified<License>) -> Response {
        let now = self.host.clock().now();
        let answers = self
            .rules
            .decisions(&|capability| license.decide(policy, capability, now));
        Json(json!({"state": license.state().name(), "decisions": answers})).into_response()
    }
}

async fn panel(State(demo): State<Demo>, request: ConnectRequest) -> Result<Response, Rejection> {
    let license = demo.connect.license(&request).await?;
    let now = demo.host.clock().now();
    let decide = |needs: &Capability| license.decide(&demo.rules.policy, needs, now);
    let asked = demo.confirmed(&request).await;
    Ok(panel::page(
        &license,
        &demo.rules.decisions(&decide),
        &asked,
    ))
}

async fn decisions(
    State(demo): State<Demo>,
    request: ConnectRequest,
) -> Result<Response, Rejection> {
    let license = demo.connect.license(&request).await?;
    Ok(demo.decide(&demo.rules.policy, &license))
}

async fn confirmed(
    State(demo): State<Demo>,
    request: ConnectRequest,
) -> Result<Response, Rejection> {
    let license = demo.confirmed(&request).await?;
    Ok(demo.decide(&demo.rules.policy.confirmed_only(true), &license))
}

async fn forge_decisions(State(demo): State<Demo>, invocation: ForgeInvocation) -> Response {
    demo.decide(&demo.rules.policy, &invocation.license())
}
