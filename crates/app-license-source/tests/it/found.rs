//! What the readers find, as short lines.
use app_license_source::{
    CapabilityUseKind, FactKind, Language, Operand, Source, capability_uses, gates,
};

/// The gates, as `kind name line:column`, with `?` when something else may be meant.
pub(crate) fn gates_of(language: Language, text: &str) -> Vec<String> {
    let source = Source::parse(language, text).unwrap();
    gates(&source)
        .iter()
        .map(|gate| {
            let sure = if gate.is_certain() { "" } else { "?" };
            let test = if gate.is_test() { " in a test" } else { "" };
            let at = source.position(gate.range().start);
            format!("{:?}{sure} {} {at}{test}", gate.kind(), gate.name())
        })
        .collect()
}

/// The capability uses, as `kind value`.
pub(crate) fn capabilities_of(language: Language, text: &str) -> Vec<String> {
    let source = Source::parse(language, text).unwrap();
    capability_uses(&source)
        .iter()
        .map(|found| {
            let kind = match found.kind() {
                CapabilityUseKind::Compared => "compared",
                _ => "asked",
            };
            format!("{kind} {}", found.value())
        })
        .collect()
}

/// Reads, tests, comparisons and calls, as short lines.
pub(crate) fn facts_of(language: Language, text: &str) -> Vec<String> {
    let source = Source::parse(language, text).unwrap();
    let value = |operand: &Operand| match operand {
        Operand::Text(text) => format!("{text:?}"),
        Operand::Path(path) => path.to_string(),
        Operand::Bool(value) => value.to_string(),
        Operand::Nothing => "nothing".to_owned(),
        _ => "…".to_owned(),
    };
    source
        .facts()
        .iter()
        .filter_map(|fact| match fact.kind() {
            FactKind::Read(path) => Some(format!("read {path}")),
            FactKind::Test { operand, negated } => {
                let not = if *negated { "not " } else { "" };
                Some(format!("test {not}{}", value(operand)))
            }
            FactKind::Compare { left, right, .. } => {
                Some(format!("compare {} {}", value(left), value(right)))
            }
            FactKind::Call { callee, .. } => Some(format!("call {callee}")),
            FactKind::Import { module, names } => {
                Some(format!("import {} from {module}", names.join(" ")))
            }
            FactKind::Element { name, .. } => Some(format!("element {name}")),
            _ => None,
        })
        .collect()
}
