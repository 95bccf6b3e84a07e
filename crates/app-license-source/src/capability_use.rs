//! Where an app names a capability set itself, beside the feature map.

use std::ops::Range;

use crate::fact::{Comparison, Fact, FactKind, Operand};
use crate::locals::Locals;
use crate::path::Path;
use crate::source::Source;

/// How a capability set is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CapabilityUseKind {
    /// Compared by hand: `capabilitySet === "capabilityAdvanced"`.
    Compared,
    /// Required by a gate, but as a capability, not as a feature of the map.
    Required,
}

/// A text that stands for a capability set, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapabilityText {
    /// The text.
    pub text: String,
    /// Where its literal stands, in bytes of the file; of a constant where that is compared.
    pub range: Range<usize>,
    /// Whether the comparison leaves out upper and lower case.
    pub any_case: bool,
    /// Whether it stands beside an edition (`capabilitySet`), so that no other text is meant.
    pub beside_edition: bool,
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
/// assert_eq!(found.texts()[0].text, "capabilityAdvanced");
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityUse {
    kind: CapabilityUseKind,
    value: String,
    texts: Vec<CapabilityText>,
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

    /// The texts that stand for a capability set; none where it is a constant of the library.
    #[must_use]
    pub fn texts(&self) -> &[CapabilityText] {
        &self.texts
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

/// Gates that take a capability and nothing else.
const CAPABILITY_GATES: [&str; 4] = [
    "has_capability",
    "hasCapability",
    "requireCapability",
    "requires_capability",
];
/// Gates that take a capability, among other things.
const GATES: [&str; 4] = ["requires", "context_requires", "decide", "check"];
/// What stands in the names of calls after which upper and lower case are the same: `toLowerCase`, and
/// helpers of an app, as `lower` and `normalizeCapability`.
const ANY_CASE: [&str; 4] = ["lower", "upper", "normali", "fold"];

/// The places of a source text that name a capability set or an edition themselves.
#[must_use]
pub fn capability_uses(source: &Source) -> Vec<CapabilityUse> {
    // what names neither is not looked at: most files
    let named = ["apabilit", "APABILIT", "apSet", "ap_set", "dition"];
    let mentions = named.iter().any(|part| source.text().contains(part));
    if !mentions || source.is_generated() {
        return Vec::new();
    }
    let finder = Finder {
        source,
        locals: Locals::of(source),
    };
    let facts = source.facts().iter();
    facts.filter_map(|fact| finder.of(fact)).collect()
}

struct Finder<'s> {
    source: &'s Source,
    locals: Locals<'s>,
}

impl Finder<'_> {
    fn of(&self, fact: &Fact) -> Option<CapabilityUse> {
        match fact.kind() {
            FactKind::Compare {
                comparison,
                left,
                right,
            } if *comparison != Comparison::Order => self.compared(fact, left, right),
            FactKind::Call { callee, arguments } => self.called(fact, callee, arguments),
            FactKind::Element { name, attributes } if name.last() == "Gate" => {
                let (_, requires) = attributes.iter().find(|(name, _)| name == "requires")?;
                let value = self.capability(requires, false)?;
                Some(self.asked(fact, value, requires, true))
            }
            _ => None,
        }
    }

    fn compared(&self, fact: &Fact, left: &Operand, right: &Operand) -> Option<CapabilityUse> {
        let sides = [left, right].into_iter();
        let edition = sides.clone().find_map(|side| self.edition(side, fact));
        let value = sides
            .clone()
            .find_map(|side| self.capability(side, edition.is_some()))?;
        let any_case = sides.clone().any(|side| self.is_any_case(side, fact));
        let beside = edition == Some(EditionName::CapabilitySet);
        // `appEdition` is spelled otherwise
        let spelled = sides.filter(|_| edition != Some(EditionName::AppEdition));
        let texts = spelled.filter_map(|side| {
            let text = self.source.text_of(side)?;
            Some(self.text(fact, text, any_case, beside))
        });
        let texts = texts.collect();
        Some(found(fact, CapabilityUseKind::Compared, value, texts))
    }

    fn called(&self, fact: &Fact, callee: &Path, arguments: &[Operand]) -> Option<CapabilityUse> {
        let name = callee.last();
        // ["capabilityStandard", "capabilityAdvanced"].includes(license.capabilitySet)
        let contains = matches!(
            name,
            "includes" | "contains" | "startsWith" | "endsWith" | "indexOf" | "has"
        );
        if contains
            && let Some(argument) = arguments.first()
            && let edition = self.edition(argument, fact)
            && (edition.is_some() || callee.has("capabilitySet"))
        {
            let whole = !matches!(name, "startsWith" | "endsWith");
            let texts = if whole && edition == Some(EditionName::CapabilitySet) {
                self.listed(fact, callee, self.is_any_case(argument, fact))
            } else {
                Vec::new()
            };
            let kind = CapabilityUseKind::Compared;
            return Some(found(fact, kind, shown(argument), texts));
        }
        let alone = CAPABILITY_GATES.contains(&name);
        if !alone && !GATES.contains(&name) {
            return None;
        }
        let named = arguments.iter().filter_map(|a| a.property("requires"));
        let mut asked = arguments.iter().chain(named);
        let (value, operand) = asked.find_map(|a| Some((self.capability(a, alone)?, a)))?;
        Some(self.asked(fact, value, operand, alone))
    }

    /// The texts of the list that a method is called on: the list itself, or a constant.
    fn listed(&self, fact: &Fact, callee: &Path, any_case: bool) -> Vec<CapabilityText> {
        let name = callee.parts().next().map(Path::named);
        let defined = name.and_then(|name| self.locals.definition(&name, fact));
        let defined = defined.and_then(|n| self.source.facts().get(n));
        let texts = self.inside(defined.unwrap_or(fact)).filter_map(|inside| {
            let FactKind::Text(text) = inside.kind() else {
                return None;
            };
            Some(CapabilityText {
                text: text.clone(),
                range: inside.range(),
                any_case,
                beside_edition: true,
            })
        });
        texts.collect()
    }

    fn asked(
        &self,
        fact: &Fact,
        value: String,
        operand: &Operand,
        beside_edition: bool,
    ) -> CapabilityUse {
        let text = self.source.text_of(operand);
        let texts = text.map(|text| self.text(fact, text, true, beside_edition));
        let texts = texts.into_iter().collect();
        found(fact, CapabilityUseKind::Required, value, texts)
    }

    fn text(&self, fact: &Fact, text: &str, any_case: bool, beside: bool) -> CapabilityText {
        let literal = self.inside(fact).find(|inside| match inside.kind() {
            FactKind::Text(written) => written == text,
            _ => false,
        });
        CapabilityText {
            text: text.to_owned(),
            range: literal.map_or_else(|| fact.range(), Fact::range),
            any_case,
            beside_edition: beside,
        }
    }

    /// The facts inside another one.
    fn inside(&self, fact: &Fact) -> impl Iterator<Item = &Fact> {
        let range = fact.range();
        let all = self.source.facts();
        let first = all.partition_point(|other| other.range.start < range.start);
        let inside = all.get(first..).unwrap_or_default().iter();
        inside.take_while(move |other| other.range.start < range.end)
    }

    /// A capability string, or a constant of one; beside an edition every text.
    fn capability(&self, operand: &Operand, edition: bool) -> Option<String> {
        if let Some(text) = self.source.text_of(operand) {
            let folded = text.replace('_', "").to_ascii_lowercase();
            let string = folded.strip_prefix("capability").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric())
            });
            let known = matches!(
                &*folded,
                "capabilityset" | "capabilitysets" | "capabilityid"
            );
            let beside = edition && !text.is_empty();
            return (string && !known || beside).then(|| text.to_owned());
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

    /// What names the edition, where a value is read from that.
    fn edition(&self, operand: &Operand, at: &Fact) -> Option<EditionName> {
        let path = self.locals.resolve(operand.path()?, at);
        match path.value_name() {
            "capabilitySet" | "capability_set" | "capSet" | "cap_set" => {
                Some(EditionName::CapabilitySet)
            }
            "appEdition" | "app_edition" => Some(EditionName::AppEdition),
            _ => None,
        }
    }

    /// `x.toLowerCase()`, `lower(x)`
    fn is_any_case(&self, operand: &Operand, at: &Fact) -> bool {
        operand.path().is_some_and(|path| {
            let path = self.locals.resolve(path, at);
            let mut calls = path.parts().filter(|part| part.ends_with(')'));
            calls.any(|call| {
                let call = call.to_ascii_lowercase();
                ANY_CASE.iter().any(|part| call.contains(part))
            })
        })
    }
}

/// The two vocabularies of editions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EditionName {
    /// `capabilityAdvanced`
    CapabilitySet,
    /// `advanced`
    AppEdition,
}

fn found(
    fact: &Fact,
    kind: CapabilityUseKind,
    value: String,
    texts: Vec<CapabilityText>,
) -> CapabilityUse {
    CapabilityUse {
        kind,
        value,
        texts,
        test: fact.is_test(),
        range: fact.range(),
        function: fact.function(),
    }
}

fn shown(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => text.clone(),
        Operand::Path(path) => path.to_string(),
        _ => String::new(),
    }
}
