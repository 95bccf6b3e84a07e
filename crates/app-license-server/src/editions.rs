//! What asks for an edition that no license names, because the app's descriptor says nothing of editions.

use app_license::{Capability, Edition, FeatureMap, Policy};
use app_license_descriptor::connect::Descriptor;
use serde_json::Value;

/// Whether the platform names editions to the app, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedEditions {
    /// The descriptor asks for them; or none was given, or the app sells nothing: nothing is known to be wrong.
    Fine,
    /// The descriptor that was given lacks `editionsEnabled: true`.
    Missing,
}

impl NamedEditions {
    pub(crate) fn of(descriptor: Option<&Descriptor>, policy: &Policy) -> Self {
        let is_missing =
            |it: &Descriptor| it.other.get("editionsEnabled") != Some(&Value::Bool(true));
        if !policy.is_selling_nothing() && descriptor.is_some_and(is_missing) {
            Self::Missing
        } else {
            Self::Fine
        }
    }

    /// Warns of what the feature map has for an edition above Standard: of the first of it.
    pub(crate) fn warn_of(self, app: &str, features: &FeatureMap) {
        if let Some(needs) = above_standard(features) {
            self.warn(app, needs);
        }
    }

    /// Warns of a gate that asks for an edition above Standard.
    pub(crate) fn warn_of_gate(self, app: &str, needs: &Capability) {
        if is_above_standard(needs) {
            self.warn(app, needs.as_str());
        }
    }

    fn warn(self, app: &str, needs: &str) {
        if self == Self::Missing {
            tracing::warn!(
                app,
                needs,
                "the descriptor lacks `editionsEnabled: true`: no license names an edition, every customer counts \
                 as Standard, and what is above Standard is granted to nobody"
            );
        }
    }
}

fn is_above_standard(needs: &Capability) -> bool {
    needs.edition().is_none_or(|it| it > Edition::Standard)
}

/// The first feature, limit or service level that Standard does not have as Advanced has it.
fn above_standard(features: &FeatureMap) -> Option<&str> {
    let (standard, advanced) = (Some(Edition::Standard), Some(Edition::Advanced));
    let is_above = |name: &&str| features.requirement(name).is_some_and(is_above_standard);
    let differs = |name: &&str| {
        features.limit_in(name, standard).ok() != features.limit_in(name, advanced).ok()
    };
    let is_better = |name: &&str| {
        let level = |edition| features.service_level_in(name, edition).ok();
        level(standard) != level(advanced)
    };
    let feature = features.features().find(is_above);
    let limit = || features.limits().find(differs);
    feature
        .or_else(limit)
        .or_else(|| features.service_levels().find(is_better))
}
