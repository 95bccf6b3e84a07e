//! Where an app asks for a feature, a limit or a service level.

use std::ops::Range;

use crate::fact::{Fact, FactKind, Operand};
use crate::path::Path;
use crate::source::Source;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GateKind {
    /// A feature: allowed or not.
    Feature,
    /// A limit: how many.
    Limit,
    /// A service level.
    ServiceLevel,
}

/// A place where the code asks the feature map.
///
/// ```
/// use app_license_source::{GateKind, Language, Source, gates};
/// let source = Source::parse(
///     Language::Rust,
///     r#"fn r(app: &App) -> Gate { app.requires_feature("bulk-export") }"#,
/// )?;
/// let [gate] = &gates(&source)[..] else { panic!() };
/// assert_eq!((gate.kind(), gate.name(), gate.is_certain()), (GateKind::Feature, "bulk-export", true));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    kind: GateKind,
    name: String,
    member: bool,
    certain: bool,
    hint: bool,
    test: bool,
    range: Range<usize>,
}

impl Gate {
    /// What is asked for.
    #[must_use]
    pub const fn kind(&self) -> GateKind {
        self.kind
    }

    /// The name: as in the feature map, or that of a member of a generated enum
    /// ([`Gate::is_member`]).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the name is a member of a generated enum: `Feature::BulkExport`. The compiler holds
    /// it to the feature map.
    #[must_use]
    pub const fn is_member(&self) -> bool {
        self.member
    }

    /// Whether the call can be nothing but a gate. `limit("x")` may be of something else: it
    /// counts where the map has that name, and is no mistake where it has not.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.certain
    }

    /// Whether it only decides what a page shows, in the user's own browser: by its name (`check_hint`,
    /// `useLimit`, `<Gate>`), or in a file that imports what runs in pages alone (`@forge/bridge`, `react`,
    /// `@app-license/sdk/react`). It keeps nobody from calling the backend.
    ///
    /// ```
    /// use app_license_source::{Language, Source, gates};
    /// let hint = |code: &str| gates(&Source::parse(Language::Tsx, code).unwrap())[0].is_hint();
    /// assert!(hint("import { view } from '@forge/bridge'; features.check('export', license);"));
    /// assert!(hint("const a = <Gate feature=\"export\">x</Gate>;"));
    /// assert!(!hint("requireFeature(features, 'export');"));
    /// ```
    #[must_use]
    pub const fn is_hint(&self) -> bool {
        self.hint
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

    /// Whether it asks for this name of the feature map.
    ///
    /// ```
    /// use app_license_source::{Language, Source, gates};
    /// let source = Source::parse(Language::Rust, "fn f() { ask(Feature::BulkExport) }")?;
    /// assert!(gates(&source)[0].asks_for("bulk-export"));
    /// # Ok::<(), app_license_source::Error>(())
    /// ```
    #[must_use]
    pub fn asks_for(&self, name: &str) -> bool {
        if self.member {
            member_name(name) == self.name
        } else {
            self.name == name
        }
    }
}

/// The member of a generated enum for a name of the feature map.
///
/// ```
/// use app_license_source::member_name;
/// assert_eq!(member_name("bulk-export"), "BulkExport");
/// assert_eq!(member_name("2fa.sms_code"), "_2faSmsCode");
/// ```
#[must_use]
pub fn member_name(name: &str) -> String {
    let mut member = String::with_capacity(name.len());
    for word in name.split(['-', '_', '.']) {
        let mut letters = word.chars();
        member.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        member.push_str(letters.as_str());
    }
    if member.starts_with(|c: char| c.is_ascii_digit()) {
        member.insert(0, '_');
    }
    member
}

/// The gates of a source text, in its order. Generated files have none: they name every feature.
#[must_use]
pub fn gates(source: &Source) -> Vec<Gate> {
    if source.is_generated() {
        return Vec::new();
    }
    let finder = Finder {
        source,
        page: is_page(source),
    };
    source
        .facts()
        .iter()
        .flat_map(|fact| finder.of(fact))
        .collect()
}

/// What asks in a page: by hooks and elements of React, or of a license that only hints.
const HINTS: [&str; 7] = [
    "check_hint",
    "limit_hint",
    "service_level_hint",
    "useLimit",
    "useServiceLevel",
    "useBooleanFlagValue",
    "Gate",
];
/// Modules that run in pages alone.
const PAGES: [&str; 8] = [
    "@app-license/sdk/react",
    "@forge/bridge",
    "@forge/react",
    "@openfeature/react-sdk",
    "@openfeature/web-sdk",
    "preact",
    "react",
    "react-dom",
];

/// Whether a file is of a page: it imports what runs nowhere else, or has a `<Gate>`.
fn is_page(source: &Source) -> bool {
    source.facts().iter().any(|fact| match fact.kind() {
        FactKind::Element { name, attributes } if name.last() == "Gate" => {
            let mut names = attributes.iter().map(|(name, _)| name.as_str());
            names.any(|name| matches!(name, "feature" | "requires"))
        }
        FactKind::Import { module, .. } => PAGES.iter().any(|page| {
            let below = module.strip_prefix(page);
            // renders pages in a backend
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') && rest != "/server")
        }),
        _ => false,
    })
}

struct Finder<'s> {
    source: &'s Source,
    page: bool,
}

