//! What the process says, line by line.

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;

use super::super::log::Log;
use super::call::{Call, Fetch, MAX_WAITING, Outcome, Waiting, lock};

/// The longest answer of a function: more than the 5 MB that the platform allows, in bytes.
const MAX_LINE: usize = 6 << 20;

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

/// One line of the runner, or something that the function wrote past it; what the process is answered
/// at once.
pub(super) fn read(line: &[u8], mark: &str, waiting: &Waiting, log: &Mutex<Log>) -> Option<String> {
    let parsed = line.strip_prefix(mark.as_bytes());
    let parsed = parsed.and_then(|json| serde_json::from_slice::<Line>(json).ok());
    let Some(line) = parsed else {
        let text = String::from_utf8_lossy(line);
        lock(log).add("output", &text, None);
        return None;
    };
    if let Some(printed) = line.log {
        let function = printed.call.and_then(|call| {
            let calls = lock(waiting);
            calls.get(&call).map(|call| call.what.clone())
        });
        lock(log).add(&printed.level, &printed.text, function);
        return None;
    }
    if let Some(fetch) = line.fetch {
        let mut calls = lock(waiting);
        let call = fetch.call.and_then(|call| calls.get_mut(&call))?;
        return call.fetch(fetch, log);
    }
    let found = line.call.and_then(|call| lock(waiting).remove(&call));
    if let Some(call) = found {
        let outcome = match line.error {
            Some(message) => Outcome::Failed {
                message,
                stack: line.stack,
            },
            None => Outcome::Returned(line.result),
        };
        // somebody who no longer waits has gone over the time
        let _ = call.outcome.send(outcome);
    }
    None
}

impl Call {
    /// Passes on what a function asks for, or answers it at once where too much waits already: the log
    /// says so once a call.
    fn fetch(&mut self, fetch: Fetch, log: &Mutex<Log>) -> Option<String> {
        use mpsc::error::TrySendError;
        let fetch = match self.fetches.try_send(fetch) {
            Ok(()) => return None,
            // somebody who no longer waits has gone over the time
            Err(TrySendError::Closed(_)) => return None,
            Err(TrySendError::Full(fetch)) => fetch,
        };
        let why = format!("more than {MAX_WAITING} requests of one call wait for the lab");
        if !self.refused {
            self.refused = true;
            let text = format!("status 429: {why}");
            lock(log).add("error", &text, Some(self.what.clone()));
        }
        let body = json!({"code": "TOO_MANY_REQUESTS", "message": why}).to_string();
        let headers = json!({"content-type": "application/json"});
        let answer = json!({"reply": fetch.id, "status": 429, "headers": headers, "body": body});
        Some(format!("{answer}\n"))
    }
}

/// Reads lines until the end, and sends what `on_line` answers.
///
/// # Errors
/// When one is longer than any answer may be: nothing after it is read.
pub(super) async fn each_line(
    mut from: impl AsyncRead + Unpin,
    replies: Option<mpsc::WeakSender<String>>,
    mut on_line: impl FnMut(&[u8]) -> Option<String>,
) -> Result<(), String> {
    let mut line = Vec::new();
    let mut chunk = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let read = chunk.get(..count).unwrap_or_default();
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.pop_if(|last| *last == b'\n').is_some() {
                if let Some(reply) = on_line(&line)
                    && let Some(replies) = replies.as_ref().and_then(mpsc::WeakSender::upgrade)
                {
                    // a thread of the process reads it, whatever its functions do; after the end of
                    // the process there is nobody to answer
                    let _ = replies.send(reply).await;
                }
                line.clear();
            } else if line.len() > MAX_LINE {
                return Err("the function answered with more than 6 MiB: it was ended".to_owned());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: u64) -> String {
        format!(
            r#"M{{"fetch":{{"id":{id},"call":1,"target":{{}},"path":"/","method":"POST","headers":{{}},"body":null}}}}"#
        )
    }

    #[tokio::test]
    async fn more_than_may_wait_is_answered_and_the_result_arrives() {
        let (waiting, log) = (Waiting::default(), Mutex::new(Log::default()));
        let (call, mut events) = Call::new("export");
        lock(&waiting).insert(1, call);
        let say = |line: &str| read(line.as_bytes(), "M", &waiting, &log);
        for id in 0..64 {
            assert_eq!(say(&asked(id)), None);
        }
        for id in 64..100 {
            let reply = say(&asked(id)).unwrap();
            let reply: Value = serde_json::from_str(reply.strip_suffix('\n').unwrap()).unwrap();
            assert_eq!(
                (&reply["reply"], &reply["status"]),
                (&json!(id), &json!(429))
            );
        }
        assert_eq!(lock(&log).lines().len(), 1);
        // the channel is full: the result has a way of its own, and comes after what was asked before
        assert_eq!(say(r#"M{"call":1,"result":{"rows":3}}"#), None);
        let mut ids = Vec::new();
        while let Some(fetch) = events.fetches.recv().await {
            ids.push(fetch.id);
        }
        assert_eq!(ids, (0..64).collect::<Vec<_>>());
        let outcome = events.outcome.await.unwrap();
        assert!(matches!(outcome, Outcome::Returned(it) if it == json!({"rows": 3})));
    }

    #[tokio::test]
    async fn a_call_whose_process_ended_has_no_outcome() {
        let waiting = Waiting::default();
        let (call, mut events) = Call::new("export");
        lock(&waiting).insert(1, call);
        lock(&waiting).clear();
        assert!(events.fetches.recv().await.is_none());
        assert!(events.outcome.await.is_err());
    }
}
