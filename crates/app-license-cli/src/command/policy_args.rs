//! What is asked of every license: editions, one capability, or the features of a file.

use std::path::Path;
use std::time::Duration;

use app_license::error::shown;
use app_license::{
    Capability, Decision, Edition, FeatureMap, Hint, License, Policy, UnixTime, WhenAbsent,
};
use serde::Serialize;

use crate::error::CliError;
use crate::files::read_file;

const MAX_FEATURES: usize = 256 * 1024;

/// Options that say how to decide.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct PolicyArgs {
    /// What it means when nothing is said about a license
    #[arg(long, value_enum, default_value_t, value_name = "MEANING")]
    when_absent: Absent,
    /// What that means in an environment that is known not to be production [default: as
    /// --when-absent]
    #[arg(long, value_enum, value_name = "MEANING")]
    when_absent_outside_production: Option<Absent>,
    /// The app sells nothing: grant whatever is said about a license
    #[arg(long)]
    sells_nothing: bool,
    /// Grant also to users of whom the platform says that they have no access
    #[arg(long)]
    ignore_user_access: bool,
    /// Grant only where the environment is production
    #[arg(long)]
    production: bool,
    /// The oldest word that counts, in seconds
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Absent {
    #[default]
    Deny,
    Free,
    Standard,
    Advanced,
}

impl Absent {
    const fn meaning(self) -> WhenAbsent {
        match self {
            Self::Deny => WhenAbsent::Deny,
            Self::Free => WhenAbsent::Assume(Edition::Free),
            Self::Standard => WhenAbsent::Assume(Edition::Standard),
            Self::Advanced => WhenAbsent::Assume(Edition::Advanced),
        }
    }
}

impl PolicyArgs {
    /// The policy asked for.
    pub(crate) fn policy(self) -> Policy {
        let mut policy = Policy::new()
            .production_only(self.production)
            .sells_nothing(self.sells_nothing)
            .ignore_user_access(self.ignore_user_access)
            .when_absent(self.when_absent.meaning());
        if let Some(outside) = self.when_absent_outside_production {
            policy = policy.when_absent_outside_production(outside.meaning());
        }
        match self.max_age {
            Some(seconds) => policy.max_age(Duration::from_secs(seconds)),
            None => policy,
        }
    }
}

/// What to ask.
#[derive(Debug)]
pub(crate) struct Questions {
    map: Option<FeatureMap>,
    asked: Vec<Question>,
    required: bool,
}

#[derive(Debug, Clone)]
struct Question {
    name: String,
    needs: Capability,
}

/// A limit or service level of a customer.
#[derive(Debug, Serialize)]
pub(crate) struct Allowance {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An answer to one question.
#[derive(Debug, Serialize)]
pub(crate) struct NamedDecision {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) decision: Decision,
}

/// Reads the app's `editions.toml`, or its JSON form.
pub(crate) fn read_features(path: &Path) -> Result<FeatureMap, CliError> {
    let bytes = read_file(path, MAX_FEATURES)?;
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Ok(FeatureMap::from_json(&bytes)?);
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CliError::Option(format!("`{}` is not UTF-8", path.display())))?;
    Ok(FeatureMap::from_toml(text)?)
}

impl Questions {
    /// Nothing is asked.
    #[cfg(feature = "lab")]
    pub(crate) const fn none() -> Self {
        Self {
            map: None,
            asked: Vec::new(),
            required: false,
        }
    }

    /// `required` is an edition, a capability, or a feature of the map.
    pub(crate) fn new(map: Option<FeatureMap>, required: Option<&str>) -> Result<Self, CliError> {
        let question = |name: &str, needs: Capability| Question {
            name: name.to_owned(),
            needs,
        };
        let asked = match (required, &map) {
            (Some(name), map) => {
                let feature = map.as_ref().and_then(|m| m.requirement(name)).cloned();
                let needs = match (feature, Edition::from_name(name)) {
                    (Some(needs), _) => needs,
                    (None, Some(edition)) => edition.into(),
                    (None, None) if is_capability(name) => some_capability(name)?,
                    (None, None) => return Err(CliError::Option(unknown(name, map.is_some()))),
                };
                vec![question(name, needs)]
            }
            (None, Some(map)) => map
                .features()
                .filter_map(|name| Some(question(name, map.requirement(name)?.clone())))
                .collect(),
            (None, None) => Edition::ALL
                .map(|edition| question(edition.name(), edition.into()))
                .to_vec(),
        };
        Ok(Self {
            map,
            asked,
            required: required.is_some(),
        })
    }

    /// Whether one thing must be granted.
    pub(crate) const fn is_required(&self) -> bool {
        self.required
    }

    /// Whether the questions are features of a file.
    pub(crate) const fn are_features(&self) -> bool {
        self.map.is_some()
    }

    /// Every decision that is asked for.
    pub(crate) fn answers(&self, decide: &dyn Fn(&Capability) -> Decision) -> Vec<NamedDecision> {
        let answer = |question: &Question| NamedDecision {
            name: question.name.clone(),
            decision: decide(&question.needs),
        };
        self.asked.iter().map(answer).collect()
    }

    /// The limits and service levels of the map for this customer.
    pub(crate) fn allowances(
        &self,
        license: &Hint<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Vec<Allowance>, CliError> {
        let mut allowances = Vec::new();
        let Some(map) = self.map.as_ref().filter(|_| !self.required) else {
            return Ok(allowances);
        };
        for name in map.limits() {
            let value = map.limit_hint(name, license, policy, now)?.to_string();
            let name = name.to_owned();
            allowances.push(Allowance { name, value });
        }
        for name in map.service_levels() {
            let level = map.service_level_hint(name, license, policy, now)?;
            let value = level.unwrap_or("none").to_owned();
            let name = name.to_owned();
            allowances.push(Allowance { name, value });
        }
        Ok(allowances)
    }
}

/// Whether a name is a capability string: as the platform writes it, `capabilityStandard`, or a new one.
fn is_capability(name: &str) -> bool {
    let start = name.get(.."capability".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("capability"))
}

fn unknown(name: &str, map: bool) -> String {
    let name = shown(name);
    if map {
        format!("`{name}` is no feature of the map, no edition and no capability")
    } else {
        format!(
            "`{name}` is no edition and no capability (`capability...`): for a feature, name the app's \
             `editions.toml` with --features"
        )
    }
}

/// Reads any capability string, or the name of an edition.
pub(crate) fn some_capability(name: &str) -> Result<Capability, CliError> {
    if name.trim().is_empty() {
        return Err(CliError::Option(
            "a capability must not be empty".to_owned(),
        ));
    }
    Ok(Edition::from_name(name).map_or_else(|| Capability::new(name), Capability::from))
}
