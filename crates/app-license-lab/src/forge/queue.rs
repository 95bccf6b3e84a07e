//! Queues of `@forge/events`: what a function pushes goes to the consumers of the manifest, after
//! the call that pushed it, as the platform does it.
//!
//! Platform page: <https://developer.atlassian.com/platform/forge/runtime-reference/async-events-api/>

use std::sync::{Arc, Weak};

use app_license_testkit::Tenant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ForgeApp;
use super::queues::{Job, MAX_JOBS, MAX_WAITING, Waiting};
use super::storage::StorageResponse;
use super::triggers::TriggerCall;

/// The most events of one push.
const MAX_EVENTS: usize = 50;
/// The most bytes of one push.
const MAX_BYTES: usize = 200 << 10;
/// The longest delay, in seconds.
const MAX_DELAY: u64 = 900;
/// How many queues may lead to each other: the platform allows more, and stops them as well.
const MAX_CHAIN: u32 = 100;

/// What `@forge/events` sends to push.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Push {
    queue_name: String,
    job_id: String,
    payload: Vec<PushedEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PushedEvent {
    body: Value,
    #[serde(default)]
    delay_in_seconds: u64,
}

impl ForgeApp {
    /// Answers a request of `@forge/events`; `None` for one that the lab does not have.
    pub(super) fn queued(
        &self,
        tenant: &Tenant,
        path: &str,
        body: &Value,
        chain: u32,
    ) -> Option<StorageResponse> {
        let verb = path.strip_prefix("/webhook/queue/")?;
        let verb = verb.split('/').next().unwrap_or_default();
        let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let job = word("jobId");
        Some(match verb {
            "publish" => self.push(tenant, body, chain),
            "stats" | "cancel" => {
                let mut state = self.state();
                let queues = &mut state.queues;
                let Some(found) = queues.job(job).filter(|it| it.queue == word("queueName")) else {
                    return Some((404, error("no such job")));
                };
                if verb == "stats" {
                    let (success, failed) = (found.success, found.failed);
                    let body = json!({
                        "success": success, "failed": failed, "inProgress": found.in_progress,
                    });
                    return Some((200, body));
                }
                found.in_progress = 0;
                queues.waiting.retain(|it| it.job != job);
                (204, Value::Null)
            }
            _ => return None,
        })
    }

    fn push(&self, tenant: &Tenant, body: &Value, chain: u32) -> StorageResponse {
        if chain >= MAX_CHAIN {
            return (405, error("queues that lead to each other without an end"));
        }
        if body
            .get("payload")
            .is_some_and(|it| it.to_string().len() > MAX_BYTES)
        {
            let why = "the events of a push have more than 200 KiB";
            return (413, json!({"errorMessage": why}));
        }
        let push = match Push::deserialize(body) {
            Ok(push) if (1..=MAX_EVENTS).contains(&push.payload.len()) => push,
            Ok(_) => return (400, error("a push has 1 to 50 events")),
            Err(why) => return (400, error(&why.to_string())),
        };
        let queue = push.queue_name;
        if !self
            .manifest
            .triggers
            .iter()
            .any(|it| it.queue.as_ref() == Some(&queue))
        {
            let why = format!("the manifest has no consumer of the queue `{queue}`");
            return (400, error(&why));
        }
        let (site, now) = (tenant.site().name().to_owned(), self.now());
        let mut state = self.state();
        let queues = &mut state.queues;
        let count = push.payload.len();
        if queues.waiting.len().saturating_add(count) > MAX_WAITING {
            return (429, error("more than 1,000 events wait"));
        }
        let mut later = None;
        for event in push.payload {
            queues.pushed = queues.pushed.saturating_add(1);
            let due = now.plus(event.delay_in_seconds.min(MAX_DELAY));
            later = later.max(Some(due).filter(|due| *due > now));
            queues.waiting.push_back(Waiting {
                site: site.clone(),
                queue: queue.clone(),
                job: push.job_id.clone(),
                event: format!("{}#{}", push.job_id, queues.pushed),
                body: event.body,
                due,
                chain: chain.saturating_add(1),
            });
        }
        if queues.jobs.len() >= MAX_JOBS {
            queues.jobs.pop_front();
        }
        queues.jobs.push_back(Job {
            id: push.job_id,
            queue: queue.clone(),
            success: 0,
            failed: 0,
            in_progress: count,
        });
        drop(state);
        if let Some(due) = later {
            let why = format!("{queue}: an event waits until the test clock shows {due}");
            self.lab.note(Some(&site), &why);
        }
        self.pushed.notify_one();
        (201, json!({}))
    }

    /// Delivers what waits, one event after the other, for as long as the app is there.
    pub(super) fn consume(app: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let (pushed, app) = (Arc::clone(&app.pushed), Arc::downgrade(app));
        tokio::spawn(async move {
            loop {
                pushed.notified().await;
                let Some(app) = Weak::upgrade(&app) else {
                    return;
                };
                app.deliver_due().await;
            }
        })
    }

    /// Delivers every event whose time has come, and waits for the consumers.
    pub(crate) async fn deliver_due(&self) {
        let _one = self.consuming.lock().await;
        loop {
            let now = self.now();
            let Some(event) = self.state().queues.next(now) else {
                return;
            };
            let well = self.deliver_event(&event).await;
            self.state().queues.done(&event.job, well);
        }
    }

    /// Calls each consumer of the queue; whether all of them took the event.
    async fn deliver_event(&self, event: &Waiting) -> bool {
        let all = self.manifest.triggers.iter();
        let mut well = true;
        for consumer in all.filter(|it| it.queue.as_ref() == Some(&event.queue)) {
            let job = (event.job.as_str(), event.event.as_str());
            let (site, key) = (&event.site, &consumer.key);
            let call = TriggerCall::queued(site, key, &event.body, job, event.chain);
            let answer = self.trigger(&call).await;
            let retry = answer
                .as_ref()
                .ok()
                .and_then(|it| it.pointer("/result/_retry"));
            if retry == Some(&Value::Bool(true)) {
                let why = format!(
                    "{}: the platform would call it again; the lab does not",
                    consumer.key
                );
                self.lab.note(Some(&event.site), &why);
            }
            well &= retry != Some(&Value::Bool(true))
                && answer.as_ref().is_ok_and(|it| it.get("error").is_none());
            if let Err(error) = answer {
                let why = format!("{}: {error}", consumer.key);
                self.lab.note(Some(&event.site), &why);
            }
        }
        well
    }
}

fn error(message: &str) -> Value {
    json!({"code": 400, "message": message})
}
