//! A running cluster.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

use crate::failure::Failure;
use crate::programs::{find_programs, other_user, run};

/// Stopped and removed when dropped.
///
/// ```no_run
/// let cluster = app_license_pgtest::Cluster::start()?;
/// println!("{}", cluster.url());
/// # Ok::<(), app_license_pgtest::Failure>(())
/// ```
#[derive(Debug)]
pub struct Cluster {
    pub(crate) server: Option<Child>,
    pub(crate) bin: PathBuf,
    pub(crate) user: Option<&'static str>,
    pub(crate) synced: bool,
    /// A TCP port instead of the socket alone.
    pub(crate) listens: Option<u16>,
    pub(crate) directory: tempfile::TempDir,
}

impl Cluster {
    /// Starts a cluster that syncs every commit to disk, and waits until it answers.
    ///
    /// # Errors
    /// A [`Failure`] when the programs are missing, or do not run.
    pub fn start() -> Result<Self, Failure> {
        Self::start_with(true)
    }

    /// The same, but leaves syncing to the operating system: commits survive a crash of the server,
    /// not one of the machine. For tests that commit much.
    ///
    /// # Errors
    /// A [`Failure`] when the programs are missing, or do not run.
    pub fn start_unsynced() -> Result<Self, Failure> {
        Self::start_with(false)
    }

