//! The app as it is served, with a mock host platform on one side and a collector on the other.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Child, Command};
use std::time::Duration;

use app_license_server::testkit::{App, Edition, MockHost};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How long the program, and what it sends, is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What a collector is sent, as it comes.
async fn collector() -> (String, mpsc::UnboundedReceiver<Span>) {
    let (sender, spans) = mpsc::unbounded_channel();
    let router = Router::new()
        .route("/v1/traces", post(collect))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(app_license_server::serve(listener, router).into_future());
    (address, spans)
}

async fn collect(State(spans): State<mpsc::UnboundedSender<Span>>, body: Bytes) -> StatusCode {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let resources = request.resource_spans.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    for span in scopes.flat_map(|scope| scope.spans) {
        spans.send(span).unwrap();
    }
    StatusCode::OK
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|it| it.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test]
async fn a_collector_gets_spans_with_the_tenant() {
    let host = MockHost::start().await.unwrap();
    host.clock().stamp_tokens_by_system(true);
    let folder = tempfile::tempdir().unwrap();
    let (collector, mut spans) = collector().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let base_url = format!("http://{address}");
    let served = Command::new(env!("CARGO_BIN_EXE_opentelemetry-backend"))
        .env("LISTEN", address.to_string())
        .env("BASE_URL", &base_url)
        .env("DATABASE", folder.path().join("installations.db"))
        .env(
            "ENCRYPTION_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .env("MOCK_HOST", host.gateway().unwrap().to_string())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .spawn();
    let mut served = Served(served.unwrap());
    let listens = async {
        while TcpStream::connect(address).await.is_err() {
            let ended = served.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it listened: {ended:?}");
            sleep(Duration::from_millis(20)).await;
        }
    };
    let listens = timeout(PATIENCE, listens).await;
    assert!(listens.is_ok(), "it does not listen on {address}");
    let app = App::connect("com.example.reports", &base_url).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    for event in acme.install().unwrap() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    acme.buy(Edition::Advanced).unwrap();
    let page = host.deliver(&acme.page("/panel").unwrap()).await.unwrap();
    assert_eq!(page.text(), "granted");

    let verified = async {
        loop {
            let span = spans.recv().await.unwrap();
            if span.name == "verify" {
                break span;
            }
        }
    };
    let verify = timeout(PATIENCE, verified).await;
    let verify = verify.expect("the collector gets a span `verify`");
    let tenant = acme.site().client_key().unwrap();
    assert_eq!(text(&verify, "tenant"), Some(tenant.as_str()));
}
