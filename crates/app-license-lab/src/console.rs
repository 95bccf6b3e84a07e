//! The console: one page and the small API behind it, for this machine alone.
//!
//! It binds to loopback. A page of another origin must not reach it: the `Host` must be this
//! machine's (a name that was pointed here is refused), and what changes something must come from
//! the console's own origin, or from no browser at all.

mod api;
mod forge;
mod guard;
mod rows;
mod state;
mod vendor;

use axum::Router;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};

pub use state::ConsoleState;

/// The console's routes, to be served on loopback at the port named in the state.
pub fn router(console: ConsoleState) -> Router {
    let pages = console.forge.as_ref().and_then(|it| it.pages_url());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' data:; frame-src {} {}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        console.frames,
        pages.unwrap_or_default()
    );
    let page = |html: &'static str| {
        let policy = policy.clone();
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CONTENT_SECURITY_POLICY, policy),
            ];
            (headers, html)
        })
    };
    let file = |kind: &'static str, text: &'static str| {
        get(async move || ([(header::CONTENT_TYPE, kind)], text).into_response())
    };
    let script = |text| file("text/javascript; charset=utf-8", text);
    Router::new()
        .route("/", page(include_str!("../assets/console/index.html")))
        .route(
            "/vendor",
            page(include_str!("../assets/console/vendor.html")),
        )
        .route(
            "/vendor.css",
            file(
                "text/css; charset=utf-8",
                include_str!("../assets/console/vendor.css"),
            ),
        )
        .route(
            "/vendor.js",
            script(include_str!("../assets/console/vendor.js")),
        )
        .route(
            "/console.css",
            file(
                "text/css; charset=utf-8",
                include_str!("../assets/console/console.css"),
            ),
        )
        .route(
            "/console.js",
            script(include_str!("../assets/console/console.js")),
        )
        .route("/dom.js", script(include_str!("../assets/console/dom.js")))
        .route(
            "/moves.js",
            script(include_str!("../assets/console/moves.js")),
        )
        .route(
            "/plot.js",
            script(include_str!("../assets/console/plot.js")),
        )
        .route(
            "/delivered.js",
            script(include_str!("../assets/console/delivered.js")),
        )
        .route(
            "/forge.js",
            script(include_str!("../assets/console/forge.js")),
        )
        .route("/kit.js", script(include_str!("../assets/console/kit.js")))
        .route(
            "/product.js",
            script(include_str!("../assets/console/product.js")),
        )
        .route(
            "/forge.css",
            file(
                "text/css; charset=utf-8",
                include_str!("../assets/console/forge.css"),
            ),
        )
        .route("/api/forge", get(forge::describe))
        .route("/api/forge/log", get(forge::log))
        .route("/api/forge/context", post(forge::context))
        .route("/api/forge/invoke", post(forge::invoke))
        .route("/api/forge/remote", post(forge::remote))
        .route("/api/forge/product", post(forge::product))
        .route("/api/forge/kit", post(forge::kit))
        .route("/api/forge/trigger", post(forge::trigger))
        .route("/api/forge/access", post(forge::access))
        .route("/api/forge/note", post(forge::note))
        .route("/api/forge/seen", post(forge::seen))
        .route("/look", page(include_str!("../assets/console/look.html")))
        .route(
            "/look.js",
            script(include_str!("../assets/console/look.js")),
        )
        .route(
            "/look.css",
            file(
                "text/css; charset=utf-8",
                include_str!("../assets/console/look.css"),
            ),
        )
        .route("/api/state", get(api::state))
        .route("/api/sites", get(rows::sites).post(api::add_sites))
        .route("/api/sites/{site}", get(rows::site))
        .route("/api/journal", get(rows::journal))
        .route("/api/journal/{id}", get(rows::entry))
        .route("/api/vendor", get(vendor::view))
        .route("/api/vendor/report", get(vendor::report))
        .route("/api/move", post(api::make))
        .route("/api/clock", post(api::clock))
        .route("/api/fault", post(api::fault))
        .route("/api/delivery", post(api::delivery))
        .route("/api/rotate", post(api::rotate))
        .route("/api/inspect", post(api::inspect))
        .route("/api/panel", post(api::panel))
        .route("/api/bridge", post(api::bridge))
        .layer(from_fn_with_state(console.clone(), guard::guard))
        .with_state(console)
}

#[cfg(test)]
mod tests {
    /// A page of the documents that is of nothing, or misses something, misleads.
    #[test]
    fn every_route_of_the_api_is_documented_and_no_other() {
        let page = include_str!("../../../docs/lab-api.md");
        let source = include_str!("console.rs");
        let routes = source
            .split('"')
            .filter(|text| text.starts_with("/api/") && *text != "/api/");
        for route in routes {
            let route = route.replace("{site}", "SITE").replace("{id}", "ID");
            assert!(
                page.contains(&format!("{route}`")),
                "docs/lab-api.md lacks {route}"
            );
        }
        let named = page.split('`').filter_map(|text| {
            let path = text
                .strip_prefix("GET ")
                .or_else(|| text.strip_prefix("POST "));
            path.unwrap_or(text)
                .starts_with("/api/")
                .then(|| path.unwrap_or(text))
        });
        for path in named {
            let route = path.replace("SITE", "{site}").replace("ID", "{id}");
            assert!(
                source.contains(&format!("\"{route}\"")),
                "there is no {path}"
            );
        }
    }
}
