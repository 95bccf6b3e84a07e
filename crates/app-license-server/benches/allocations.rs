//! How often a request allocates: one that is verified, beside the same route not verified.
//!
//! `cargo bench -p app-license-server --bench allocations`. Numbers are printed; nothing passes or fails by
//! them. Sockets are left out: what is counted is what the router and the layers do, on one thread, with
//! the tenant and the key set in memory.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use app_license_client::Fetcher;
use app_license_server::{ConnectApp, Edition, ForgeRemote, MemoryStore};
use app_license_testkit::{App, Edition as Bought, Invocation, MockHost, SignedRequest, Tenant};
use axum::Router;
use axum::routing::{get, post};
use tokio::runtime::Runtime;
use tower::ServiceExt;

const APP_KEY: &str = "com.example.app";
const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
const BASE_URL: &str = "https://app.example.com";

/// The same request so often, to show that it is the same each time.
const REQUESTS: u64 = 100;

struct Measured {
    name: &'static str,
    allocations: u64,
    bytes: u64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let host = runtime.block_on(MockHost::start()).unwrap();
    let mut measured = connect(&runtime, &host);
    measured.extend(forge(&runtime, &host));
    println!("| request | allocations | bytes |\n|---|---|---|");
    for Measured {
        name,
        allocations,
        bytes,
    } in measured
    {
        println!("| {name} | {allocations} | {bytes} |");
    }
}

fn connect(runtime: &Runtime, host: &MockHost) -> Vec<Measured> {
    let app = ConnectApp::builder(APP_KEY, BASE_URL)
        .unwrap()
        .store(MemoryStore::new())
        .fetcher(Fetcher::rerouted_for_tests(host.gateway().unwrap()).unwrap())
        .clock(host.clock().clone())
        .build()
        .unwrap();
    let router = Router::new()
        .merge(app.lifecycle_routes())
        .route("/plain", get(async || "a page"))
        .route("/verified", get(async || "a page").layer(app.verified()))
        .route(
            "/advanced",
            get(async || "a page").layer(app.requires(Edition::Advanced)),
        )
        // as whoever serves it does: the routes are made once
        .with_state(());
    let acme = tenant(host, &App::connect(APP_KEY, BASE_URL).unwrap());
    for event in acme.install().unwrap() {
        assert_eq!(runtime.block_on(status(&router, &event)), 204);
    }
    acme.buy(Bought::Advanced).unwrap();
    let visit = |path| acme.page(path).unwrap();
    vec![
        measure(runtime, &router, "Connect, not verified", &visit("/plain")),
        measure(runtime, &router, "Connect, verified", &visit("/verified")),
        measure(
            runtime,
            &router,
            "Connect, verified and Advanced",
            &visit("/advanced"),
        ),
    ]
}

fn forge(runtime: &Runtime, host: &MockHost) -> Vec<Measured> {
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(Fetcher::rerouted_for_tests(host.gateway().unwrap()).unwrap())
        .clock(host.clock().clone())
        .build()
        .unwrap();
    let router = Router::new()
        .route("/plain", post(async || "done"))
        .route("/verified", post(async || "done").layer(remote.verified()))
        .route(
            "/advanced",
            post(async || "done").layer(remote.requires(Edition::Advanced)),
        )
        .with_state(());
    let acme = tenant(host, &App::forge(APP_ID, BASE_URL).unwrap());
    acme.install().unwrap();
    acme.buy(Bought::Advanced).unwrap();
    let call = Invocation::function("job");
    let invoke = |path| acme.invoke("POST", path, &call).unwrap();
    vec![
        measure(runtime, &router, "Forge, not verified", &invoke("/plain")),
        measure(runtime, &router, "Forge, verified", &invoke("/verified")),
        measure(
            runtime,
            &router,
            "Forge, verified and Advanced",
            &invoke("/advanced"),
        ),
    ]
}

fn tenant(host: &MockHost, app: &App) -> Tenant {
    host.tenant(app, "acme").unwrap()
}

async fn status(router: &Router, request: &SignedRequest) -> u16 {
    let answer = router.clone().oneshot(request.to_http()).await.unwrap();
    answer.status().as_u16()
}

/// What one request takes, once all that is fetched and read is in memory. Making it is not counted.
fn measure(
    runtime: &Runtime,
    router: &Router,
    name: &'static str,
    request: &SignedRequest,
) -> Measured {
    assert_eq!(runtime.block_on(status(router, request)), 200, "{name}");
    let mut least: Option<Measured> = None;
    for _ in 0..REQUESTS {
        let (router, request) = (router.clone(), request.to_http());
        let mut answer = None;
        let counted = allocation_counter::measure(|| {
            answer = Some(runtime.block_on(router.oneshot(request)).unwrap());
        });
        assert!(answer.is_some_and(|it| it.status().is_success()), "{name}");
        let (allocations, bytes) = (counted.count_total, counted.bytes_total);
        // a table that grows now and then is not of the request
        if least.as_ref().is_none_or(|it| allocations < it.allocations) {
            least = Some(Measured {
                name,
                allocations,
                bytes,
            });
        }
    }
    least.unwrap()
}
