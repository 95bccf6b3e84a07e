//! What the manifest of a Forge app says about licensing, and what is wrong with it.

mod check;
mod interpolate;
mod read;

use app_license::Error;

use crate::connect::Condition;
use crate::connect::check::Modules;
use crate::diagnostic::DocumentPath;

use super::DisplayCondition;

/// The licensing facts of a Forge app's manifest.
///
/// The manifest is YAML; this reads the same as JSON. `${NAME}` stands for the default of a declared
/// variable, as in the platform's own tool.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/>
///
/// ```
/// use app_license_descriptor::forge::Manifest;
///
/// let manifest = Manifest::parse(br#"{
///     "app": {"id": "ari:cloud:ecosystem::app/1", "licensing": {"editionsEnabled": true}},
///     "modules": {"jira:issuePanel": [
///         {"key": "panel", "displayConditions": {"appEdition": "capabilityAdvanced"}}
///     ]}
/// }"#)?;
/// let diagnostics = manifest.diagnostics(None);
/// let codes: Vec<_> = diagnostics.iter().map(|d| d.code()).collect();
/// assert_eq!(codes, ["enabled_missing", "condition_invalid"]);
/// assert_eq!(
///     diagnostics[1].to_string(),
///     "modules.jira:issuePanel[0] `panel`.displayConditions: not a valid condition: `appEdition` \
///      must be `free`, `standard` or `advanced`, found `capabilityAdvanced`",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    app_id: Option<String>,
    connect_key: Option<String>,
    licensing: Option<Licensing>,
    user_access: Option<bool>,
    /// `app.access` is there, and says nothing.
    access_empty: bool,
    conditions: Vec<ModuleCondition>,
    connect: Modules,
    filters: Vec<ModuleFilter>,
    /// Fields that the platform does not know, and what each is likely to mean.
    unknown: Vec<(DocumentPath, Option<String>)>,
    misplaced: Vec<(DocumentPath, &'static str)>,
    unset: Vec<interpolate::Unset>,
}

/// `app.licensing`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Licensing {
    enabled: Option<bool>,
    editions_enabled: Option<bool>,
    modes: Vec<String>,
}

/// The display conditions of one module, or of a page or section in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleCondition {
    path: DocumentPath,
    module_type: String,
    /// Whether it is that of a page or a section.
    nested: bool,
    json: String,
    condition: Result<DisplayCondition, Error>,
}

impl ModuleCondition {
    /// Where its `displayConditions` are in the manifest.
    #[must_use]
    pub const fn path(&self) -> &DocumentPath {
        &self.path
    }

    /// The kind of module: `jira:issuePanel`, say.
    #[must_use]
    pub fn module_type(&self) -> &str {
        &self.module_type
    }

    /// The condition.
    ///
    /// # Errors
    /// `condition` when the platform would refuse it.
    pub fn condition(&self) -> Result<&DisplayCondition, &Error> {
        self.condition.as_ref()
    }
}

/// The filter of one module on the license.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ModuleFilter {
    path: DocumentPath,
    module_type: String,
    app_is_licensed: Option<bool>,
    problem: Option<String>,
    fix: Option<String>,
}

