//! What the product answers to a page: its context, and its resolver.

use std::time::Duration;

use app_license::forge::UiContext;
use app_license_testkit::Tenant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::functions::{Call, Functions, Next, Outcome};
use super::manifest::{FunctionModule, PageModule};
use super::{ForgeApp, extension};
use crate::error::Error;

/// How long the platform lets a resolver run.
const RESOLVER_TIME: Duration = Duration::from_secs(25);
/// The longest a function may run, in seconds.
const MAX_TIME: u64 = 900;

/// The largest payload that the platform takes of a page, in bytes; a larger one is noted.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/limits-invocation/>
const MAX_PAYLOAD: usize = 500_000;

/// Who calls: a page of a module on a site.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PageCall {
    pub(super) site: String,
    /// The key of the module.
    pub(super) module: String,
    /// `extension` of the context, in place of the one that the module's kind has.
    #[serde(default)]
    pub(super) extension: Option<Value>,
    /// What is called, and with what.
    #[serde(default)]
    function_key: String,
    #[serde(default)]
    payload: Value,
}

/// A function that is called.
pub(super) struct FunctionRun<'a> {
    /// The key of the module that it is called for.
    pub(super) module: &'a str,
    pub(super) function: &'a FunctionModule,
    /// What is called, for people.
    pub(super) name: &'a str,
    pub(super) args: Vec<Value>,
    /// How long it may run, unless the manifest says so.
    pub(super) time: Duration,
    /// How many queues led to it.
    pub(super) chain: u32,
}

/// A function that asks the platform for something.
pub(super) struct Asker<'a> {
    pub(super) module: &'a str,
    /// `extension` of the context that it was called with.
    pub(super) extension: Option<Value>,
    pub(super) chain: u32,
}

impl ForgeApp {
    /// What `view.getContext()` answers.
    pub(crate) fn context(&self, call: &PageCall) -> Result<Value, Error> {
        let tenant = self.tenant(&call.site)?;
        self.page_context(&tenant, self.page(&call.module)?, call.extension.as_ref())
    }

    /// What a UI Kit page would get, which runs in the platform's own frame alone: its context,
    /// and what a frontend with that context grants.
    pub(crate) fn kit(&self, call: &PageCall) -> Result<Value, Error> {
        let context = self.context(call)?;
        let read = UiContext::parse(context.to_string().as_bytes())?;
        let (rules, now) = (&self.lab.rules, self.now());
        let license = read.license();
        let decisions = rules.decisions(&|needs| license.decide(&rules.policy, needs, now));
        Ok(json!({"context": context, "decisions": decisions}))
    }

    pub(super) fn page_context(
        &self,
        tenant: &Tenant,
        page: &PageModule,
        own: Option<&Value>,
    ) -> Result<Value, Error> {
        let extension = own.cloned().unwrap_or_else(|| extension::of_page(page));
        let mut context = self.lab.ui_context(tenant, &page.key, Some(extension))?;
        let stated = self
            .manifest
            .permissions
            .get("scopes")
            .filter(|it| it.is_array());
        if let (Some(scopes), Some(found)) = (stated, context.pointer_mut("/permissions/scopes")) {
            *found = scopes.clone();
        }
        Ok(context)
    }

    /// What `invoke(functionKey, payload)` answers.
    ///
    /// # Errors
    /// When the module has no resolver, there are no functions, or the function fails: its
    /// message, as the page gets it.
    pub(crate) async fn invoke(&self, call: &PageCall) -> Result<Value, Error> {
        let tenant = self.tenant(&call.site)?;
        let page = self.page(&call.module)?;
        let Some(resolver) = &page.function else {
            let why = match &page.endpoint {
                Some(_) => "its resolver is an endpoint: call it by `invokeRemote`",
                None => "it has no `resolver.function` in the manifest",
            };
            let key = &page.key;
            return Err(Error::Option(format!("module `{key}`: {why}")));
        };
        let function = self.function(resolver)?;
        let bytes = call.payload.to_string().len();
        if bytes > MAX_PAYLOAD {
            let why =
                format!("a payload of {bytes} bytes: the platform takes {MAX_PAYLOAD} of a page");
            self.lab.note(Some(&call.site), &why);
        }
        // the browser's half: the platform puts the license in beside it
        let mut context = self.page_context(&tenant, page, call.extension.as_ref())?;
        if let Some(fields) = context.as_object_mut() {
            fields.remove("license");
        }
        let request = json!({
            "call": {"functionKey": call.function_key, "payload": call.payload},
            "context": context,
        });
        let platform = tenant.function_context()?;
        let name = format!("{resolver}/{}", call.function_key);
        let args = vec![request, platform];
        let run = FunctionRun {
            module: &page.key,
            function,
            name: &name,
            args,
            time: RESOLVER_TIME,
            chain: 0,
        };
        match self.run(&tenant, run).await? {
            Outcome::Returned(value) => Ok(value),
            Outcome::Failed { message, .. } => Err(Error::Function(message)),
        }
    }

