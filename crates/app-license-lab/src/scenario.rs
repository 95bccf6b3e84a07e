//! A story with expectations: `scenario FILE.toml`.

mod run;

use std::collections::BTreeMap;

use app_license::{Edition, FeatureMap, Policy, WhenAbsent};
use serde::Deserialize;
use serde_json::Value;

use super::action::{Action, ClockChange, DeliveryMode, FaultChange, KeyRotation};
use super::decisions::DecisionSource;
use super::lab::AppKind;
use super::user_access::UserAccess;
use crate::error::Error;

pub use run::{Check, ScenarioReport, run, run_forge};

/// What the demo app sells unless told otherwise: an `editions.toml`.
pub const EDITIONS: &str = include_str!("../assets/editions.toml");

/// The most steps of one story.
const MAX_STEPS: usize = 1_000;

/// A whole story, read from TOML: steps with what must hold after each of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub(crate) title: String,
    /// What it is about, for people.
    #[serde(default)]
    #[expect(dead_code, reason = "read by people, in the file")]
    about: String,
    #[serde(default)]
    pub(crate) app: Option<AppKind>,
    #[serde(default)]
    when_absent: Absent,
    /// The app's `editions.toml`, as text. The demo app's unless said.
    editions: Option<String>,
    /// The first moment, ISO-8601.
    start: Option<String>,
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Absent {
    #[default]
    Deny,
    Free,
    Standard,
    Advanced,
}

/// One step: the clock first, then faults, keys and delivery, then the move, then expectations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What happens, in the story's words.
    #[serde(default)]
    pub(crate) say: String,
    /// The site it happens on; that of the step before unless said.
    pub(crate) site: Option<String>,
    pub(crate) clock: Option<ClockChange>,
    pub(crate) fault: Option<FaultChange>,
    pub(crate) rotate: Option<KeyRotation>,
    pub(crate) delivery: Option<DeliveryMode>,
    /// Whether the user may use the app, where the customer pays by user.
    pub(crate) access: Option<UserAccess>,
    #[serde(rename = "move")]
    pub(crate) action: Option<Action>,
    /// The module of the vendor's own Forge app whose page is looked at and whose resolver is
    /// called; the first unless said.
    pub(crate) module: Option<String>,
    #[serde(default)]
    pub(crate) expect: Expect,
}

/// What must hold after a step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Feature to `granted`, `denied: code` or `refused: code`.
    #[serde(default)]
    pub(crate) decision: BTreeMap<String, String>,
    /// Where that is asked; everywhere unless said.
    pub(crate) at: Option<Vec<DecisionSource>>,
    /// What the app answered to the events of the step.
    pub(crate) answers: Option<Vec<u16>>,
    /// What the app's store noted, as codes of changes.
    pub(crate) changes: Option<Vec<String>>,
    /// What the app's store noted of this customer from the beginning, whichever key it came under, as
    /// codes of changes.
    pub(crate) history: Option<Vec<String>>,
    /// How many customers the app's store has, of all sites: those who left are not counted.
    pub(crate) customers: Option<usize>,
    /// Where the customer stands for the platform.
    pub(crate) stage: Option<String>,
    /// The edition that an active license grants; `none` for none.
    pub(crate) edition: Option<String>,
    /// Whether the app's store has the site as installed.
    pub(crate) installed: Option<bool>,
    /// Path of a page to the status that the app answers; or selector in the page of the vendor's
    /// own Forge app to what is seen of it.
    #[serde(default)]
    pub(crate) page: BTreeMap<String, PageExpectation>,
    /// Calls of the vendor's own functions, and what they answer.
    #[serde(default)]
    pub(crate) invoke: Vec<InvokeExpectation>,
    /// The code with which the platform refuses the move.
    pub(crate) refused: Option<String>,
}

/// What is expected of a page.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum PageExpectation {
    Status(u16),
    Shown(Shown),
}

/// What is seen of an element.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shown {
    Visible,
    Hidden,
}

impl Shown {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Hidden => "hidden",
        }
    }
}

/// A call of a function, and what it answers: fields that are not named are not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvokeExpectation {
    pub(crate) function: String,
    #[serde(default)]
    pub(crate) payload: Value,
    pub(crate) result: Value,
}

impl Scenario {
    /// Reads a story.
    ///
    /// # Errors
    /// When the text is not TOML of this shape, has more than 1,000 steps, or expects a word that
    /// is no decision.
    ///
    /// ```
    /// use app_license_lab::Scenario;
    /// assert!(Scenario::parse("title = \"empty\"\nstep = []").is_ok());
    /// assert!(Scenario::parse("titel = 1").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let story: Self = toml::from_str(text).map_err(|error| {
            Error::Scenario(format!("not a scenario: {}", error.to_string().trim_end()))
        })?;
        if story.steps.len() > MAX_STEPS {
            return Err(Error::Scenario(format!("more than {MAX_STEPS} steps")));
        }
        if let Some(word) = story
            .steps
            .iter()
            .flat_map(|step| step.expect.decision.values())
            .find(|word| !is_decision(word))
        {
            return Err(Error::Scenario(format!(
                "`{word}` is no decision: expected `granted`, `denied: code` or `refused: code`"
            )));
        }
        Ok(story)
    }

    /// The app's features: those given, those of the story, or the demo app's.
    ///
    /// # Errors
    /// When the story's own `editions` cannot be read.
    ///
    /// ```
    /// let story = app_license_lab::Scenario::parse("title = \"empty\"\nstep = []")?;
    /// assert!(story.features(None)?.features().count() > 0);
    /// # Ok::<(), app_license_lab::Error>(())
    /// ```
    pub fn features(&self, given: Option<FeatureMap>) -> Result<FeatureMap, Error> {
        match (given, &self.editions) {
            (Some(given), _) => Ok(given),
            (None, Some(text)) => Ok(FeatureMap::from_toml(text)?),
            (None, None) => Ok(FeatureMap::from_toml(EDITIONS)?),
        }
    }

    /// How the app decides in this story.
    ///
    /// ```
    /// let story = app_license_lab::Scenario::parse("title = \"empty\"\nstep = []")?;
    /// assert_eq!(story.policy(), app_license::Policy::new());
    /// # Ok::<(), app_license_lab::Error>(())
    /// ```
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy::new().when_absent(match self.when_absent {
            Absent::Deny => WhenAbsent::Deny,
            Absent::Free => WhenAbsent::Assume(Edition::Free),
            Absent::Standard => WhenAbsent::Assume(Edition::Standard),
            Absent::Advanced => WhenAbsent::Assume(Edition::Advanced),
        })
    }

    /// The first moment, where the story names one.
    pub(crate) fn start(&self) -> Option<&str> {
        self.start.as_deref()
    }
}

fn is_decision(word: &str) -> bool {
    word == "granted"
        || ["denied: ", "refused: "]
            .iter()
            .any(|head| word.strip_prefix(head).is_some_and(|code| !code.is_empty()))
}
