//! What a client may take.

use std::time::Duration;

/// What a client may take of the server.
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | request line and headers | 32 KiB | 431 |
/// | time to send them, and between two requests of a connection | 15 s | the connection is closed |
/// | body | 1 MiB | 413 |
/// | time to send it | 30 s | 408 on lifecycle routes; what reads the body fails elsewhere |
/// | time without reading the answer | 30 s | the connection is closed |
/// | open connections | 1024 | new ones wait their turn |
///
/// ```
/// use app_license_server::Limits;
/// let limits = Limits::new().body_bytes(64 * 1024).connections(256);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Limits {
    pub(super) head_bytes: usize,
    pub(super) head_timeout: Duration,
    pub(super) body_bytes: usize,
    pub(super) body_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) connections: usize,
}

impl Limits {
    /// The least that [`Limits::head_bytes`] can be set to.
    const LEAST_HEAD: usize = 8 * 1024;

    /// The defaults.
    pub const fn new() -> Self {
        Self {
            head_bytes: 32 * 1024,
            head_timeout: Duration::from_secs(15),
            body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 1024,
        }
    }

    /// The most bytes that request line and headers may have; 8 KiB at the least.
    pub const fn head_bytes(mut self, bytes: usize) -> Self {
        self.head_bytes = if bytes < Self::LEAST_HEAD {
            Self::LEAST_HEAD
        } else {
            bytes
        };
        self
    }

    /// How long a client may take for request line and headers, counted from the connection or
    /// from the end of the request before. Behind a load balancer that keeps idle connections,
    /// set it longer than the balancer does.
    pub const fn head_timeout(mut self, limit: Duration) -> Self {
        self.head_timeout = limit;
        self
    }

    /// The most bytes a body may have.
    pub const fn body_bytes(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// How long a client may take for the whole body, counted from the end of the headers.
    pub const fn body_timeout(mut self, limit: Duration) -> Self {
        self.body_timeout = limit;
        self
    }

    /// How long a client may leave an answer unread.
    pub const fn write_timeout(mut self, limit: Duration) -> Self {
        self.write_timeout = limit;
        self
    }

    /// How many connections may be open at once; one at the least.
    pub const fn connections(mut self, count: usize) -> Self {
        self.connections = if count == 0 { 1 } else { count };
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
