//! The program as it is shipped, and files for it.
#![allow(dead_code, clippy::allow_attributes, reason = "every test uses a part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run of the program gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }
}

/// Runs the program with nothing on standard input.
pub(crate) fn run(args: &[&str]) -> Ran {
    run_with(args, "")
}

/// Runs the program with variables in its environment.
pub(crate) fn run_with_env(args: &[&str], variables: &[(&str, &str)]) -> Ran {
    ran(program(args).envs(variables.iter().copied()), "")
}

/// Runs the program without a stated width.
pub(crate) fn run_without_width(args: &[&str]) -> Ran {
    ran(program(args).env_remove("COLUMNS"), "")
}

/// Runs the program without a terminal: standard input is `/dev/null`.
pub(crate) fn run_alone(args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_app-license"));
    let output = command.args(args).stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program with this on standard input.
pub(crate) fn run_with(args: &[&str], stdin: &str) -> Ran {
    ran(program(args).env("COLUMNS", "200"), stdin)
}

fn program(args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_app-license"));
    program.args(args);
    program
}

fn ran(program: &mut Command, stdin: &str) -> Ran {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a program that does not read its input closes the pipe
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Ran {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// The shared vectors.
pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

/// Reads a file of the shared vectors.
pub(crate) fn vector(name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(vectors().join(name)).unwrap()).unwrap()
}

/// Writes a file for one test.
pub(crate) fn file(name: &str, text: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
