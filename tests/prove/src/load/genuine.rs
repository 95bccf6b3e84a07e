//! Requests as the platform sends them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use app_license_testkit::Tenant;
use tokio::time::{Instant, sleep};

use crate::http::{Connection, bytes_of};

/// Connections of the platform.
const WIDTH: usize = 32;

/// Tenants with a request each, signed when this was made. A token lives for three minutes.
pub(super) struct Crowd {
    pub(super) tenants: Arc<Vec<Tenant>>,
    requests: Arc<Vec<Vec<u8>>>,
}

/// How requests were answered, and how long the slowest took.
#[derive(Debug, Default)]
pub(super) struct Answers {
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    slowest: Duration,
}

impl Answers {
    fn add(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.broken += other.broken;
        self.slowest = self.slowest.max(other.slowest);
    }

    pub(super) fn total(&self) -> u64 {
        self.statuses.values().sum()
    }

    pub(super) fn all_served(&self) -> bool {
        self.broken == 0 && self.statuses.keys().eq([&200])
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (status, count) in &self.statuses {
            write!(f, "{count} times {status}, ")?;
        }
        let slowest = self.slowest.as_millis();
        write!(f, "{} broken off, {slowest} ms at most", self.broken)
    }
}

impl Crowd {
    pub(super) fn new(tenants: Arc<Vec<Tenant>>) -> Result<Self> {
        let mut requests = Vec::new();
        for tenant in tenants.iter() {
            // behind the gate: verified, read, decided
            requests.push(bytes_of(&tenant.page("/export")?));
        }
        Ok(Self {
            tenants,
            requests: Arc::new(requests),
        })
    }

    /// One request after the other on every connection.
    pub(super) async fn at_full_speed(&self, to: SocketAddr, time: Duration) -> Result<Answers> {
        self.send(to, time, WIDTH, Duration::ZERO).await
    }

    /// Some requests a second, on connections of their own.
    pub(super) async fn at_ease(&self, to: SocketAddr, time: Duration) -> Result<Answers> {
        self.send(to, time, 8, Duration::from_millis(20)).await
    }

    async fn send(
        &self,
        to: SocketAddr,
        time: Duration,
        width: usize,
        pause: Duration,
    ) -> Result<Answers> {
        let mut tasks = Vec::new();
        for first in 0..width {
            let requests = Arc::clone(&self.requests);
            tasks.push(tokio::spawn(one(requests, first, to, time, pause)));
        }
        let mut answers = Answers::default();
        for task in tasks {
            answers.add(&task.await??);
        }
        Ok(answers)
    }
}

async fn one(
    requests: Arc<Vec<Vec<u8>>>,
    first: usize,
    to: SocketAddr,
    time: Duration,
    pause: Duration,
) -> Result<Answers> {
    let mut answers = Answers::default();
    let mut connection = Connection::open(to).await?;
    let start = Instant::now();
    for request in requests.iter().cycle().skip(first) {
        let sent = Instant::now();
        if sent.duration_since(start) >= time {
            break;
        }
        match connection.call(request).await {
            Ok(answer) => {
                *answers.statuses.entry(answer.status).or_default() += 1;
                if answer.last {
                    connection = Connection::open(to).await?;
                }
            }
            Err(_) => {
                answers.broken += 1;
                connection = Connection::open(to).await?;
            }
        }
        answers.slowest = answers.slowest.max(sent.elapsed());
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
    Ok(answers)
}
