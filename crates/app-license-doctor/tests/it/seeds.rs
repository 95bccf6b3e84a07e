//! Many mistakes, each made in a copy of the examples, and each found exactly once.

use app_license_descriptor::Severity;

use crate::common::{copy, findings, root};

const CONNECT: &str = "connect-backend/atlassian-connect.json";
const REMOTE: &str = "forge-remote/manifest.yml";
const FUNCTION: &str = "forge-function/manifest.yml";
const PAGE: &str = "forge-custom-ui/manifest.yml";
const BACKEND: &str = "connect-backend/src/app.rs";
const HANDLER: &str = "forge-function/src/index.js";
const NIGHTLY: &str = "forge-function/src/nightly.js";
const VIEW: &str = "forge-custom-ui/src/main.tsx";

/// A file, and what is replaced by what in it.
type Edit = (&'static str, &'static str, &'static str);

/// The same, of texts that live shorter.
type Replaced<'t> = (&'t str, &'t str, &'t str);

/// What is replaced by what, in which file, and the code of what that is.
struct Seed(&'static str, &'static str, &'static str, &'static str);

fn panel(conditions: &str) -> String {
    format!(r#""url": "/reports", "conditions": [{conditions}] }}"#)
}

const URL: &str = r#""url": "/reports" }"#;
const LICENSED: &str = r#"{"condition": "addon_is_licensed"}"#;

fn capability(value: &str) -> String {
    format!(r#"{{"condition": "capability_set", "params": {{"value": "{value}"}}}}"#)
}

#[test]
fn each_of_many_mistakes_is_found_exactly_once() {
    let standard = panel(&format!("{LICENSED}, {}", capability("capabilityStandard")));
    let either = panel(&format!(
        r#"{LICENSED}, {{"or": [{}, {}]}}"#,
        capability("capabilityStandard"),
        capability("capabilityAdvanced")
    ));
    let ended = panel(&capability("capabilityAdvanced"));
    let ultra = panel(&format!("{LICENSED}, {}", capability("capabilityUltra")));
    let spelling = panel(&format!(
        "{LICENSED}, {}",
        capability("capability_advanced")
    ));
    let never = panel(&format!(
        r#"{LICENSED}, {{"condition": "addon_is_licensed", "invert": true}}"#
    ));
    let invalid = panel(r#"{"invert": true}"#);
    let connect: Vec<(String, &str)> = vec![
        (standard, "standard_hides_advanced"),
        (either, "standard_hides_unchanged"),
        (ended, "shown_to_inactive"),
        (ultra, "unknown_capability"),
        (spelling, "capability_spelling"),
        (never, "never_shown"),
        (invalid, "condition_invalid"),
    ];
    let mut seeds: Vec<(Vec<Replaced<'_>>, &str)> = Vec::new();
    for (conditions, code) in &connect {
        let edits = vec![(CONNECT, URL, conditions.as_str())];
        seeds.push((edits, code));
    }
    for Seed(file, old, new, code) in SEEDS {
        seeds.push((vec![(*file, *old, *new)], code));
    }
    let resolver = "const resolver = new Resolver();\n";
    let written: Vec<_> = IN_HANDLER
        .iter()
        .map(|(code, written)| (*code, format!("{resolver}{written}\n")))
        .collect();
    for (code, written) in &written {
        seeds.push((vec![(HANDLER, resolver, written)], code));
    }
    for (code, edits) in IN_SEVERAL_FILES {
        seeds.push((edits.to_vec(), code));
    }
    assert!(seeds.len() >= 45, "{}", seeds.len());
    std::thread::scope(|scope| {
        for part in seeds.chunks(seeds.len().div_ceil(4)) {
            scope.spawn(move || {
                for (edits, code) in part {
                    found_once(edits, code);
                }
            });
        }
    });
}

fn found_once(edits: &[(&str, &str, &str)], code: &str) {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples"), folder.path());
    for (file, old, new) in edits {
        let path = folder.path().join(file);
        if old.is_empty() {
            std::fs::write(path, new).unwrap();
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{code}: {file} has no {old}");
        std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    }
    let found = findings(folder.path());
    let worth: Vec<_> = found
        .iter()
        .filter(|f| f.severity() > Severity::Info || f.code() == code)
        .map(|f| format!("{} {f}", f.code()))
        .collect();
    let once = worth.len() == 1 && worth[0].starts_with(&format!("{code} "));
    assert!(once, "{code}: {worth:#?}");
}

const SEEDS: &[Seed] = &[
    // ---- the descriptor ----
    Seed(
        CONNECT,
        URL,
        r#""url": "/reports?lic=active" }"#,
        "lic_in_url",
    ),
    Seed(
        CONNECT,
        URL,
        r#""url": "/reports?p={project.key}", "cacheable": true }"#,
        "cacheable_module_reads_query",
    ),
    Seed(
        CONNECT,
        r#""type": "jwt""#,
        r#""type": "none""#,
        "authentication_none",
    ),
    Seed(
        CONNECT,
        r#""scopes""#,
        r#""lifecycle": {"installed": "/i"}, "apiMigrations": {"context-qsh": true}, "scopes""#,
        "signed_install_missing",
    ),
    Seed(
        CONNECT,
        r#""scopes""#,
        r#""lifecycle": {"installed": "/i"}, "apiMigrations": {"signed-install": true}, "scopes""#,
        "context_qsh_missing",
    ),
    Seed(
        CONNECT,
        r#""scopes""#,
        r#""lifecycle": {"enabled": "/e", "disabled": "/e"}, "scopes""#,
        "lifecycle_url_shared",
    ),
    Seed(
        CONNECT,
        r#""scopes": ["READ"],"#,
        r#""scopes": ["READ"]"#,
        "unreadable",
    ),
    Seed(
        CONNECT,
        URL,
        r#""url": "/reports", "conditions": [{"condition": "addon_is_licensd"}] }"#,
        "condition_misspelled",
    ),
    Seed(
        CONNECT,
        URL,
        r#""url": "/reports", "conditions": [{"condition": "can_use_aplication", "params": {"applicationKey": "jira-software"}}] }"#,
        "condition_misspelled",
    ),
    Seed(
        CONNECT,
        URL,
        r#""url": "/reports", "condition": [{"condition": "addon_is_licensed"}] }"#,
        "unknown_field",
    ),
    // ---- manifests ----
    Seed(
        FUNCTION,
        "      title: Exports\n",
        "      title: Exports\n      displayCondition: {appIsLicensed: true}\n",
        "unknown_field",
    ),
    Seed(REMOTE, "enabled: true\n", "", "enabled_missing"),
    Seed(
        REMOTE,
        "enabled: true\n",
        "enabled: false\n",
        "editions_without_licensing",
    ),
    Seed(
        REMOTE,
        "enabled: true\n",
        "enabled: \"yes\"\n",
        "field_type",
    ),
    Seed(
        REMOTE,
        "    editionsEnabled: true\n",
        "    editionsEnabled: true\n    plan: gold\n",
        "unknown_field",
    ),
    Seed(
        REMOTE,
        "    editionsEnabled: true\n",
        "    editionsEnabled: true\n    modes: [user-access]\n",
        "modes_superseded",
    ),
    Seed(
        REMOTE,
        "      endpoint: lifecycle\n",
        "      endpoint: lifecycle\n      filter: {appIsLicensed: 1}\n",
        "filter_invalid",
    ),
    Seed(
        REMOTE,
        "    - key: lifecycle\n",
        "    - key: lifecycle\n      filter: {appIsLicensed: true}\n",
        "filter_not_supported",
    ),
    Seed(
        REMOTE,
        "  licensing:\n    enabled: true\n    editionsEnabled: true\n",
        "  access: {userAccess: true}\n",
        "user_access_without_licensing",
    ),
    Seed(FUNCTION, "nodejs22.x", "nodejs18.x", "deprecated_runtime"),
    Seed(
        FUNCTION,
        "      title: Exports\n",
        "      title: Exports\n      displayConditions: {appIsLicensed: true, issueKey: A-1}\n",
        "condition_not_supported",
    ),
    Seed(
        FUNCTION,
        "      title: Exports\n",
        "      title: Exports\n      displayConditions: {appEdition: capabilityAdvanced}\n",
        "condition_invalid",
    ),
    Seed(
        PAGE,
        "permissions:\n",
        "permissions:\n  content: {scripts: [unsafe-eval]}\n",
        "unsafe_eval",
    ),
    Seed(
        PAGE,
        "permissions:\n",
        "permissions:\n  content: {scripts: [wasm-unsafe-eval]}\n",
        "wasm_unsafe_eval",
    ),
    Seed(
        PAGE,
        "  runtime:\n",
        "  connect: {key: a, authentication: oauth2}\n  runtime:\n",
        "deprecated_field",
    ),
    Seed(
        PAGE,
        "  licensing:\n    enabled: true\n    editionsEnabled: true\n",
        "  connect: {key: a}\nconnectModules:\n  jira:webPanels:\n    - key: a\n      url: /a\n      conditions: [{condition: addon_is_licensed}]\n",
        "licensing_not_enabled",
    ),
    Seed(
        FUNCTION,
        "    editionsEnabled: true\n",
        "",
        "editions_not_enabled",
    ),
    Seed(
        CONNECT,
        "\"editionsEnabled\": true,",
        "",
        "editions_not_enabled",
    ),
    // ---- packages ----
    Seed(
        "express-backend/package.json",
        "\"scripts\": {",
        "\"devDependencies\": {\"app-license\": \"1\"},\n  \"scripts\": {",
        "bare_npm_name",
    ),
];

/// What is written into the function of an app, by what it is.
const IN_HANDLER: &[(&str, &str)] = &[
    (
        "capability_without_active",
        r#"export const advanced = ({ context }) => context.license.capabilitySet === "capabilityAdvanced";"#,
    ),
    (
        "capability_without_active",
        r#"const ADVANCED = "capabilityAdvanced";
export function rows({ license }) {
  switch (license.capabilitySet) {
    case ADVANCED:
      return 1000;
    default:
      return 10;
  }
}"#,
    ),
    (
        "license_truthiness",
        r#"export const licensed = ({ context }) => (context.license ? "yes" : "no");"#,
    ),
    (
        "license_truthiness",
        r#"export function licensed(req) { if (!req?.context?.license) { throw new Error("no license"); } return 1; }"#,
    ),
    (
        "license_truthiness",
        r#"export const licensed = ({ context }) => { const { license } = context; return license !== null; };"#,
    ),
    (
        "trial_from_dates",
        r#"export const trial = ({ license }) => { const end = license.trialEndDate; return end > Date.now(); };"#,
    ),
    (
        "capability_spelling",
        r#"export const advanced = ({ license }) => license.active && license.isActive && license.capabilitySet === "capabilityAdvance";"#,
    ),
    (
        "only_is_active_read",
        r#"export const licensed = ({ context: { license } }) => license?.isActive === true;"#,
    ),
    (
        "only_is_active_read",
        r#"const check = ({ license }) => (license.isActive ? { active: true } : { active: false });
export const rows = (context) => { const license = check(context); return license.active ? [1] : []; };"#,
    ),
    (
        "only_active_read",
        r#"export const licensed = ({ context }) => context.license?.active === true;"#,
    ),
    (
        "trial_from_dates",
        r#"export const trial = ({ license }) => new Date(license.trialEndDate) > new Date();"#,
    ),
    (
        "ui_context_trusted",
        r#"resolver.define("rows", ({ payload }) => (payload.license?.capabilitySet ? [1] : []));"#,
    ),
    (
        "ui_context_trusted",
        r#"resolver.define("rows", async (req) => { const { isLicensed } = req.payload; return isLicensed ? [1] : []; });"#,
    ),
    (
        "deprecated_endpoint",
        r#"export const ask = (api) => api.asApp().requestAtlassian("/forge/installation/v1/license");"#,
    ),
];

const TITLE: &str = "      title: Exports\n";
const FUNCTIONS: &str = "  function:\n";

/// Mistakes that take several files; nothing is replaced in a file that is new.
const IN_SEVERAL_FILES: &[(&str, &[Edit])] = &[
    (
        "editions_not_enabled",
        &[
            (CONNECT, "\"editionsEnabled\": true,", ""),
            (
                CONNECT,
                URL,
                r#""url": "/reports", "conditions": [{"condition": "capability_set", "params": {"value": "capabilityAdvanced"}}, {"condition": "addon_is_licensed"}] }"#,
            ),
        ],
    ),
    (
        "hidden_without_gate",
        &[
            (
                FUNCTION,
                TITLE,
                "      title: Exports\n      displayConditions: {appIsLicensed: true}\n",
            ),
            (
                HANDLER,
                "import { exportRows } from \"./exports.mjs\";\n",
                "const exportRows = () => [1, 2, 3];\n",
            ),
        ],
    ),
    (
        "scheduled_trigger_unlicensed",
        &[
            (
                FUNCTION,
                FUNCTIONS,
                "  scheduledTrigger:\n    - {key: n, function: n, interval: hour}\n  function:\n    \
                 - {key: n, handler: nightly.run}\n",
            ),
            (NIGHTLY, "", "export const run = () => fetchRows();\n"),
        ],
    ),
    (
        "license_api_limit",
        &[
            (
                FUNCTION,
                FUNCTIONS,
                "  scheduledTrigger:\n    - {key: n, function: n, interval: fiveMinute}\n  \
                 function:\n    - {key: n, handler: nightly.run}\n",
            ),
            (
                NIGHTLY,
                "",
                "import api from \"@forge/api\";\nexport const run = () => \
                 api.asApp().requestAtlassian(\"/forge/app/v1/license\");\n",
            ),
        ],
    ),
    (
        "server_entry_in_browser",
        &[(
            VIEW,
            "import { view } from \"@forge/bridge\";\n",
            "import { view } from \"@forge/bridge\";\nimport { check } from \
             \"@app-license/sdk/server\";\n",
        )],
    ),
    (
        "capability_without_active",
        &[(
            BACKEND,
            "/// Called by the page's script",
            "fn advanced(license: &app_license::License) -> bool {\n    \
             license.capability_set() == Some(\"capabilityAdvanced\")\n}\n\n/// Called by the \
             page's script",
        )],
    ),
];
