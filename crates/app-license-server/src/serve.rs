//! Serving a router to whoever may connect, within limits.

mod body;
mod head;
mod limits;

use std::convert::Infallible;
use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app_license::answer::Refusal;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, header};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutWriter;
use tower_service::Service;

use crate::rejection::Rejection;

pub(crate) use body::BodyTimedOut;
use body::{discard, limited};
use head::{StreamWithHead, first_head};
pub use limits::Limits;

/// How long open requests have to end once the server is told to stop.
const PARTING: Duration = Duration::from_secs(30);

/// Serves a router over HTTP/1.1, as `axum::serve` does, but within [`Limits`]: a client that
/// sends its headers or its body a byte at a time, sends too much, or never reads its answer is
/// cut off and costs a connection at most. A proxy in front that does the same makes it
/// unnecessary, not wrong.
///
/// Handlers may ask for `ConnectInfo<SocketAddr>`. Connections are not upgraded: a route with
/// WebSockets needs `axum::serve`. A client that closes its sending side after the request is answered; so a
/// handler runs to its end although its client is gone.
///
/// ```no_run
/// use std::time::Duration;
/// use app_license_server::{Limits, serve};
/// use axum::Router;
///
/// # async fn run(stopped: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// let limits = Limits::new().body_bytes(64 * 1024).head_timeout(Duration::from_secs(5));
/// serve(listener, Router::new()).limits(limits).until(stopped).await;
/// # Ok(())
/// # }
/// ```
pub fn serve(listener: TcpListener, router: Router) -> Serve {
    Serve {
        listener,
        router,
        limits: Limits::new(),
        stopped: Box::pin(std::future::pending()),
    }
}

/// A server that runs when it is awaited: see [`serve`].
#[must_use = "it serves when it is awaited"]
pub struct Serve {
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Serve {
    /// Other limits than the defaults.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes no more connections once this is done, and ends when the open requests are answered,
    /// half a minute later at the latest.
    pub fn until(mut self, stopped: impl Future<Output = ()> + Send + 'static) -> Self {
        self.stopped = Box::pin(stopped);
        self
    }

    async fn run(self) {
        let Self {
            listener,
            router,
            limits,
            mut stopped,
        } = self;
        let slots = Arc::new(Semaphore::new(limits.connections));
        let (stop, stopping) = watch::channel(());
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            // a client may end what it sends with its request
            .half_close(true)
            .max_buf_size(limits.head_bytes);
        let server = Arc::new(Server {
            http,
            // its routes are made once, and not with each request
            router: router.with_state(()),
            limits,
        });
        loop {
            let accepted = async {
                // the permit is never closed
                let slot = Arc::clone(&slots).acquire_owned().await.ok();
                (slot, accept(&listener).await)
            };
            let (slot, (stream, peer)) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stopped => break,
            };
            let server = Arc::clone(&server);
            tokio::spawn(server.connection(stream, peer, slot, stopping.clone()));
        }
        drop((listener, stopping));
        // every connection listens to it, or there is none
        let _ = stop.send(());
        if tokio::time::timeout(PARTING, stop.closed()).await.is_err() {
            tracing::warn!("requests were still open when the server stopped");
        }
    }
}

/// What all connections share.
struct Server {
    http: http1::Builder,
    router: Router,
    limits: Limits,
}

impl Server {
    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        _slot: Option<OwnedSemaphorePermit>,
        mut stopping: watch::Receiver<()>,
    ) {
        let limits = self.limits;
        let first = first_head(&stream, limits.head_bytes, &mut stopping);
        let first = tokio::time::timeout(limits.head_timeout, first).await;
        let first = match first.map_err(io::Error::from).and_then(|first| first) {
            Ok(first) if first.is_empty() => return,
            Ok(first) => first,
            Err(error) => {
                tracing::debug!(%error, "a connection broke off");
                return;
            }
        };
        let mut stream = TimeoutWriter::new(StreamWithHead::new(first, stream));
        stream.set_timeout(Some(limits.write_timeout));
        let router = self.router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            // a box: a connection that waits for its request has no room for an answer
            Box::pin(answer(router.clone(), request, limits))
        });
        let io = TokioIo::new(Box::pin(stream));
        // a box: a client that has not sent its head has no room for the rest
        let mut connection = Box::pin(self.http.serve_connection(io, service));
        let ended = tokio::select! {
            // the connection first: it knows of its request when it is told to stop
            biased;
            ended = connection.as_mut() => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

impl IntoFuture for Serve {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Serve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The next connection. One that failed on its way is the client's affair; without a free file
/// descriptor it is worth waiting.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // an answer is written at once
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its delay");
                }
                return (stream, peer);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    limits: Limits,
) -> Result<Response<Body>, Infallible> {
    // what reads the head may take more at a time than the limit
    if head_bytes(&request) > limits.head_bytes {
        discard(request.into_body(), limits.body_timeout).await;
        return Ok(closing(Refusal::HeadTooLarge {
            limit: limits.head_bytes,
        }));
    }
    let limit = u64::try_from(limits.body_bytes).unwrap_or(u64::MAX);
    if request.body().size_hint().lower() <= limit {
        return router.call(request.map(|body| limited(body, limits))).await;
    }
    // a client that waits to be told to go on is told in time; the others would not read the
    // answer before they have sent all
    if !request.headers().contains_key(header::EXPECT) {
        discard(request.into_body(), limits.body_timeout).await;
    }
    Ok(closing(Refusal::BodyTooLarge {
        limit: limits.body_bytes,
    }))
}

/// The answer to a request after which the connection is closed.
fn closing(refusal: Refusal) -> Response<Body> {
    let mut response = Rejection::of(refusal).into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// How many bytes request line and headers had, at the least.
fn head_bytes<B>(request: &Request<B>) -> usize {
    let target = request
        .uri()
        .path_and_query()
        .map_or(1, |t| t.as_str().len());
    let line = request.method().as_str().len().saturating_add(target);
    let fields = request.headers().iter().map(|(name, value)| {
        let text = name.as_str().len().saturating_add(value.len());
        // `: ` and the end of the line
        text.saturating_add(4)
    });
    // two spaces, the version, the end of the line, and that of the head
    fields.fold(line.saturating_add(14), usize::saturating_add)
}