    /// Calls a function of a module's resolver as its page does; the first that has one unless said.
    pub(crate) async fn call(
        &self,
        site: &str,
        module: Option<&str>,
        function: &str,
        payload: &Value,
    ) -> Result<Value, Error> {
        let found = self.manifest.pages.iter().find(|page| match module {
            Some(key) => page.key == key,
            None => page.function.is_some(),
        });
        let missing = || Error::Option("the manifest has no module with a resolver".to_owned());
        let call = PageCall {
            site: site.to_owned(),
            module: found.ok_or_else(missing)?.key.clone(),
            extension: None,
            function_key: function.to_owned(),
            payload: payload.clone(),
        };
        self.invoke(&call).await
    }

    pub(super) fn function(&self, key: &str) -> Result<&FunctionModule, Error> {
        let found = self.manifest.functions.iter().find(|it| it.key == key);
        found.ok_or_else(|| Error::Option(format!("the manifest has no function `{key}`")))
    }

    /// Runs a function and keeps what came of it.
    pub(super) async fn run(
        &self,
        tenant: &Tenant,
        run: FunctionRun<'_>,
    ) -> Result<Outcome, Error> {
        let (module, name) = (run.module, run.name);
        let Some(functions) = &self.functions else {
            return Err(Error::Option(format!(
                "`{name}` is a function, and the lab has none: start it with --functions"
            )));
        };
        let stated = run.function.timeout.map(|it| it.clamp(1, MAX_TIME));
        let extension = run
            .args
            .first()
            .and_then(|it| it.pointer("/context/extension"));
        let asker = Asker {
            module,
            extension: extension.cloned(),
            chain: run.chain,
        };
        let call = Call {
            name: name.to_owned(),
            handler: run.function.handler.clone(),
            args: run.args.clone(),
            context: self.runtime_context(tenant, module)?,
            time: stated.map_or(run.time, Duration::from_secs),
        };
        let mut running = functions.start(call).await?;
        let outcome = loop {
            match running.next().await {
                Next::Ended(outcome) => break outcome,
                Next::Fetch(fetch) => {
                    let answer = self.answer_fetch(tenant, &asker, &fetch).await;
                    running.reply(&fetch, answer).await?;
                }
            }
        };
        self.record_call(tenant, name, &run.args, &outcome);
        Ok(outcome)
    }

    /// What `getAppContext()` of `@forge/api` makes ARIs of.
    fn runtime_context(&self, tenant: &Tenant, module: &str) -> Result<Value, Error> {
        let context = tenant.app_context(module)?;
        let last = |name: &str| {
            let text = context.get(name).and_then(Value::as_str);
            text.and_then(|it| it.rsplit('/').next())
                .unwrap_or_default()
                .to_owned()
        };
        let mut runtime = context.clone();
        if let Some(fields) = runtime.as_object_mut() {
            for (name, value) in [
                ("appId", last("appAri")),
                ("environmentId", last("environmentAri")),
                ("installationId", last("installationAri")),
            ] {
                fields.insert(name.to_owned(), json!(value));
            }
        }
        Ok(runtime)
    }

    /// The lines of the functions.
    pub(crate) fn function_log(&self) -> Value {
        json!(self.functions.as_ref().map(Functions::log))
    }
}
