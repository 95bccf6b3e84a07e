//! How far it is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

/// Counts up to a total. Shared by the tasks that do the work.
#[derive(Debug)]
pub(crate) struct Progress {
    what: String,
    total: u64,
    done: AtomicU64,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(what: impl Into<String>, total: u64) -> Self {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let style = "{msg:28} {wide_bar} {human_pos}/{human_len} {elapsed}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.set_message(what.clone());
            bar
        });
        Self {
            what,
            total,
            done: AtomicU64::new(0),
            bar,
        }
    }

    /// One more is done. Answers how many are.
    pub(crate) fn step(&self) -> u64 {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None => {
                let tenth = (self.total / 10).max(1);
                if done.is_multiple_of(tenth) && done <= self.total {
                    eprintln!("{}: {done} of {}", self.what, self.total);
                }
            }
        }
        done
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
