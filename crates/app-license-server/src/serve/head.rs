//! The first head of a connection, read before the connection has buffers: a client that sends it slowly
//! takes as much memory as it has sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use httparse::{EMPTY_HEADER, Request};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The most that is read at once.
const PIECE: usize = 4096;
/// As many headers as hyper takes.
const MOST_HEADERS: usize = 100;

/// Reads until the head is whole, is none, is too long, or the client ends it; or until the server is told to
/// stop and nothing was sent. What is answered is not decided here.
pub(super) async fn first_head(
    stream: &TcpStream,
    most: usize,
    stopping: &mut watch::Receiver<()>,
) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    loop {
        tokio::select! {
            readable = stream.readable() => readable?,
            _ = stopping.changed(), if head.is_empty() => return Ok(head),
        }
        let known = head.len();
        match read_piece(stream, &mut head) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Ok(0) => return Ok(head),
            read => read?,
        };
        let piece = head.get(known..).unwrap_or_default();
        // a line at a time, so that single bytes are not looked at over and over
        let is_worth_a_look = known == 0 || piece.contains(&b'\n');
        // one that is a little too long is read whole, for then it is answered in full
        let is_too_long = head.len() >= most.saturating_add(most / 2);
        if is_too_long || (is_worth_a_look && is_decided(&head)) {
            return Ok(head);
        }
    }
}

/// Not in a future, which would keep room for the piece.
fn read_piece(stream: &TcpStream, head: &mut Vec<u8>) -> io::Result<usize> {
    let mut piece = [0; PIECE];
    let read = stream.try_read(&mut piece)?;
    head.extend_from_slice(piece.get(..read).unwrap_or_default());
    Ok(read)
}

/// Whether it is whole, or can become no head.
fn is_decided(head: &[u8]) -> bool {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let read = Request::new(&mut headers).parse(head);
    read.map_or(true, |status| status.is_complete())
}

/// A stream of which the first bytes were read.
pub(super) struct StreamWithHead {
    first: Bytes,
    stream: TcpStream,
}

impl StreamWithHead {
    pub(super) fn new(first: Vec<u8>, stream: TcpStream) -> Self {
        Self {
            first: first.into(),
            stream,
        }
    }
}

impl AsyncRead for StreamWithHead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StreamWithHead {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::is_decided;

    #[test]
    fn a_head_is_decided_when_it_is_whole_or_none() {
        let whole = b"GET /a?b HTTP/1.1\r\nhost: a\r\n\r\n";
        for end in 0..whole.len() {
            assert!(!is_decided(&whole[..end]), "{end}");
        }
        assert!(is_decided(whole));
        assert!(is_decided(&[whole, &b"the body"[..]].concat()));
        // lines may end without a carriage return
        assert!(is_decided(b"GET / HTTP/1.1\nhost: a\n\n"));
        // TLS, another protocol, and more headers than are taken
        assert!(is_decided(b"\x16\x03\x01\x02\x00\x01"));
        assert!(is_decided(b"PRI * HTTP/2.0\r\n"));
        let many = format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(101));
        assert!(is_decided(many.as_bytes()));
    }
}
