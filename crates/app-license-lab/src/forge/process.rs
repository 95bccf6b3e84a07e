//! One Node process that runs functions: no shell, no port, a process group of its own, ended with
//! the lab.

mod call;
mod lines;

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::call::{Call, MAX_WAITING, Waiting, lock};
use self::lines::{each_line, read};
use super::log::Log;
use crate::error::Error;

pub(super) use self::call::{Events, Fetch, Outcome};

const RUNNER: &str = include_str!("../../assets/forge/runner.cjs");
/// How long a process and what it started have to end before they are ended from outside.
const GRACE: Duration = Duration::from_secs(2);
/// What of the lab's own environment a function sees.
const ENVIRONMENT: [&str; 5] = ["PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"];
/// Variables of the app are named so for the platform's own `tunnel`, too.
const VARIABLE: &str = "FORGE_USER_VAR_";

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    /// Lines on their way to it.
    lines: mpsc::Sender<String>,
    waiting: Arc<Waiting>,
    next: AtomicU64,
    ending: Arc<Notify>,
    /// Why it was ended, where the lab did it.
    reason: Arc<OnceLock<String>>,
    /// Waits for the end of the process.
    keeper: Mutex<Option<JoinHandle<()>>>,
    /// One writes, two read.
    pipes: [JoinHandle<()>; 3],
    /// When the files that it runs were written.
    pub(super) files: Option<Duration>,
}

