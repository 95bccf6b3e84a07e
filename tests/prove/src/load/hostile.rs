//! Clients that mean harm: headers a byte at a time, headers without end, bodies without end.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep, timeout};

use crate::http::{Connection, PATIENCE, bytes};
use crate::scale::Scale;

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Harm {
    /// By what was sent and what was answered; 0 where the connection was closed.
    answers: BTreeMap<(&'static str, u16), u64>,
}

impl Harm {
    pub(super) fn refused_only(&self) -> bool {
        !self.answers.is_empty()
            && self
                .answers
                .keys()
                .all(|(_, status)| matches!(status, 0 | 400..=499))
    }

    fn note(&mut self, what: &'static str, status: u16) {
        *self.answers.entry((what, status)).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        for (key, count) in other.answers {
            *self.answers.entry(key).or_default() += count;
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((what, status), count)) in self.answers.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match status {
                0 => write!(f, "{what} {count} times cut off")?,
                status => write!(f, "{what} {count} times {status}")?,
            }
        }
        Ok(())
    }
}

/// All of them at the same time.
pub(super) async fn all(to: SocketAddr, time: Duration, scale: Scale) -> Result<Harm> {
    let mut tasks = Vec::new();
    for _ in 0..scale.of(200, 50) {
        tasks.push(tokio::spawn(loris(to, time)));
    }
    for _ in 0..8 {
        tasks.push(tokio::spawn(headers(to, scale.of(60, 8))));
    }
    for number in 0..4 {
        tasks.push(tokio::spawn(bodies(to, number, scale.of(10, 2))));
    }
    let mut harm = Harm::default();
    for task in tasks {
        harm.add(task.await?);
    }
    Ok(harm)
}

/// A request that never ends, a byte each quarter of a second.
async fn loris(to: SocketAddr, time: Duration) -> Harm {
    const WHAT: &str = "slow-loris";
    let mut harm = Harm::default();
    let head = bytes("GET", "/export?jwt=a.b.c", &[], b"");
    let end = head.len().saturating_sub(2);
    let unfinished = head.get(..end).unwrap_or_default();
    let start = Instant::now();
    let Ok(mut connection) = Connection::open(to).await else {
        harm.note(WHAT, 0);
        return harm;
    };
    let drip = unfinished
        .iter()
        .chain(b"x-slow: ")
        .chain([b'a'; 10_000].iter());
    for byte in drip {
        if start.elapsed() >= time {
            break;
        }
        if connection.send(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(250)).await;
    }
    harm.note(WHAT, 0);
    harm
}

async fn headers(to: SocketAddr, count: usize) -> Harm {
    let large = "a".repeat(64 * 1024);
    let request = bytes("GET", "/export?jwt=a.b.c", &[("x-large", &large)], b"");
    let mut harm = Harm::default();
    for _ in 0..count {
        harm.note("64 KiB headers", once(to, &request).await);
    }
    harm
}

async fn bodies(to: SocketAddr, number: usize, count: usize) -> Harm {
    let target = if number.is_multiple_of(2) {
        "/installed"
    } else {
        "/summary"
    };
    let large = vec![b' '; 10 * 1024 * 1024];
    let json = [("content-type", "application/json")];
    let request = bytes("POST", target, &json, &large);
    let mut harm = Harm::default();
    for _ in 0..count {
        harm.note("10 MiB body", once(to, &request).await);
    }
    harm
}

/// The status, or 0 when the server closes the connection.
async fn once(to: SocketAddr, request: &[u8]) -> u16 {
    let Ok(mut connection) = Connection::open(to).await else {
        return 0;
    };
    // it may answer before it has read everything, and close: that is no reason not to look
    connection.send(request).await.ok();
    let answer = timeout(PATIENCE, connection.answer()).await;
    answer.map_or(0, |answer| answer.map_or(0, |answer| answer.status))
}