impl Finder<'_> {
    fn of(&self, fact: &Fact) -> Vec<Gate> {
        match &fact.kind {
            FactKind::Call { callee, arguments } => self.call(fact, callee, arguments),
            FactKind::Read(path) => member(path)
                .map(|(kind, name)| self.gate(fact, kind, name, true, false))
                .into_iter()
                .collect(),
            FactKind::Element { name, attributes } if name.last() == "Gate" => {
                let feature = attributes.iter().find(|(name, _)| name == "feature");
                let value = feature.map(|(_, value)| value);
                self.named(fact, GateKind::Feature, value, true)
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn call(&self, fact: &Fact, callee: &Path, arguments: &[Operand]) -> Vec<Gate> {
        let method = callee.last().trim_end_matches('!');
        let named = known(method, arguments.len()).and_then(|(kind, at, certain)| {
            let certain = certain || is_map(callee);
            let value = arguments.get(at);
            let of_map = self.named(fact, kind, value, certain);
            of_map.or_else(|| self.asked_of_app(fact, callee, kind, arguments))
        });
        let gates = matches!(method, "check" | "decide" | "requireFeature");
        let with_object = arguments.iter().filter_map(|a| a.property("feature"));
        let objects =
            with_object.filter_map(|value| self.named(fact, GateKind::Feature, Some(value), gates));
        named.into_iter().chain(objects).collect()
    }

    /// `app.limit(&request, "boards")`: an app of the server is asked with the request first.
    fn asked_of_app(
        &self,
        fact: &Fact,
        callee: &Path,
        kind: GateKind,
        arguments: &[Operand],
    ) -> Option<Gate> {
        let by_request = matches!(kind, GateKind::Limit | GateKind::ServiceLevel);
        let [_, name] = arguments else { return None };
        by_request.then(|| self.named(fact, kind, Some(name), is_app(callee)))?
    }

    fn named(
        &self,
        fact: &Fact,
        kind: GateKind,
        value: Option<&Operand>,
        certain: bool,
    ) -> Option<Gate> {
        // a member of a generated enum is found where it is read
        let text = self.source.text_of(value?)?;
        Some(self.gate(fact, kind, text, false, certain))
    }

    fn gate(&self, fact: &Fact, kind: GateKind, name: &str, member: bool, certain: bool) -> Gate {
        let by_name = match fact.kind() {
            FactKind::Call { callee, .. } => HINTS.contains(&callee.last()),
            FactKind::Element { name, .. } => HINTS.contains(&name.last()),
            _ => false,
        };
        Gate {
            kind,
            name: name.to_owned(),
            member,
            certain,
            hint: by_name || self.page,
            test: fact.is_test(),
            range: fact.range(),
        }
    }
}

/// What a method asks for, where the name stands, and whether nothing else is called so.
fn known(method: &str, arguments: usize) -> Option<(GateKind, usize, bool)> {
    use GateKind::{Feature, Limit, ServiceLevel};
    Some(match (method, arguments) {
        ("requires_feature" | "context_requires_feature", 1) => (Feature, 0, true),
        ("feature_decision" | "requireFeature", 2..) => (Feature, 1, true),
        ("check" | "check_hint", 4) => (Feature, 0, true),
        ("check", 2 | 3) => (Feature, 0, false),
        ("limit_hint", 4) => (Limit, 0, true),
        ("useLimit", 1..) => (Limit, 0, true),
        ("limit", 1..=4) => (Limit, 0, arguments == 4),
        ("service_level" | "service_level_hint", 4) => (ServiceLevel, 0, true),
        ("service_level", 2) => (ServiceLevel, 1, true),
        ("serviceLevel" | "useServiceLevel", 1..=3) => (ServiceLevel, 0, true),
        // flags of OpenFeature may be another provider's
        ("getBooleanValue" | "getBooleanDetails" | "useBooleanFlagValue", 1..) => {
            (Feature, 0, false)
        }
        ("get_bool_value" | "get_bool_details", 3) => (Feature, 0, false),
        ("getNumberValue" | "getNumberDetails", 1..) => (Limit, 0, false),
        ("get_int_value" | "get_int_details", 3) => (Limit, 0, false),
        ("getStringValue" | "getStringDetails", 1..) => (ServiceLevel, 0, false),
        ("get_string_value" | "get_string_details", 3) => (ServiceLevel, 0, false),
        _ => return None,
    })
}

/// Whether a method is called on a feature map, by its name: `features.limit("rows", license)`.
fn is_map(callee: &Path) -> bool {
    callee.parts().rev().nth(1).is_some_and(|of| {
        let of = of.trim_end_matches(['(', ')']).to_ascii_lowercase();
        matches!(
            of.as_str(),
            "features" | "featuremap" | "feature_map" | "editions" | "usefeatures"
        )
    })
}

/// Whether a method is called on an app of the server, by its name: `state.connect.limit(&request, "rows")`.
fn is_app(callee: &Path) -> bool {
    callee.parts().rev().nth(1).is_some_and(|of| {
        let of = of.trim_end_matches(['(', ')']).to_ascii_lowercase();
        let ends = ["app", "remote", "connect", "forge"];
        ends.iter().any(|end| of.ends_with(end))
    })
}

/// `Feature::BulkExport`, `Feature.BulkExport`.
fn member(path: &Path) -> Option<(GateKind, &str)> {
    let mut parts = path.parts().rev();
    let member = parts.next()?;
    let kind = match parts.next()? {
        "Feature" => GateKind::Feature,
        "LimitName" => GateKind::Limit,
        "ServiceLevelName" => GateKind::ServiceLevel,
        _ => return None,
    };
    let constant = member.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && member
            .chars()
            .any(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        || member.len() == 1;
    (constant && !member.ends_with(')')).then_some((kind, member))
}
