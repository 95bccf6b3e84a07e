//! The committed files are current, the Rust shell keeps them, and a falsified one is found.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn contract(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contract"));
    command.args(arguments).args(files);
    if !files.is_empty() {
        command.args(["--", env!("CARGO_BIN_EXE_contract-shell-rust")]);
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", shown(&output.stdout), shown(&output.stderr))
}

#[test]
fn the_committed_files_are_as_they_would_be_written() {
    let folder = folder();
    let output = contract(&["generate", "--check", folder.to_str().unwrap()], &[]);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn a_falsified_status_fails_the_run() {
    let file = folder().join("connect-replay.json");
    let text_of_file = std::fs::read_to_string(file).unwrap();
    let wrong = text_of_file.replacen("\"status\": 401", "\"status\": 204", 1);
    assert_ne!(wrong, text_of_file);
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("wrong.json");
    std::fs::write(&path, wrong).unwrap();
    let output = contract(&["run", "--shell", "rust"], &[path]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("status: expected 204, found 401"),
        "{}",
        text(&output)
    );
}

#[test]
fn the_rust_shell_keeps_the_contract_and_every_falsified_expectation_is_found() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let output = contract(&["run", "--shell", "rust", "--falsify"], &files);
    assert!(output.status.success(), "{}", text(&output));
}