impl Manifest {
    /// `app.id`
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref()
    }

    /// `app.connect.key`, of a Connect-on-Forge app.
    #[must_use]
    pub fn connect_key(&self) -> Option<&str> {
        self.connect_key.as_deref()
    }

    /// `app.licensing.enabled`: whether it is a paid app.
    #[must_use]
    pub fn licensing_enabled(&self) -> bool {
        self.licensing.as_ref().and_then(|l| l.enabled) == Some(true)
    }

    /// `app.licensing.editionsEnabled`: whether it is sold in editions.
    #[must_use]
    pub fn editions_enabled(&self) -> bool {
        self.licensing.as_ref().and_then(|l| l.editions_enabled) == Some(true)
    }

    /// `app.licensing.modes`
    pub fn modes(&self) -> impl Iterator<Item = &str> {
        let modes = self.licensing.iter().flat_map(|l| &l.modes);
        modes.map(String::as_str)
    }

    /// `app.access.userAccess`: whether it is billed by users with access.
    #[must_use]
    pub fn user_access(&self) -> bool {
        self.user_access == Some(true)
    }

    /// The display conditions of every module.
    pub fn conditions(&self) -> impl Iterator<Item = &ModuleCondition> {
        self.conditions.iter()
    }

    /// The conditions of every Connect module in it: where, and the condition or why the platform
    /// refuses it.
    pub fn connect_conditions(
        &self,
    ) -> impl Iterator<Item = (&DocumentPath, Result<&Condition, &Error>)> {
        let conditions = self.connect.conditions.iter();
        conditions.map(|(path, condition)| (path, condition.as_ref()))
    }

    /// The triggers that are skipped on sites without an active license: where their filters are.
    pub fn licensed_triggers(&self) -> impl Iterator<Item = &DocumentPath> {
        self.filters
            .iter()
            .filter(|f| f.app_is_licensed == Some(true))
            .map(|f| &f.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    fn codes(json: &str) -> String {
        let diagnostics = Manifest::parse(json.as_bytes()).unwrap().diagnostics(None);
        let codes: Vec<_> = diagnostics.iter().map(|d| d.code()).collect();
        codes.join(" ")
    }

    #[test]
    fn licensing_of_every_kind() {
        for (json, want) in [
            ("{}", ""),
            (
                r#"{"app":{"licensing":{"enabled":true,"editionsEnabled":true}}}"#,
                "",
            ),
            (r#"{"app":{"licensing":{"enabled":false}}}"#, ""),
            (r#"{"app":{"licensing":{}}}"#, "enabled_missing"),
            (
                r#"{"app":{"licensing":{"enabled":false,"editionsEnabled":true}}}"#,
                "editions_without_licensing",
            ),
            (
                r#"{"app":{"access":{"userAccess":true}}}"#,
                "user_access_without_licensing",
            ),
            (
                r#"{"app":{"licensing":{"enabled":true},"access":{"userAccess":true}}}"#,
                "",
            ),
            (
                r#"{"app":{"licensing":{"enabled":true,"modes":["user-access"]}}}"#,
                "modes_superseded",
            ),
            (
                r#"{"app":{"licensing":{"enabled":true,"modes":["x"]}}}"#,
                "unknown_mode modes_superseded",
            ),
            (
                r#"{"app":{"licensing":{"enabled":true,"edition":"x"}}}"#,
                "unknown_field",
            ),
            (
                r#"{"app":{"access":{"userAccess":false,"x":1}}}"#,
                "unknown_field",
            ),
        ] {
            assert_eq!(codes(json), want, "{json}");
        }
        for json in [
            r#"{"app":{"licensing":{"enabled":"true"}}}"#,
            r#"{"app":{"licensing":[]}}"#,
            r#"{"app":[]}"#,
            r#"{"modules":[]}"#,
            "[]",
            r#"{"app":{},"app":{}}"#,
        ] {
            assert!(Manifest::parse(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn conditions_and_filters_anywhere() {
        let modules = |licensing: &str, modules: &str| {
            format!(r#"{{"app":{{"licensing":{licensing}}},"modules":{{{modules}}}}}"#)
        };
        let paid = r#"{"enabled":true}"#;
        let editions = r#"{"enabled":true,"editionsEnabled":true}"#;
        let page = |condition: &str| {
            format!(
                r#""jira:globalPage":[{{"key":"p","sections":[{{"pages":[{{"displayConditions":{condition}}}]}}]}}]"#
            )
        };
        let licensed = r#"{"appIsLicensed":true}"#;
        let advanced = r#"{"appIsLicensed":true,"appEdition":"advanced"}"#;
        let trigger = r#""trigger":[{"key":"t","filter":{"appIsLicensed":true}}]"#;
        for (json, want) in [
            (modules(editions, &page(advanced)), ""),
            (modules(paid, &page(advanced)), "editions_not_enabled"),
            (modules(paid, &page(licensed)), ""),
            (
                modules(r#"{"enabled":false}"#, &page(licensed)),
                "licensing_not_enabled",
            ),
            (
                modules(editions, &page(r#"{"appEdition":"advanced"}"#)),
                "shown_to_inactive",
            ),
            (
                modules(paid, &page(r#"{"appEdition":"Advanced"}"#)),
                "condition_invalid",
            ),
            (modules(paid, &page("[]")), "condition_invalid"),
            (modules(paid, trigger), ""),
            (
                modules(r#"{"enabled":false}"#, trigger),
                "licensing_not_enabled",
            ),
            (
                modules(
                    paid,
                    r#""scheduledTrigger":[{"filter":{"appIsLicensed":"yes"}}]"#,
                ),
                "filter_invalid",
            ),
            (
                modules(paid, r#""consumer":[{"filter":{"appIsLicensed":true}}]"#),
                "filter_not_supported",
            ),
            (
                modules(paid, r#""consumer":[{"filter":null}]"#),
                "filter_not_supported",
            ),
            (
                modules(paid, r#""trigger":[{"filter":{"ignoreSelf":true}}]"#),
                "",
            ),
        ] {
            assert_eq!(codes(&json), want, "{json}");
        }
        let manifest = Manifest::parse(modules(paid, trigger).as_bytes()).unwrap();
        assert!(
            manifest
                .licensed_triggers()
                .map(ToString::to_string)
                .eq(["modules.trigger[0] `t`.filter"])
        );
        let manifest = Manifest::parse(modules(editions, &page(advanced)).as_bytes()).unwrap();
        let first = manifest.conditions().next().unwrap();
        assert_eq!(
            first.path().to_string(),
            "modules.jira:globalPage[0] `p`.sections[0].pages[0].displayConditions"
        );
    }

    #[test]
    fn licensing_at_the_wrong_level_is_an_error() {
        for (json, place) in [
            (
                r#"{"app":{"id":"x"},"licensing":{"enabled":true}}"#,
                "licensing",
            ),
            (r#"{"app":{"enableLicensing":true}}"#, "app.enableLicensing"),
            (r#"{"app":{"editionsEnabled":true}}"#, "app.editionsEnabled"),
            (r#"{"app":{"userAccess":true}}"#, "app.userAccess"),
            (
                r#"{"app":{"runtime":{"name":"nodejs22.x","licensing":{"enabled":true}}}}"#,
                "app.runtime.licensing",
            ),
            (
                r#"{"permissions":{"licensing":{"enabled":true}}}"#,
                "permissions.licensing",
            ),
            (
                r#"{"modules":{"jira:issuePanel":[{"key":"p","licensing":{"enabled":true}}]}}"#,
                "modules.jira:issuePanel[0] `p`.licensing",
            ),
        ] {
            let manifest = Manifest::parse(json.as_bytes()).unwrap();
            let diagnostics = manifest.diagnostics(None);
            let first = diagnostics.first().unwrap();
            assert_eq!(
                (first.code(), first.severity().name()),
                ("field_misplaced", "error")
            );
            assert_eq!(first.path().to_string(), place, "{json}");
            assert!(!manifest.licensing_enabled());
        }
    }

    #[test]
    fn variables_stand_for_their_defaults() {
        let json = r#"{"environment":{"variables":[{"key":"EDITION","default":"advanced"},"APP"]},
            "app":{"id":"${APP}","licensing":{"enabled":true,"editionsEnabled":true}},
            "modules":{"jira:issuePanel":[{"key":"p","displayConditions":
                {"appIsLicensed":true,"appEdition":"${EDITION}"}}]}}"#;
        assert_eq!(codes(json), "variable_without_default");
    }

    #[test]
    fn connect_modules_have_conditions_too() {
        let json = r#"{"app":{"connect":{"key":"com.example.app"},"licensing":{"enabled":true}},
            "connectModules":{"jira:webPanels":[{"key":"w","conditions":[
                {"condition":"capability_set","params":{"value":"capabilityAdvanced"}}]}],
            "jira:webItems":[{"key":"i","conditions":[{"invert":true}]}]}}"#;
        assert_eq!(
            codes(json),
            "condition_invalid shown_to_inactive editions_not_enabled"
        );
        let manifest = Manifest::parse(json.as_bytes()).unwrap();
        assert_eq!(manifest.connect_key(), Some("com.example.app"));
    }
}
