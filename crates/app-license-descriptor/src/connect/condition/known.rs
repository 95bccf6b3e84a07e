//! The conditions that the hosts provide, by name.

use crate::spelling::nearest_within;

/// The conditions of Jira, Jira Service Management and Confluence, today's and those of older
/// descriptors: a name that is missing here may still be one of the host.
const KNOWN: &[&str] = &[
    "active_theme",
    "addon_is_licensed",
    "addon_property_contains_all",
    "addon_property_contains_any",
    "addon_property_contains_any_user_group",
    "addon_property_contains_context",
    "addon_property_equal_to",
    "addon_property_equal_to_context",
    "addon_property_exists",
    "browse_users_permission",
    "can_attach_file_to_issue",
    "can_attach_screenshot_to_issue",
    "can_convert_to_issue",
    "can_convert_to_sub_task",
    "can_create_shared_objects",
    "can_edit_space_styles",
    "can_manage_attachments",
    "can_signup",
    "can_use_application",
    "capability_set",
    "content_has_any_permissions_set",
    "content_property_contains_all",
    "content_property_contains_any",
    "content_property_contains_any_user_group",
    "content_property_contains_context",
    "content_property_equal_to",
    "content_property_equal_to_context",
    "content_property_exists",
    "create_content",
    "email_address_public",
    "entity_property_contains_all",
    "entity_property_contains_any",
    "entity_property_contains_any_user_group",
    "entity_property_contains_context",
    "entity_property_equal_to",
    "entity_property_equal_to_context",
    "entity_property_exists",
    "external_user_management_disabled",
    "favourite_page",
    "favourite_space",
    "feature_flag",
    "following_target_user",
    "has_attachment",
    "has_blog_post",
    "has_global_permission",
    "has_issue_permission",
    "has_last_search_request",
    "has_link_types_available",
    "has_page",
    "has_project_permission",
    "has_selected_project",
    "has_selected_project_permission",
    "has_space",
    "has_sub_tasks_available",
    "has_template",
    "has_voted_for_issue",
    "is_admin_mode",
    "is_field_hidden",
    "is_issue_assigned_to_current_user",
    "is_issue_editable",
    "is_issue_reported_by_current_user",
    "is_issue_unresolved",
    "is_keyboard_shortcuts_enabled",
    "is_sub_task",
    "is_watching_issue",
    "latest_version",
    "linking_enabled",
    "not_personal_space",
    "not_version_context",
    "printable_version",
    "project_type",
    "showing_page_attachments",
    "smtp_mail_server_configured",
    "space_function_permission",
    "space_property_contains_all",
    "space_property_contains_any",
    "space_property_contains_any_user_group",
    "space_property_contains_context",
    "space_property_equal_to",
    "space_property_equal_to_context",
    "space_property_exists",
    "space_sidebar",
    "sub_tasks_enabled",
    "target_user_can_set_status",
    "target_user_has_personal_blog",
    "target_user_has_personal_space",
    "threaded_comments",
    "time_tracking_enabled",
    "tiny_url_supported",
    "user_can_create_personal_space",
    "user_can_update_user_status",
    "user_can_use_confluence",
    "user_favouriting_target_user_personal_space",
    "user_has_issue_history",
    "user_has_personal_blog",
    "user_has_personal_space",
    "user_is_admin",
    "user_is_confluence_administrator",
    "user_is_logged_in",
    "user_is_project_admin",
    "user_is_sysadmin",
    "user_is_the_logged_in_user",
    "user_logged_in_editable",
    "user_watching_page",
    "user_watching_space",
    "user_watching_space_for_content_type",
    "viewing_content",
    "viewing_own_profile",
    "voting_enabled",
    "watching_enabled",
];

/// The condition of the host that a misspelled name most likely means; `None` for a name that is one
/// of the host, and for one that is near none of them.
///
/// Platform pages: <https://developer.atlassian.com/cloud/jira/platform/conditions>,
/// <https://developer.atlassian.com/cloud/confluence/conditions>
///
/// ```
/// use app_license_descriptor::connect::meant_condition;
/// assert_eq!(meant_condition("addon_is_licensd"), Some("addon_is_licensed"));
/// assert_eq!(meant_condition("addon_is_licensed"), None);
/// assert_eq!(meant_condition("/conditions/beta"), None);
/// ```
#[must_use]
pub fn meant_condition(name: &str) -> Option<&'static str> {
    // the names of what is no condition of the host: the URL of a remote one
    if name.contains(['/', ':', '.']) || KNOWN.contains(&name) {
        return None;
    }
    // names of the host are near one another, so that fewer edits count than elsewhere
    nearest_within(name, KNOWN.iter().copied(), 2)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, meant_condition};

    #[test]
    fn a_misspelled_condition_is_named_and_one_of_the_host_is_not() {
        for (name, want) in [
            ("can_use_aplication", Some("can_use_application")),
            ("addon_is_licensd", Some("addon_is_licensed")),
            ("addon_is_licenced", Some("addon_is_licensed")),
            ("Addon_Is_Licensed", Some("addon_is_licensed")),
            ("capabilty_set", Some("capability_set")),
            ("capability-set", Some("capability_set")),
            ("user_is_loged_in", Some("user_is_logged_in")),
            ("user_is_awake", None),
            ("/licensed", None),
            ("https://app.example.com/has_page", None),
            ("", None),
        ] {
            assert_eq!(meant_condition(name), want, "{name}");
        }
        for name in KNOWN {
            assert_eq!(meant_condition(name), None, "{name}");
        }
    }
}
