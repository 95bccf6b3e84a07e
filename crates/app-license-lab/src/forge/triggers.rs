//! What the platform calls by itself: schedules, events, web requests, queues.

use std::time::Duration;

use app_license::State;
use app_license_testkit::{Invocation, Tenant, TriggerForm};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ForgeApp;
use super::bridge::FunctionRun;
use super::functions::Outcome;
use super::manifest::TriggerModule;
use crate::action::Action;
use crate::error::Error;

/// How long the platform lets what is no resolver run, unless the manifest says more.
const TIME: Duration = Duration::from_secs(55);

/// A trigger that somebody presses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TriggerCall {
    site: String,
    /// The key of its module.
    key: String,
    /// Which of its events; the first unless said.
    #[serde(default)]
    event: Option<String>,
    /// Goes over what the lab would send: fields of the event, of the web request, of the queue.
    #[serde(default)]
    payload: Option<Value>,
    /// The token of a remote's trigger as the platform's page has it, and not as it was recorded.
    #[serde(default)]
    documented: bool,
    /// What a function pushed, in place of somebody's click.
    #[serde(skip)]
    job: Option<QueuedJob>,
}

/// The event of a queue.
#[derive(Debug, Clone, Default)]
struct QueuedJob {
    job: String,
    event: String,
    /// How many queues led to it.
    chain: u32,
}

impl TriggerCall {
    /// A schedule whose time has come.
    pub(super) fn scheduled(site: &str, key: &str) -> Self {
        Self {
            site: site.to_owned(),
            key: key.to_owned(),
            ..Self::default()
        }
    }
}

impl TriggerCall {
    /// An event for a consumer.
    pub(super) fn queued(
        site: &str,
        key: &str,
        body: &Value,
        job: (&str, &str),
        chain: u32,
    ) -> Self {
        let (job, event) = (job.0.to_owned(), job.1.to_owned());
        Self {
            payload: Some(body.clone()),
            job: Some(QueuedJob { job, event, chain }),
            ..Self::scheduled(site, key)
        }
    }
}

impl ForgeApp {
    /// Calls what a trigger names.
    ///
    /// # Errors
    /// When there is no such trigger, or the app is not installed. A function that fails is in the
    /// answer.
    pub(crate) async fn trigger(&self, call: &TriggerCall) -> Result<Value, Error> {
        let tenant = self.tenant(&call.site)?;
        let mut all = self.manifest.triggers.iter();
        let found = all.find(|it| it.key == call.key);
        let unknown = || Error::Option(format!("the manifest has no trigger `{}`", call.key));
        let trigger = found.ok_or_else(unknown)?;
        if trigger.licensed_only && tenant.snapshot().state != State::Active {
            let why = format!("{} is skipped: filter.appIsLicensed", trigger.key);
            self.lab.note(Some(&call.site), &why);
            return Ok(json!({"skipped": why}));
        }
        // nobody is behind it
        let tenant = tenant.anonymous();
        let first = self.event(&tenant, trigger, call)?;
        if let Some(key) = &trigger.endpoint {
            return self.to_endpoint(&tenant, trigger, key, &first, call).await;
        }
        let Some(key) = &trigger.function else {
            let key = &trigger.key;
            return Err(Error::Option(format!("trigger `{key}` names no function")));
        };
        let function = self.function(key)?;
        let second = match trigger.kind.as_str() {
            "scheduledTrigger" => tenant.scheduled_context()?,
            _ => tenant.function_context()?,
        };
        let name = format!("{key} by {}", trigger.key);
        let args = vec![first, second];
        let run = FunctionRun {
            module: &trigger.key,
            function,
            name: &name,
            args,
            time: TIME,
            chain: call.job.as_ref().map_or(0, |job| job.chain),
        };
        let outcome = self.run(&tenant, run).await?;
        Ok(match outcome {
            Outcome::Returned(value) => json!({"result": value}),
            Outcome::Failed { message, .. } => json!({"error": message}),
        })
    }

