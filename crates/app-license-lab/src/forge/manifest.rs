//! What the lab needs of a `manifest.yml`: pages, functions, triggers, endpoints.

use serde::Serialize;
use serde_json::{Map, Value};

use super::storage::EntityType;
use crate::error::Error;
use crate::licensing::AppLicensing;

/// The most modules that are read.
const MAX_MODULES: usize = 500;
/// The longest key that the platform takes.
const MAX_KEY: usize = 255;
/// Where a module holds a page besides itself.
const INNER: [&str; 4] = ["view", "edit", "create", "config"];
/// Modules that somebody or something else than a page calls.
const CALLED: [&str; 5] = [
    "scheduledTrigger",
    "trigger",
    "webtrigger",
    "consumer",
    "preUninstall",
];

/// A manifest, as far as the lab plays the platform.
#[derive(Debug, Default)]
pub(crate) struct AppManifest {
    pub(crate) licensing: AppLicensing,
    pub(crate) pages: Vec<PageModule>,
    pub(crate) functions: Vec<FunctionModule>,
    pub(crate) triggers: Vec<TriggerModule>,
    pub(crate) endpoints: Vec<EndpointModule>,
    pub(crate) resources: Vec<Resource>,
    /// What the Custom Entity Store knows.
    pub(crate) entities: Vec<EntityType>,
    /// `permissions`, as it stands.
    pub(crate) permissions: Value,
}

/// A module with a page.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageModule {
    pub(crate) key: String,
    /// Its type, for example `jira:issuePanel`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) title: String,
    /// The key of its resource.
    pub(crate) resource: String,
    /// UI Kit, which runs in the platform's own frame alone.
    pub(crate) native: bool,
    /// The function that its resolver is.
    pub(crate) function: Option<String>,
    /// The endpoint that its resolver is.
    pub(crate) endpoint: Option<String>,
}

/// A function of the app.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FunctionModule {
    pub(crate) key: String,
    /// File and export, for example `index.handler`.
    pub(crate) handler: String,
    /// How long it may run, in seconds, where the manifest says so.
    pub(crate) timeout: Option<u64>,
}

/// What is called by the platform: a schedule, an event, a web request, a queue.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriggerModule {
    pub(crate) key: String,
    /// `scheduledTrigger`, `trigger`, `webtrigger`, `consumer` or `preUninstall`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) function: Option<String>,
    /// The function of a resolver that a consumer calls.
    pub(crate) method: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) events: Vec<String>,
    pub(crate) interval: Option<String>,
    pub(crate) queue: Option<String>,
    /// Skipped on sites without an active license.
    pub(crate) licensed_only: bool,
}

/// An endpoint of a remote.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EndpointModule {
    pub(crate) key: String,
    pub(crate) remote: Option<String>,
    /// Begins with `/`, or is empty.
    pub(crate) path: String,
}

/// A folder of pages.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) key: String,
    pub(crate) path: String,
}

impl AppManifest {
    /// Reads the manifest as JSON. What the lab has no use for is left alone.
    ///
    /// # Errors
    /// When it has no `modules`, or more than the lab shows.
    pub(crate) fn read(manifest: &Value) -> Result<Self, Error> {
        let Some(modules) = manifest.get("modules").and_then(Value::as_object) else {
            let what = "the manifest has no `modules`: expected the manifest.yml of a Forge app";
            return Err(Error::Option(what.to_owned()));
        };
        let all = modules.values().filter_map(Value::as_array).map(Vec::len);
        if all.sum::<usize>() > MAX_MODULES {
            let what = format!("the manifest has more than {MAX_MODULES} modules");
            return Err(Error::Option(what));
        }
        let mut found = Self {
            licensing: AppLicensing::of_manifest(manifest),
            resources: list(manifest.get("resources"))
                .filter_map(|it| {
                    Some(Resource {
                        key: key(it)?,
                        path: text(it.get("path"))?,
                    })
                })
                .collect(),
            entities: list(manifest.pointer("/app/storage/entities"))
                .filter_map(EntityType::read)
                .collect(),
            permissions: manifest.get("permissions").cloned().unwrap_or_default(),
            ..Self::default()
        };
        for (kind, items) in modules {
            for module in list(Some(items)).filter_map(Value::as_object) {
                found.add(kind, module);
            }
        }
        Ok(found)
    }

    fn add(&mut self, kind: &str, module: &Map<String, Value>) {
        let Some(key) = module.get("key").and_then(Value::as_str) else {
            return;
        };
        if key.len() > MAX_KEY {
            return;
        }
        match kind {
            "function" => self.functions.extend(function(key, module)),
            "endpoint" => self.endpoints.push(EndpointModule {
                key: key.to_owned(),
                remote: text(module.get("remote")),
                path: text(module.get("route").and_then(|it| it.get("path"))).unwrap_or_default(),
            }),
            kind if CALLED.contains(&kind) => self.triggers.push(trigger(key, kind, module)),
            kind => self.pages.extend(pages(key, kind, module)),
        }
    }

