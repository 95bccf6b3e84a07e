//! The few calls of the products that pages and functions make first: who am I, where am I, the
//! issue or the page that the module is on, a search that finds nothing. Whatever else, and whatever
//! changes something, is not here.
//!
//! Platform pages: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/>,
//! <https://developer.atlassian.com/cloud/confluence/rest/v2/>

use app_license_testkit::Tenant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ForgeApp, extension};
use crate::error::Error;

/// Who uses the lab.
const USER: &str = "Lab User";
/// When everything in it was made.
const MADE: &str = "2026-01-07T10:00:00.000+0000";

/// A call to a product.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// `jira` or `confluence`; others have nothing.
    pub(super) product: &'a str,
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) path: &'a str,
    /// `extension` of the context: which issue or page the module is on.
    pub(super) extension: Option<&'a Value>,
}

/// A page's call to a product.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProductCall {
    site: String,
    /// The key of the module.
    module: String,
    #[serde(default)]
    extension: Option<Value>,
    product: String,
    method: String,
    path: String,
}

impl ForgeApp {
    /// What `requestJira` and `requestConfluence` of a page answer: status and body, and whether
    /// the lab has it at all.
    pub(crate) fn product(&self, call: &ProductCall) -> Result<Value, Error> {
        let tenant = self.tenant(&call.site)?;
        let page = self.page(&call.module)?;
        let own = call.extension.clone();
        let extension = own.unwrap_or_else(|| extension::of_page(page));
        let (product, path) = (&call.product, &call.path);
        let asked = Call {
            product,
            method: &call.method,
            path,
            extension: Some(&extension),
        };
        Ok(match answer(&tenant, &asked) {
            Some((status, body)) => json!({"here": true, "status": status, "body": body}),
            None => {
                let why = format!("{product}: {} {path} is not here", call.method);
                json!({"here": false, "status": 501, "body": not_here(&why)})
            }
        })
    }
}

