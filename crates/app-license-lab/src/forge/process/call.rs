//! Calls of functions that wait for their result.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// How many requests of one call may wait for the lab, and how many of the lab's lines for the process.
pub(super) const MAX_WAITING: usize = 64;

/// What came of a call.
#[derive(Debug)]
pub(in crate::forge) enum Outcome {
    Returned(Value),
    /// It threw, ended or ran out of time: why, for the page, and where, for the vendor.
    Failed {
        message: String,
        stack: String,
    },
}

/// What a call has to say: what it asks the platform for, until that closes, then what came of it. There
/// is none when the process ended before.
#[derive(Debug)]
pub(in crate::forge) struct Events {
    pub(in crate::forge) fetches: mpsc::Receiver<Fetch>,
    pub(in crate::forge) outcome: oneshot::Receiver<Outcome>,
}

/// A call that waits for its result.
#[derive(Debug)]
pub(super) struct Call {
    /// What is called.
    pub(super) what: String,
    pub(super) fetches: mpsc::Sender<Fetch>,
    pub(super) outcome: oneshot::Sender<Outcome>,
    /// Whether it asked for more at once than may wait.
    pub(super) refused: bool,
}

impl Call {
    pub(super) fn new(what: &str) -> (Self, Events) {
        let (fetches, waiting) = mpsc::channel(MAX_WAITING);
        let (sender, outcome) = oneshot::channel();
        let call = Self {
            what: what.to_owned(),
            fetches,
            outcome: sender,
            refused: false,
        };
        let events = Events {
            fetches: waiting,
            outcome,
        };
        (call, events)
    }
}

/// Calls that wait for their result, by their number.
pub(super) type Waiting = Mutex<BTreeMap<u64, Call>>;

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request of a function to the platform.
#[derive(Debug, Deserialize)]
pub(in crate::forge) struct Fetch {
    pub(in crate::forge) id: u64,
    pub(super) call: Option<u64>,
    /// What `@forge/api` names: the kind, the product or the remote.
    pub(in crate::forge) target: Value,
    pub(in crate::forge) path: String,
    pub(in crate::forge) method: String,
    pub(in crate::forge) headers: BTreeMap<String, String>,
    pub(in crate::forge) body: Option<String>,
}
