//! Calls to the app's remote, with an invocation token that the lab signs.

use std::collections::BTreeMap;

use app_license_testkit::{Invocation, SignedRequest, Tenant};
use axum::http::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ForgeApp;
use super::manifest::EndpointModule;
use super::process::Fetch;
use crate::error::Error;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// The most headers of a page's own.
const MAX_HEADERS: usize = 50;
/// Headers that the platform sets, or that the connection is about.
const OURS: [&str; 10] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "origin",
    "referer",
    "transfer-encoding",
    "upgrade",
];

/// A page's call to a remote.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RemoteCall {
    site: String,
    /// The key of the module.
    module: String,
    #[serde(default)]
    extension: Option<Value>,
    path: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Text as it is; anything else as JSON.
    #[serde(default)]
    body: Value,
}

/// What a call is made of.
struct Parts<'a> {
    method: &'a str,
    target: String,
    headers: &'a BTreeMap<String, String>,
    body: Option<(String, String)>,
}

impl ForgeApp {
    /// What `invokeRemote` and `requestRemote` of a page answer: status, headers, body.
    ///
    /// # Errors
    /// When the path or the method is none. What the remote says is no error.
    pub(crate) async fn remote(&self, call: &RemoteCall) -> Result<Value, Error> {
        let tenant = self.tenant(&call.site)?;
        let page = self.page(&call.module)?;
        let endpoint = page.endpoint.as_deref().and_then(|key| self.endpoint(key));
        let base = endpoint.map_or("", |it| it.path.as_str());
        let target = target(base, &call.path)?;
        let body = match &call.body {
            Value::Null => None,
            Value::String(text) => Some(("text/plain;charset=UTF-8".to_owned(), text.clone())),
            json => Some(("application/json".to_owned(), json.to_string())),
        };
        let parts = Parts {
            method: call.method.as_deref().unwrap_or("GET"),
            target,
            headers: &call.headers,
            body,
        };
        let invocation = Invocation::ui(&page.key).of_type(token_type(&page.kind));
        let request = self.request(&tenant, &invocation, parts)?;
        let context = self.page_context(&tenant, page, call.extension.as_ref())?;
        let request = self
            .lab
            .with_context(&tenant, &invocation, request, context)?;
        let title = format!("{} calls the remote", page.key);
        Ok(self.answered(&tenant, &request, &title).await)
    }

    pub(super) fn endpoint(&self, key: &str) -> Option<&EndpointModule> {
        self.manifest.endpoints.iter().find(|it| it.key == key)
    }

    fn request(
        &self,
        tenant: &Tenant,
        invocation: &Invocation,
        parts: Parts<'_>,
    ) -> Result<SignedRequest, Error> {
        let wanted = parts.method.to_ascii_uppercase();
        let method = METHODS.iter().find(|it| **it == wanted);
        let method = method
            .ok_or_else(|| Error::Option(format!("`{}` is no method of a remote", parts.method)))?;
        let mut request = tenant.invoke(method, &parts.target, invocation)?;
        if let Some((kind, body)) = parts.body {
            let own = parts.headers.iter();
            let mut own = own.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            let kind = own.next().map_or(kind, |(_, value)| value.clone());
            request = request.and_body(&kind, body);
        }
        for (name, value) in parts.headers.iter().take(MAX_HEADERS) {
            let name = name.to_ascii_lowercase();
            let ours = OURS.contains(&&*name)
                || ["x-forge-", "x-b3-", "sec-", "proxy-"]
                    .iter()
                    .any(|head| name.starts_with(head));
            let plain = value
                .bytes()
                .all(|b| b == b'\t' || (b' '..=b'~').contains(&b));
            if !ours && plain && HeaderName::from_bytes(name.as_bytes()).is_ok() {
                request = request.and_header(&name, value);
            }
        }
        Ok(request)
    }

    /// Delivers a call; what the remote says, as the bridge hands it over.
    pub(super) async fn answered(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
    ) -> Value {
        let (answer, whole) = self.lab.deliver_whole(tenant, request, title).await;
        match whole {
            Some(delivery) => json!({
                "status": delivery.status(),
                "headers": delivery.headers().collect::<BTreeMap<_, _>>(),
                "body": delivery.text(),
            }),
            None => json!({
                "status": 502,
                "headers": {"content-type": "text/plain"},
                "body": format!("the lab could not reach the remote: {}", answer.text),
            }),
        }
    }

    /// A function's call to the remote.
    pub(super) async fn remote_of_function(
        &self,
        tenant: &Tenant,
        module: &str,
        fetch: &Fetch,
    ) -> Result<Value, Error> {
        let body = fetch.body.clone();
        let parts = Parts {
            method: &fetch.method,
            target: target("", &fetch.path)?,
            headers: &fetch.headers,
            body: body.map(|body| ("text/plain;charset=UTF-8".to_owned(), body)),
        };
        let request = self.request(tenant, &Invocation::function(module), parts)?;
        let title = format!("a function of {module} calls the remote");
        Ok(self.answered(tenant, &request, &title).await)
    }
}

/// Path and query of the remote.
fn target(base: &str, path: &str) -> Result<String, Error> {
    let joint = if path.starts_with('/') { "" } else { "/" };
    let target = format!("{}{joint}{path}", base.trim_end_matches('/'));
    let plain = |b: u8| b.is_ascii_graphic() && !b"#\\".contains(&b);
    if !target.starts_with('/') || target.starts_with("//") || !target.bytes().all(plain) {
        return Err(Error::Option(format!(
            "`{path}` is no path of a remote: expected `/path?query`, encoded"
        )));
    }
    Ok(target)
}

/// What the token calls a module of this type.
fn token_type(kind: &str) -> &str {
    if kind == "macro" { "xen:macro" } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_stays_on_the_remote() {
        assert_eq!(target("", "/a?b=c").unwrap(), "/a?b=c");
        assert_eq!(target("/v1/", "a").unwrap(), "/v1/a");
        for path in [
            "//evil.example/",
            "/a b",
            "/a#b",
            "/\\evil",
            "/a\r\nHost: b",
        ] {
            assert!(target("", path).is_err(), "{path}");
        }
        // without a slash in front it would be part of the host's name
        assert_eq!(target("", "@evil.example").unwrap(), "/@evil.example");
    }
}
