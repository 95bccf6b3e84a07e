//! `doctor` and `conditions`.

use crate::common::run;
use serde_json::Value;

const BROKEN: &str = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {}\n";

fn folder(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn errors_end_with_2_and_a_baseline_accepts_them() {
    let app = folder("manifest.yml", BROKEN);
    let path = app.path().to_str().unwrap();
    let ran = run(&["doctor", path, "--now", "2026-11-28T00:00:00Z"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(
        ran.out,
        "error[enabled_missing] manifest.yml:4:3\n  app.licensing: `enabled` is missing\n    \
         licensing: {}\n    ^^^^^^^^^\n  fix: add `enabled: true`, or `false` for a free app\n  \
         https://github.com/app-license/app-license/blob/main/docs/doctor/enabled_missing.md\n\n\
         1 error\n"
    );
    let ran = run(&["doctor", path, "--write-baseline"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let ran = run(&["doctor", path]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.out, "no findings; 1 known from the baseline\n");
}

#[test]
fn findings_are_json_and_sarif() {
    let app = folder("manifest.yml", BROKEN);
    let path = app.path().to_str().unwrap();
    let ran = run(&["doctor", path, "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &json["summary"]["errors"]), (2, &1.into()));
    let ran = run(&["doctor", path, "--sarif"]);
    let sarif: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "enabled_missing");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let ran = run(&["doctor", "/no/such/folder"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("error[doctor_read]"), "{}", ran.err);
}

#[test]
fn fixes_are_made_and_told() {
    let manifest = BROKEN.replace("{}", "{enabled: \"true\"}");
    let app = folder("manifest.yml", &manifest);
    let ran = run(&["doctor", app.path().to_str().unwrap(), "--fix"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "no findings\n"));
    assert_eq!(ran.err, "changed manifest.yml\n");
    let text = std::fs::read_to_string(app.path().join("manifest.yml")).unwrap();
    assert_eq!(text, BROKEN.replace("{}", "{enabled: true}"));
}

const EDITIONS: &str = "[features]\nreports = \"standard\"\nexport = \"advanced\"\n\
                        later = \"capabilityUltra\"\n";

#[test]
fn conditions_of_a_feature_are_generated_for_both_frameworks() {
    let app = folder("editions.toml", EDITIONS);
    let editions = app.path().join("editions.toml");
    let editions = editions.to_str().unwrap();
    let generate = |framework: &str, feature: &str| {
        run(&[
            "conditions",
            "generate",
            framework,
            "--feature",
            feature,
            "--editions",
            editions,
        ])
    };
    let json = |framework: &str, feature: &str| -> Value {
        serde_json::from_str(&generate(framework, feature).out).unwrap()
    };
    assert_eq!(
        json("connect", "export"),
        serde_json::json!({"conditions": [
            {"condition": "addon_is_licensed"},
            {"condition": "capability_set", "params": {"value": "capabilityAdvanced"}}
        ]})
    );
    // a Standard condition would hide it from Advanced customers
    assert_eq!(
        json("connect", "reports"),
        serde_json::json!({"conditions": [{"condition": "addon_is_licensed"}]})
    );
    assert_eq!(
        generate("forge", "export").out,
        "displayConditions:\n  appIsLicensed: true\n  appEdition: advanced\n"
    );
    assert_eq!(
        generate("forge", "reports").out,
        "displayConditions:\n  appIsLicensed: true\n"
    );
    assert_eq!(generate("forge", "later").code, 3);
    let ran = generate("connect", "nothing");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("it has "), "{}", ran.err);
}

#[test]
fn who_sees_which_module_is_told_side_by_side() {
    let app = folder(
        "manifest.yml",
        "modules:\n  jira:issuePanel:\n    - key: panel\n      displayConditions: \
         {appIsLicensed: true, appEdition: advanced}\n  jira:globalPage:\n    - key: page\n  \
         function:\n    - {key: f, handler: index.handler}\n",
    );
    let path = app.path().join("manifest.yml");
    let path = path.to_str().unwrap();
    let ran = run(&["conditions", "evaluate", path]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let ran = run(&["conditions", "evaluate", path, "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let shown = |module: usize| -> Vec<_> {
        let cells = json["modules"][module]["cells"].as_array().unwrap();
        cells.iter().map(|cell| cell["shown"].clone()).collect()
    };
    assert_eq!(json["modules"].as_array().unwrap().len(), 2);
    assert_eq!(
        shown(0),
        [false, false, false, true, false, false].map(Value::from)
    );
    assert_eq!(shown(1), [true; 6].map(Value::from));
}

#[test]
fn an_ended_standard_license_has_its_own_column_and_a_long_key_stands_whole() {
    let key = "a-module-key-".repeat(9);
    let app = folder(
        "manifest.yml",
        &format!(
            "modules:\n  jira:issuePanel:\n    - key: {key}\n      displayConditions: {{appEdition: standard}}\n"
        ),
    );
    let path = app.path().join("manifest.yml");
    let path = path.to_str().unwrap();
    let json = run(&["conditions", "evaluate", path, "--format", "json"]).json();
    let module = &json["modules"][0];
    assert_eq!(module["key"], key.as_str());
    assert_eq!(
        module["module"],
        format!("modules.jira:issuePanel[0] `{key}`")
    );
    let cells = module["cells"].as_array().unwrap();
    let customers: Vec<_> = cells
        .iter()
        .map(|c| c["customer"].as_str().unwrap())
        .collect();
    assert_eq!(
        customers,
        [
            "no license",
            "no edition",
            "standard",
            "advanced",
            "standard, ended",
            "advanced, ended"
        ]
    );
    assert_eq!(
        cells[4]["shown"], true,
        "the host looks at the edition alone"
    );
    let ran = run(&["conditions", "evaluate", path]);
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        ran.out.contains("standard,") && ran.out.contains("advanced,"),
        "{}",
        ran.out
    );
    let whole: String = ran.out.lines().map(str::trim_start).collect();
    assert!(whole.contains(&key), "{}", ran.out);
}

/// The files of a section of the page of `hidden_without_gate`.
fn app_of_page(section: &str) -> tempfile::TempDir {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/doctor/hidden_without_gate.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let rest = rest.split("\n## ").next().unwrap();
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("src")).unwrap();
    for name in ["manifest.yml", "src/index.ts"] {
        let (_, block) = rest.split_once(&format!("`{name}`:\n\n```")).unwrap();
        let (_, text) = block.split_once('\n').unwrap();
        let (text, _) = text.split_once("\n```\n").unwrap();
        std::fs::write(app.path().join(name), format!("{text}\n")).unwrap();
    }
    app
}

#[test]
fn hidden_modules_are_marked_by_whether_the_code_behind_them_asks() {
    for (section, gate, told) in [
        (
            "Fails",
            "missing",
            "no gate: the code behind it does not ask for the license",
        ),
        (
            "Passes",
            "found",
            "gate: the code behind it asks for the license",
        ),
    ] {
        let app = app_of_page(section);
        let path = app.path().join("manifest.yml");
        let path = path.to_str().unwrap();
        let ran = run(&["conditions", "evaluate", path]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let marks: Vec<_> = ran.out.lines().filter(|l| l.contains("gate")).collect();
        assert_eq!(marks, [format!("  {told}")], "{}", ran.out);
        let json = run(&["conditions", "evaluate", path, "--format", "json"]).json();
        assert_eq!(json["modules"][0]["gate"], gate);
    }
    // the manifest alone: nothing is known of the code
    let app = app_of_page("Passes");
    std::fs::remove_dir_all(app.path().join("src")).unwrap();
    let path = app.path().join("manifest.yml");
    let ran = run(&["conditions", "evaluate", path.to_str().unwrap()]);
    let unknown = "  gate: unknown, no code behind it was found\n";
    assert!(ran.out.contains(unknown), "{}", ran.out);
}

#[test]
fn findings_fit_in_80_columns_but_for_paths_and_addresses() {
    let app = tempfile::tempdir().unwrap();
    let folder = "a-folder-with-a-long-name/".repeat(6);
    std::fs::create_dir_all(app.path().join(&folder)).unwrap();
    let wide = "x".repeat(200);
    let code = format!(
        "import Resolver from \"@forge/resolver\";\n\
         export const {wide} = ({{ context }}) => context.license.isActive ? \"{wide}\" : \"\";\n\
         \t\t\t\t\t\texport const f = ({{ payload }}) => payload.license.active ? \"{wide}\" : \"{wide}\";\n\
         export const g = (license) => license.capabilitySet === \"capabilityAdvanced\" && \"日本語{wide}\";\n"
    );
    std::fs::write(app.path().join(&folder).join("code.ts"), code).unwrap();
    let ran = run(&["doctor", app.path().to_str().unwrap()]);
    assert!(ran.out.matches("code.ts:").count() >= 2, "{}", ran.out);
    for line in ran.out.lines() {
        let whole = line.contains(&folder) || line.starts_with("  https://");
        assert!(whole || width(line) <= 80, "{line}");
    }
}

/// In columns of a terminal, where some characters are two wide.
fn width(line: &str) -> usize {
    line.chars()
        .map(|c| if c >= '\u{1100}' && c != '…' { 2 } else { 1 })
        .sum()
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_changes_no_exit_code() {
    let app = folder("manifest.yml", BROKEN);
    let path = app.path().to_str().unwrap();
    for args in [
        &["doctor", path][..],
        &["doctor", path, "--format", "json"],
        &["doctor", path, "--sarif"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_app-license"))
            .args(args)
            .stdin(std::process::Stdio::null())
            .stdout(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_that_are_not_followed_are_named_in_both_formats() {
    let outside = folder("manifest.yml", BROKEN);
    let app = folder("a.ts", "run();");
    std::os::unix::fs::symlink(
        outside.path().join("manifest.yml"),
        app.path().join("manifest.yml"),
    )
    .unwrap();
    let path = app.path().to_str().unwrap();
    let ran = run(&["doctor", path]);
    assert_eq!(ran.code, 0);
    let note = "a link is not followed: it leads out of the folder";
    assert!(ran.out.contains(note), "{}", ran.out);
    let json = run(&["doctor", path, "--format", "json"]).json();
    assert_eq!(json["findings"][0]["file"], "manifest.yml");
    assert_eq!(json["findings"][0]["message"], note);
}

#[test]
fn a_folder_with_nothing_in_it_is_not_clean() {
    let app = folder("README.md", "app");
    let path = app.path().to_str().unwrap();
    let ran = run(&["doctor", path]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(
        ran.err
            .contains("error[doctor_nothing]: nothing to check in"),
        "{}",
        ran.err
    );
    // what cannot be read is no clean app either
    let app = folder("manifest.yml", "hello");
    let ran = run(&["doctor", app.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(
        ran.out.contains("error[unreadable] manifest.yml:1:1"),
        "{}",
        ran.out
    );
    let file = app.path().join("manifest.yml");
    let ran = run(&["doctor", file.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("manifest.yml") && ran.err.contains("no folder"),
        "{}",
        ran.err
    );
}

#[test]
fn documents_of_another_shape_are_not_evaluated() {
    for text in ["hello", "[]", "kind: Deployment"] {
        let app = folder("manifest.yml", text);
        let file = app.path().join("manifest.yml");
        let ran = run(&["conditions", "evaluate", file.to_str().unwrap()]);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{text}");
        assert!(
            ran.err.contains("neither a Connect descriptor nor"),
            "{}",
            ran.err
        );
    }
    let app = folder(
        "atlassian-connect.json",
        "\u{feff}{\"key\": \"a\", \"modules\": {}}",
    );
    let path = app.path().to_str().unwrap();
    let file = app.path().join("atlassian-connect.json");
    let file = file.to_str().unwrap();
    assert_eq!(run(&["conditions", "evaluate", file]).code, 0);
    assert_eq!(run(&["doctor", path]).code, 0);
    let comments = "// served without comments\n{\"key\": \"a\", \"modules\": {},}";
    std::fs::write(file, comments).unwrap();
    assert_eq!(run(&["conditions", "evaluate", file]).code, 0);
    assert_eq!(run(&["doctor", path]).code, 0);
    let ran = run(&[
        "conditions",
        "evaluate",
        file,
        "--source",
        "/no/such/folder",
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("`/no/such/folder`"), "{}", ran.err);
}
