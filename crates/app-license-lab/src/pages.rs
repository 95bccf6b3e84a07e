//! The Forge Custom UI page, under the policy that the platform gives such pages by default.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::demo::Rules;

/// What the platform's pages get unless the manifest asks for more: scripts of their own origin,
/// no WebAssembly, no `eval`. The lab may frame it, as the product does.
pub(crate) const DEFAULT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; object-src 'none'; \
    frame-ancestors http://127.0.0.1:* http://localhost:*";

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// The page and its files.
pub(crate) fn router(rules: &Rules) -> Router {
    let editions = rules.map.to_json();
    let file = |kind: &'static str, text: &'static str| get(async move || with_policy(kind, text));
    Router::new()
        .route(
            "/custom-ui/",
            file(HTML, include_str!("../assets/custom-ui/index.html")),
        )
        .route(
            "/custom-ui/page.js",
            file(JS, include_str!("../assets/custom-ui/page.js")),
        )
        .route(
            "/custom-ui/app-license.js",
            file(JS, include_str!("../assets/custom-ui/app-license.js")),
        )
        .route(
            "/custom-ui/page.css",
            file(CSS, include_str!("../assets/panel.css")),
        )
        .route(
            "/custom-ui/editions.json",
            get(async move || with_policy("application/json", editions)),
        )
}

fn with_policy(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, DEFAULT_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body)
}