    /// The page module of a key.
    pub(crate) fn page(&self, key: &str) -> Option<&PageModule> {
        self.pages.iter().find(|page| page.key == key)
    }
}

fn pages(key: &str, kind: &str, module: &Map<String, Value>) -> Vec<PageModule> {
    let resolver = module.get("resolver");
    let named = |name: &str| text(resolver.and_then(|it| it.get(name)));
    let title = match module.get("title") {
        Some(Value::String(title)) => Some(title.clone()),
        other => text(other.and_then(|it| it.get("value"))),
    };
    let title = title
        .or_else(|| text(module.get("name")))
        .unwrap_or_else(|| key.to_owned());
    let page = |inner: Option<&str>, holder: &Map<String, Value>| {
        let suffix = inner.map_or_else(String::new, |name| format!("/{name}"));
        Some(PageModule {
            key: format!("{key}{suffix}"),
            kind: kind.to_owned(),
            title: inner.map_or_else(|| title.clone(), |name| format!("{title} ({name})")),
            resource: text(holder.get("resource"))?,
            native: holder.get("render").or_else(|| module.get("render"))
                == Some(&Value::String("native".to_owned())),
            function: named("function"),
            endpoint: named("endpoint"),
        })
    };
    let inner = INNER.iter().filter_map(|name| {
        let holder = module.get(*name)?.as_object()?;
        page(Some(name), holder)
    });
    page(None, module).into_iter().chain(inner).collect()
}

fn function(key: &str, module: &Map<String, Value>) -> Option<FunctionModule> {
    Some(FunctionModule {
        key: key.to_owned(),
        handler: text(module.get("handler"))?,
        timeout: module.get("timeoutSeconds").and_then(Value::as_u64),
    })
}

fn trigger(key: &str, kind: &str, module: &Map<String, Value>) -> TriggerModule {
    let resolver = |name: &str| text(module.get("resolver").and_then(|it| it.get(name)));
    let events = list(module.get("events")).filter_map(|event| match event {
        Value::String(name) => Some(name.clone()),
        filtered => text(filtered.get("event").or_else(|| filtered.get("name"))),
    });
    let filter = module.get("filter").and_then(|it| it.get("appIsLicensed"));
    TriggerModule {
        key: key.to_owned(),
        kind: kind.to_owned(),
        function: text(module.get("function")).or_else(|| resolver("function")),
        method: resolver("method"),
        endpoint: text(module.get("endpoint")),
        events: events.collect(),
        interval: text(module.get("interval")),
        queue: text(module.get("queue")),
        licensed_only: filter == Some(&Value::Bool(true)),
    }
}

fn key(item: &Value) -> Option<String> {
    text(item.get("key")).filter(|key| key.len() <= MAX_KEY)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_functions_triggers_and_endpoints_are_read() {
        let manifest = AppManifest::read(&json!({
            "app": {"id": "ari:cloud:ecosystem::app/1", "licensing": {"enabled": true}},
            "resources": [{"key": "main", "path": "static/build"}],
            "modules": {
                "jira:issuePanel": [{
                    "key": "panel", "title": "Panel", "resource": "main",
                    "resolver": {"function": "resolver"},
                }],
                "macro": [{"key": "macro", "title": "Macro", "resource": "main",
                           "config": {"resource": "main"}}],
                "jira:globalPage": [{"key": "kit", "title": "Kit", "resource": "main",
                                     "render": "native"}],
                "function": [{"key": "resolver", "handler": "index.handler"}],
                "scheduledTrigger": [{"key": "daily", "function": "resolver", "interval": "day",
                                      "filter": {"appIsLicensed": true}}],
                "consumer": [{"key": "queue", "queue": "jobs",
                              "resolver": {"function": "resolver", "method": "work"}}],
                "endpoint": [{"key": "remote", "remote": "backend", "route": {"path": "/v1"}}],
            },
        }))
        .unwrap();
        let keys: Vec<&str> = manifest.pages.iter().map(|page| &*page.key).collect();
        assert_eq!(keys, ["kit", "panel", "macro", "macro/config"]);
        assert!(manifest.page("kit").unwrap().native);
        assert_eq!(
            manifest.page("panel").unwrap().function.as_deref(),
            Some("resolver")
        );
        assert_eq!(manifest.licensing, AppLicensing::OneEdition);
        let daily = manifest.triggers.iter().find(|it| it.key == "daily");
        assert!(daily.unwrap().licensed_only);
        let queue = manifest.triggers.iter().find(|it| it.key == "queue");
        assert_eq!(queue.unwrap().method.as_deref(), Some("work"));
        assert_eq!(manifest.endpoints[0].path, "/v1");
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        assert!(AppManifest::read(&json!({"name": "package"})).is_err());
        let many: Vec<Value> = (0..600).map(|n| json!({"key": n.to_string()})).collect();
        assert!(AppManifest::read(&json!({"modules": {"macro": many}})).is_err());
    }
}
