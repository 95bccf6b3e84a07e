//! Questions to a browser that wait for its answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use tokio::sync::oneshot;

/// Looks that wait for the browser.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) waiting: BTreeMap<u64, oneshot::Sender<Seen>>,
    pub(super) last: u64,
}

/// What the page shows, in the order that was asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(super) id: u64,
    /// `visible` or `hidden`
    #[serde(default)]
    pub(super) found: Vec<String>,
    pub(super) error: Option<String>,
}
