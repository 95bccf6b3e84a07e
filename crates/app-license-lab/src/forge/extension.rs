//! What `extension` of a context holds for each kind of module: the smallest thing a page of that
//! kind relies on. The console lets people change it.

use serde_json::{Value, json};

use super::manifest::PageModule;

/// The `extension` of a page's context.
pub(super) fn of_page(page: &PageModule) -> Value {
    let mut extension = of(&page.kind);
    if page.kind == "macro"
        && page.key.ends_with("/config")
        && let Some(fields) = extension.as_object_mut()
    {
        fields.insert("macro".to_owned(), json!({"isConfiguring": true}));
    }
    extension
}

/// The `extension` of a module's context.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/custom-ui-bridge/getContext/>
fn of(kind: &str) -> Value {
    let issue = json!({"id": "10001", "key": "LAB-1", "type": "Task", "typeId": "10002"});
    let project = json!({"id": "10000", "key": "LAB", "type": "software"});
    let content = json!({"id": "65537", "type": "page"});
    let space = json!({"id": "98306", "key": "LAB"});
    let mut extension = match kind {
        "macro" => json!({
            "content": content, "space": space, "isEditing": false, "references": [],
        }),
        "jira:projectPage" | "jira:projectSettingsPage" => json!({"project": project}),
        "jira:dashboardGadget" => json!({
            "dashboard": {"id": "10003"}, "gadget": {"id": "10004"}, "gadgetConfiguration": {},
        }),
        "jira:customField" | "jira:customFieldType" => json!({
            "fieldId": "customfield_10005", "fieldValue": null,
            "issue": issue, "project": project,
        }),
        kind if kind.starts_with("jira:issue") => json!({"issue": issue, "project": project}),
        "jira:boardAction" | "jira:backlogAction" | "jira:sprintAction" => json!({
            "board": {"id": "1", "type": "scrum"}, "project": project,
        }),
        "confluence:spacePage" | "confluence:spaceSettings" => json!({"space": space}),
        kind if kind.starts_with("confluence:content")
            || kind == "confluence:contextMenu"
            || kind == "confluence:pageBanner"
            || kind == "confluence:customContent" =>
        {
            json!({"content": content, "space": space})
        }
        kind if kind.starts_with("jiraServiceManagement:") => json!({
            "portal": {"id": 1}, "project": project, "request": {"key": "LAB-1"},
        }),
        _ => json!({}),
    };
    if let Some(fields) = extension.as_object_mut() {
        fields.insert("type".to_owned(), json!(kind));
    }
    extension
}

/// Whether the platform gives a module of this kind a history of its own.
pub(super) fn has_history(kind: &str) -> bool {
    kind.ends_with("Page") || kind.ends_with("Settings")
}

/// The product whose pages hold modules of this kind.
pub(super) fn is_of_confluence(kind: &str) -> bool {
    kind == "macro" || kind.starts_with("confluence:")
}