    /// One unsynced cluster for the whole process, started by whoever asks first. Tests that share
    /// it use a schema each: for the store's tables, and for your own beside them. Two mock host platforms
    /// give their first sites the same client key.
    ///
    /// ```no_run
    /// let url = app_license_pgtest::Cluster::shared()?.url();
    /// # Ok::<(), &app_license_pgtest::Failure>(())
    /// ```
    ///
    /// # Errors
    /// A [`Failure`] when the programs are missing, or do not run.
    pub fn shared() -> Result<&'static Self, &'static Failure> {
        static SHARED: OnceLock<Result<(Cluster, Child), Failure>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let cluster = Self::start_unsynced()?;
            let guard = cluster.remove_at_exit()?;
            Ok((cluster, guard))
        });
        shared.as_ref().map(|(cluster, _)| cluster)
    }

    /// Statics are not dropped: a shell waits for the end of this process, however it comes, and
    /// tidies up.
    pub(crate) fn remove_at_exit(&self) -> Result<Child, Failure> {
        let server = self.server.as_ref().map_or(0, Child::id);
        self.at_exit(server, "QUIT", Some(self.directory.path()))
    }

    pub(crate) fn at_exit(
        &self,
        process: u32,
        signal: &str,
        folder: Option<&Path>,
    ) -> Result<Child, Failure> {
        const SCRIPT: &str = r#"trap "" HUP INT TERM
            read -r _
            kill -s "$2" "$1"
            while kill -s 0 "$1"; do sleep 0.1; done
            test -z "$3" || rm -rf -- "$3""#;
        Command::new("sh")
            .args(["-c", SCRIPT, "sh", &process.to_string(), signal])
            .arg(folder.unwrap_or_else(|| Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| Failure(format!("sh does not start: {e}")))
    }

    /// A place for one, with nothing in it yet.
    pub(crate) fn empty(synced: bool) -> Result<Self, Failure> {
        let bin = find_programs()?;
        let user = other_user()?;
        let directory = tempfile::Builder::new()
            .prefix("app-license-pg-")
            .tempdir()
            .map_err(|e| Failure(format!("no temporary directory: {e}")))?;
        let cluster = Self {
            server: None,
            bin,
            user,
            synced,
            listens: None,
            directory,
        };
        if let Some(user) = user {
            run(Command::new("chown")
                .arg(user)
                .arg(cluster.directory.path()))?;
        }
        Ok(cluster)
    }

    pub(crate) fn start_with(synced: bool) -> Result<Self, Failure> {
        let mut cluster = Self::empty(synced)?;
        cluster.make_data()?;
        cluster.restart()?;
        Ok(cluster)
    }

    /// Starts the server again after [`Cluster::kill`].
    ///
    /// # Errors
    /// A [`Failure`] when it does not come up within a minute.
    pub fn restart(&mut self) -> Result<(), Failure> {
        let log = self.directory.path().join("server.log");
        let out = fs::File::create(&log).map_err(|e| Failure(format!("no log file: {e}")))?;
        let server = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.directory.path())
            .args(["-c", "max_connections=200"])
            .args(match self.listens {
                Some(_) => &[][..],
                None => &["-c", "listen_addresses="][..],
            })
            .args(["-c", if self.synced { "fsync=on" } else { "fsync=off" }])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .map_err(|e| Failure(format!("postgres does not start: {e}")))?;
        self.server = Some(server);
        for _ in 0..600 {
            let ready = self
                .program("pg_isready")
                .args(["-q", "-U", "test", "-d", "postgres"])
                .args(["-p", &self.port(), "-h"])
                .arg(self.directory.path())
                .status();
            if ready.is_ok_and(|s| s.success()) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        Err(Failure(format!(
            "postgres does not answer; it said:\n{said}"
        )))
    }

    /// Kills the server as a crash would: at once, without a checkpoint.
    pub fn kill(&mut self) {
        self.signal("QUIT");
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
    }

    /// The address of the database `postgres`, as user `test`.
    #[must_use]
    pub fn url(&self) -> String {
        let host = socket_host(self.directory.path());
        format!("postgres://test@{host}/postgres?sslmode=disable")
    }

    /// Runs SQL through `psql`, and answers what it printed.
    ///
    /// # Errors
    /// A [`Failure`] with what `psql` said.
    pub fn sql(&self, text: &str) -> Result<String, Failure> {
        self.psql(&self.port(), text)
    }

    pub(crate) fn psql(&self, port: &str, text: &str) -> Result<String, Failure> {
        run(self
            .program("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-U", "test", "-d", "postgres", "-p", port, "-h"])
            .arg(self.directory.path())
            .args(["-c", text]))
    }

    /// What `pg_dump` writes of the database.
    ///
    /// # Errors
    /// A [`Failure`] with what it said.
    pub fn dump(&self) -> Result<String, Failure> {
        run(self
            .program("pg_dump")
            .args(["-U", "test", "-d", "postgres", "-p", &self.port(), "-h"])
            .arg(self.directory.path()))
    }

    /// Which files of the cluster hold a text, its log among them.
    ///
    /// # Errors
    /// A [`Failure`] when they cannot be read.
    pub fn files_that_hold(&self, text: &str) -> Result<Vec<String>, Failure> {
        // `grep` answers 1 where nothing is found; `find` does not mind
        let found = run(self
            .run_as_user(Path::new("find"))
            .arg(self.data())
            .args(["-type", "f", "-exec", "grep", "-alF", "--", text, "{}", "+"]));
        match found {
            Ok(files) => Ok(files.lines().map(str::to_owned).collect()),
            Err(failure) if failure.0.trim_end().ends_with("failed:") => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn port(&self) -> String {
        self.listens.unwrap_or(5432).to_string()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn program(&self, name: &str) -> Command {
        self.run_as_user(&self.bin.join(name))
    }

    pub(crate) fn run_as_user(&self, program: &Path) -> Command {
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .args(["--clear-groups", "--"])
                    .arg(program);
                command
            }
            None => Command::new(program),
        };
        // the server must not see where it was started from: it may not be allowed to
        command
            .current_dir(self.directory.path())
            .env("LC_ALL", "C");
        command
    }

    pub(crate) fn signal(&self, signal: &str) {
        if let Some(server) = &self.server {
            let _ = Command::new("kill")
                .args(["-s", signal, &server.id().to_string()])
                .status();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A folder of sockets as the host of an address.
pub(crate) fn socket_host(folder: &Path) -> String {
    let mut host = String::new();
    for byte in folder.as_os_str().as_encoded_bytes() {
        let _ = write!(host, "%{byte:02X}");
    }
    host
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[test]
    fn a_cluster_starts_answers_survives_a_crash_and_goes() {
        let mut cluster = Cluster::start().unwrap();
        cluster
            .sql("CREATE TABLE t (n int); INSERT INTO t VALUES (7)")
            .unwrap();
        cluster.kill();
        assert!(cluster.sql("SELECT n FROM t").is_err());
        cluster.restart().unwrap();
        assert_eq!(cluster.sql("SELECT n FROM t").unwrap().trim(), "7");
        // what is copied for the next cluster is of this version
        let version = cluster.sql("SHOW server_version").unwrap();
        let version = version.split_whitespace().next().unwrap().replace('.', "-");
        let template = cluster.template().unwrap().unwrap();
        assert!(template.is_dir());
        let template = template.to_string_lossy().into_owned();
        assert!(template.contains(&format!("-{version}")), "{template}");
        let directory = cluster.directory.path().to_owned();
        drop(cluster);
        assert!(!directory.exists());
    }
}
