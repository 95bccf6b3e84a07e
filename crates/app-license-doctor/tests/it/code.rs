//! Rules about sources: what they find, and what they leave alone.

use std::fs;

use app_license_doctor::{Finding, Options, Project, check, deprecations};

use crate::common::{findings, folder, root};

const IMPORT: &str = "import Resolver, { makeResolver } from \"@forge/resolver\";\n";

/// The codes of what is found in a file of a Forge app, without what is only worth knowing.
fn codes(code: &str) -> Vec<&'static str> {
    let app = folder([("src/index.ts", &*format!("{IMPORT}{code}"))]);
    let found = findings(app.path());
    let codes = found.iter().map(Finding::code);
    codes.filter(|code| *code != "only_active_read").collect()
}

#[test]
fn sources_that_ask_for_the_license_of_an_app_that_is_not_sold() {
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n";
    let sold = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {enabled: true}\n";
    let free = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {enabled: false}\n";
    let gate =
        "export const f = ({ context }) => context.license?.active || context.license?.isActive;";
    let library = "export const f = (c) => License.fromFunctionContext(c).hasCapability('x');";
    for (code, manifest, expected) in [
        (gate, manifest, 1),
        (library, manifest, 1),
        (gate, sold, 0),
        (gate, free, 0),
        ("export const f = (pkg) => pkg.license;", manifest, 0),
    ] {
        let app = folder([("manifest.yml", manifest), ("src/index.ts", code)]);
        let found = findings(app.path());
        let named = found.iter().filter(|f| f.code() == "licensing_not_enabled");
        assert_eq!(named.count(), expected, "{code}");
    }
    for (licensing, expected) in [("", 1), (r#""enableLicensing": true,"#, 0)] {
        let descriptor = format!(r#"{{"key": "a", {licensing} "modules": {{}}}}"#);
        for code in [
            "app.get('/', (req, res) => req.query.lic === 'active');",
            "const a = new URL(u).searchParams.get('lic') === 'active';",
        ] {
            let app = folder([("atlassian-connect.json", &*descriptor), ("src/a.js", code)]);
            let found = findings(app.path());
            let named = found.iter().filter(|f| f.code() == "licensing_not_enabled");
            assert_eq!(named.count(), expected, "{code}");
        }
    }
    // an app of its own inside is another one
    let app = folder([
        ("manifest.yml", sold),
        ("b/manifest.yml", manifest),
        ("src/a.ts", gate),
    ]);
    assert!(
        findings(app.path())
            .iter()
            .all(|f| f.code() != "licensing_not_enabled")
    );
}

/// How often a code is found in an app of some files.
fn count(files: &[(&str, &str)], code: &str) -> usize {
    let app = folder(files.iter().copied());
    let found = findings(app.path());
    found.iter().filter(|f| f.code() == code).count()
}

#[test]
fn gates_of_an_app_that_is_not_sold() {
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n";
    let sold = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {enabled: true}\n";
    let import = "import { FeatureMap, getLicense, requires } from \"@app-license/sdk/forge\";\n";
    for code in [
        "export const f = requires(\"capabilityStandard\", run);",
        "export const f = requires({ features, feature: \"export\" }, run);",
        "export const f = async (_e, c) => check(await getLicense(c), { requires: \"capabilityStandard\" });",
    ] {
        let code = format!("{import}{code}");
        for (manifest, expected) in [(manifest, 1), (sold, 0)] {
            let files = [("manifest.yml", manifest), ("src/index.ts", &*code)];
            assert_eq!(count(&files, "licensing_not_enabled"), expected, "{code}");
            assert_eq!(count(&files, "editions_not_enabled"), 0, "{code}");
        }
    }
    // of something else than the library
    let other = "export const f = requires(\"login\", run); getLicense(pkg);";
    let files = [("manifest.yml", manifest), ("src/index.ts", other)];
    assert_eq!(count(&files, "licensing_not_enabled"), 0);
}

#[test]
fn editions_that_are_asked_for_and_not_enabled() {
    let manifest = |licensing: &str| {
        format!("app:\n  id: x\n  runtime: {{name: nodejs22.x}}\n  licensing: {{{licensing}}}\n")
    };
    let one = manifest("enabled: true");
    let off = manifest("enabled: true, editionsEnabled: false");
    let editions = manifest("enabled: true, editionsEnabled: true");
    let code = "editions_not_enabled";
    for source in [
        "export const f = requires(\"capabilityAdvanced\", run);",
        "const map = new FeatureMap({ features: { a: \"standard\", \"bulk-export\": \"advanced\" } });",
        "export const f = (l) => l.active && l.capabilitySet === \"capabilityAdvanced\";",
        "export const f = (license) => license.hasCapability(\"capability_advanced\");",
    ] {
        for (manifest, expected) in [(&one, 1), (&off, 1), (&editions, 0)] {
            let files = [("manifest.yml", &**manifest), ("src/index.ts", source)];
            assert_eq!(count(&files, code), expected, "{source}");
        }
        let files = [("manifest.yml", &*one), ("src/index.test.ts", source)];
        assert_eq!(count(&files, code), 0, "a test");
    }
    for source in [
        "export const f = requires(\"capabilityStandard\", run);",
        "const map = new FeatureMap({ features: { a: \"standard\" } });",
        "const theme = { level: \"advanced\" };",
    ] {
        let files = [("manifest.yml", &*one), ("src/index.ts", source)];
        assert_eq!(count(&files, code), 0, "{source}");
    }
    // the backend of both: the edition is that of the Connect app
    let rust = "fn r(app: &App) -> Gate { app.requires(Capability::ADVANCED) }";
    for (enabled, expected) in [(r#""editionsEnabled": true,"#, 0), ("", 2)] {
        let descriptor =
            format!(r#"{{"key": "a", "enableLicensing": true, {enabled} "modules": {{}}}}"#);
        let files = [
            ("manifest.yml", &*one),
            ("atlassian-connect.json", &*descriptor),
            ("src/lib.rs", rust),
        ];
        assert_eq!(count(&files, code), expected, "{enabled}");
    }
    // what editions.toml sells, whoever asks for it; a service is sold by hand
    for (feature, expected) in [
        ("export = \"advanced\"", 1),
        ("export = \"standard\"", 0),
        (
            "support = { edition = \"advanced\", gated = \"service\" }",
            0,
        ),
    ] {
        let text = format!("[features]\n{feature}\n");
        let files = [("manifest.yml", &*one), ("editions.toml", &*text)];
        assert_eq!(count(&files, code), expected, "{feature}");
        let files = [("manifest.yml", &*editions), ("editions.toml", &*text)];
        assert_eq!(count(&files, code), 0, "{feature}");
    }
}

#[test]
fn trust_in_the_page_does_not_wait_for_licensing() {
    let code = format!(
        "{IMPORT}const r = new Resolver();\nr.define(\"a\", ({{ payload }}) => payload.license.active ? 1 : 2);"
    );
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n";
    let app = folder([("manifest.yml", manifest), ("src/index.ts", &*code)]);
    let found = findings(app.path());
    assert!(found.iter().any(|f| f.code() == "ui_context_trusted"));
}

#[test]
fn what_the_page_sent_counts_where_it_decides() {
    for code in [
        "r.define('a', ({ payload }) => payload.license.active ? 1 : 2);",
        "r.define('a', (req) => req.payload.context.license.active && go());",
        "r.define('a', ({ payload: { license } }) => { if (license.capabilitySet === x) { go(license.active, license.isActive); } });",
        "r.define('a', ({ payload: { license: sent } }) => isActive(sent) ? 1 : 2);",
        "r.define('a', ({ payload }) => { const l = payload.license; return l.active ? 1 : l.isActive; });",
        "r.define('a', ({ payload }) => payload.isLicensed ? 1 : 2);",
        "export const handler = makeResolver({ b: ({ payload }) => payload.license.active ? 1 : 2 });",
        "export const handler = makeResolver({ async b({ payload }) { return payload.license.active ? 1 : 2; } });",
        "const rows = ({ payload }) => payload.license.active ? 1 : 2;\nr.define('a', rows);",
    ] {
        assert_eq!(codes(code), ["ui_context_trusted"], "{code}");
    }
    for code in [
        "r.define('a', ({ payload, context }) => { requireActive(context); return { license: payload.license }; });",
        "r.define('a', async ({ payload }) => { await storage.set('license', payload.license); });",
        "r.define('a', ({ payload }) => payload.license === 'MIT' ? 1 : 2);",
        "r.define('a', ({ payload }) => { save({ text: payload.license }); });",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_license_that_is_there_is_that_of_the_platform() {
    for code in [
        "export const f = ({ context }) => context.license ? 1 : 2;",
        "export const f = (ctx) => !!ctx.license;",
        "const c = useProductContext(); if (c.license) { go(); }",
        "export const f = (p) => p.license ? 1 : 2; export const g = (p) => p.license.capabilitySet;",
    ] {
        assert_eq!(codes(code), ["license_truthiness"], "{code}");
    }
    for code in [
        "const pkg = { license: \"MIT\" }; if (pkg.license) console.log(pkg.license);",
        "export const spdx = (p: { license?: string }) => p.license ? p.license : \"none\";",
        "for (const part of sbom.components) { if (!part.license) { report(part.license); } }",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn an_edition_is_found_however_it_is_compared() {
    for code in [
        "export const f = (l) => [\"capabilityAdvanced\"].includes(l.capabilitySet);",
        "const paid = [\"capabilityAdvanced\"]; export const f = (l) => paid.includes(l.capabilitySet);",
        "export const f = (l) => new Set([\"capabilityAdvanced\"]).has(l.capabilitySet);",
        "export const f = (l) => l.capabilitySet.toString() === \"capabilityAdvanced\";",
    ] {
        assert_eq!(codes(code), ["capability_without_active"], "{code}");
    }
    let active =
        "export const f = (l) => l.active && [\"capabilityAdvanced\"].includes(l.capabilitySet);";
    assert_eq!(codes(active), Vec::<&str>::new());
    for code in [
        "fn m(l: &License) -> u8 { match l.capability_set.as_str() { \"capabilityAdvanced\" => 1, _ => 0 } }",
        "fn m(l: &License) -> bool { l.capability_set.as_deref() == Some(\"capabilityAdvanced\") }",
        "fn m(l: &License) -> bool { [\"capabilityAdvanced\"].contains(&l.capability_set.as_str()) }",
    ] {
        let app = folder([("src/lib.rs", code)]);
        let found = findings(app.path());
        let found: Vec<_> = found.iter().map(Finding::code).collect();
        assert_eq!(found, ["capability_without_active"], "{code}");
    }
}

#[test]
fn each_function_that_reads_is_active_alone_is_named() {
    let code = "r.define('a', ({ context }) => context.license.isActive);\n\
                r.define('b', ({ context }) => context.license[\"isActive\"] === true);\n\
                r.define('c', ({ context }) => context.license.active ?? context.license.isActive);";
    assert_eq!(codes(code), ["only_is_active_read", "only_is_active_read"]);
}

#[test]
fn the_day_on_which_is_active_goes_is_told() {
    let gone = deprecations().iter().find(|d| d.id == "is-active").unwrap();
    let day = gone.removed.unwrap();
    let code = format!("{IMPORT}export const f = ({{ context }}) => context.license.isActive;");
    let app = folder([("src/index.ts", &*code)]);
    let project = Project::read(app.path()).unwrap();
    let message_on = |today: &str| {
        let found = check(&project, &Options::default().today(today.parse().unwrap()));
        let of_rule = found.iter().find(|f| f.code() == "only_is_active_read");
        of_rule.unwrap().diagnostic().to_string()
    };
    let before = message_on("2026-01-01");
    assert!(before.ends_with(&format!("its end is {day}")), "{before}");
    let after = message_on("2030-01-01");
    assert!(after.ends_with(&format!("its end was {day}")), "{after}");
    let page = fs::read_to_string(root().join("docs/doctor/only_is_active_read.md")).unwrap();
    assert!(page.contains(&day.to_string()), "{page}");
}

#[test]
fn an_absent_license_grants_nothing() {
    for code in [
        "export function f(context) { if (context.license && context.license.active === false) { return 1; } return 2; }",
        "export function f(context) { if (context.license && !context.license.isActive) { throw new Error(\"no\"); } }",
        "export const f = (context) => context?.license == null || context.license.active === true;",
        "export const f = (license) => !license || license.active || license.isActive;",
        "export function f(license) { if (!license || license.active !== true) { return \"advanced\"; } return \"standard\"; }",
        "export function f(license) { if (!license || !license.active) return { edition: \"advanced\" }; }",
    ] {
        let found = codes(code);
        let found: Vec<_> = found
            .iter()
            .filter(|code| **code != "only_is_active_read")
            .collect();
        assert_eq!(found, [&"absent_license_grants"], "{code}");
    }
    for code in [
        "export const f = (license) => license && license.active;",
        "export function f(license) { if (!license || !license.active) { return \"free\"; } return \"advanced\"; }",
        "export function f(license) { if (!license || !license.active) { throw new Error(\"no\"); } }",
        "export function f(license) { if (!license) { return 0; } if (license && !license.active) { return 1; } return 2; }",
        "export const f = (c) => c.environmentType !== \"PRODUCTION\" && (c.license == null || c.license.active);",
        "export function f(context) { const l = context.license; if (isProductionContext(context)) return l?.active === true; return l == null || l.active === true; }",
        "export const f = (license) => show(license && !license.active && ended);",
        "export const f = (user) => !user || user.active;",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_license_behind_a_local_name_is_that_of_the_platform() {
    for code in [
        "export const f = ({ context }) => { const l = context.license; if (l) { go(); } };",
        "export const f = ({ context }) => { const { license } = context; return license ? 1 : 2; };",
        "export const f = ({ context }) => { const { license: paid } = context; return !!paid; };",
        "export const f = ({ context: { license } }) => license ? 1 : 2;",
        "export const f = async () => { const { license } = await view.getContext(); if (!license) { deny(); } };",
        "export const f = () => { const c = useProductContext(); const l = c?.license ?? null; return Boolean(l); };",
        "export const f = (req) => { let l; l = req.context.license; return ready && l ? 1 : 2; };",
        // compared with nothing
        "export const f = ({ context }) => context.license !== null;",
        "export const f = ({ context }) => { const { license } = context; return license != null ? 1 : 2; };",
        "export const f = ({ context }) => { if (context.license === undefined) { deny(); } };",
        "export const f = ({ context }) => { if (undefined == context.license) { deny(); } };",
        "export const f = ({ context }) => typeof context.license !== \"undefined\";",
        "export const f = ({ context }) => { if (ready && context.license) { go(); } };",
    ] {
        assert_eq!(codes(code), ["license_truthiness"], "{code}");
    }
    for code in [
        "export const f = ({ context }) => { const l = context.license; return l && l.active ? 1 : 2; };",
        "export const f = ({ context }) => { const { license } = context; if (license !== null) { return license.active; } };",
        "export const f = ({ context }) => { const l = context.license; if (!l) { return 0; } return isEntitled(l); };",
        "export const f = ({ context }) => { const l = context.license; show(l); };",
        "export const f = ({ pkg }) => { const { license } = pkg; return license !== null ? license : \"MIT\"; };",
        "export const f = (license) => license !== undefined ? license : \"MIT\";",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
    let rust = "fn m(context: &Context) -> bool { context.license.is_some() }\nfn n(c: &Context) -> u8 { if !c.context.license.is_none() { 1 } else { 2 } }";
    let app = folder([("src/lib.rs", rust)]);
    let found: Vec<_> = findings(app.path()).iter().map(Finding::code).collect();
    assert_eq!(found, ["license_truthiness"]);
}

#[test]
fn a_date_of_a_trial_behind_a_local_name_decides_too() {
    for code in [
        "export const f = ({ license }) => { const end = license.trialEndDate; return end > Date.now() ? 1 : 2; };",
        "export const f = ({ context }) => { const { trialEndDate } = context.license; return new Date(trialEndDate) > new Date(); };",
        "export const f = ({ license }) => { const { trialEndDate: end } = license; return now() < Date.parse(end); };",
        "export const f = ({ license }) => { const end = new Date(license.trialEndDate); const left = end.getTime() - now(); return left > 0; };",
        "export const f = ({ license: { trialEndDate } }) => isAfter(new Date(trialEndDate), new Date());",
        "export const f = ({ license }) => dayjs(license.trialEndDate).isAfter(dayjs());",
        "export const isTrial = ({ license }) => license.trialEndDate !== null;",
        "export const f = ({ license }) => { const trial = !!license.trialEndDate; return trial; };",
    ] {
        assert_eq!(codes(code), ["trial_from_dates"], "{code}");
    }
    for code in [
        "export const f = ({ license }) => { const end = license.trialEndDate; return license.isEvaluation && end > Date.now(); };",
        "export const f = ({ license }) => { if (license.trialEndDate) { show(format(license.trialEndDate)); } };",
        "export const f = ({ issue }) => { const end = issue.dueDate; return end > Date.now(); };",
        "export const f = (end) => end > 1; export const g = () => { const end = license.trialEndDate; show(end); };",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_wrong_capability_text_is_named_with_what_was_meant() {
    for (code, wrong) in [
        (
            "export const f = (l) => l.active && l.capabilitySet === \"capabilityAdvance\";",
            "capabilityAdvance",
        ),
        (
            "export const f = (l) => l.active && l.capabilitySet === \"advanced\";",
            "advanced",
        ),
        (
            "export const f = (l) => l.active && l.capabilitySet === \"CapabilityAdvanced\";",
            "CapabilityAdvanced",
        ),
        (
            "export const f = (l) => { const set = l.capabilitySet; return l.active && set === `advanced`; };",
            "advanced",
        ),
        (
            "export const f = (l) => { const { capabilitySet } = l; return l.active && capabilitySet !== \"Advanced\"; };",
            "Advanced",
        ),
        (
            "export const f = (l) => l.active && [\"capabilityAdvancd\"].includes(l.capabilitySet);",
            "capabilityAdvancd",
        ),
        (
            "export const f = (l) => { switch (l.capabilitySet) { case \"advanced\": return l.active; } };",
            "advanced",
        ),
        (
            "export const f = (l) => hasCapability(l, \"capabilityAdvance\");",
            "capabilityAdvance",
        ),
        (
            "const WANT = \"capabilty_advanced\"; export const f = (l) => l.active && l.capabilitySet === WANT;",
            "capabilty_advanced",
        ),
    ] {
        let app = folder([("src/index.ts", &*format!("{IMPORT}{code}"))]);
        let found = findings(app.path());
        let found: Vec<_> = found
            .iter()
            .filter(|f| f.code() != "only_active_read")
            .collect();
        assert_eq!(found.len(), 1, "{code}: {found:?}");
        assert_eq!(found[0].code(), "capability_spelling", "{code}");
        assert_eq!(found[0].severity(), app_license_descriptor::Severity::Error);
        let message = found[0].diagnostic().message();
        assert!(message.contains(&format!("`{wrong}`")), "{message}");
        assert!(
            message.contains("did you mean `capabilityAdvanced`?"),
            "{message}"
        );
    }
    for code in [
        "export const f = (l) => l.active && l.capabilitySet === \"capabilityAdvanced\";",
        "export const f = (l) => l.active && l.capabilitySet === \"CAPABILITY_ADVANCED\";",
        "export const f = (l) => l.active && l.capabilitySet.toLowerCase() === \"capabilityadvanced\";",
        "const lower = (t) => t.toLowerCase(); const A = \"capabilityadvanced\"; export const f = (l) => { const capabilitySet = lower(l.capabilitySet); return l.active && capabilitySet === A; };",
        "export const f = (l) => hasCapability(l, \"capability_advanced\");",
        "export const f = (l) => l.active && l.capabilitySet === \"capabilityUltra\";",
        "export const f = (l) => l.active && l.appEdition === \"advanced\";",
        "export const f = (o) => o.mode === \"advanced\";",
        "export const f = (l) => check(l, \"advanced\");",
    ] {
        assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_wrong_capability_text_is_put_right_by_fix() {
    let code =
        "export const f = (l) => l.active && l.isActive && l.capabilitySet === 'advanced';\n";
    let app = folder([("src/index.ts", code)]);
    let project = Project::read(app.path()).unwrap();
    let found = check(&project, &crate::common::options());
    app_license_doctor::apply_fixes(&project, &found).unwrap();
    let text = fs::read_to_string(app.path().join("src/index.ts")).unwrap();
    assert_eq!(text, code.replace("advanced", "capabilityAdvanced"));
}
