//! What is in the store, against what was sent and answered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use app_license::{ClientKey, InstallationKey, InstallationStatus};
use app_license_store::{Sequence, Store};

use super::moves::{Log, Outcome, Sent};
use crate::http::bytes_of;
use crate::process::Plan;
use crate::report::Report;
use crate::retry::Caller;

/// Every tenant whose last install was answered is served by a server that knows its secret.
pub(super) async fn over_sockets(
    report: &mut Report,
    name: &str,
    plan: &Plan,
    logs: &[Log],
) -> Result<()> {
    let mut caller = Caller::new(plan.address);
    let mut refused = Vec::new();
    let mut asked = 0;
    for log in logs.iter().filter(|log| log.is_in_use()) {
        let page = log.tenant.page("/panel")?;
        let answer = caller.insist(&bytes_of(&page)).await?;
        asked += 1;
        if answer.status != 200 {
            refused.push(format!(
                "{}: {} {}",
                log.client_key,
                answer.status,
                answer.text()
            ));
        }
    }
    report.none(
        &format!("{name}: {asked} tenants whose install was answered are served"),
        &refused,
    );
    Ok(())
}

/// Reads the store without a server.
pub(super) async fn in_store(
    report: &mut Report,
    name: &str,
    store: &Arc<dyn Store>,
    logs: &[Log],
) -> Result<()> {
    let mut lost = Vec::new();
    let mut halves = Vec::new();
    let mut strangers = Vec::new();
    let mut arrived = 0_usize;
    for log in logs {
        let key = InstallationKey::Connect(ClientKey::new(&log.client_key)?);
        let history = history(store, &key).await?;
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        for number in &history {
            *times.entry(*number).or_default() += 1;
        }
        let mut state = TenantState::Gone;
        for sent in &log.sent {
            let there = times.remove(&sent.number).unwrap_or(0);
            let right = match sent.outcome {
                Outcome::Answered => there == 1,
                // it may have arrived, but once
                Outcome::Unanswered => there <= 1,
                Outcome::Refused => there == 0,
            };
            arrived += usize::from(sent.outcome == Outcome::Unanswered && there == 1);
            // what says nothing new is answered, and leaves no trace
            let no_news = there == 0 && state.is_told_nothing_by(&sent.event);
            if there == 1 {
                state = state.after(&sent.event);
            }
            if !right && !no_news {
                lost.push(format!(
                    "{}: {} {} ({:?}) is there {there} times",
                    log.client_key, sent.event, sent.number, sent.outcome
                ));
            }
        }
        strangers.extend(
            times
                .keys()
                .map(|n| format!("{}: event {n}", log.client_key)),
        );
        if let Some(fault) = half(store, &key, log, &history, state).await? {
            halves.push(format!("{}: {fault}", log.client_key));
        }
    }
    let unanswered = logs
        .iter()
        .flat_map(|log| &log.sent)
        .filter(|sent| sent.outcome == Outcome::Unanswered)
        .count();
    report.none(
        &format!("{name}: every answered event is in the history, once"),
        &lost,
    );
    report.none(
        &format!("{name}: nothing is in the history that was not sent"),
        &strangers,
    );
    report.none(
        &format!(
            "{name}: record, secret and history say the same, \
             also after {unanswered} events without an answer, {arrived} of which arrived"
        ),
        &halves,
    );
    let installed = store.count().await?;
    let there = logs.iter().filter(|log| log.was_installed()).count() as u64;
    report.claim(
        &format!("{name}: no tenant is missing"),
        installed >= there,
        format!("{installed} there, {there} answered"),
    );
    Ok(())
}

/// Where a tenant stands by the events that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TenantState {
    /// Never installed, or removed.
    Gone,
    Installed,
    Enabled,
    Disabled,
}

impl TenantState {
    fn after(self, event: &str) -> Self {
        match event {
            // told again, it says nothing about being switched on
            "installed" if self != Self::Gone => self,
            "installed" => Self::Installed,
            "enabled" => Self::Enabled,
            "disabled" => Self::Disabled,
            _ => Self::Gone,
        }
    }

    const fn status(self) -> InstallationStatus {
        match self {
            Self::Gone => InstallationStatus::Uninstalled,
            Self::Installed => InstallationStatus::Installed,
            Self::Enabled => InstallationStatus::Enabled,
            Self::Disabled => InstallationStatus::Disabled,
        }
    }

    fn is_told_nothing_by(self, event: &str) -> bool {
        match event {
            "enabled" => self == Self::Enabled,
            "disabled" => matches!(self, Self::Gone | Self::Disabled),
            "uninstalled" => self == Self::Gone,
            // it brings a new secret each time
            _ => false,
        }
    }
}

/// The numbers of the events that the history holds, in its order.
async fn history(store: &Arc<dyn Store>, key: &InstallationKey) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in store.history(key, Sequence::START, 1000).await? {
        let body = store.payload(entry.sequence).await?;
        let body = body.context("a history entry without its body")?;
        let body: serde_json::Value = serde_json::from_str(&body)?;
        let text = body.get("description").and_then(|text| text.as_str());
        let number = text.and_then(|text| text.strip_prefix("event ")?.parse().ok());
        numbers.push(number.context("a body without its number")?);
    }
    Ok(numbers)
}

/// How the record disagrees with the history that made it.
async fn half(
    store: &Arc<dyn Store>,
    key: &InstallationKey,
    log: &Log,
    history: &[u64],
    state: TenantState,
) -> Result<Option<String>> {
    let sent = |number: u64| log.sent.iter().find(|sent| sent.number == number);
    let Some(record) = store.get(key).await? else {
        return Ok((!history.is_empty()).then(|| "a history without a record".to_owned()));
    };
    if history.is_empty() {
        return Ok(Some("a record without a history".to_owned()));
    }
    if record.status() != state.status() {
        return Ok(Some(format!("{}, not {state:?}", record.status())));
    }
    // the secret is that of the last install that arrived
    let newest = history
        .iter()
        .rev()
        .filter_map(|number| sent(*number))
        .find_map(|sent: &Sent| sent.secret.as_deref());
    let stored = record.stored_secrets().current();
    if stored.map(app_license::SharedSecret::expose) != newest {
        return Ok(Some(
            "the secret is not that of its last install".to_owned(),
        ));
    }
    Ok(None)
}

/// The database's own opinion of its file.
pub(super) fn file(report: &mut Report, file: &Path) -> Result<()> {
    let database = rusqlite::Connection::open(file)?;
    let check: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    report.claim("SQLite: the file is whole", check == "ok", check.clone());
    Ok(())
}