    async fn to_endpoint(
        &self,
        tenant: &Tenant,
        trigger: &TriggerModule,
        key: &str,
        body: &Value,
        call: &TriggerCall,
    ) -> Result<Value, Error> {
        let endpoint = self.endpoint(key);
        let missing = || Error::Option(format!("the manifest has no endpoint `{key}`"));
        let path = match endpoint.ok_or_else(missing)?.path.as_str() {
            "" => "/",
            path => path,
        };
        let form = if call.documented {
            TriggerForm::Documented
        } else {
            TriggerForm::Recorded
        };
        let invocation = match trigger.kind.as_str() {
            "trigger" => Invocation::trigger(&trigger.key, form),
            _ => Invocation::function(&trigger.key),
        };
        let request = tenant.invoke("POST", path, &invocation)?;
        let request = request.and_body("application/json", body.to_string());
        let title = format!("{} calls the remote", trigger.key);
        Ok(self.answered(tenant, &request, &title).await)
    }

    /// The first argument of the function, or the body that the remote gets.
    fn event(
        &self,
        tenant: &Tenant,
        trigger: &TriggerModule,
        call: &TriggerCall,
    ) -> Result<Value, Error> {
        let cloud = tenant.site().cloud_id()?;
        let context = json!({
            "cloudId": cloud, "moduleKey": trigger.key, "userAccess": {"enabled": false},
        });
        let mut event = match trigger.kind.as_str() {
            "webtrigger" => json!({
                "method": "GET", "path": format!("/x1/{}", trigger.key), "userPath": null,
                "headers": {"accept": ["*/*"]}, "queryParameters": {}, "body": "",
                "context": context,
            }),
            "consumer" => {
                let body = call.payload.clone().unwrap_or_else(|| json!({}));
                let (job, event) = match &call.job {
                    Some(it) => (it.job.clone(), it.event.clone()),
                    None => (tenant.installation_ari()?, tenant.installation_ari()?),
                };
                return Ok(match &trigger.method {
                    Some(method) => json!({
                        "call": {"functionKey": method, "payload": body, "jobId": job},
                        "context": context,
                    }),
                    None => json!({
                        "body": body, "queueName": trigger.queue, "jobId": job, "eventId": event,
                        "context": context,
                    }),
                });
            }
            "trigger" => {
                let named = call.event.as_ref().or_else(|| trigger.events.first());
                match named.map(String::as_str) {
                    Some(name) if name.starts_with("avi:forge:") => {
                        let sent = tenant.forge_lifecycle(name)?;
                        sent.first().map(|it| it.json()).unwrap_or_default()
                    }
                    name => json!({"eventType": name, "context": context}),
                }
            }
            _ => json!({"context": context}),
        };
        if let (Some(fields), Some(Value::Object(own))) = (event.as_object_mut(), &call.payload) {
            fields.extend(own.clone());
        }
        Ok(event)
    }

    /// Before a move: the platform asks an app before it goes.
    pub(crate) async fn before_move(&self, site: &str, action: &Action) {
        if matches!(action, Action::Uninstall) {
            let of = |trigger: &TriggerModule| (trigger.kind == "preUninstall").then_some(None);
            self.press(site, of).await;
        }
    }

    /// After a move: lifecycle events reach the functions, too. A remote gets them by the move.
    pub(crate) async fn after_move(&self, site: &str, action: &Action) {
        let event = match action {
            Action::Install | Action::Reinstall => "avi:forge:installed:app",
            Action::UpgradeApp { .. } => "avi:forge:upgraded:app",
            _ => return,
        };
        let of = |trigger: &TriggerModule| {
            let listens = trigger.function.is_some() && trigger.events.iter().any(|it| it == event);
            listens.then(|| Some(event.to_owned()))
        };
        self.press(site, of).await;
    }

    async fn press(&self, site: &str, of: impl Fn(&TriggerModule) -> Option<Option<String>>) {
        for trigger in &self.manifest.triggers {
            let Some(event) = of(trigger) else { continue };
            let call = TriggerCall {
                site: site.to_owned(),
                key: trigger.key.clone(),
                event,
                ..TriggerCall::default()
            };
            self.try_trigger(&call).await;
        }
    }

    /// A trigger that nobody waits for: what goes wrong is in the journal.
    pub(super) async fn try_trigger(&self, call: &TriggerCall) {
        if let Err(error) = self.trigger(call).await {
            let why = format!("{}: {error}", call.key);
            self.lab.note(Some(&call.site), &why);
        }
    }
}
