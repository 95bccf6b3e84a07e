//! A program of the peers, run by Node.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::process::Vitals;

/// A running script; it ends when its standard input does.
pub(super) struct Program {
    child: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts `script` and waits until it says `ready`.
    pub(super) async fn start(
        folder: &Path,
        script: &str,
        arguments: &[&str],
        ready: &str,
    ) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(folder.join(script))
            .args(arguments)
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node does not start: it takes Node 20 and `npm ci` in benches/peers")?;
        let orders = child.stdin.take().context("no standard input")?;
        let said = child.stdout.take().context("no standard output")?;
        let mut program = Self {
            child,
            orders,
            said: BufReader::new(said).lines(),
        };
        let line = program.hear().await?;
        if line != ready {
            bail!("{script} said `{line}`, not `{ready}`");
        }
        Ok(program)
    }

    /// The next line it says.
    pub(super) async fn hear(&mut self) -> Result<String> {
        const PATIENCE: Duration = Duration::from_secs(900);
        let line = timeout(PATIENCE, self.said.next_line())
            .await
            .context("the peer says nothing")??;
        line.context("the peer ended")
    }

    pub(super) async fn tell(&mut self, line: &str) -> Result<()> {
        self.orders
            .write_all(format!("{line}\n").as_bytes())
            .await?;
        Ok(())
    }

    pub(super) fn vitals(&self) -> Result<Vitals> {
        Ok(Vitals::of(self.child.id().context("the peer has ended")?))
    }
}
