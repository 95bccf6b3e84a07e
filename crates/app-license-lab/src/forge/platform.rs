//! What a function asks of the platform by `@forge/api`, `@forge/kvs` and `@forge/events`: its
//! remote, the License API, its store and its queues are here, of the products a handful of calls.

use app_license_testkit::Tenant;
use serde_json::{Value, json};

use super::ForgeApp;
use super::bridge::Asker;
use super::process::Fetch;
use super::product::{self, not_here};
use super::storage::{Storage, answer_graphql};

/// Where older versions of `@forge/api` find the store.
const GRAPHQL: &str = "/forge/entities/graphql";
/// Where the License API is.
const LICENSE: &str = "/forge/app/v1/license";

impl ForgeApp {
    /// What the platform answers: status, headers, body.
    pub(super) async fn answer_fetch(
        &self,
        tenant: &Tenant,
        asker: &Asker<'_>,
        fetch: &Fetch,
    ) -> Value {
        let word = |name: &str| fetch.target.get(name).and_then(Value::as_str);
        let body = || serde_json::from_str(fetch.body.as_deref().unwrap_or_default());
        let body = body().unwrap_or(Value::Null);
        let refused = |why: &str| answered(501, &not_here(why));
        let found = match (word("type"), word("remote")) {
            (Some("frc"), Some(_)) => {
                let answer = self.remote_of_function(tenant, asker.module, fetch).await;
                return answer.unwrap_or_else(|error| refused(&error.to_string()));
            }
            (Some("kvs"), _) | (_, Some("kvs")) => self.stored(tenant, |storage| {
                storage.answer(&fetch.path, &body, &self.manifest.entities, self.now())
            }),
            (_, Some("stargate")) if fetch.path == GRAPHQL => self.stored(tenant, |storage| {
                answer_graphql(storage, &body, &self.manifest.entities, self.now())
            }),
            (_, Some("stargate")) if fetch.path.starts_with(LICENSE) => {
                let id = self.lab.app().forge_id().unwrap_or_default();
                match tenant.forge_license_record() {
                    Ok(data) => Some((200, json!({"results": [{"appId": id, "data": data}]}))),
                    Err(error) => return refused(&error.to_string()),
                }
            }
            (_, Some("stargate")) => self.queued(tenant, &fetch.path, &body, asker.chain),
            (_, Some(name)) => {
                let call = product::Call {
                    product: name,
                    method: &fetch.method,
                    path: &fetch.path,
                    extension: asker.extension.as_ref(),
                };
                product::answer(tenant, &call)
            }
            _ => None,
        };
        if let Some((status, body)) = found {
            return answered(status, &body);
        }
        let product = word("remote").unwrap_or("platform");
        let (method, path) = (&fetch.method, &fetch.path);
        let why = format!("{product}: {method} {path} is not here");
        self.lab.note(Some(tenant.site().name()), &why);
        refused(&why)
    }

    /// Asks the store of an installation; another installation begins with an empty one.
    fn stored<T>(&self, tenant: &Tenant, ask: impl FnOnce(&mut Storage) -> T) -> T {
        let installation = tenant.installation_ari().unwrap_or_default();
        let mut state = self.state();
        let site = tenant.site().name().to_owned();
        let (owner, storage) = state.storage.entry(site).or_default();
        if *owner != installation {
            *owner = installation;
            *storage = Storage::default();
        }
        ask(storage)
    }
}

/// An answer as the process gets it.
fn answered(status: u16, body: &Value) -> Value {
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = json!({"content-type": "application/json"});
    json!({"status": status, "headers": headers, "body": text})
}
