//! The API of Privacy & Security tabs: what is live, and drafts for those who may see them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

use crate::bytes::base64;
use crate::error::{Error, ErrorKind};

/// A mock of the Marketplace's Privacy & Security API, on loopback.
///
/// Live tabs are readable by everybody; a draft by whoever has the credentials. Without `state`,
/// whoever has them gets the draft where there is one. It only reads: another method than GET is
/// answered 405 and counted.
///
/// ```no_run
/// use app_license_testkit::TrustTab;
/// use serde_json::json;
/// # async fn test() -> Result<(), app_license_testkit::Error> {
/// let mock = TrustTab::start("dev@example.com", "token").await?;
/// mock.set_live("6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11", json!({"commonCloud": {}}));
/// println!("{}/rest/3/privacy-and-security/products/…", mock.url());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TrustTab {
    url: String,
    shelf: Arc<Shelf>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shelf {
    authorization: String,
    tabs: Mutex<Tabs>,
}

#[derive(Debug, Default)]
struct Tabs {
    live: BTreeMap<String, Value>,
    drafts: BTreeMap<String, Value>,
    writes: u64,
}

impl TrustTab {
    /// Starts it, with the credentials that see drafts.
    ///
    /// # Errors
    /// `network` when no port can be opened.
    pub async fn start(email: &str, token: &str) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::from(ErrorKind::Network {
                what: "opening a port on loopback",
                why: error.to_string(),
            })
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shelf = Arc::new(Shelf {
            authorization: format!("Basic {}", base64(format!("{email}:{token}").as_bytes())),
            tabs: Mutex::default(),
        });
        let router = Router::new()
            .route("/rest/3/privacy-and-security/products/{id}", any(answer))
            .with_state(Arc::clone(&shelf));
        let task = tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url: format!("http://{address}"),
            shelf,
            task,
        })
    }

    /// The address of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets what is live for a product.
    pub fn set_live(&self, product_id: &str, document: Value) {
        let mut tabs = self.shelf.tabs();
        tabs.live.insert(product_id.to_owned(), document);
    }

    /// Sets the draft of a product.
    pub fn set_draft(&self, product_id: &str, document: Value) {
        let mut tabs = self.shelf.tabs();
        tabs.drafts.insert(product_id.to_owned(), document);
    }

    /// How often somebody tried to write.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.shelf.tabs().writes
    }
}

impl Drop for TrustTab {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shelf {
    fn tabs(&self) -> std::sync::MutexGuard<'_, Tabs> {
        self.tabs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(shelf): State<Arc<Shelf>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let mut tabs = shelf.tabs();
    if method != Method::GET {
        tabs.writes = tabs.writes.saturating_add(1);
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let authorized = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|it| it.as_bytes() == shelf.authorization.as_bytes());
    if headers.contains_key(header::AUTHORIZATION) && !authorized {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (live, draft) = (tabs.live.get(&id), tabs.drafts.get(&id));
    let found = match query.as_deref() {
        Some("state=live") => live,
        Some("state=draft") if authorized => draft,
        Some("state=draft") => return StatusCode::UNAUTHORIZED.into_response(),
        None if authorized => draft.or(live),
        None => live,
        Some(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let (status, body) = match found {
        Some(body) => (StatusCode::OK, body.clone()),
        None => {
            let message = "Privacy and Security details not found";
            (
                StatusCode::NOT_FOUND,
                json!({"errors": [{"message": message}]}),
            )
        }
    };
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}
