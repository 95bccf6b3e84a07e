//! `report export`: its columns, its page, and the queries there.

use std::path::{Path, PathBuf};
use std::process::Command;

use app_license_marketplace::report::LicenseField;

use super::report;
use crate::common::run_with;

#[test]
fn an_export_is_read_again_as_the_same_report() {
    let first: serde_json::Value =
        serde_json::from_str(report(&["export", "-"]).out.lines().nth(1).unwrap()).unwrap();
    assert_eq!(first["app_edition"], "standard");
    assert_eq!(first["license_type"], "commercial");
    assert_eq!(
        first["days_to_convert_eval"],
        serde_json::Value::Null,
        "`NA` is no value"
    );
    assert_eq!(first["tier_users"], 10);
    assert_eq!(first["unknown"]["newThing"]["a"], 1);

    for command in ["summary", "conversions", "churn", "free-starter-tier"] {
        let before = report(&[command, "-", "--format", "json"]).json();
        for form in ["csv", "ndjson"] {
            let export = report(&["export", "-", "--as", form]).out;
            let again = run_with(&["report", command, "-", "--format", "json"], &export);
            let (again, before) = (again.json(), before.clone());
            // of what is only text, the export has the words in lower case
            assert_eq!(again["records"], 5, "{form}");
            assert_eq!(again["total"], before["total"], "{form}");
            assert_eq!(again["by_edition"], before["by_edition"], "{form}");
            assert_eq!(again["cohorts"], before["cohorts"], "{form}");
            assert_eq!(again["licenses"], before["licenses"], "{form}");
            let twice = run_with(&["report", "export", "-", "--as", form], &export).out;
            assert_eq!(twice, export);
        }
    }
}

#[test]
fn an_export_has_texts_one_number_one_object_and_null() {
    let out = report(&["export", "-"]).out;
    for line in out.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        for (column, value) in record.as_object().unwrap() {
            let fits = match column.as_str() {
                "tier_users" => value.is_u64(),
                "unknown" => value.is_object(),
                _ => value.is_string(),
            };
            assert!(fits || value.is_null(), "{column}: {value}");
        }
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report-export.md")
}

#[test]
fn the_page_of_the_export_has_every_column_in_order() {
    let page = std::fs::read_to_string(docs()).unwrap();
    let table = page.split("## Columns").nth(1).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let expected: Vec<String> = LicenseField::ALL
        .iter()
        .map(|field| {
            let spec = field.spec();
            format!(
                "| `{}` | `{}` | {} |",
                spec.column(),
                spec.path(),
                spec.description()
            )
        })
        .collect();
    assert_eq!(&rows[..expected.len()], expected);
    let header = report(&["export", "-", "--as", "csv"]).out;
    let columns: Vec<&str> = header.lines().next().unwrap().split(',').collect();
    let documented: Vec<&str> = rows
        .iter()
        .map(|row| row.split('`').nth(1).unwrap())
        .collect();
    assert_eq!(documented, columns);
}

/// The folder with the Python package `duckdb`, which `cargo xtask` installs.
fn duckdb() -> Option<PathBuf> {
    let folder = std::env::var_os("APP_LICENSE_DUCKDB").map(PathBuf::from)?;
    folder.join("duckdb").exists().then_some(folder)
}

#[test]
fn the_queries_of_the_page_run_in_duckdb() {
    let Some(packages) = duckdb() else {
        eprintln!(
            "skipped: no DuckDB; `cargo xtask test` installs it from PyPI and names its folder in \
             APP_LICENSE_DUCKDB"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let csv = report(&["export", "-", "--as", "csv"]).out;
    std::fs::write(folder.path().join("licenses.csv"), csv).unwrap();
    let page = std::fs::read_to_string(docs()).unwrap();
    let queries: Vec<&str> = page
        .split("```sql\n")
        .skip(1)
        .map(|query| query.split("```").next().unwrap())
        .collect();
    let script = "import duckdb, json, sys\n\
                  print(json.dumps([[list(map(str, row)) for row in duckdb.sql(query).fetchall()] \
                  for query in json.load(sys.stdin)]))";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .env("PYTHONPATH", packages)
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_vec(&queries).unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), &input).unwrap();
    let done = python.wait_with_output().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        rows,
        serde_json::json!([
            [["advanced", "1", "593"], ["standard", "1", "10"]],
            [["E-1", "Acme, \"Inc\"", "advanced", "2026-12-05"]],
            [["2025-12", "2", "1", "50.0"]],
        ])
    );
}
