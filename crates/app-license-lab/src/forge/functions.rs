//! The app's functions: which file, which export, how long, and again when the bundle is new.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::files::Folder;
use super::log::{Log, LogLine};
use super::process::{Events, Fetch, Process, missing, node};
use crate::error::Error;

pub(super) use super::process::Outcome;

/// How a bundle may be named.
const ENDINGS: [&str; 3] = ["cjs", "js", "mjs"];
/// How many files of a folder are looked at for a change.
const MAX_FILES: usize = 2_000;

/// One call of a function.
#[derive(Debug)]
pub(super) struct Call {
    /// What is called, for the log.
    pub(super) name: String,
    /// File and export, as the manifest has it.
    pub(super) handler: String,
    pub(super) args: Vec<Value>,
    /// What `getAppContext()` of `@forge/api` reads.
    pub(super) context: Value,
    pub(super) time: Duration,
}

/// The bundle, and the process that runs it.
#[derive(Debug)]
pub(super) struct Functions {
    folder: Folder,
    /// The one file that holds every handler, where a file was named.
    file: Option<String>,
    process: tokio::sync::Mutex<Option<Arc<Process>>>,
    log: Arc<Mutex<Log>>,
    /// What `node --version` says.
    pub(super) node: String,
}

impl Functions {
    /// # Errors
    /// When there is no such file or folder, or no Node.
    pub(super) async fn open(path: &Path) -> Result<Self, Error> {
        let (folder, file) = if path.is_file() {
            let name = path.file_name().and_then(|it| it.to_str());
            let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
            (
                parent.unwrap_or_else(|| Path::new(".")),
                name.map(str::to_owned),
            )
        } else {
            (path, None)
        };
        let folder = Folder::open(folder)?;
        let asked = node().arg("--version").output().await;
        let asked = asked.map_err(|error| missing(&error))?;
        Ok(Self {
            folder,
            file,
            process: tokio::sync::Mutex::default(),
            log: Arc::default(),
            node: String::from_utf8_lossy(&asked.stdout).trim().to_owned(),
        })
    }

    /// Where the bundle is.
    pub(super) fn place(&self) -> PathBuf {
        match &self.file {
            Some(file) => self.folder.root().join(file),
            None => self.folder.root().to_owned(),
        }
    }

