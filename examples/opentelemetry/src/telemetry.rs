//! Lines for the log, and spans for a collector.

use std::error::Error;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Sets the subscriber of the process. Where the collector is, and how the app is called there, is read from
/// the variables of OpenTelemetry: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`.
///
/// What it answers sends in the background; shut it down at the end, so that it sends what is left.
pub(crate) fn start() -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("app"));
    // `verify` is a span of level debug; it holds the tenant once that is known
    let levels = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("app_license_server", LevelFilter::DEBUG);
    tracing_subscriber::registry()
        .with(levels)
        .with(tracing_subscriber::fmt::layer())
        .with(spans)
        .init();
    Ok(provider)
}
