//! Asynchronous exports: begun, polled, and their files.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::body::{broken, json_of, problem, slow};
use super::fault::ReportFault;
use super::select::select;
use super::shared::Shared;

pub(super) fn begin(shared: &mut Shared, folder: &str, pairs: &[(String, String)]) -> Response {
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

pub(super) fn status(shared: &mut Shared, id: &str) -> Response {
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

pub(super) fn file(shared: &mut Shared, id: &str, range: &str) -> Response {
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
