//! The function as Lambda runs it: invoked through the runtime API with events as API Gateway sends
//! them, on PostgreSQL, against a mock host platform.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app_license_pgtest::Cluster;
use app_license_server::testkit::{App, Edition, MockHost, Service, SignedRequest};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

/// How long an answer is waited for, a cold start with it.
const PATIENCE: Duration = Duration::from_secs(60);

const BASE_URL: &str = "https://app.example.com";

/// The part of Lambda that hands events to a function, and takes its answers.
struct Runtime {
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Value>,
    address: String,
}

struct Api {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
    number: AtomicU64,
}

impl Runtime {
    async fn start() -> Self {
        let (events, to_function) = mpsc::channel(1);
        let (from_function, answers) = mpsc::channel(1);
        let api = Arc::new(Api {
            events: Mutex::new(to_function),
            answers: from_function,
            number: AtomicU64::new(1),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(answered),
            )
            .with_state(api);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(app_license_server::serve(listener, router).into_future());
        Self {
            events,
            answers,
            address,
        }
    }

    /// Invokes the function with a request as API Gateway tells it.
    async fn invoke(&mut self, request: &SignedRequest) -> (u64, String) {
        let mut event: Value = serde_json::from_str(include_str!("events/http-api.json")).unwrap();
        let target = request.target();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let http = request.to_http();
        event["rawPath"] = path.into();
        event["rawQueryString"] = query.into();
        event["requestContext"]["http"]["path"] = path.into();
        event["requestContext"]["http"]["method"] = http.method().as_str().into();
        for (name, value) in request.headers() {
            event["headers"][name] = value.into();
        }
        event["body"] = String::from_utf8(request.body().to_vec()).unwrap().into();
        self.events.send(event).await.unwrap();
        let answer = timeout(PATIENCE, self.answers.recv()).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer to {target}"));
        let answer = answer.unwrap();
        let body = answer["body"].as_str().unwrap_or_default().to_owned();
        (answer["statusCode"].as_u64().unwrap(), body)
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let event = api.events.lock().await.recv().await.unwrap();
    let number = api.number.fetch_add(1, Ordering::Relaxed);
    let headers = [
        ("lambda-runtime-aws-request-id", number.to_string()),
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:reports".to_owned(),
        ),
    ];
    (headers, Json(event))
}

async fn answered(State(api): State<Arc<Api>>, Path(_): Path<String>, body: String) -> StatusCode {
    api.answers
        .send(serde_json::from_str(&body).unwrap())
        .await
        .unwrap();
    StatusCode::ACCEPTED
}

struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A cold start: a new process that waits for events.
fn start(runtime: &Runtime, host: &MockHost, database: &str) -> Function {
    let function = Command::new(env!("CARGO_BIN_EXE_lambda-backend"))
        .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "reports")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/reports")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "one")
        .env("BASE_URL", BASE_URL)
        .env("DATABASE_URL", database)
        .env(
            "ENCRYPTION_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .env("MOCK_HOST", host.gateway().unwrap().to_string())
        .spawn();
    Function(function.unwrap())
}

#[tokio::test]
async fn invoked_with_recorded_events_it_keeps_keys_and_licenses_across_invocations() {
    let cluster = Cluster::start_unsynced().unwrap_or_else(|failure| panic!("{failure}"));
    let host = MockHost::start().await.unwrap();
    host.clock().stamp_tokens_by_system(true);
    let mut runtime = Runtime::start().await;
    let function = start(&runtime, &host, &cluster.url());

    let app = App::connect("com.example.reports", BASE_URL).unwrap();
    let [acme, beta] = ["acme", "beta"].map(|site| host.tenant(&app, site).unwrap());
    for event in [acme.install().unwrap(), beta.install().unwrap()].concat() {
        assert_eq!(
            runtime.invoke(&event).await,
            (204, String::new()),
            "{}",
            event.name()
        );
    }
    assert_eq!(
        host.hits(Service::InstallKeys),
        1,
        "one key for all invocations"
    );

    acme.buy(Edition::Standard).unwrap();
    let denied = runtime.invoke(&acme.page("/export").unwrap()).await;
    assert_eq!(denied.0, 402);
    assert!(denied.1.contains("capability_missing"), "{}", denied.1);
    assert_eq!(
        runtime
            .invoke(&acme.page("/panel?a=1&b=%20").unwrap())
            .await
            .0,
        200
    );
    acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(runtime.invoke(&acme.page("/export").unwrap()).await.0, 200);
    let call = acme.front_end_call("GET", "/api/status").unwrap();
    assert_eq!(runtime.invoke(&call).await, (200, "granted".to_owned()));
    for _ in 0..3 {
        // a request that states no license of its own: the License API is asked
        let call = acme.signed("panel", "GET", "/panel").unwrap();
        assert_eq!(runtime.invoke(&call).await, (200, "granted".to_owned()));
    }
    assert_eq!(
        host.hits(Service::Sites),
        1,
        "one question for all invocations"
    );

    // a cold start: what is in the database is not asked for again
    drop(function);
    let mut runtime = Runtime::start().await;
    let _function = start(&runtime, &host, &cluster.url());
    assert_eq!(runtime.invoke(&acme.page("/export").unwrap()).await.0, 200);
    for event in beta.uninstall().unwrap() {
        assert_eq!(runtime.invoke(&event).await.0, 204, "{}", event.name());
    }
    assert_eq!(
        runtime
            .invoke(&acme.page("/export").unwrap().without_token())
            .await
            .0,
        401
    );
    assert_eq!(host.hits(Service::InstallKeys), 1);
}
