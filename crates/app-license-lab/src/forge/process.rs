//! One Node process that runs functions: no shell, no port, ended with the lab.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::log::Log;
use crate::error::Error;

const RUNNER: &str = include_str!("../../assets/forge/runner.cjs");
/// The longest answer of a function: more than the 5 MB that the platform allows, in bytes.
const MAX_LINE: usize = 6 << 20;
/// How many requests of one call may wait for the lab.
const MAX_WAITING: usize = 64;
/// What of the lab's own environment a function sees.
const ENVIRONMENT: [&str; 5] = ["PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"];
/// Variables of the app are named so for the platform's own `tunnel`, too.
const VARIABLE: &str = "FORGE_USER_VAR_";

/// What a call has to say.
#[derive(Debug)]
pub(super) enum Event {
    Result(Value),
    Failed { message: String, stack: String },
    Fetch(Fetch),
}

/// A request of a function to the platform.
#[derive(Debug, Deserialize)]
pub(super) struct Fetch {
    pub(super) id: u64,
    call: Option<u64>,
    /// What `@forge/api` names: the kind, the product or the remote.
    pub(super) target: Value,
    pub(super) path: String,
    pub(super) method: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<String>,
}

/// A line of the process.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Line {
    call: Option<u64>,
    result: Value,
    error: Option<String>,
    stack: String,
    log: Option<Printed>,
    fetch: Option<Fetch>,
}

#[derive(Debug, Deserialize)]
struct Printed {
    level: String,
    text: String,
    call: Option<u64>,
}

/// Calls that wait for their result: what is called, and where the result goes.
type Waiting = Mutex<BTreeMap<u64, (String, mpsc::Sender<Event>)>>;

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    /// Killed when it is dropped.
    child: Mutex<Child>,
    stdin: tokio::sync::Mutex<ChildStdin>,
    waiting: Arc<Waiting>,
    next: AtomicU64,
    readers: [JoinHandle<()>; 2],
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
            .args(["-e", RUNNER, &mark])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| missing(&error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::Lab("the function's process has no pipes".to_owned()));
        };
        let waiting = Arc::new(Waiting::default());
        let (calls, lines) = (Arc::clone(&waiting), Arc::clone(log));
        let answers = tokio::spawn(async move {
            each_line(stdout, |line| read(line, &mark, &calls, &lines)).await;
            // nobody answers any more
            lock(&calls).clear();
        });
        let lines = Arc::clone(log);
        let errors = tokio::spawn(async move {
            each_line(stderr, |line| {
                let text = String::from_utf8_lossy(line);
                lock(&lines).add("output", &text, None);
            })
            .await;
        });
        Ok(Self {
            child: Mutex::new(child),
            stdin: tokio::sync::Mutex::new(stdin),
            waiting,
            next: AtomicU64::new(1),
            readers: [answers, errors],
            files,
        })
    }

    /// Whether it still answers.
    pub(super) fn is_running(&self) -> bool {
        self.readers.iter().all(|reader| !reader.is_finished())
    }

    /// Calls a function; what it has to say comes through the channel, which closes when the
    /// process ends.
    pub(super) async fn call(
        &self,
        what: &str,
        mut request: Value,
    ) -> Result<mpsc::Receiver<Event>, Error> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        lock(&self.waiting).insert(id, (what.to_owned(), sender));
        if let Some(fields) = request.as_object_mut() {
            fields.insert("call".to_owned(), json!(id));
        }
        if let Err(error) = self.send(&request).await {
            lock(&self.waiting).remove(&id);
            return Err(error);
        }
        Ok(receiver)
    }

    /// Ends it at once, whatever it does; who waits for it is told.
    pub(super) fn end(&self) {
        // one that has ended already cannot be ended
        let _ = lock(&self.child).start_kill();
    }

    /// Sends the answer to a request of a function.
    pub(super) async fn send(&self, message: &Value) -> Result<(), Error> {
        let mut line = message.to_string();
        line.push('\n');
        let mut stdin = self.stdin.lock().await;
        let written = stdin.write_all(line.as_bytes()).await;
        written.map_err(|error| Error::Lab(format!("the function's process has ended: {error}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
    }
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

/// One line of the runner, or something that the function wrote past it.
fn read(line: &[u8], mark: &str, waiting: &Waiting, log: &Mutex<Log>) {
    let parsed = line.strip_prefix(mark.as_bytes());
    let parsed = parsed.and_then(|json| serde_json::from_slice::<Line>(json).ok());
    let Some(line) = parsed else {
        let text = String::from_utf8_lossy(line);
        return lock(log).add("output", &text, None);
    };
    if let Some(printed) = line.log {
        let function = printed.call.and_then(|call| {
            let calls = lock(waiting);
            calls.get(&call).map(|(what, _)| what.clone())
        });
        return lock(log).add(&printed.level, &printed.text, function);
    }
    if let Some(fetch) = line.fetch {
        let calls = lock(waiting);
        if let Some((_, sender)) = fetch.call.and_then(|call| calls.get(&call)) {
            // a function that asks for more than that at once waits until its time is over
            let _ = sender.try_send(Event::Fetch(fetch));
        }
        return;
    }
    let found = line.call.and_then(|call| lock(waiting).remove(&call));
    if let Some((_, sender)) = found {
        let event = match line.error {
            Some(message) => Event::Failed {
                message,
                stack: line.stack,
            },
            None => Event::Result(line.result),
        };
        // somebody who no longer waits has gone over the time
        let _ = sender.try_send(event);
    }
}

/// Reads lines until the end; stops at one that is longer than any answer may be.
async fn each_line(mut from: impl AsyncRead + Unpin, mut on_line: impl FnMut(&[u8])) {
    let mut line = Vec::new();
    let mut chunk = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let read = chunk.get(..count).unwrap_or_default();
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.pop_if(|last| *last == b'\n').is_some() {
                on_line(&line);
                line.clear();
            } else if line.len() > MAX_LINE {
                on_line(b"the function answered with more than 6 MiB: its process is ended");
                return;
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Differs for each process; no secret.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0_u8)
}
