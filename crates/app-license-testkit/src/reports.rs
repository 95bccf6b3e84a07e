//! The reporting API of the Marketplace, as it behaves; its specification says otherwise in places.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};

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

/// What goes wrong next; each once.
///
/// ```
/// use app_license_testkit::ReportFault;
/// assert_eq!(ReportFault::Status(503, Some(1)), ReportFault::Status(503, Some(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFault {
    /// The next request is answered so, with this `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// The next file breaks off after so many bytes.
    BreakAfter(usize),
    /// The next file comes in ten parts, with a pause before each.
    Slow(Duration),
}

#[derive(Debug, Default)]
struct Shared {
    licenses: Vec<Value>,
    faults: Vec<ReportFault>,
    /// Looks that an export takes before it is ready.
    looks: u32,
    /// Looks at each export so far.
    exports: BTreeMap<String, (u32, Vec<(String, String)>)>,
    fails: bool,
    without_v3: bool,
    without_ranges: bool,
    requests: Vec<String>,
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

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    bytes.len() == 10 && shape
}

/// The licenses that the parameters leave.
fn select(licenses: &[Value], pairs: &[(String, String)]) -> Result<Vec<Value>, String> {
    let all = |name: &str| -> Vec<&str> {
        let of = pairs.iter().filter(|(found, _)| found == name);
        of.map(|(_, value)| value.as_str()).collect()
    };
    let dates = ["startDate", "endDate", "lastUpdated"];
    if pairs
        .iter()
        .any(|(name, value)| dates.contains(&name.as_str()) && !is_date(value))
    {
        return Err("Must be a date".to_owned());
    }
    let text = |license: &Value, field: &str| -> String {
        let text = license.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_lowercase()
    };
    // each value must be the whole one: with commas between several, none is
    let any = |names: &[&str], found: &str| {
        names.is_empty() || names.iter().any(|name| name.to_lowercase() == found)
    };
    let clouds = all("cloudComplianceBoundaries");
    let keep = |license: &&Value| {
        let start = text(license, "maintenanceStartDate");
        let of = license
            .get("cloudComplianceBoundaries")
            .and_then(Value::as_array);
        let of: Vec<&str> = of.into_iter().flatten().filter_map(Value::as_str).collect();
        let in_cloud = |cloud: &&str| of.contains(cloud) || of.is_empty() && *cloud == "commercial";
        let in_clouds = match clouds.as_slice() {
            [] => in_cloud(&"commercial"),
            clouds => clouds.iter().any(in_cloud),
        };
        let apps = [all("productId"), all("addon")].concat();
        let app = [text(license, "productId"), text(license, "addonKey")];
        in_clouds
            && all("startDate")
                .iter()
                .all(|first| start.as_str() >= *first)
            && all("endDate").iter().all(|last| start.as_str() <= *last)
            && (apps.is_empty() || app.iter().any(|app| any(&apps, app)))
            && any(&all("status"), &text(license, "status"))
            && any(&all("licenseType"), &text(license, "licenseType"))
            && any(&all("appEdition"), &text(license, "appEdition"))
    };
    Ok(licenses.iter().filter(keep).cloned().collect())
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

fn begin(shared: &mut Shared, folder: &str, pairs: &[(String, String)]) -> Response {
    if let Err(why) = select(&shared.licenses, pairs) {
        return problem(StatusCode::BAD_REQUEST, &why);
    }
    let id = format!("export-{}", shared.exports.len());
    shared.exports.insert(id.clone(), (0, pairs.to_vec()));
    // broken links, as they have been
    let broken = folder.replace("/marketplace/rest/3/reporting", "/rest/2/vendors");
    json_of(&json!({
        "_links": {
            "status": {"href": format!("{broken}licenses/async/export/{id}/status")},
            "download": {"href": format!("{broken}licenses/async/export/{id}")},
        },
        "export": {"id": id},
    }))
}

fn status(shared: &mut Shared, id: &str) -> Response {
    let (looks, fails) = (shared.looks, shared.fails);
    let Some((seen, _)) = shared.exports.get_mut(id) else {
        return problem(StatusCode::NOT_FOUND, "no such export");
    };
    let status = match *seen {
        0 => "QUEUED",
        seen if seen < looks => "IN_PROGRESS",
        _ if fails => "FAILED",
        _ => "COMPLETED",
    };
    *seen = seen.saturating_add(1);
    json_of(&json!({"export": {"id": id, "status": status}}))
}

fn file(shared: &mut Shared, id: &str, range: &str) -> Response {
    let Some((seen, pairs)) = shared.exports.get(id) else {
        return problem(StatusCode::NOT_FOUND, "no such export");
    };
    if *seen <= shared.looks {
        return problem(StatusCode::NOT_FOUND, "Export is being processed");
    }
    let licenses = select(&shared.licenses, pairs).unwrap_or_default();
    let whole = Value::Array(licenses).to_string().into_bytes();
    let from = range
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-'));
    let from: Option<usize> = from.and_then(|from| from.parse().ok());
    let from = from.filter(|from| *from < whole.len() && !shared.without_ranges);
    let rest = whole.get(from.unwrap_or(0)..).unwrap_or_default().to_vec();
    let mut answer = match shared.faults.first().copied() {
        Some(ReportFault::BreakAfter(bytes)) => {
            shared.faults.remove(0);
            broken(rest, bytes)
        }
        Some(ReportFault::Slow(pause)) => {
            shared.faults.remove(0);
            slow(&rest, pause)
        }
        _ => rest.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::ETAG, HeaderValue::from_static("\"export\""));
    if let Some(from) = from {
        let total = whole.len();
        let range = format!("bytes {from}-{}/{total}", total.saturating_sub(1));
        if let Ok(range) = HeaderValue::from_str(&range) {
            headers.insert(header::CONTENT_RANGE, range);
        }
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    answer
}

/// A body that says its whole length and breaks off.
fn broken(mut bytes: Vec<u8>, after: usize) -> Response {
    let length = bytes.len();
    bytes.truncate(after);
    let body = Body::new(Broken {
        bytes: Some(bytes),
        waits: 8,
    });
    of_length(length, body)
}

fn of_length(length: usize, body: Body) -> Response {
    let mut answer = Response::new(body);
    answer
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

/// A body that takes ten pauses.
fn slow(bytes: &[u8], pause: Duration) -> Response {
    const PARTS: usize = 10;
    let length = bytes.len();
    let part = length.div_ceil(PARTS).max(1);
    let parts = bytes.chunks(part).rev().map(<[u8]>::to_vec).collect();
    let body = Body::new(Slow {
        parts,
        pause,
        waiting: Box::pin(tokio::time::sleep(pause)),
    });
    of_length(length, body)
}

struct Slow {
    /// The last one first.
    parts: Vec<Vec<u8>>,
    pause: Duration,
    waiting: Pin<Box<tokio::time::Sleep>>,
}

impl axum::body::HttpBody for Slow {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        if self.parts.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.waiting.as_mut().poll(context));
        self.waiting = Box::pin(tokio::time::sleep(self.pause));
        let part = self.parts.pop();
        Poll::Ready(part.map(|part| Ok(http_body::Frame::data(part.into()))))
    }
}

struct Broken {
    bytes: Option<Vec<u8>>,
    /// Turns before it breaks off, in which the bytes are sent.
    waits: u8,
}

impl axum::body::HttpBody for Broken {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(bytes.into()))));
        }
        if let Some(left) = self.waits.checked_sub(1) {
            self.waits = left;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let error = std::io::Error::other("broken off, as it was to be");
        Poll::Ready(Some(Err(error)))
    }
}

fn json_of(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, value.to_string()).into_response()
}

fn problem(status: StatusCode, message: &str) -> Response {
    let body = json!({"errors": [{"message": message}]});
    (status, json_of(&body)).into_response()
}
