//! What the client does, and what it remembers of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use app_license_testkit::{SignedRequest, Tenant};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::http::bytes_of;
use crate::platform::{Half, Platform};
use crate::progress::Progress;
use crate::retry::Caller;

/// One event that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// Stands in the body, so that the history tells it from every other one.
    pub(super) number: u64,
    pub(super) event: String,
    /// The secret it brought.
    pub(super) secret: Option<String>,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// 200 or 204.
    Answered,
    /// The connection broke, and it was not sent again.
    Unanswered,
    /// 401, after an install that may not have arrived.
    Refused,
}

/// One tenant's events, in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) tenant: Tenant,
    pub(super) client_key: String,
    pub(super) sent: Vec<Sent>,
}

impl Log {
    pub(super) fn answered(&self) -> usize {
        let answered = |sent: &&Sent| sent.outcome == Outcome::Answered;
        self.sent.iter().filter(answered).count()
    }

    /// Whether any install was answered.
    pub(super) fn was_installed(&self) -> bool {
        let answered = |sent: &Sent| sent.secret.is_some() && sent.outcome == Outcome::Answered;
        self.sent.iter().any(answered)
    }

    /// Whether the app is known to be in use with the last secret.
    pub(super) fn is_in_use(&self) -> bool {
        let last = self.sent.last();
        self.is_certain() && last.is_some_and(|sent| sent.outcome == Outcome::Answered)
    }

    /// Whether the last request about the secret was answered.
    fn is_certain(&self) -> bool {
        let installs = self.sent.iter().rev().find(|sent| sent.secret.is_some());
        installs.is_some_and(|sent| sent.outcome == Outcome::Answered)
    }
}

pub(super) struct Work {
    pub(super) platform: Arc<Platform>,
    pub(super) base_url: String,
    pub(super) address: SocketAddr,
    pub(super) progress: Arc<Progress>,
    pub(super) sent: watch::Sender<u64>,
    pub(super) numbers: AtomicU64,
}

impl Work {
    /// Installs the tenants of these numbers, then each of them again.
    pub(super) async fn all(
        &self,
        numbers: impl Iterator<Item = usize>,
        random: &mut fastrand::Rng,
    ) -> Result<Vec<Log>> {
        // two tokens of one tenant in one second are the same bytes, and a token is for one body
        const A_SECOND: Duration = Duration::from_millis(1100);
        let mut caller = Caller::new(self.address);
        let mut logs = Vec::new();
        let mut last = Instant::now();
        for number in numbers {
            let tenant = self
                .platform
                .tenant(&self.base_url, Half::Connect, number)?;
            let events = tenant.install()?;
            let mut log = Log {
                client_key: client_key(&events)?,
                tenant,
                sent: Vec::new(),
            };
            self.deliver(&mut log, events, &mut caller, random).await?;
            logs.push(log);
            last = Instant::now();
        }
        sleep(A_SECOND.saturating_sub(last.elapsed())).await;
        for log in &mut logs {
            let events = if random.bool() {
                log.tenant.rotate_secret()?
            } else {
                log.tenant.reinstall()?
            };
            self.deliver(log, events, &mut caller, random).await?;
        }
        Ok(logs)
    }

    async fn deliver(
        &self,
        log: &mut Log,
        events: Vec<SignedRequest>,
        caller: &mut Caller,
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        for event in events {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let event = event.with_field("description", format!("event {number}"));
            let body = event.json();
            let secret = body.get("sharedSecret").and_then(|s| s.as_str());
            let certain = log.sent.is_empty() || log.is_certain();
            let signed_by_platform = matches!(event.name(), "installed" | "uninstalled");
            let (outcome, said) = self.send(&event, caller, random).await?;
            if outcome == Outcome::Refused && (signed_by_platform || certain) {
                bail!("a genuine {} was refused: {said}; {log:?}", event.name());
            }
            log.sent.push(Sent {
                number,
                event: event.name().to_owned(),
                secret: secret.map(str::to_owned),
                outcome,
            });
            self.sent.send_replace(self.progress.step());
        }
        Ok(())
    }

    /// Sends it again when nobody knows what became of it, as the platform does; but gives up on
    /// some, so that there are events of which only the store knows.
    async fn send(
        &self,
        event: &SignedRequest,
        caller: &mut Caller,
        random: &mut fastrand::Rng,
    ) -> Result<(Outcome, String)> {
        let bytes = bytes_of(event);
        let first = caller.call(&bytes).await;
        if first.is_err() && random.u8(..4) == 0 {
            return Ok((Outcome::Unanswered, String::new()));
        }
        let answer = match first {
            Ok(answer) if answer.status != 503 => answer,
            _ => caller.insist(&bytes).await?,
        };
        match answer.status {
            200 | 204 => Ok((Outcome::Answered, String::new())),
            401 => Ok((Outcome::Refused, answer.text())),
            status => bail!("{} was answered {status}: {}", event.name(), answer.text()),
        }
    }
}

fn client_key(events: &[SignedRequest]) -> Result<String> {
    let body = events.first().map(SignedRequest::json).unwrap_or_default();
    match body.get("clientKey").and_then(|key| key.as_str()) {
        Some(key) => Ok(key.to_owned()),
        None => bail!("an event without a client key"),
    }
}
