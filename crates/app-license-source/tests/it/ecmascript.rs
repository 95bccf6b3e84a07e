use app_license_source::{Language, Source};

use crate::found::{capabilities_of, facts_of, gates_of};

const TS: Language = Language::TypeScript;

#[test]
fn gates_are_found_by_what_is_called() {
    let text = r#"
const EXPORT = "export";
const Names = { audit: "audit-log" } as const;
app.get("/a", requireFeature(features, "bulk-export"), run);
check(license, { feature: EXPORT, features });
check(license, { feature: Names.audit, features });
features.check(`export`, license);
features.limit("rows", license);
features.serviceLevel("support", license);
const shown = await client.getBooleanValue("flag", false);
requireFeature(features, Feature.BulkExport);
form.check("box", true);
"#;
    assert_eq!(
        gates_of(TS, text),
        [
            "Feature bulk-export 4:15",
            "Feature export 5:1",
            "Feature audit-log 6:1",
            "Feature export 7:1",
            "Limit rows 8:1",
            "ServiceLevel support 9:1",
            "Feature? flag 10:21",
            "Feature? BulkExport 11:26",
            "Feature? box 12:1",
        ]
    );
}

#[test]
fn elements_gate_too() {
    let text = r#"export const Page = () => (
  <LicenseProvider load={load}>
    <Gate feature="bulk-export" fallback={<Upgrade />}><Export /></Gate>
    <Gate feature={Feature.AuditLog}><Log /></Gate>
    <Gate requires="capabilityAdvanced"><Log /></Gate>
  </LicenseProvider>
);"#;
    for language in [Language::Tsx, Language::JavaScript] {
        assert_eq!(
            gates_of(language, text),
            ["Feature bulk-export 3:5", "Feature? AuditLog 4:20"]
        );
        assert_eq!(
            capabilities_of(language, text),
            ["asked capabilityAdvanced"]
        );
    }
}

#[test]
fn comments_texts_and_types_are_no_gates() {
    let text = r#"
// requireFeature(features, "comment")
const s = 'requireFeature(features, "text")';
type Name = "capabilityAdvanced" | "x";
function f(set: "capabilityAdvanced"): void {}
"#;
    assert!(gates_of(TS, text).is_empty());
    assert!(capabilities_of(TS, text).is_empty());
}

#[test]
fn capabilities_compared_by_hand() {
    let text = r#"
const ADVANCED = "capabilityAdvanced";
if (context.license?.capabilitySet === "capabilityAdvanced") {}
if (capabilitySet !== ADVANCED) {}
switch (license.capabilitySet) { case "capabilityStandard": break; default: }
if (["capabilityStandard", "capabilityAdvanced"].includes(license.capabilitySet)) {}
if (license.capabilitySet.startsWith("capabilityA")) {}
if (appEdition === "advanced") {}
if (plan === "advanced") {}
license.hasCapability("capabilityAdvanced");
check(license, { requires: "capabilityAdvanced" });
if (key === "capabilitySet") {}
"#;
    assert_eq!(
        capabilities_of(TS, text),
        [
            "compared capabilityAdvanced",
            "compared capabilityAdvanced",
            "compared capabilityStandard",
            "compared license.capabilitySet",
            "compared capabilityA",
            "compared advanced",
            "asked capabilityAdvanced",
            "asked capabilityAdvanced",
        ]
    );
}

#[test]
fn facts_for_other_rules() {
    let text = r#"import Resolver, { a } from "@forge/resolver";
const { license: { isActive }, accountId } = (await view.getContext())!;
if (context?.license && !context.license["isActive"]) { run(x ? 1 : 2); }
resolver.define("go", async ({ context: { license } }) => license.active);"#;
    assert_eq!(
        facts_of(TS, text),
        [
            "import * a from @forge/resolver",
            "read view.getContext().license.isActive",
            "read view.getContext().accountId",
            "call view.getContext",
            "test context.license",
            "read context.license",
            "test not context.license.isActive",
            "read context.license.isActive",
            "call run",
            "test x",
            "call resolver.define",
            "read context.license",
            "read license.active",
        ]
    );
}

