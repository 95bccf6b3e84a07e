//! The findings as SARIF 2.1.0, for code hosts and editors: the few objects of the format that a
//! finding needs. The library for it costs a code generator and minutes of building.

use app_license_descriptor::{Rule, Severity};
use serde::Serialize;

use crate::finding::Finding;
use crate::rules::all_rules;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
struct Log<'f> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'f>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'f> {
    tool: Tool<'f>,
    /// Columns count characters.
    column_kind: &'static str,
    results: Vec<RunResult<'f>>,
}

#[derive(Serialize)]
struct Tool<'f> {
    driver: Driver<'f>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'f> {
    name: &'static str,
    semantic_version: &'f str,
    information_uri: &'static str,
    rules: Vec<ReportingDescriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportingDescriptor {
    id: &'static str,
    short_description: Text<&'static str>,
    help: Text<&'static str>,
    help_uri: String,
    default_configuration: Level,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
struct Text<T> {
    text: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunResult<'f> {
    rule_id: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text<String>,
    locations: [Location; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The findings as a SARIF log with one run.
///
/// Standard: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
///
/// ```
/// let log = app_license_doctor::to_sarif(&[], "0.1.0");
/// assert!(log.contains(r#""version": "2.1.0""#));
/// ```
#[must_use]
pub fn to_sarif(findings: &[Finding], version: &str) -> String {
    let rules = all_rules();
    let results = findings.iter().map(|finding| {
        let index = rules.iter().position(|rule| rule.code == finding.code());
        result(finding, index)
    });
    let results = results.collect();
    let driver = Driver {
        name: "app-license doctor",
        semantic_version: version,
        information_uri: "https://github.com/app-license/app-license",
        rules: rules.iter().map(|rule| descriptor(rule)).collect(),
    };
    let run = Run {
        tool: Tool { driver },
        column_kind: "unicodeCodePoints",
        results,
    };
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [run],
    };
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    ReportingDescriptor {
        id: rule.code,
        short_description: Text { text: rule.summary },
        help: Text { text: rule.fix },
        help_uri: rule.page(),
        default_configuration: Level {
            level: level(rule.severity),
        },
    }
}

fn result(finding: &Finding, rule_index: Option<usize>) -> RunResult<'_> {
    let (start, end) = (finding.start(), finding.end());
    let physical_location = PhysicalLocation {
        artifact_location: ArtifactLocation {
            uri: uri(finding.file()),
        },
        region: Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        },
    };
    let text = format!(
        "{}. Fix: {}",
        finding.diagnostic(),
        finding.diagnostic().fix()
    );
    RunResult {
        rule_id: finding.code(),
        rule_index,
        level: level(finding.severity()),
        message: Text { text },
        locations: [Location { physical_location }],
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

/// A path as a relative URI: what has a meaning there is encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~@+".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
