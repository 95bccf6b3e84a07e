//! The server's memory over time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::process::Vitals;

/// Resident memory, in KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// A fifth into the time, when buffers and caches have their size.
    pub(super) settled: u64,
    pub(super) last: u64,
}

/// Looks at a process five times a second.
pub(super) struct Watch {
    seen: Arc<Mutex<Vec<u64>>>,
    task: JoinHandle<()>,
}

impl Watch {
    pub(super) fn start(of: Vitals) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok(resident) = of.resident() {
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(resident);
                sleep(Duration::from_millis(200)).await;
            }
        });
        Self { seen, task }
    }

    pub(super) fn since_start(&self) -> Result<Memory> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = seen.get(seen.len() / 5).copied();
        Ok(Memory {
            settled: settled.context("nothing seen")?,
            last: seen.last().copied().context("nothing seen")?,
        })
    }

    pub(super) fn stop(self) {
        self.task.abort();
    }
}
