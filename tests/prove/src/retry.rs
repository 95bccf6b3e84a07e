//! A client that comes back, as the platform does.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::http::{Connection, HttpResponse};

/// Keeps one connection to one server as long as it lasts.
#[derive(Debug)]
pub(crate) struct Caller {
    to: SocketAddr,
    connection: Option<Connection>,
}

impl Caller {
    pub(crate) const fn new(to: SocketAddr) -> Self {
        Self {
            to,
            connection: None,
        }
    }

    /// One try. An error means that nobody knows what became of the request.
    pub(crate) async fn call(&mut self, request: &[u8]) -> io::Result<HttpResponse> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.to).await?,
        };
        let answer = connection.call(request).await?;
        if !answer.last {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Tries until there is an answer other than 503, for as long as a server takes to come back.
    pub(crate) async fn insist(&mut self, request: &[u8]) -> io::Result<HttpResponse> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let start = Instant::now();
        loop {
            let outcome = self.call(request).await;
            let again = outcome.as_ref().map_or(true, |answer| answer.status == 503);
            if !again || start.elapsed() > PATIENCE {
                return outcome;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}
