//! What the manifest of a Forge app says about licensing, and what is wrong with it.

mod finding;
mod read;

use crate::connect::Condition;
use crate::error::Error;
use crate::feature::FeatureMap;
use crate::visibility::ConditionWarning;

use super::DisplayCondition;

pub use finding::{Finding, Severity};

/// The licensing facts of a Forge app's manifest.
///
/// The manifest is YAML; this reads the same as JSON.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/>
///
/// ```
/// use app_license::forge::Manifest;
///
/// let manifest = Manifest::parse(br#"{
///     "app": {"id": "ari:cloud:ecosystem::app/1", "licensing": {"editionsEnabled": true}},
///     "modules": {"jira:issuePanel": [
///         {"key": "panel", "displayConditions": {"appEdition": "capabilityAdvanced"}}
///     ]}
/// }"#)?;
/// let findings = manifest.findings(None);
/// let codes: Vec<_> = findings.iter().map(|f| f.code()).collect();
/// assert_eq!(codes, ["enabled_missing", "editions_without_licensing", "condition_invalid"]);
/// assert_eq!(
///     findings[2].to_string(),
///     "modules.jira:issuePanel[0] `panel`: not a valid condition: `appEdition` must be `free`, \
///      `standard` or `advanced`, found `capabilityAdvanced`",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    app_id: Option<String>,
    connect_key: Option<String>,
    licensing: Option<Licensing>,
    user_access: Option<bool>,
    conditions: Vec<ModuleCondition>,
    connect_conditions: Vec<(String, Result<Condition, Error>)>,
    filters: Vec<TriggerFilter>,
    unknown: Vec<String>,
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
    location: String,
    condition: Result<DisplayCondition, Error>,
}

impl ModuleCondition {
    /// Where in the manifest.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The condition.
    ///
    /// # Errors
    /// `condition` when the platform would refuse it.
    pub fn condition(&self) -> Result<&DisplayCondition, &Error> {
        self.condition.as_ref()
    }
}

/// A module that is only called on sites with an active licence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TriggerFilter {
    location: String,
    module_type: String,
    app_is_licensed: Option<bool>,
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

    /// The triggers that are skipped on sites without an active licence: where in the manifest.
    pub fn licensed_triggers(&self) -> impl Iterator<Item = &str> {
        self.filters
            .iter()
            .filter(|f| f.app_is_licensed == Some(true))
            .map(|f| f.location.as_str())
    }

    /// What is wrong with it, or does something else than its author is likely to want.
    #[must_use]
    pub fn findings(&self, features: Option<&FeatureMap>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.of_licensing(&mut findings);
        let mut warn = |location: &str, warnings: Vec<ConditionWarning>| {
            findings.extend(warnings.into_iter().map(|warning| Finding::Condition {
                location: location.to_owned(),
                warning,
            }));
        };
        let mut invalid = Vec::new();
        let (mut licence, mut editions) = (Vec::new(), Vec::new());
        for ModuleCondition {
            location,
            condition,
        } in &self.conditions
        {
            match condition {
                Ok(condition) => {
                    warn(location, condition.warnings(features));
                    if condition.is_about_editions() {
                        editions.push(location);
                    } else if condition.is_about_the_license() {
                        licence.push(location);
                    }
                }
                Err(error) => invalid.push((location, error)),
            }
        }
        for (location, condition) in &self.connect_conditions {
            match condition {
                Ok(condition) => warn(location, condition.warnings(features)),
                Err(error) => invalid.push((location, error)),
            }
        }
        findings.extend(
            invalid
                .into_iter()
                .map(|(location, error)| Finding::ConditionInvalid {
                    location: location.clone(),
                    error: error.clone(),
                }),
        );
        let enabled = self.licensing_enabled();
        for location in licence.into_iter().chain(editions.iter().copied()) {
            if !enabled {
                findings.push(Finding::ConditionWithoutLicensing {
                    location: location.clone(),
                });
            }
        }
        for location in editions {
            if enabled && !self.editions_enabled() {
                findings.push(Finding::EditionWithoutEditions {
                    location: location.clone(),
                });
            }
        }
        self.of_filters(&mut findings);
        findings
    }

    fn of_licensing(&self, findings: &mut Vec<Finding>) {
        let mut find = |yes: bool, finding| {
            if yes {
                findings.push(finding);
            }
        };
        let enabled = self.licensing_enabled();
        let stated = self.licensing.as_ref().map(|l| l.enabled);
        find(stated == Some(None), Finding::EnabledMissing);
        find(
            self.editions_enabled() && !enabled,
            Finding::EditionsWithoutLicensing,
        );
        find(
            self.user_access() && !enabled,
            Finding::UserAccessWithoutLicensing,
        );
        for mode in self.modes().filter(|m| *m != "user-access") {
            find(
                true,
                Finding::UnknownMode {
                    mode: mode.to_owned(),
                },
            );
        }
        find(self.modes().count() > 0, Finding::ModesSuperseded);
        for location in &self.unknown {
            find(
                true,
                Finding::UnknownField {
                    location: location.clone(),
                },
            );
        }
    }

    fn of_filters(&self, findings: &mut Vec<Finding>) {
        for filter in &self.filters {
            let location = filter.location.clone();
            if !matches!(filter.module_type.as_str(), "trigger" | "scheduledTrigger") {
                findings.push(Finding::FilterNotSupported { location });
            } else if filter.app_is_licensed.is_none() {
                findings.push(Finding::FilterNotBoolean { location });
            } else if filter.app_is_licensed == Some(true) && !self.licensing_enabled() {
                findings.push(Finding::FilterWithoutLicensing { location });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    fn codes(json: &str) -> String {
        let findings = Manifest::parse(json.as_bytes()).unwrap().findings(None);
        let codes: Vec<_> = findings.iter().map(|f| f.code()).collect();
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
            (modules(paid, &page(advanced)), "edition_without_editions"),
            (modules(paid, &page(licensed)), ""),
            (
                modules(r#"{"enabled":false}"#, &page(licensed)),
                "condition_without_licensing",
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
                "filter_without_licensing",
            ),
            (
                modules(
                    paid,
                    r#""scheduledTrigger":[{"filter":{"appIsLicensed":"yes"}}]"#,
                ),
                "filter_not_boolean",
            ),
            (
                modules(paid, r#""consumer":[{"filter":{"appIsLicensed":true}}]"#),
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
        assert!(manifest.licensed_triggers().eq(["modules.trigger[0] `t`"]));
        let manifest = Manifest::parse(modules(editions, &page(advanced)).as_bytes()).unwrap();
        let first = manifest.conditions().next().unwrap();
        assert_eq!(
            first.location(),
            "modules.jira:globalPage[0] `p`.sections[0].pages[0]"
        );
    }

    #[test]
    fn connect_modules_have_conditions_too() {
        let json = r#"{"app":{"connect":{"key":"com.example.app"},"licensing":{"enabled":true}},
            "connectModules":{"jira:webPanels":[{"key":"w","conditions":[
                {"condition":"capability_set","params":{"value":"capabilityAdvanced"}}]}],
            "jira:webItems":[{"key":"i","conditions":[{"invert":true}]}]}}"#;
        assert_eq!(codes(json), "shown_to_inactive condition_invalid");
        let manifest = Manifest::parse(json.as_bytes()).unwrap();
        assert_eq!(manifest.connect_key(), Some("com.example.app"));
    }
}
