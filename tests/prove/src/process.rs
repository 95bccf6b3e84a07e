//! The server as a process: started, told the time, looked at, killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::platform::{APP_ID, APP_KEY};

/// How to start a server; the same again after it was killed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) base_url: String,
    pub(crate) store: String,
    pub(crate) gateway: SocketAddr,
    /// The profile of the server that has SQLite alone, started as for a small machine.
    minimal: Option<&'static str>,
}

/// What the page of `app_license_server` says of small machines.
const SMALL_MACHINE: [(&str, &str); 4] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "8192"),
    ("MALLOC_TRIM_THRESHOLD_", "16384"),
    ("MALLOC_TOP_PAD_", "4096"),
];

impl Plan {
    /// A server of its own at a free port.
    pub(crate) fn new(store: String, gateway: SocketAddr) -> Result<Self> {
        let address = free_address()?;
        Ok(Self {
            address,
            base_url: format!("http://{address}"),
            store,
            gateway,
            minimal: None,
        })
    }

    /// The same by the server that has SQLite alone, as on a small machine; the profile is one of
    /// `minimal` and `release`.
    pub(crate) fn minimal(self, profile: &'static str) -> Self {
        Self {
            minimal: Some(profile),
            ..self
        }
    }

    /// Another replica of the same app.
    pub(crate) fn replica(&self) -> Result<Self> {
        Ok(Self {
            address: free_address()?,
            ..self.clone()
        })
    }

    /// Starts it, and waits until it listens.
    pub(crate) async fn start(&self, ahead: u64) -> Result<Server> {
        let mut command = if let Some(profile) = self.minimal {
            let mut command = Command::new(built(profile, "prove-minimal")?);
            command.envs(SMALL_MACHINE);
            command
        } else {
            Command::new(built("release", "prove-server")?)
        };
        command
            .arg(self.address.to_string())
            .args([&self.base_url, &self.store])
            .arg(self.gateway.to_string())
            .args([APP_KEY, APP_ID])
            .arg(ahead.to_string());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the server does not start")?;
        let orders = child.stdin.take().context("no standard input")?;
        let said = child.stdout.take().context("no standard output")?;
        let mut server = Server {
            child,
            orders,
            said: BufReader::new(said).lines(),
        };
        server.hear("listening").await?;
        Ok(server)
    }
}

/// A port that was free a moment ago. The server has to come back to it after each kill, so it is
/// chosen here.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

/// A program of this crate, in the folder of its profile: this one is in such a folder too.
fn built(profile: &str, program: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent);
    let folder = folder.context("not where cargo puts programs")?;
    let path = folder.join(profile).join(program);
    ensure!(
        path.is_file(),
        "{program} is not built: use `cargo xtask prove`"
    );
    Ok(path)
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    async fn hear(&mut self, line: &str) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let said = timeout(PATIENCE, self.said.next_line())
            .await
            .context("the server says nothing")??;
        if said.as_deref() != Some(line) {
            bail!("the server ended: it said {said:?}, not `{line}`");
        }
        Ok(())
    }

    /// Sets its clock this many seconds ahead of the system's.
    pub(crate) async fn ahead(&mut self, seconds: u64) -> Result<()> {
        let line = format!("ahead {seconds}");
        self.orders
            .write_all(format!("{line}\n").as_bytes())
            .await?;
        self.hear(&line).await
    }

    /// SIGKILL, and the end of it.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("the server is not killed")
    }

    pub(crate) fn vitals(&self) -> Result<Vitals> {
        Ok(Vitals(self.child.id().context("the server has ended")?))
    }
}

/// What the kernel knows of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vitals(u32);

impl Vitals {
    pub(crate) const fn of(id: u32) -> Self {
        Self(id)
    }

    /// Its resident memory, in KiB.
    pub(crate) fn resident(self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most it ever had, in KiB.
    pub(crate) fn peak(self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(self, name: &str) -> Result<u64> {
        let path = format!("/proc/{}/status", self.0);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {path}: it takes Linux"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .with_context(|| format!("no {name} in {path}"))
    }

    /// The processor time it took, in clock ticks.
    pub(crate) fn ticks(self) -> Result<u64> {
        let path = format!("/proc/{}/stat", self.0);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        // the second field is a name in parentheses that may hold anything
        let (_, rest) = text.rsplit_once(')').context("no name in stat")?;
        let mut fields = rest.split_whitespace().skip(11);
        let mut field = || fields.next().and_then(|text| text.parse::<u64>().ok());
        match (field(), field()) {
            (Some(user), Some(system)) => Ok(user + system),
            _ => bail!("no processor time in {path}"),
        }
    }
}