#[test]
fn functions_know_what_they_are_given_to() {
    let text = r#"export const handler = async (event, context) => { inner(() => context); };
resolver.define("go", ({ payload }) => payload);
class A { method(b) {} }"#;
    let source = Source::parse(TS, text).unwrap();
    let functions: Vec<_> = source
        .functions()
        .iter()
        .map(|f| {
            let given = f.passed_to().map(|(path, text)| format!("{path} {text:?}"));
            let names: Vec<_> = f.parameters().collect();
            (f.name(), names.join(" "), f.parent(), given)
        })
        .collect();
    assert_eq!(
        functions,
        [
            (Some("handler"), "event context".to_owned(), None, None),
            (None, String::new(), Some(0), Some("inner None".to_owned())),
            (
                None,
                "payload".to_owned(),
                None,
                Some("resolver.define Some(\"go\")".to_owned())
            ),
            (Some("method"), "b".to_owned(), None, None),
        ]
    );
}

#[test]
fn a_mistake_has_its_position() {
    let error = Source::parse(TS, "const a = 1;\nconst = 2;").unwrap_err();
    assert_eq!(error.code(), "source_syntax");
    assert!(
        error.to_string().starts_with("not valid syntax at 2:7: "),
        "{error}"
    );
}

#[test]
fn local_names_stand_for_what_they_are_defined_as() {
    let read = |text: &str| {
        let source = Source::parse(TS, text).unwrap();
        let locals = app_license_source::Locals::of(&source);
        let tested = source
            .facts()
            .iter()
            .rev()
            .find_map(|fact| match fact.kind() {
                app_license_source::FactKind::Test { operand, .. } => {
                    Some(locals.resolve(operand.path()?, fact).to_string())
                }
                _ => None,
            });
        tested.unwrap_or_default()
    };
    for (text, want) in [
        ("const l = context.license; if (l) go();", "context.license"),
        (
            "const l = context?.license ?? null; if (l) go();",
            "context.license",
        ),
        (
            "const l = context && context.license; f(); if (!l) go();",
            "context.license",
        ),
        (
            "const { license } = context; if (license) go();",
            "context.license",
        ),
        (
            "const { license: l = {} } = context; if (l) go();",
            "context.license",
        ),
        (
            "const { license } = await view.getContext(); if (license) go();",
            "view.getContext().license",
        ),
        (
            "let l; l = context.license; if (l) go();",
            "context.license",
        ),
        (
            "const c = context; const l = c.license; if (l) go();",
            "context.license",
        ),
        (
            "const f = ({ context: { license } }) => license ? 1 : 2;",
            "context.license",
        ),
        ("const f = ({ license }) => license ? 1 : 2;", "license"),
        // another function's name, and one of a parameter
        (
            "const f = () => { const l = context.license; }; const g = (l) => l ? 1 : 2;",
            "l",
        ),
        ("const l = a.b; const f = (l) => l ? 1 : 2;", "l"),
        ("const l = a.b; const f = () => l ? 1 : 2;", "a.b"),
        ("let l = a.b; if (l) go(); l = c.d;", "a.b"),
        ("const a = b; const b = a; if (a) go();", "a"),
    ] {
        assert_eq!(read(text), want, "{text}");
    }
}

#[test]
fn capabilities_are_found_behind_local_names_with_their_spelling() {
    for (text, want) in [
        (
            r#"const set = l.capabilitySet; set === "advanced";"#,
            "advanced exact beside",
        ),
        (
            r#"const { capabilitySet } = l; capabilitySet === "advanced";"#,
            "advanced exact beside",
        ),
        (
            r#"l.capabilitySet.toLowerCase() === "capabilityadvanced";"#,
            "capabilityadvanced folded beside",
        ),
        (
            r#"["capabilityAdvance"].includes(l.capabilitySet);"#,
            "capabilityAdvance exact beside",
        ),
        (
            r#"const A = ["capabilityAdvance"]; A.includes(l.capabilitySet);"#,
            "capabilityAdvance exact beside",
        ),
        (r#"x === "capabilityAdvance";"#, "capabilityAdvance exact"),
        (r#"hasCapability(l, "advanced");"#, "advanced folded beside"),
        (r#"check(l, "advanced");"#, ""),
        (r#"l.appEdition === "advanced";"#, ""),
    ] {
        let source = Source::parse(TS, text).unwrap();
        let uses = app_license_source::capability_uses(&source);
        let texts = uses.iter().flat_map(|used| used.texts());
        let texts: Vec<_> = texts
            .map(|t| {
                assert!(
                    text.get(t.range.clone()).unwrap().contains(&t.text),
                    "{text}"
                );
                let case = if t.any_case { "folded" } else { "exact" };
                let beside = if t.beside_edition { " beside" } else { "" };
                format!("{} {case}{beside}", t.text)
            })
            .collect();
        assert_eq!(texts.join(", "), want, "{text}");
    }
}
