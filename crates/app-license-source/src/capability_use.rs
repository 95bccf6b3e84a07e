//! Where an app names a capability set itself, beside the feature map.

use std::ops::Range;

use crate::fact::{Comparison, FactKind, Operand};
use crate::source::Source;

/// How a capability set is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CapabilityUseKind {
    /// Compared by hand: `capabilitySet === "capabilityAdvanced"`.
    Compared,
    /// Asked for by a gate, but as a capability, not as a feature of the map.
    Asked,
}

/// A place where the code names a capability set or an edition instead of a feature.
///
/// ```
/// use app_license_source::{CapabilityUseKind, Language, Source, capability_uses};
/// let source = Source::parse(
///     Language::TypeScript,
///     r#"const advanced = context.license.capabilitySet === "capabilityAdvanced";"#,
/// )?;
/// let [found] = &capability_uses(&source)[..] else { panic!() };
/// assert_eq!(found.kind(), CapabilityUseKind::Compared);
/// assert_eq!(found.value(), "capabilityAdvanced");
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityUse {
    kind: CapabilityUseKind,
    value: String,
    test: bool,
    range: Range<usize>,
    function: Option<usize>,
}

impl CapabilityUse {
    /// Compared or asked for.
    #[must_use]
    pub const fn kind(&self) -> CapabilityUseKind {
        self.kind
    }

    /// The capability string or constant, as in the code.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it stands in a test.
    #[must_use]
    pub const fn is_test(&self) -> bool {
        self.test
    }

    /// Where, in bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The index of the function around it.
    #[must_use]
    pub const fn function(&self) -> Option<usize> {
        self.function
    }
}

/// Gates that take a capability.
const GATES: [&str; 8] = [
    "has_capability",
    "hasCapability",
    "requires",
    "context_requires",
    "requireCapability",
    "requires_capability",
    "decide",
    "check",
];

/// The places of a source text that name a capability set or an edition themselves.
#[must_use]
pub fn capability_uses(source: &Source) -> Vec<CapabilityUse> {
    if source.is_generated() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for fact in source.facts() {
        let mut add = |kind, value: String| {
            found.push(CapabilityUse {
                kind,
                value,
                test: fact.is_test(),
                range: fact.range(),
                function: fact.function(),
            });
        };
        match fact.kind() {
            FactKind::Compare {
                comparison,
                left,
                right,
            } if *comparison != Comparison::Order => {
                let edition = is_edition(left) || is_edition(right);
                let mut values = [left, right].into_iter();
                if let Some(value) = values.find_map(|v| capability(source, v, edition)) {
                    add(CapabilityUseKind::Compared, value);
                }
            }
            FactKind::Call { callee, arguments } => {
                // ["capabilityStandard", "capabilityAdvanced"].includes(license.capabilitySet)
                if matches!(
                    callee.last(),
                    "includes" | "contains" | "startsWith" | "endsWith"
                ) && let Some(argument) = arguments.first()
                    && (is_edition(argument) || callee.has("capabilitySet"))
                {
                    add(CapabilityUseKind::Compared, shown(argument));
                } else if GATES.contains(&callee.last()) {
                    let direct = arguments.iter().find_map(|a| capability(source, a, false));
                    let named = arguments
                        .iter()
                        .filter_map(|a| a.property("requires"))
                        .find_map(|a| capability(source, a, false));
                    if let Some(value) = direct.or(named) {
                        add(CapabilityUseKind::Asked, value);
                    }
                }
            }
            FactKind::Element { name, attributes } if name.last() == "Gate" => {
                let requires = attributes.iter().find(|(name, _)| name == "requires");
                if let Some(value) = requires.and_then(|(_, v)| capability(source, v, false)) {
                    add(CapabilityUseKind::Asked, value);
                }
            }
            _ => {}
        }
    }
    found
}

/// A capability string, or a constant of one; names of editions only beside an edition.
fn capability(source: &Source, operand: &Operand, edition: bool) -> Option<String> {
    if let Some(text) = source.text_of(operand) {
        let folded = text.replace('_', "").to_ascii_lowercase();
        let string = folded.strip_prefix("capability").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let known = matches!(
            &*folded,
            "capabilityset" | "capabilitysets" | "capabilityid"
        );
        let name = edition && matches!(&*folded, "free" | "standard" | "advanced");
        return (string && !known || name).then(|| text.to_owned());
    }
    let path = operand.path()?;
    let mut parts = path.parts().rev();
    let (member, of) = (parts.next()?, parts.next()?);
    let constant = match of {
        "Capability" | "CapabilitySet" => matches!(
            member,
            "FREE" | "STANDARD" | "ADVANCED" | "Free" | "Standard" | "Advanced"
        ),
        "Edition" => matches!(member, "Free" | "Standard" | "Advanced"),
        _ => false,
    };
    constant.then(|| format!("{of}.{member}"))
}

/// Whether a value is read from where the platform says the edition.
fn is_edition(operand: &Operand) -> bool {
    operand.path().is_some_and(|path| {
        matches!(
            path.value_name(),
            "capabilitySet"
                | "capability_set"
                | "capSet"
                | "cap_set"
                | "appEdition"
                | "app_edition"
        )
    })
}

fn shown(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => text.clone(),
        Operand::Path(path) => path.to_string(),
        _ => String::new(),
    }
}
