//! Sockets that can be cut: a service that is down resets open connections too.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::fault::Switch;

pub(super) struct Listener {
    inner: TcpListener,
    switch: Arc<Switch>,
}

impl Listener {
    pub(super) const fn new(inner: TcpListener, switch: Arc<Switch>) -> Self {
        Self { inner, switch }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (inner, address) = axum::serve::Listener::accept(&mut self.inner).await;
        let switch = Arc::clone(&self.switch);
        if switch.is_down() {
            switch.hit();
        }
        (Stream { inner, switch }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

pub(super) struct Stream {
    inner: TcpStream,
    switch: Arc<Switch>,
}

impl Stream {
    fn up(&self) -> io::Result<()> {
        if self.switch.is_down() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Err(cut) = self.up() {
            return Poll::Ready(Err(cut));
        }
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        // what came while the service went down is not answered
        match (&read, self.up()) {
            (Poll::Ready(Ok(())), Err(cut)) => Poll::Ready(Err(cut)),
            _ => read,
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Err(cut) = self.up() {
            return Poll::Ready(Err(cut));
        }
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
