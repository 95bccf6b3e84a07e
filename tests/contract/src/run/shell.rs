//! A shell under test: a process that is told what to do by lines of JSON.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// How long an answer is waited for, the start of the shell with it.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Shell {
    child: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<io::Result<String>>,
}

impl Shell {
    pub(crate) fn start(program: &[String]) -> Result<Self> {
        let (name, arguments) = program.split_first().context("no program of a shell")?;
        let mut child = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let commands = child.stdin.take();
        let answers = child.stdout.take().context("no output of the shell")?;
        let (sender, lines) = mpsc::channel();
        // ends with the shell, or when nobody listens
        std::thread::spawn(move || {
            let mut said = BufReader::new(answers).lines();
            while said.next().is_some_and(|line| sender.send(line).is_ok()) {}
        });
        Ok(Self {
            child,
            commands,
            answers: lines,
        })
    }

    /// Says a command, and hears the answer.
    pub(crate) fn say(&mut self, command: &Value) -> Result<Value> {
        let commands = self.commands.as_mut().context("the shell has ended")?;
        writeln!(commands, "{command}").context("the shell does not listen")?;
        let line = match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => line?,
            Err(RecvTimeoutError::Disconnected) => bail!("the shell has ended"),
            Err(RecvTimeoutError::Timeout) => {
                self.child.kill()?;
                bail!("the shell does not answer {command}")
            }
        };
        serde_json::from_str(&line).with_context(|| format!("the shell answers {line:?}"))
    }

    /// Says a command that must succeed.
    pub(crate) fn tell(&mut self, command: &Value) -> Result<Value> {
        let answer = self.say(command)?;
        if answer["ok"] != true {
            bail!("the shell answers {answer} to {command}");
        }
        Ok(answer)
    }

    pub(crate) fn set_clock(&mut self, now: u64) -> Result<()> {
        self.tell(&json!({ "do": "clock", "now": now })).map(drop)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // it ends when its input does
        drop(self.commands.take());
        let _ended = self.child.wait();
    }
}