/// Answers a call; `None` for one that the lab does not have.
pub(super) fn answer(tenant: &Tenant, call: &Call<'_>) -> Option<(u16, Value)> {
    let (path, query) = call.path.split_once('?').unwrap_or((call.path, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let context = tenant.ui_context("lab").ok()?;
    let text = |name: &str| {
        context
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let place = CallContext {
        site: text("siteUrl").to_owned(),
        account: text("accountId").to_owned(),
        extension: call.extension.cloned().unwrap_or_default(),
    };
    match (call.product, call.method, parts.as_slice()) {
        ("jira", method, ["rest", "api", "2" | "3" | "latest", rest @ ..]) => {
            place.jira(method, rest)
        }
        ("confluence", "GET", ["wiki", "api", "v2", rest @ ..]) => place.confluence(rest, query),
        ("confluence", "GET", ["wiki", "rest", "api", rest @ ..]) => place.confluence_v1(rest),
        _ => None,
    }
}

/// The body of a page with nothing on it, in the format that is asked for.
fn empty_body(query: &str) -> Value {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let format = parameters.find(|(name, _)| name == "body-format");
    let format = format.map(|(_, format)| format.into_owned());
    let value = match format.as_deref() {
        Some("atlas_doc_format") => r#"{"type":"doc","version":1,"content":[]}"#,
        Some("storage") => "",
        _ => return json!({}),
    };
    let format = format.unwrap_or_default();
    json!({format.clone(): {"value": value, "representation": format}})
}

/// Where a call comes from.
struct CallContext {
    site: String,
    account: String,
    extension: Value,
}

impl CallContext {
    /// What the extension says, or what one of that kind says in the lab.
    fn part(&self, pointer: &str, unless: &str) -> String {
        let found = self.extension.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or(unless).to_owned()
    }

    fn jira(&self, method: &str, parts: &[&str]) -> Option<(u16, Value)> {
        let site = &self.site;
        let id = self.part("/issue/id", "10001");
        let key = self.part("/issue/key", "LAB-1");
        let project = self.project();
        let found = match (method, parts) {
            ("GET", ["myself"]) => self.user(),
            ("GET", ["serverInfo"]) => json!({
                "baseUrl": site, "displayUrl": site, "version": "1001.0.0-SNAPSHOT",
                "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud", "buildNumber": 100_290,
                "buildDate": MADE, "serverTime": MADE, "serverTitle": "Jira",
                "defaultLocale": {"locale": "en_US"}, "serverTimeZone": "Etc/UTC",
            }),
            ("GET", ["issue", wanted]) if *wanted == id || *wanted == key => json!({
                "id": id, "key": key, "self": format!("{site}/rest/api/3/issue/{id}"),
                "fields": {
                    "summary": "An issue of the lab", "description": null, "labels": [],
                    "issuetype": self.issue_type(),
                    "project": project,
                    "status": {
                        "id": "10000", "name": "To Do",
                        "statusCategory": {"id": 2, "key": "new", "name": "To Do"},
                    },
                    "priority": {"id": "3", "name": "Medium"},
                    "assignee": null, "reporter": self.user(), "creator": self.user(),
                    "created": MADE, "updated": MADE,
                },
            }),
            // nothing was ever written there
            ("GET", ["issue", wanted, "properties"]) if *wanted == id || *wanted == key => {
                json!({"keys": []})
            }
            ("GET", ["issue", wanted, "properties", name]) if *wanted == id || *wanted == key => {
                let why = format!("The property with key '{name}' does not exist.");
                return Some((404, json!({"errorMessages": [why], "errors": {}})));
            }
            ("GET", ["issuetype"]) => json!([self.issue_type()]),
            ("GET", ["field"]) => json!([{
                "id": "summary", "key": "summary", "name": "Summary", "custom": false,
                "orderable": true, "navigable": true, "searchable": true,
                "clauseNames": ["summary"], "schema": {"type": "string", "system": "summary"},
            }]),
            ("GET", ["issue", _]) => {
                let why = "Issue does not exist or you do not have permission to see it.";
                return Some((404, json!({"errorMessages": [why], "errors": {}})));
            }
            ("GET", ["project", wanted])
                if [project.get("id"), project.get("key")].contains(&Some(&json!(wanted))) =>
            {
                project
            }
            ("GET", ["project", "search"]) => json!({
                "startAt": 0, "maxResults": 50, "total": 1, "isLast": true, "values": [project],
            }),
            ("GET" | "POST", ["search", "jql"]) => json!({"issues": [], "isLast": true}),
            ("GET" | "POST", ["search"]) => {
                json!({"startAt": 0, "maxResults": 50, "total": 0, "issues": []})
            }
            ("POST", ["search", "approximate-count"]) => json!({"count": 0}),
            _ => return None,
        };
        Some((200, found))
    }

    fn confluence(&self, parts: &[&str], query: &str) -> Option<(u16, Value)> {
        let id = self.part("/content/id", "65537");
        let space = self.part("/space/id", "98306");
        let found = match parts {
            ["pages", wanted] if *wanted == id => json!({
                "id": id, "status": "current", "title": "A page of the lab", "spaceId": space,
                "parentId": null, "parentType": null, "position": 0, "authorId": self.account,
                "ownerId": self.account, "createdAt": MADE, "body": empty_body(query),
                "version": {"number": 1, "message": "", "minorEdit": false,
                            "authorId": self.account, "createdAt": MADE},
                "_links": {"webui": format!("/spaces/LAB/pages/{id}"), "base": self.wiki()},
            }),
            ["pages", _] => {
                let error = json!({"status": 404, "code": "NOT_FOUND", "title": "Not Found"});
                return Some((404, json!({"errors": [error]})));
            }
            ["spaces"] => json!({"results": [self.space(&space)], "_links": {"base": self.wiki()}}),
            ["spaces", wanted] if *wanted == space => self.space(&space),
            _ => return None,
        };
        Some((200, found))
    }

    fn confluence_v1(&self, parts: &[&str]) -> Option<(u16, Value)> {
        let found = match parts {
            ["user", "current"] => json!({
                "type": "known", "accountId": self.account, "accountType": "atlassian",
                "email": "", "publicName": USER, "displayName": USER,
                "isExternalCollaborator": false, "_links": {"base": self.wiki()},
            }),
            ["search"] | ["content", "search"] => json!({
                "results": [], "start": 0, "limit": 25, "size": 0, "totalSize": 0,
                "_links": {"base": self.wiki()},
            }),
            _ => return None,
        };
        Some((200, found))
    }

    fn wiki(&self) -> String {
        format!("{}/wiki", self.site)
    }

    fn user(&self) -> Value {
        json!({
            "accountId": self.account, "accountType": "atlassian", "displayName": USER,
            "emailAddress": "", "active": true, "timeZone": "Etc/UTC", "locale": "en_US",
            "avatarUrls": {}, "self": format!("{}/rest/api/3/user?accountId={}", self.site, self.account),
        })
    }

    fn project(&self) -> Value {
        json!({
            "id": self.part("/project/id", "10000"), "key": self.part("/project/key", "LAB"),
            "name": "Lab", "projectTypeKey": self.part("/project/type", "software"),
            "simplified": false, "style": "classic", "isPrivate": false,
        })
    }

    fn issue_type(&self) -> Value {
        json!({
            "id": self.part("/issue/typeId", "10002"), "name": self.part("/issue/type", "Task"),
            "description": "", "subtask": false,
        })
    }

    fn space(&self, id: &str) -> Value {
        json!({
            "id": id, "key": self.part("/space/key", "LAB"), "name": "Lab", "type": "global",
            "status": "current", "authorId": self.account, "createdAt": MADE,
        })
    }
}
/// What the lab answers for what it does not have.
pub(super) fn not_here(why: &str) -> Value {
    json!({"code": 501, "message": why, "errorMessages": [why], "errors": {}})
}
