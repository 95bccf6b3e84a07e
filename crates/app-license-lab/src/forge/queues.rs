//! What waits in queues.

use std::collections::VecDeque;

use app_license::UnixTime;
use serde_json::Value;

/// The most events that wait.
pub(super) const MAX_WAITING: usize = 1_000;

/// The most jobs whose numbers are kept.
pub(super) const MAX_JOBS: usize = 200;

/// An event that waits for its consumer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) site: String,
    pub(super) queue: String,
    pub(super) job: String,
    pub(super) event: String,
    pub(super) body: Value,
    /// By the test clock.
    pub(super) due: UnixTime,
    /// How many queues led to it.
    pub(super) chain: u32,
}

/// The events of one push.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) queue: String,
    pub(super) success: usize,
    pub(super) failed: usize,
    pub(super) in_progress: usize,
}

/// Everything that was pushed.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) jobs: VecDeque<Job>,
    pub(super) pushed: u64,
}

impl Queues {
    /// The first event whose time has come.
    pub(super) fn next(&mut self, now: UnixTime) -> Option<Waiting> {
        let at = self.waiting.iter().position(|it| it.due <= now)?;
        self.waiting.remove(at)
    }

    pub(super) fn job(&mut self, id: &str) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|it| it.id == id)
    }

    pub(super) fn done(&mut self, job: &str, well: bool) {
        if let Some(job) = self.job(job) {
            job.in_progress = job.in_progress.saturating_sub(1);
            let count = if well {
                &mut job.success
            } else {
                &mut job.failed
            };
            *count = count.saturating_add(1);
        }
    }
}
