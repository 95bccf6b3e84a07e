//! The program as it is shipped, and files for it.
#![allow(dead_code, clippy::allow_attributes, reason = "every test uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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
    let command = command.args(args).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    said(child.spawn().unwrap())
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
    said(child)
}

/// How long a program may run: longer than any does on a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a program says until it ends; one that does not is ended, so that the test is too.
fn said(mut child: Child) -> Ran {
    fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
        std::thread::spawn(move || {
            let mut text = String::new();
            pipe.unwrap().read_to_string(&mut text).unwrap();
            text
        })
    }
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let ended = ended(&mut child);
    let (out, err) = (out.join().unwrap(), err.join().unwrap());
    let code = ended.unwrap_or_else(|| panic!("it does not end: {out}{err}"));
    Ran { code, out, err }
}

/// The exit code of a program, which is waited for; `None` where it had to be ended.
pub(crate) fn ended(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// The first line that a program says. One that says nothing and goes on is ended.
pub(crate) fn first_line(child: &mut Child) -> String {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (sender, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = out.read_line(&mut line);
        // nobody waits any longer, where it took too long
        let _ = sender.send(read.map(|_| line));
        // what else is said is read, so that the program can say it
        let _ = std::io::copy(&mut out, &mut std::io::sink());
    });
    line.recv_timeout(PATIENCE)
        .unwrap_or_else(|_| {
            child.kill().unwrap();
            panic!("it says nothing")
        })
        .unwrap()
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
