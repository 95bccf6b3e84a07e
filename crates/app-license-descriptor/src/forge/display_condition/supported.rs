//! Which conditions a module may have: the platform refuses a manifest with any other.

use serde_json::Value;

use crate::diagnostic::DocumentPath;
use crate::spelling;
use app_license::error::shown;

/// What a condition is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Bool,
    Text,
    /// One text, or a list of texts.
    Texts,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// An object with these fields, all required.
    Object(&'static [&'static str]),
    /// Anything: permissions and the like, which say nothing about a license.
    Any,
}

/// Modules of which pages and sections may have conditions, too.
const NESTED: [&str; 5] = [
    "jira:adminPage",
    "jira:globalPage",
    "jira:projectPage",
    "jira:projectSettingsPage",
    "jira:personalSettingsPage",
];

/// The conditions that a kind of module takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Confluence,
    Jira,
    Project,
    Issue,
    /// The module has conditions, of which the platform checks nothing here.
    Unchecked,
}

impl Set {
    fn of(module_type: &str) -> Option<Self> {
        let (product, module) = module_type.split_once(':')?;
        Some(match (product, module) {
            (
                "confluence",
                "backgroundScript" | "contentAction" | "contentBylineItem" | "contextMenu"
                | "globalPage" | "globalSettings" | "pageBanner" | "spacePage" | "spaceSettings",
            ) => Self::Confluence,
            ("jira", "adminPage" | "dashboardGadget" | "globalPage")
            | ("jiraServiceManagement", "portalProfilePanel" | "portalUserMenuAction") => {
                Self::Jira
            }
            ("jira", "projectPage" | "projectSettingsPage")
            | ("jiraServiceManagement", "portalSubheader") => Self::Project,
            (
                "jira",
                "customField" | "issueAction" | "issueActivity" | "issueContext" | "issueGlance"
                | "issuePanel",
            )
            | (
                "jiraServiceManagement",
                "portalFooter"
                | "portalHeader"
                | "portalRequestCreatePropertyPanel"
                | "portalRequestDetail"
                | "portalRequestDetailPanel"
                | "portalRequestViewAction",
            ) => Self::Issue,
            ("confluence", "homepageFeed")
            | (
                "jira",
                "customFieldType"
                | "dashboardBackgroundScript"
                | "issueViewBackgroundScript"
                | "issueNavigatorAction"
                | "personalSettingsPage"
                | "backlogAction"
                | "boardAction"
                | "sprintAction"
                | "globalBackgroundScript",
            )
            | ("compass", "componentPage")
            | ("customerServiceManagement", "requestDetail") => Self::Unchecked,
            _ => return None,
        })
    }

