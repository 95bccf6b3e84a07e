//! What the process says, line by line.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Event, Log, Waiting, lock};

/// The longest answer of a function: more than the 5 MB that the platform allows, in bytes.
const MAX_LINE: usize = 6 << 20;

/// A request of a function to the platform.
#[derive(Debug, Deserialize)]
pub(in crate::forge) struct Fetch {
    pub(in crate::forge) id: u64,
    call: Option<u64>,
    /// What `@forge/api` names: the kind, the product or the remote.
    pub(in crate::forge) target: Value,
    pub(in crate::forge) path: String,
    pub(in crate::forge) method: String,
    pub(in crate::forge) headers: BTreeMap<String, String>,
    pub(in crate::forge) body: Option<String>,
}

/// A line of the process.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
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

/// One line of the runner, or something that the function wrote past it.
pub(super) fn read(line: &[u8], mark: &str, waiting: &Waiting, log: &Mutex<Log>) {
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

/// Reads lines until the end.
///
/// # Errors
/// When one is longer than any answer may be: nothing after it is read.
pub(super) async fn each_line(
    mut from: impl AsyncRead + Unpin,
    mut on_line: impl FnMut(&[u8]),
) -> Result<(), String> {
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
                return Err("the function answered with more than 6 MiB: it was ended".to_owned());
            }
        }
    }
    Ok(())
}
