//! The reporting API of the Marketplace, as it behaves; its specification says otherwise in places.

mod body;
mod export;
mod fault;
mod select;
mod shared;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use serde_json::{Value, json};

use self::body::{json_of, problem};
use self::export::{begin, file, status};
use self::select::{is_date, select};
use self::shared::Shared;
use crate::error::{Error, ErrorKind};

pub use self::fault::ReportFault;

/// A mock of the reporting API on loopback: both versions, list, export and asynchronous export.
///
/// It does what the live one does: fields that clients misspell are ignored, several values with
/// commas are one value, a range of days that is the wrong way round is empty, pages have at most
/// 50 records, clouds other than the commercial one are left out unless they are asked for, and
/// the file of an export that is not ready is a 404.
///
/// ```
/// use app_license_testkit::MockReports;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mock = MockReports::start().await?;
/// mock.add(serde_json::json!({"appEntitlementNumber": "E-1", "status": "active"}));
/// assert!(mock.v3_url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct MockReports {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    serving: tokio::task::AbortHandle,
}

impl MockReports {
    /// The mail address that it takes.
    pub const EMAIL: &str = "vendor@example.com";
    /// The token that it takes.
    pub const TOKEN: &str = "test-report-token";
    /// The vendor id that it knows.
    pub const VENDOR: u64 = 1_212_980;
    /// The developer id that it knows.
    pub const DEVELOPER: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

    /// Starts it on loopback.
    ///
    /// # Errors
    ///
    /// When no socket can be opened.
    pub async fn start() -> Result<Self, Error> {
        let failed = |why: std::io::Error| {
            Error::from(ErrorKind::Network {
                what: "the mock of the reporting API",
                why: why.to_string(),
            })
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Mutex::new(Shared {
            looks: 2,
            ..Shared::default()
        }));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            shared,
            serving: serving.abort_handle(),
        })
    }

    /// The base of version 3.
    #[must_use]
    pub fn v3_url(&self) -> String {
        format!("http://{}/marketplace/", self.address)
    }

    /// The base of version 2.
    #[must_use]
    pub fn v2_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Adds a license.
    pub fn add(&self, license: Value) {
        self.lock().licenses.push(license);
    }

    /// Lets something go wrong, once; the faults come in the order in which they were added.
    pub fn fail_once(&self, fault: ReportFault) {
        self.lock().faults.push(fault);
    }

    /// Exports fail on the host.
    pub fn fail_exports(&self) {
        self.lock().fails = true;
    }

    /// There is no version 3.
    pub fn without_v3(&self) {
        self.lock().without_v3 = true;
    }

    /// Files are sent from the start, whatever range is asked for.
    pub fn without_ranges(&self) {
        self.lock().without_ranges = true;
    }

    /// Methods, paths, queries and ranges of the requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MockReports {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let range = request
        .headers()
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    let range = range.unwrap_or_default().to_owned();
    shared
        .requests
        .push(format!("{} {path}?{query} {range}", request.method()));
    if let Some(ReportFault::Status(status, after)) = shared.faults.first().copied() {
        shared.faults.remove(0);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut answer = problem(status, "try again later");
        if let Some(after) = after {
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        return answer;
    }
    let login = format!("{}:{}", MockReports::EMAIL, MockReports::TOKEN);
    let login = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(login)
    );
    let given = request.headers().get(header::AUTHORIZATION);
    if given.and_then(|given| given.to_str().ok()) != Some(&login) {
        return problem(
            StatusCode::UNAUTHORIZED,
            "Basic authentication with a token is required",
        );
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let v3 = format!(
        "/marketplace/rest/3/reporting/developer-space/{}/",
        MockReports::DEVELOPER
    );
    let v2 = format!("/rest/2/vendors/{}/reporting/", MockReports::VENDOR);
    let vendor = format!(
        "/marketplace/rest/3/developer-space/vendor/{}",
        MockReports::VENDOR
    );
    if shared.without_v3 && path.starts_with("/marketplace/rest/3/") {
        return problem(StatusCode::NOT_FOUND, "no such resource");
    }
    if path == vendor {
        return json_of(&json!({"developerId": MockReports::DEVELOPER}));
    }
    let Some(rest) = path.strip_prefix(&v3).or_else(|| path.strip_prefix(&v2)) else {
        return problem(StatusCode::NOT_FOUND, "no such resource");
    };
    let folder = path.strip_suffix(rest).unwrap_or_default().to_owned();
    match (request.method(), rest) {
        (&Method::GET, "licenses") => list(&shared, &folder, &pairs),
        (&Method::GET, "licenses/export") => match select(&shared.licenses, &pairs) {
            Ok(licenses) => json_of(&Value::Array(licenses)),
            Err(why) => problem(StatusCode::BAD_REQUEST, &why),
        },
        (&Method::GET, "sales/freeStarterTier/export") => free_starter_tier(&shared, &pairs),
        (&Method::POST, "licenses/async/export") => begin(&mut shared, &folder, &pairs),
        (&Method::GET, rest) => match rest.strip_prefix("licenses/async/export/") {
            Some(rest) => match rest.strip_suffix("/status") {
                Some(id) => status(&mut shared, id),
                None => file(&mut shared, rest, &range),
            },
            None => problem(StatusCode::NOT_FOUND, "no such resource"),
        },
        _ => problem(StatusCode::METHOD_NOT_ALLOWED, "no such method"),
    }
}

/// Who is on the free starter tier, by the types of licenses that are free; of whatever day.
fn free_starter_tier(shared: &Shared, pairs: &[(String, String)]) -> Response {
    const FREE: [&str; 3] = ["STARTER", "FREE", "LEGACY_FREE"];
    let date = pairs.iter().find(|(name, _)| name == "date");
    if !date.is_some_and(|(_, value)| is_date(value)) {
        return problem(StatusCode::BAD_REQUEST, "Must be a date");
    }
    let is_free = |license: &&Value| {
        let kind = license.get("licenseType").and_then(Value::as_str);
        kind.is_some_and(|kind| FREE.iter().any(|free| free.eq_ignore_ascii_case(kind)))
    };
    json_of(
        &shared
            .licenses
            .iter()
            .filter(is_free)
            .cloned()
            .collect::<Value>(),
    )
}

fn list(shared: &Shared, folder: &str, pairs: &[(String, String)]) -> Response {
    let licenses = match select(&shared.licenses, pairs) {
        Ok(licenses) => licenses,
        Err(why) => return problem(StatusCode::BAD_REQUEST, &why),
    };
    let number = |name: &str, without: usize| -> usize {
        let found = pairs.iter().find(|(found, _)| found == name);
        found
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(without)
    };
    let (offset, limit) = (number("offset", 0), number("limit", 10).min(50));
    let page: Vec<&Value> = licenses.iter().skip(offset).take(limit).collect();
    let after = offset.saturating_add(limit);
    // links come with and without `/rest/3`
    let bare = folder.replace("/marketplace/rest/3", "");
    let mut links = json!({"self": {"href": format!("{folder}licenses")}});
    if after < licenses.len()
        && let Some(links) = links.as_object_mut()
    {
        let href = format!("{bare}licenses?offset={after}&limit={limit}");
        links.insert("next".to_owned(), json!({"href": href}));
    }
    // a list that is empty has been null
    let page = if page.is_empty() {
        Value::Null
    } else {
        json!(page)
    };
    json_of(&json!({"_links": links, "totalCount": licenses.len(), "licenses": page}))
}
