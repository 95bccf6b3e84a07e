//! Every rule has a page with an example that fails and one that passes: both are run.

use app_license_descriptor::Severity;
use app_license_doctor::{Finding, all_rules};

use crate::common::{findings, folder, root};

/// The files of a section: a name in backticks, then a fenced block.
fn files<'p>(page: &'p str, section: &str) -> Vec<(&'p str, &'p str)> {
    let heading = format!("## {section}\n");
    let start = page
        .find(&heading)
        .unwrap_or_else(|| panic!("no {section}"))
        + heading.len();
    let rest = &page[start..];
    let mut rest = rest.find("\n## ").map_or(rest, |end| &rest[..end]);
    let mut files = Vec::new();
    while let Some(at) = rest.find("`:\n\n```") {
        let name = rest[..at].rsplit('`').next().unwrap();
        let block = &rest[at..];
        let begin = block[5..].find('\n').unwrap() + 6;
        let end = block.find("\n```\n").unwrap() + 1;
        files.push((name, &block[begin..end]));
        rest = &block[end..];
    }
    assert!(!files.is_empty(), "{section} has no files");
    files
}

fn shown(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings
        .iter()
        .map(|f| format!("{} {f}", f.code()))
        .collect();
    lines.join("\n")
}

#[test]
fn every_rule_has_a_page_that_is_true() {
    for rule in all_rules() {
        let path = root().join(format!("docs/doctor/{}.md", rule.code));
        let page = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        assert!(
            page.starts_with(&format!("# `{}`\n", rule.code)),
            "{}",
            rule.code
        );
        let severity = rule.severity.name();
        let begins = format!(
            "{}{}: {}.",
            &severity[..1].to_uppercase(),
            &severity[1..],
            rule.summary
        );
        assert!(page.contains(&begins), "{}: {begins}", rule.code);

        let fails = folder(files(&page, "Fails"));
        let found = findings(fails.path());
        let of_rule = found.iter().filter(|f| f.code() == rule.code).count();
        let others = found
            .iter()
            .filter(|f| f.code() != rule.code && f.severity() > Severity::Info);
        assert_eq!(
            (of_rule, others.count()),
            (1, 0),
            "{}\n{}",
            rule.code,
            shown(&found)
        );

        let passes = folder(files(&page, "Passes"));
        let found = findings(passes.path());
        let wrong = found
            .iter()
            .filter(|f| f.code() == rule.code || f.severity() > Severity::Info);
        assert_eq!(wrong.count(), 0, "{}\n{}", rule.code, shown(&found));
    }
}

#[test]
fn every_page_is_of_a_rule_and_in_the_table() {
    let table = std::fs::read_to_string(root().join("docs/doctor/README.md")).unwrap();
    let rules: Vec<_> = all_rules().iter().map(|rule| rule.code).collect();
    for entry in std::fs::read_dir(root().join("docs/doctor")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").unwrap();
        if code == "README" {
            continue;
        }
        assert!(rules.contains(&code), "{name}");
        assert!(table.contains(&format!("[`{code}`]({code}.md)")), "{name}");
    }
}
