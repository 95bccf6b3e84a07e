//! Answers: whole ones, slow ones, and those that break off.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

/// A body that says its whole length and breaks off.
pub(super) fn broken(mut bytes: Vec<u8>, after: usize) -> Response {
    let length = bytes.len();
    bytes.truncate(after);
    let body = Body::new(Broken {
        bytes: Some(bytes),
        waits: 8,
    });
    of_length(length, body)
}

pub(super) fn of_length(length: usize, body: Body) -> Response {
    let mut answer = Response::new(body);
    answer
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

/// A body that takes ten pauses.
pub(super) fn slow(bytes: &[u8], pause: Duration) -> Response {
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

pub(super) struct Slow {
    /// The last one first.
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) pause: Duration,
    pub(super) waiting: Pin<Box<tokio::time::Sleep>>,
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

pub(super) struct Broken {
    pub(super) bytes: Option<Vec<u8>>,
    /// Turns before it breaks off, in which the bytes are sent.
    pub(super) waits: u8,
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

pub(super) fn json_of(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, value.to_string()).into_response()
}

pub(super) fn problem(status: StatusCode, message: &str) -> Response {
    let body = json!({"errors": [{"message": message}]});
    (status, json_of(&body)).into_response()
}
