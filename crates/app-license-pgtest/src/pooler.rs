//! PgBouncer between a cluster and its clients.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

use crate::cluster::{Cluster, socket_host};
use crate::failure::Failure;

/// The number in the name of its socket.
pub(crate) const PORT: &str = "6432";

/// A running PgBouncer in transaction mode: each transaction runs on whichever of its few connections
/// to the server is free. Killed when dropped, and when its cluster goes.
///
/// ```no_run
/// use app_license_pgtest::{Cluster, Pooler};
/// let cluster = Cluster::start()?;
/// let pooler = Pooler::start(&cluster, 3)?;
/// println!("{}", pooler.url());
/// # Ok::<(), app_license_pgtest::Failure>(())
/// ```
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    folder: PathBuf,
}

impl Cluster {
    /// The address of a PgBouncer in transaction mode before [`Cluster::shared`], with three connections to
    /// the server, started by whoever asks first.
    ///
    /// # Errors
    /// A [`Failure`] when the programs are missing, or do not run.
    pub fn shared_pooler() -> Result<String, String> {
        static SHARED: OnceLock<Result<(Pooler, Child), Failure>> = OnceLock::new();
        let cluster = Self::shared().map_err(ToString::to_string)?;
        let shared = SHARED.get_or_init(|| {
            let pooler = Pooler::start(cluster, 3)?;
            let guard = cluster.at_exit(pooler.process_id(), "KILL", None)?;
            Ok((pooler, guard))
        });
        let pooler = shared.as_ref().map_err(ToString::to_string)?;
        Ok(pooler.0.url())
    }

    /// The same through a pooler of this cluster.
    ///
    /// # Errors
    /// A [`Failure`] with what `psql` said.
    pub fn sql_behind(&self, _: &Pooler, text: &str) -> Result<String, Failure> {
        self.psql(PORT, text)
    }
}

impl Pooler {
    /// Starts it with so many connections to the server, and waits until it listens.
    ///
    /// # Errors
    /// A [`Failure`] when the program is missing, or does not run.
    pub fn start(cluster: &Cluster, connections: u32) -> Result<Self, Failure> {
        let program = find_program()?;
        let folder = cluster.directory.path().to_owned();
        let at = folder.display();
        // a name for every user: which roles there are is not what is tested
        let settings = format!(
            "[databases]\n* = host={at} user=test\n[pgbouncer]\npool_mode = transaction\n\
             default_pool_size = {connections}\nmax_client_conn = 500\nauth_type = any\n\
             listen_addr =\nlisten_port = {PORT}\nunix_socket_dir = {at}\nlogfile = {at}/pgbouncer.log\n\
             server_login_retry = 1\nquery_wait_timeout = 30\n"
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings).map_err(|e| Failure(format!("no settings file: {e}")))?;
        let process = cluster
            .run_as_user(&program)
            .arg("--quiet")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| Failure(format!("pgbouncer does not start: {e}")))?;
        let pooler = Self { process, folder };
        let socket = format!(".s.PGSQL.{PORT}");
        for _ in 0..200 {
            if pooler.folder.join(&socket).exists() {
                return Ok(pooler);
            }
            thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(pooler.folder.join("pgbouncer.log")).unwrap_or_default();
        Err(Failure(format!("pgbouncer does not listen:\n{log}")))
    }

    /// The address of the database `postgres` behind it.
    #[must_use]
    pub fn url(&self) -> String {
        let host = socket_host(&self.folder);
        format!("postgres://test@{host}:{PORT}/postgres?sslmode=disable")
    }

    /// Its version, major and minor: of the program that [`Pooler::start`] runs.
    ///
    /// # Errors
    /// A [`Failure`] when the program is missing, or says none.
    pub fn version() -> Result<(u32, u32), Failure> {
        let program = find_program()?;
        let said = Command::new(&program).arg("--version").output();
        let said = said.map_err(|e| Failure(format!("pgbouncer does not start: {e}")))?;
        let text = String::from_utf8_lossy(&said.stdout);
        let first = text.lines().next().unwrap_or_default();
        // `PgBouncer 1.18.0`
        let version = first.rsplit(' ').next().unwrap_or_default();
        let mut numbers = version.split('.').map_while(|number| number.parse().ok());
        let version = numbers.next().zip(numbers.next());
        version.ok_or_else(|| Failure(format!("pgbouncer says no version: {first}")))
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find_program() -> Result<PathBuf, Failure> {
    let chosen = std::env::var_os("APP_LICENSE_PGBOUNCER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin")])
        .map(|folder| folder.join("pgbouncer"));
    chosen
        .into_iter()
        .chain(places)
        .find(|program| Path::is_file(program))
        .ok_or_else(|| {
            Failure(
                "PgBouncer is not on this machine: install it (`apt-get install pgbouncer`), or say where \
                 its program is in APP_LICENSE_PGBOUNCER"
                    .into(),
            )
        })
}