    fn takes(self, name: &str) -> Option<Takes> {
        const ENTITY: &[&str] = &["entity", "propertyKey"];
        const ENTITY_VALUE: &[&str] = &["entity", "propertyKey", "value"];
        const ENTITY_CONTEXT: &[&str] = &["entity", "propertyKey", "contextParam"];
        const EDITIONS: &[&str] = &["free", "standard", "advanced"];
        const CONTENT: &[&str] = &[
            "ADMINISTER",
            "EDIT",
            "EXPORT",
            "REMOVE",
            "SET_PERMISSIONS",
            "VIEW",
        ];
        // every product
        match name {
            "appIsLicensed" | "hasAppAccess" | "isAdmin" | "isLoggedIn" | "isSiteAdmin" => {
                return Some(Takes::Bool);
            }
            "appEdition" => return Some(Takes::OneOf(EDITIONS)),
            "permissions" => return Some(Takes::Any),
            "entityPropertyExists" => return Some(Takes::Object(ENTITY)),
            "entityPropertyEqualTo" | "entityPropertyContainsAny" | "entityPropertyContainsAll" => {
                return Some(Takes::Object(ENTITY_VALUE));
            }
            _ => {}
        }
        match (self, name) {
            (Self::Confluence, "isSpaceAdmin" | "userIsExternalCollaborator") => Some(Takes::Bool),
            (Self::Confluence, "hasPagePermission" | "hasSpacePermission") => {
                Some(Takes::OneOf(CONTENT))
            }
            (Self::Confluence, "entityPropertyContainsAnyUserGroup") => Some(Takes::Object(ENTITY)),
            (
                Self::Confluence,
                "entityPropertyEqualToContext" | "entityPropertyContainsContext",
            ) => Some(Takes::Object(ENTITY_CONTEXT)),
            (Self::Confluence | Self::Unchecked, _) => None,
            (_, "hasGlobalPermission" | "jiraExpression") => Some(Takes::Text),
            (_, "timeTrackingProviderEnabled") => Some(Takes::Object(&["key"])),
            (
                _,
                "canAdministerJira"
                | "canAdministerProjects"
                | "hasCoreAccess"
                | "hasServiceDeskAccess"
                | "hasServiceManagementAccess"
                | "hasSoftwareAccess"
                | "jiraTimeTrackingProviderEnabled",
            ) => Some(Takes::Bool),
            (Self::Jira, _) => None,
            (_, "hasProjectPermission") => Some(Takes::Text),
            (_, "projectId" | "projectKey" | "projectName" | "projectType") => Some(Takes::Texts),
            (_, "isProjectAdmin" | "isProjectArchived") => Some(Takes::Bool),
            (_, name) if PROJECT_FLAGS.contains(&name) => Some(Takes::Bool),
            (Self::Issue, "hasIssuePermission") => Some(Takes::Text),
            (Self::Issue, "issueId" | "issueKey" | "issueType") => Some(Takes::Texts),
            _ => None,
        }
    }
}

impl Set {
    /// The condition that a name most likely means which this kind of module does not have: one
    /// that is spelled nearly so, or what the same is called in a Connect descriptor or a license.
    fn nearest(self, name: &str) -> Option<&'static str> {
        let same = match name {
            "addon_is_licensed" | "licensed" | "isActive" | "license" => Some("appIsLicensed"),
            "capability_set" | "capabilitySet" | "edition" => Some("appEdition"),
            "userAccess" | "hasAccess" => Some("hasAppAccess"),
            _ => None,
        };
        same.or_else(|| {
            let known = NAMES.iter().chain(&PROJECT_FLAGS).copied();
            spelling::nearest(name, known.filter(|known| self.takes(known).is_some()))
        })
    }
}

/// Every other condition that some kind of module takes.
const NAMES: [&str; 39] = [
    "appIsLicensed",
    "appEdition",
    "hasAppAccess",
    "isAdmin",
    "isLoggedIn",
    "isSiteAdmin",
    "permissions",
    "entityPropertyExists",
    "entityPropertyEqualTo",
    "entityPropertyContainsAny",
    "entityPropertyContainsAll",
    "isSpaceAdmin",
    "userIsExternalCollaborator",
    "hasPagePermission",
    "hasSpacePermission",
    "entityPropertyContainsAnyUserGroup",
    "entityPropertyEqualToContext",
    "entityPropertyContainsContext",
    "hasGlobalPermission",
    "jiraExpression",
    "timeTrackingProviderEnabled",
    "canAdministerJira",
    "canAdministerProjects",
    "hasCoreAccess",
    "hasServiceDeskAccess",
    "hasServiceManagementAccess",
    "hasSoftwareAccess",
    "jiraTimeTrackingProviderEnabled",
    "hasProjectPermission",
    "projectId",
    "projectKey",
    "projectName",
    "projectType",
    "isProjectAdmin",
    "isProjectArchived",
    "hasIssuePermission",
    "issueId",
    "issueKey",
    "issueType",
];

