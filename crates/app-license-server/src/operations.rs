//! What operators look at: health and counters of all apps that a process serves.

use std::sync::Arc;
use std::time::Duration;

use app_license::answer::out_of_reach;
use app_license::error::with_causes;
use app_license_store::{Error, ErrorKind, InstallationStore};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use serde_json::{Value, json};

use crate::connect_app::ConnectApp;
use crate::forge_remote::ForgeRemote;
use crate::metrics::{Metrics, render_all};
use crate::rejection::Rejection;

/// The platform's checker waits for 3 s.
const PATIENCE: Duration = Duration::from_millis(2500);

pub(crate) const UNAVAILABLE: &str = "store_unavailable";

/// Health and counters of everything that a process serves: one route each, however many apps there
/// are.
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore, Operations};
/// use axum::Router;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .build()?;
/// let operations = Operations::new().connect(&app);
/// let public: Router = Router::new()
///     .merge(app.lifecycle_routes())
///     .merge(operations.health_route());
/// // on a port that only your own monitoring can reach
/// let private: Router = operations.metrics_route();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Operations {
    served: Vec<Served>,
}

#[derive(Debug, Clone)]
enum Served {
    Connect(ConnectApp),
    Forge(ForgeRemote),
}

impl Operations {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And of this Connect app.
    #[must_use]
    pub fn connect(mut self, app: &ConnectApp) -> Self {
        self.served.push(Served::Connect(app.clone()));
        self
    }

    /// And of this Forge remote.
    #[must_use]
    pub fn forge(mut self, remote: &ForgeRemote) -> Self {
        self.served.push(Served::Forge(remote.clone()));
        self
    }

    /// `GET /health`: 200 while all stores answer and open what they keep, 503 otherwise, never a
    /// redirect and never later than the platform's checker waits. `parts` says of each app whether
    /// it is well: its `app`, its `kind`, its `store` and its `status`, which is `ok`,
    /// `store_unavailable`, or, where the first secrets of the store are not for the keys that are
    /// configured, `unknown_encryption_key` or `plain_text_refused`.
    pub fn health_route(&self) -> Router {
        let served: Arc<[Served]> = self.served.clone().into();
        Router::new()
            .route("/health", get(health))
            .with_state(served)
    }

    /// `GET /metrics`: the counters of all apps in the OpenMetrics text format, told apart by the label
    /// `app`. Merge it where only your own monitoring can reach it.
    pub fn metrics_route(&self) -> Router {
        let served: Arc<[Served]> = self.served.clone().into();
        Router::new()
            .route("/metrics", get(metrics))
            .with_state(served)
    }
}

impl Served {
    fn store(&self) -> Option<&dyn InstallationStore> {
        match self {
            Self::Connect(app) => Some(&*app.0.store),
            Self::Forge(remote) => remote.store(),
        }
    }

    fn metrics(&self) -> &Metrics {
        match self {
            Self::Connect(app) => app.metrics(),
            Self::Forge(remote) => remote.metrics(),
        }
    }

    fn names(&self) -> (&'static str, &str) {
        match self {
            Self::Connect(app) => ("connect", app.0.app_key.as_str()),
            Self::Forge(remote) => ("forge", remote.app_name()),
        }
    }

    /// What is said of it, and what is wrong.
    async fn health(&self) -> (Value, Option<HealthFault>) {
        match self.store() {
            None => self.part(&Value::Null, None),
            Some(store) => match tokio::time::timeout(PATIENCE, asked(store)).await {
                Ok(Ok((backend, fault))) => self.part(&json!(backend), fault),
                _ => self.silent(),
            },
        }
    }

    /// With the store that does not answer.
    fn silent(&self) -> (Value, Option<HealthFault>) {
        self.part(&Value::Null, Some(SILENT))
    }

    fn part(&self, store: &Value, fault: Option<HealthFault>) -> (Value, Option<HealthFault>) {
        let (kind, app) = self.names();
        let status = fault.map_or("ok", |fault| fault.code);
        let part = json!({ "app": app, "kind": kind, "store": store, "status": status });
        (part, fault)
    }
}

/// Which store it is, and what is wrong with it although it answers.
async fn asked(
    store: &dyn InstallationStore,
) -> Result<(Option<&'static str>, Option<HealthFault>), Error> {
    let error = match store.health().await {
        Ok(health) => return Ok((Some(health.backend), None)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::UnknownEncryptionKey { .. } | ErrorKind::PlainTextRefused { .. } => {
            tracing::error!(code = error.code(), error = %with_causes(&error), "stored secrets do not open");
            let (what, code) = (out_of_reach(error.code()), error.code());
            Ok((None, Some(HealthFault { what, code })))
        }
        _ => Err(error),
    }
}

#[derive(Debug, Clone, Copy)]
struct HealthFault {
    what: &'static str,
    code: &'static str,
}

const SILENT: HealthFault = HealthFault {
    what: "the store does not answer",
    code: UNAVAILABLE,
};

async fn health(State(served): State<Arc<[Served]>>) -> Response {
    let mut asked = tokio::task::JoinSet::new();
    for (at, one) in served.iter().cloned().enumerate() {
        // side by side: two that do not answer take no longer than one
        asked.spawn(async move { (at, one.health().await) });
    }
    // a store of the app's own may panic: it is not well, and the others are told all the same
    let mut answers: Vec<_> = served.iter().map(Served::silent).collect();
    while let Some(answer) = asked.join_next().await {
        if let Ok((at, answer)) = answer
            && let Some(part) = answers.get_mut(at)
        {
            *part = answer;
        }
    }
    let fault = answers.iter().find_map(|(_, fault)| *fault);
    let parts: Vec<Value> = answers.into_iter().map(|(part, _)| part).collect();
    let Some(fault) = fault else {
        let body = axum::Json(json!({ "status": "ok", "parts": parts }));
        return ([(header::CACHE_CONTROL, "no-store")], body).into_response();
    };
    let rejection = Rejection::could_not_check(fault.what, fault.code);
    let mut body = rejection.json();
    if let Some(body) = body.as_object_mut() {
        body.insert("parts".to_owned(), parts.into());
    }
    let mut response = (rejection.status(), axum::Json(body)).into_response();
    rejection.complete(&mut response);
    response
}

async fn metrics(State(served): State<Arc<[Served]>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = render_all(served.iter().map(Served::metrics));
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
