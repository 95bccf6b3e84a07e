//! The condition that shows a module to those who have a feature.

use std::path::PathBuf;

use app_license::FeatureMap;
use app_license_descriptor::connect::Condition;
use app_license_descriptor::forge::DisplayCondition;

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::read_file;
use crate::io::Io;
use crate::output::{Format, show};

/// The most features that are named where one is not there.
const MAX_NAMES: usize = 20;
const MAX_EDITIONS: usize = 256 * 1024;

const EXAMPLES: &str = "\
Examples:
  app-license conditions generate connect --feature bulk-export
  app-license conditions generate forge --feature bulk-export \\
      --editions shop/editions.toml

Exit codes: 0 yes, 1 a file that is not there, 3 no such feature, or a file of another shape.";

/// Prints the condition that shows a module to those who have a feature
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The framework
    framework: Framework,
    /// The feature, as in the feature map
    #[arg(long, value_name = "NAME")]
    feature: String,
    /// The feature map
    #[arg(long, value_name = "FILE", default_value = "editions.toml")]
    editions: PathBuf,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Framework {
    /// `conditions` of a Connect descriptor, as JSON
    Connect,
    /// `displayConditions` of a Forge manifest, as YAML
    Forge,
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let text = read_file(&self.editions, MAX_EDITIONS)?;
        let map = FeatureMap::from_toml(&String::from_utf8_lossy(&text))?;
        let feature = &self.feature;
        let Some(capability) = map.requirement(feature) else {
            let mut known: Vec<_> = map.features().take(MAX_NAMES).collect();
            if map.features().nth(MAX_NAMES).is_some() {
                known.push("others");
            }
            return Err(CliError::Option(format!(
                "the feature map has no feature `{feature}`; it has {}",
                known.join(", ")
            )));
        };
        let (json, fragment) = match self.framework {
            Framework::Connect => {
                let json: serde_json::Value = match Condition::requiring(capability) {
                    // a list of conditions is an `and`
                    Condition::And(list) => list.iter().map(|c| parsed(&c.to_json())).collect(),
                    one => [parsed(&one.to_json())].into_iter().collect(),
                };
                let json = serde_json::json!({"conditions": json});
                let text = serde_json::to_string_pretty(&json).map_err(std::io::Error::from)?;
                (json, text + "\n")
            }
            Framework::Forge => {
                let condition = DisplayCondition::requiring(capability).ok_or_else(|| {
                    CliError::Option(format!(
                        "Forge has no condition for `{capability}`: hide the module in the page"
                    ))
                })?;
                let json = parsed(&condition.to_json());
                let json = serde_json::json!({"displayConditions": json});
                (json, condition.to_yaml())
            }
        };
        show(io, format, &json, |out| write!(out, "{fragment}"))?;
        Ok(Exit::Yes)
    }
}

fn parsed(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}
