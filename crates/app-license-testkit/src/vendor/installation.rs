//! An installation, written as the stores write it.

use super::dates::{seconds_of, time};

/// An installation as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredInstallation {
    /// The client key on Connect, the installation's ARI on Forge.
    pub key: String,
    /// Whether it is one on Connect.
    pub connect: bool,
    /// `installed`, `enabled`, `disabled` or `uninstalled`.
    pub status: &'static str,
    /// The record, JSON.
    pub record: String,
    /// When it last changed: seconds since 1970.
    pub changed_at: u64,
}

/// An installation before it is written. Days are counted back from the day of comparison.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) key: String,
    pub(super) connect: bool,
    pub(super) app: Option<String>,
    pub(super) status: &'static str,
    pub(super) host: Option<String>,
    pub(super) product: &'static str,
    pub(super) cloud_id: Option<String>,
    pub(super) entitlement_id: Option<String>,
    pub(super) entitlement_number: Option<String>,
    pub(super) capability_set: Option<&'static str>,
    /// State, whether it is a trial, and how many days ago that was said.
    pub(super) license: Option<(&'static str, bool, i64)>,
    pub(super) environment_id: Option<String>,
    pub(super) environment_type: Option<&'static str>,
    pub(super) first_installed: i64,
    pub(super) installed: i64,
    pub(super) updated: i64,
    pub(super) uninstalled: Option<i64>,
}

impl Installed {
    /// Standard for a year, confirmed three days ago.
    pub(super) const fn new() -> Self {
        Self {
            key: String::new(),
            connect: true,
            app: None,
            status: "enabled",
            host: None,
            product: "jira",
            cloud_id: None,
            entitlement_id: None,
            entitlement_number: None,
            capability_set: None,
            license: Some(("active", false, 3)),
            environment_id: None,
            environment_type: None,
            first_installed: 300,
            installed: 300,
            updated: 40,
            uninstalled: None,
        }
    }

    pub(super) fn stored(&self) -> StoredInstallation {
        StoredInstallation {
            key: self.key.clone(),
            connect: self.connect,
            status: self.status,
            record: self.record(),
            changed_at: seconds_of(self.updated),
        }
    }

    fn record(&self) -> String {
        let platform = if self.connect { "connect" } else { "forge" };
        let mut json = String::with_capacity(900);
        json.push_str(r#"{"key":{""#);
        json.push_str(platform);
        json.push_str(r#"":""#);
        json.push_str(&self.key);
        json.push_str(r#""}"#);
        let mut text = |name: &str, value: &str| {
            for part in [",\"", name, "\":\"", value, "\""] {
                json.push_str(part);
            }
        };
        text("status", self.status);
        text("statusSince", &time(self.installed, 0));
        text("firstInstalledAt", &time(self.first_installed, 60));
        text("installedAt", &time(self.installed, 60));
        text("updatedAt", &time(self.updated, 30));
        if let Some(ago) = self.uninstalled {
            text("uninstalledAt", &time(ago, 0));
        }
        if let Some(app) = &self.app {
            text("appKey", app);
        } else {
            text(
                "appId",
                "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11",
            );
            text("appVersion", "4.2.0");
        }
        if let Some(id) = &self.environment_id {
            text("environmentId", id);
        }
        if let Some(kind) = self.environment_type {
            text("environmentType", kind);
        }
        if let Some(host) = &self.host {
            text("baseUrl", &format!("https://{host}"));
            text("displayUrl", &format!("https://{host}"));
            text("productType", self.product);
            text(
                "description",
                "The site of a customer, as its admin calls it",
            );
        }
        if let Some(id) = &self.cloud_id {
            text("cloudId", id);
        }
        json.push_str(",\"entitlement\":{");
        let ids = [
            ("id", &self.entitlement_id),
            ("number", &self.entitlement_number),
        ];
        let mut comma = "";
        for (name, value) in ids {
            if let Some(value) = value {
                for part in [comma, "\"", name, "\":\"", value, "\""] {
                    json.push_str(part);
                }
                comma = ",";
            }
        }
        json.push('}');
        if let Some(set) = self.capability_set {
            for part in [",\"capabilitySet\":\"", set, "\""] {
                json.push_str(part);
            }
        }
        if let Some((state, trial, ago)) = self.license {
            let api = if self.connect {
                "connect_license_api"
            } else {
                "forge_license_api"
            };
            for part in [
                ",\"license\":{\"state\":\"",
                state,
                "\",\"evaluation\":",
                if trial { "true" } else { "false" },
                ",\"source\":\"",
                api,
                "\",\"asOf\":\"",
                &time(ago, 0),
                "\"}",
            ] {
                json.push_str(part);
            }
        }
        json.push('}');
        json
    }
}
