//! Bodies that end: by size, and by time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::Frame;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Sleep, sleep, timeout};

use super::Limits;

/// The most that is read of a body nobody wants, so that its sender gets to read the answer.
const MOST_DISCARDED: usize = 16 * 1024 * 1024;

/// The body took longer than it may.
#[derive(Debug)]
pub(crate) struct BodyTimedOut;

impl fmt::Display for BodyTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was not sent in time")
    }
}

impl std::error::Error for BodyTimedOut {}

/// A body that fails when its time is over.
struct Timed {
    body: Incoming,
    end: Pin<Box<Sleep>>,
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.end.as_mut().poll(cx));
        Poll::Ready(Some(Err(BodyTimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

pub(super) fn limited(body: Incoming, limits: Limits) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let end = Box::pin(sleep(limits.body_timeout));
    Body::new(Limited::new(Timed { body, end }, limits.body_bytes))
}

/// Reads a body and forgets it.
pub(super) async fn discard(mut body: Incoming, limit: Duration) {
    let mut left = MOST_DISCARDED;
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            left = left.saturating_sub(length);
            if left == 0 {
                break;
            }
        }
    };
    // whether it was read whole or not, the answer is the same
    let _ = timeout(limit, read).await;
}