    pub(super) fn log(&self) -> Vec<LogLine> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines()
    }

    /// Starts a call.
    ///
    /// # Errors
    /// When there is no such file, or Node cannot be started.
    pub(super) async fn start(&self, call: Call) -> Result<Running<'_>, Error> {
        let (file, name) = self.handler(&call.handler)?;
        let process = self.process().await?;
        let time = u64::try_from(call.time.as_millis()).unwrap_or(u64::MAX);
        let request = json!({
            "file": file, "name": name, "args": call.args, "context": call.context,
            "timeout": time,
        });
        // without an end that can be told, it is over at once
        let end = Instant::now().checked_add(call.time);
        let end = end.unwrap_or_else(Instant::now);
        // a process that is busy may not read what is written to it
        let Ok(events) = timeout_at(end, process.call(&call.name, request)).await else {
            let overdue = overdue(&call.name, call.time);
            self.end(&process, &overdue).await;
            return Err(Error::Function(overdue));
        };
        Ok(Running {
            functions: self,
            process,
            events: events?,
            name: call.name,
            time: call.time,
            end,
        })
    }

    /// Ends the process, and waits until nothing of it runs.
    pub(super) async fn stop(&self) {
        let process = self.process.lock().await.take();
        if let Some(process) = process {
            process.stop().await;
        }
    }

    /// Ends a process that took too long; the next call starts another one.
    async fn end(&self, process: &Arc<Process>, reason: &str) {
        process.end(reason);
        let mut slot = self.process.lock().await;
        if slot.as_ref().is_some_and(|it| Arc::ptr_eq(it, process)) {
            slot.take();
        }
    }

    /// File and export of a handler.
    fn handler(&self, handler: &str) -> Result<(PathBuf, String), Error> {
        let wrong = |why: String| Error::Option(format!("handler `{handler}`: {why}"));
        let (stem, name) = handler
            .rsplit_once('.')
            .ok_or_else(|| wrong("expected a file and an export, as `index.handler`".to_owned()))?;
        let found = match &self.file {
            Some(file) => self.folder.find(file),
            None => ENDINGS
                .iter()
                .find_map(|ending| self.folder.find(&format!("{stem}.{ending}"))),
        };
        let folder = self.folder.root().display();
        let found = found.ok_or_else(|| {
            wrong(format!(
                "no `{stem}.cjs`, `.js` or `.mjs` in `{folder}`: build the bundle first"
            ))
        })?;
        Ok((found, name.to_owned()))
    }

    /// The process, started anew when the bundle has changed.
    async fn process(&self) -> Result<Arc<Process>, Error> {
        let files = self.newest();
        let mut slot = self.process.lock().await;
        if let Some(process) = slot.as_ref()
            && process.files == files
            && process.is_running()
        {
            return Ok(Arc::clone(process));
        }
        let process = Arc::new(Process::start(self.folder.root(), files, &self.log)?);
        *slot = Some(Arc::clone(&process));
        Ok(process)
    }

    /// When a file of the bundle was last written, since 1970.
    fn newest(&self) -> Option<Duration> {
        let written = |of: std::fs::Metadata| {
            let time = of.modified().ok()?;
            time.duration_since(std::time::UNIX_EPOCH).ok()
        };
        if self.file.is_some() {
            return written(self.place().metadata().ok()?);
        }
        let entries = std::fs::read_dir(self.folder.root()).ok()?;
        let is_code = |path: &Path| {
            let ending = path.extension().and_then(|it| it.to_str());
            ending.is_some_and(|it| ENDINGS.contains(&it))
        };
        let times = entries.take(MAX_FILES).filter_map(|entry| {
            let entry = entry.ok()?;
            is_code(&entry.path()).then(|| written(entry.metadata().ok()?))?
        });
        times.max()
    }
}

/// A function that runs.
#[derive(Debug)]
pub(super) struct Running<'a> {
    functions: &'a Functions,
    process: Arc<Process>,
    events: Events,
    name: String,
    time: Duration,
    end: Instant,
}

/// What a running function has to say next.
#[derive(Debug)]
pub(super) enum Next {
    Ended(Outcome),
    /// It asks the platform for something, and waits for [`Running::reply`].
    Fetch(Fetch),
}

impl Running<'_> {
    /// Waits for what comes next, as long as the function may run.
    pub(super) async fn next(&mut self) -> Next {
        let Events { fetches, outcome } = &mut self.events;
        let next = async {
            match fetches.recv().await {
                Some(fetch) => Ok(Next::Fetch(fetch)),
                // no more comes after the outcome, and none without it
                None => outcome.await.map(Next::Ended),
            }
        };
        match timeout_at(self.end, next).await {
            Ok(Ok(next)) => next,
            Ok(Err(_)) => Next::Ended(failed(&self.process.reason())),
            Err(_) => {
                let overdue = overdue(&self.name, self.time);
                self.functions.end(&self.process, &overdue).await;
                Next::Ended(failed(&overdue))
            }
        }
    }

    /// Answers what the function asked for.
    pub(super) async fn reply(&self, to: &Fetch, mut answer: Value) -> Result<(), Error> {
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("reply".to_owned(), json!(to.id));
        }
        self.process.send(&answer).await
    }
}

/// What everybody gets who waits for the process.
fn overdue(name: &str, time: Duration) -> String {
    let time = time.as_secs();
    format!("the function {name} took more than {time} s: it was ended with all that it started")
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed {
        message: message.to_owned(),
        stack: String::new(),
    }
}