/// What the user may do in the project.
const PROJECT_FLAGS: [&str; 29] = [
    "canAddComments",
    "canAssignIssues",
    "canBeAssignedToIssues",
    "canBrowseUsers",
    "canCloneIssues",
    "canCreateAttachments",
    "canCreateChildren",
    "canCreateSubtasks",
    "canDeleteAllAttachments",
    "canDeleteAllComments",
    "canDeleteAllWorklogs",
    "canDeleteIssues",
    "canDeleteOwnAttachments",
    "canDeleteOwnComments",
    "canDeleteOwnWorklogs",
    "canEditAllComments",
    "canEditAllWorklogs",
    "canEditIssues",
    "canEditOwnComments",
    "canEditOwnWorklogs",
    "canLinkIssues",
    "canLogWork",
    "canManageWatchers",
    "canModifyReporters",
    "canMoveIssues",
    "canScheduleIssues",
    "canUseServiceManagementAgentFeatures",
    "canViewDevTools",
    "canViewWatchers",
];

/// Whether a kind of module has conditions at all: on itself, or (`nested`) on its pages and
/// sections. Kinds of products that this crate does not know are taken to have them.
pub(crate) fn has_conditions(module_type: &str, nested: bool) -> bool {
    let known = ["confluence:", "jira:", "jiraServiceManagement:"]
        .iter()
        .any(|product| module_type.starts_with(product));
    let plain = !module_type.contains(':');
    if !known && !plain {
        return true;
    }
    Set::of(module_type).is_some() && (!nested || NESTED.contains(&module_type))
}

/// What the platform refuses in a condition.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) path: DocumentPath,
    pub(crate) why: String,
    /// What to do about it, where that is known.
    pub(crate) fix: Option<String>,
}

impl Refused {
    fn new(path: DocumentPath, why: impl Into<String>) -> Self {
        Self {
            path,
            why: why.into(),
            fix: None,
        }
    }
}

/// What the platform refuses in the conditions of a kind of module. What
/// [`DisplayCondition::parse`](super::DisplayCondition::parse) refuses is not looked at again.
pub(crate) fn refused(module_type: &str, conditions: &Value, path: &DocumentPath) -> Vec<Refused> {
    let mut found = Vec::new();
    if let Some(set) = Set::of(module_type)
        && set != Set::Unchecked
    {
        let lists = set != Set::Confluence;
        walk(set, lists, conditions, path, &mut found);
    }
    found
}

fn walk(set: Set, lists: bool, conditions: &Value, path: &DocumentPath, found: &mut Vec<Refused>) {
    match conditions {
        Value::Array(_) if !lists => {
            let why = "Confluence takes no list of conditions here: write an object";
            found.push(Refused::new(path.clone(), why));
        }
        Value::Array(list) => {
            for (n, inner) in list.iter().enumerate() {
                walk(set, lists, inner, &path.index(n), found);
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                let at = path.key(name);
                match name.as_str() {
                    "and" | "or" | "not" => walk(set, lists, value, &at, found),
                    _ => match set.takes(name) {
                        None => {
                            let shown = shown(name);
                            let why = format!("this kind of module has no condition `{shown}`");
                            let fix = set.nearest(name).map(|known| format!("write `{known}`"));
                            found.push(Refused {
                                fix,
                                ..Refused::new(at, why)
                            });
                        }
                        Some(takes) => {
                            let why = mismatch(takes, value);
                            found.extend(
                                why.map(|why| Refused::new(at, format!("`{}` {why}", shown(name)))),
                            );
                        }
                    },
                }
            }
        }
        _ => {}
    }
}

fn mismatch(takes: Takes, value: &Value) -> Option<String> {
    let is_text = |v: &Value| v.is_string();
    match takes {
        Takes::Any => None,
        Takes::Bool => (!value.is_boolean()).then(|| "must be a boolean".to_owned()),
        Takes::Text => (!value.is_string()).then(|| "must be a text".to_owned()),
        Takes::Texts => {
            let fits = is_text(value) || value.as_array().is_some_and(|l| l.iter().all(is_text));
            (!fits).then(|| "must be a text, or a list of texts".to_owned())
        }
        Takes::OneOf(names) => (!value.as_str().is_some_and(|v| names.contains(&v)))
            .then(|| format!("must be one of {}", names.join(", "))),
        Takes::Object(fields) => {
            let object = value.as_object();
            let missing = fields
                .iter()
                .find(|field| object.is_none_or(|o| !o.contains_key(**field)));
            missing.map(|field| format!("must be an object with `{field}`"))
        }
    }
}
