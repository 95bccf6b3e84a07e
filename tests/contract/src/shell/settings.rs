//! What the runner tells a shell: commands, and the settings of the app.

use std::net::SocketAddr;
use std::time::Duration;

use app_license::{Edition, InstallationKey, Policy, WhenAbsent};
use serde::Deserialize;
use serde_json::Value;

/// One line of the protocol.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Forget everything, make the app, and listen.
    Start(Box<Start>),
    /// It is now this second of Unix time.
    Clock { now: u64 },
    /// Make the app again over the same store, and listen.
    Restart,
    /// Say what is stored, and which hooks were called.
    State,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Start {
    pub(crate) app: App,
    /// Where all hosts of the platform are answered for.
    pub(crate) platform: SocketAddr,
    pub(crate) clock: u64,
    pub(crate) store: Vec<Seed>,
    pub(crate) hook_failures: u64,
    /// When the app's store fails.
    pub(crate) store_fault: Option<StoreFault>,
}

/// Seconds after the case's clock between which the store fails: all of it, or only what writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreFault {
    pub(crate) from: u64,
    pub(crate) until: u64,
    #[serde(default)]
    pub(crate) writes: bool,
}

/// An event that the store took before the case begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    /// Seconds after the case's clock; below 0 for before.
    pub(crate) at: i64,
    #[serde(default)]
    pub(crate) connect: Option<Value>,
    #[serde(default)]
    pub(crate) forge: Option<Value>,
    /// Whom the app's vendor blocks.
    #[serde(default)]
    pub(crate) block: Option<InstallationKey>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    #[serde(default)]
    pub(crate) connect: Option<Connect>,
    #[serde(default)]
    pub(crate) forge: Option<Forge>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    pub(crate) key: String,
    pub(crate) base_url: String,
    #[serde(default)]
    pub(crate) accept_base_urls: Vec<String>,
    /// `regionBaseUrls` of the descriptor.
    #[serde(default)]
    pub(crate) region_base_urls: Option<Value>,
    #[serde(default)]
    pub(crate) cloud: Option<String>,
    #[serde(default)]
    pub(crate) accept_site_domains: Vec<String>,
    #[serde(default)]
    pub(crate) accept_key_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) proxy_strips_base_path: bool,
    /// Where the routes are, when not below the path of the base URL.
    #[serde(default)]
    pub(crate) mount: Option<String>,
    #[serde(default)]
    pub(crate) leeway: Option<u64>,
    #[serde(default)]
    pub(crate) secret_grace: Option<u64>,
    #[serde(default)]
    pub(crate) license_api: bool,
    #[serde(default, rename = "stored_hint")]
    pub(crate) stored_for: Option<u64>,
    #[serde(default)]
    pub(crate) sells_nothing: bool,
    #[serde(default)]
    pub(crate) policy: PolicySettings,
    /// Features and what they need.
    #[serde(default)]
    pub(crate) features: Option<Value>,
    #[serde(default)]
    pub(crate) client_address_header: Option<String>,
    /// Keys for tests prove nothing, as in production.
    #[serde(default)]
    pub(crate) refuse_test_keys: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forge {
    pub(crate) app_ids: Vec<String>,
    #[serde(default)]
    pub(crate) isolated_cloud: Option<String>,
    /// Keys for tests prove nothing, as in production.
    #[serde(default)]
    pub(crate) refuse_test_keys: bool,
    #[serde(default)]
    pub(crate) store: bool,
    #[serde(default)]
    pub(crate) license_api: bool,
    #[serde(default)]
    pub(crate) leeway: Option<u64>,
    #[serde(default)]
    pub(crate) policy: PolicySettings,
    #[serde(default)]
    pub(crate) features: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicySettings {
    /// `standard`, `advanced`, or nothing for `deny`.
    #[serde(default)]
    when_absent: Option<String>,
    #[serde(default)]
    when_absent_outside_production: Option<String>,
    #[serde(default)]
    max_age: Option<u64>,
    #[serde(default)]
    production_only: bool,
    #[serde(default)]
    confirmed_only: bool,
    #[serde(default)]
    ignore_user_access: bool,
}

impl PolicySettings {
    pub(crate) fn policy(&self) -> Policy {
        let mut policy = Policy::new()
            .production_only(self.production_only)
            .confirmed_only(self.confirmed_only)
            .ignore_user_access(self.ignore_user_access);
        if let Some(meaning) = &self.when_absent {
            policy = policy.when_absent(meaning_of(meaning));
        }
        if let Some(meaning) = &self.when_absent_outside_production {
            policy = policy.when_absent_outside_production(meaning_of(meaning));
        }
        if let Some(seconds) = self.max_age {
            policy = policy.max_age(Duration::from_secs(seconds));
        }
        policy
    }
}

fn meaning_of(word: &str) -> WhenAbsent {
    match word {
        "standard" => WhenAbsent::Assume(Edition::Standard),
        "advanced" => WhenAbsent::Assume(Edition::Advanced),
        _ => WhenAbsent::Deny,
    }
}
