//! The demo app's panel, as a page.

use std::fmt::Write;

use app_license::{License, LicenseSource, Verified};
use app_license_server::Rejection;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::feature_decision::FeatureDecision;

const STYLE: &str = include_str!("../../assets/panel.css");

/// The page: what the customer has, and why not the rest.
pub(super) fn page(
    license: &License,
    answers: &[FeatureDecision],
    asked: &Result<Verified<License>, Rejection>,
) -> Response {
    let mut rows = String::new();
    for answer in answers {
        let allowed = answer.decision.is_allowed();
        let class = if allowed { "granted" } else { "denied" };
        let name = escaped(&answer.name);
        let why = if allowed {
            "granted".to_owned()
        } else {
            format!("denied: {}", answer.decision.code())
        };
        let trust = answer.decision.trust().name();
        let place = answer.decision.source();
        // writing to a string does not fail
        let _ = write!(
            rows,
            "<li class=\"{class}\" data-feature=\"{name}\" data-decision=\"{class}\">\
             <b>{name}</b><small>{why} ({trust}, {place})</small></li>"
        );
    }
    let edition = license
        .edition()
        .map_or("no edition", app_license::Edition::name);
    let asked = match asked {
        Err(rejection) => format!("The License API could not be asked: {}", rejection.code()),
        Ok(license) if license.source() == LicenseSource::ConnectLicenseApi => {
            let edition = license
                .edition()
                .map_or("no edition", app_license::Edition::name);
            format!("The License API says {}, {edition}", license.state().name())
        }
        Ok(_) => "The URL says no: the License API is not asked".to_owned(),
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Connect panel</title><style>{STYLE}</style>\
         <main><p>License <b>{}</b>, edition <b>{edition}</b></p><ul>{rows}</ul><p class=\"asked\">{}</p></main></html>",
        license.state().name(),
        escaped(&asked),
    );
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(html)).into_response()
}

/// Text for a place in HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            other => all.push(other),
        }
        all
    })
}