impl Process {
    /// # Errors
    /// When Node is not found.
    pub(super) fn start(
        folder: &Path,
        files: Option<Duration>,
        log: &Arc<Mutex<Log>>,
    ) -> Result<Self, Error> {
        // a line that begins with this is the runner's; the function does not know it
        let mark = format!("\u{1}{:x}:", seed());
        let mut command = node();
        command
            .args(["-e", RUNNER])
            .current_dir(folder)
            // a thread of its own ends it, and what it started, when the pipe from the lab does
            .kill_on_drop(false)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| missing(&error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::Lab("the function's process has no pipes".to_owned()));
        };
        let (lines, queue) = mpsc::channel(MAX_WAITING);
        let writer = tokio::spawn(write(stdin, format!("{mark}\n"), queue));
        let (waiting, ending) = (Arc::new(Waiting::default()), Arc::new(Notify::new()));
        let reason = Arc::new(OnceLock::new());
        let (calls, kept) = (Arc::clone(&waiting), Arc::clone(log));
        let (ended, why) = (Arc::clone(&ending), Arc::clone(&reason));
        // the writer ends with who has something to say, and not with who answers
        let replies = lines.downgrade();
        let answers = tokio::spawn(async move {
            let on_line = |line: &[u8]| read(line, &mark, &calls, &kept);
            if let Err(long) = each_line(stdout, Some(replies), on_line).await {
                lock(&kept).add("output", &long, None);
                // the first reason stands
                let _ = why.set(long);
            }
            // nobody answers any more
            lock(&calls).clear();
            ended.notify_one();
        });
        let kept = Arc::clone(log);
        let errors = tokio::spawn(async move {
            let read = each_line(stderr, None, |line| {
                let text = String::from_utf8_lossy(line);
                lock(&kept).add("output", &text, None);
                None
            });
            if let Err(long) = read.await {
                lock(&kept).add("output", &long, None);
            }
        });
        let closing = writer.abort_handle();
        let (ended, calls) = (Arc::clone(&ending), Arc::clone(&waiting));
        let keeper = tokio::spawn(async move {
            wait(&mut child, &ended, || closing.abort()).await;
            // what still holds its pipes must not keep anybody waiting
            lock(&calls).clear();
        });
        Ok(Self {
            lines,
            waiting,
            next: AtomicU64::new(1),
            ending,
            reason,
            keeper: Mutex::new(Some(keeper)),
            pipes: [writer, answers, errors],
            files,
        })
    }

    /// Whether it still answers.
    pub(super) fn is_running(&self) -> bool {
        let kept = lock(&self.keeper)
            .as_ref()
            .is_some_and(|it| !it.is_finished());
        kept && self.pipes.iter().all(|task| !task.is_finished())
    }

    /// Calls a function; what it has to say comes through the channels, which close when the
    /// process ends.
    pub(super) async fn call(&self, what: &str, mut request: Value) -> Result<Events, Error> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (call, events) = Call::new(what);
        lock(&self.waiting).insert(id, call);
        if let Some(fields) = request.as_object_mut() {
            fields.insert("call".to_owned(), json!(id));
        }
        if let Err(error) = self.send(&request).await {
            lock(&self.waiting).remove(&id);
            return Err(error);
        }
        Ok(events)
    }

    /// Ends it and what it started, whatever it does; who waits for it gets the reason.
    pub(super) fn end(&self, reason: &str) {
        // the first reason stands
        let _ = self.reason.set(reason.to_owned());
        self.ending.notify_one();
    }

    /// Why it is no longer there.
    pub(super) fn reason(&self) -> String {
        let ended = || "the function's process ended by itself: see what it printed".to_owned();
        self.reason.get().cloned().unwrap_or_else(ended)
    }

    /// Ends it, and waits until it is gone.
    pub(super) async fn stop(&self) {
        self.end("the lab ends");
        let keeper = lock(&self.keeper).take();
        if let Some(keeper) = keeper {
            // a task that panics has nothing left to end
            let _ = keeper.await;
        }
    }

    /// Sends the answer to a request of a function.
    pub(super) async fn send(&self, message: &Value) -> Result<(), Error> {
        let sent = self.lines.send(format!("{message}\n")).await;
        sent.map_err(|_| Error::Function(self.reason()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.ending.notify_one();
    }
}

/// Writes to the process until nobody has anything to say; the pipe closes with it.
async fn write(mut stdin: ChildStdin, first: String, mut queue: mpsc::Receiver<String>) {
    let mut next = Some(first);
    while let Some(line) = next {
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
        next = queue.recv().await;
    }
}

/// Waits for the end of a process, or ends it: by the pipe's end, and from outside if that is not
/// enough.
async fn wait(child: &mut Child, ended: &Notify, close: impl FnOnce()) {
    let leader = child.id();
    let status = tokio::select! {
        status = child.wait() => status.ok(),
        () = ended.notified() => {
            close();
            let waited = timeout(GRACE, child.wait()).await;
            waited.ok().and_then(Result::ok)
        }
    };
    if let Some(leader) = leader.filter(|_| leaves_group(status)) {
        let code = format!("try {{ process.kill(-{leader}, 'SIGKILL') }} catch {{}}");
        let _ = node().args(["-e", &code]).status().await;
    }
    let _ = child.kill().await;
}

/// Whether what a process started may still run in its group. One that ends ends its group, itself with
/// it: after that the group's number may be another's. One that runs on, or broke off, did not.
#[cfg(unix)]
fn leaves_group(status: Option<ExitStatus>) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGKILL: i32 = 9;
    status.is_none_or(|status| status.signal().is_some_and(|signal| signal != SIGKILL))
}

/// There are no groups.
#[cfg(not(unix))]
const fn leaves_group(_status: Option<ExitStatus>) -> bool {
    false
}

/// Node, with nothing of the lab's own environment but what a program needs to run.
pub(super) fn node() -> Command {
    let mut command = Command::new("node");
    command.env_clear().kill_on_drop(true);
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for (name, value) in std::env::vars_os() {
        if let Some(name) = name.to_str().and_then(|it| it.strip_prefix(VARIABLE)) {
            command.env(name, value);
        }
    }
    command
}

pub(super) fn missing(error: &std::io::Error) -> Error {
    Error::Lab(format!(
        "cannot start `node`: {error}; the functions of a Forge app run in Node 20 or later: \
         install it from https://nodejs.org/, or leave --functions out"
    ))
}

/// Differs for each process; no secret.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0_u8)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_group_is_ended_where_its_process_runs_on_or_broke_off() {
        let ended = |raw| leaves_group(Some(ExitStatus::from_raw(raw)));
        assert!(leaves_group(None));
        // aborted, by a fault of memory
        assert!(ended(6) && ended(11));
        // with its group, and with an exit code
        assert!(!ended(9) && !ended(0) && !ended(1 << 8));
    }
}
