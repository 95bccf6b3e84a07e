//! A standby that has every commit that was answered.

use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::cluster::{Cluster, socket_host};
use crate::failure::Failure;
use crate::programs::run;

impl Cluster {
    /// Starts a copy of this cluster that follows it, and makes every commit here wait until it is there
    /// too.
    ///
    /// # Errors
    /// A [`Failure`] when a program is missing, or the standby does not follow within a minute.
    pub fn synchronous_standby(&self) -> Result<Self, Failure> {
        let mut standby = Self::empty(self.synced)?;
        let data = standby.data();
        run(standby
            .program("pg_basebackup")
            .args(["-U", "test", "--checkpoint=fast", "--write-recovery-conf"])
            .arg("-h")
            .arg(self.directory.path())
            .arg("-D")
            .arg(&data))?;
        run(Command::new("chmod").arg("700").arg(&data))?;
        standby.restart()?;
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.sql("SELECT pg_reload_conf()")?;
        for _ in 0..600 {
            let state = self.sql("SELECT sync_state FROM pg_stat_replication")?;
            if state.trim() == "sync" {
                return Ok(standby);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(Failure("the standby does not follow".into()))
    }

    /// Makes a standby the primary, and waits until it takes writes. It waits for no standby of its own.
    ///
    /// # Errors
    /// A [`Failure`] with what the server said.
    pub fn promote(&self) -> Result<(), Failure> {
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''")?;
        self.sql("SELECT pg_reload_conf()")?;
        self.sql("SELECT pg_promote()").map(|_| ())
    }

    /// The address of this cluster and another: of whichever takes writes.
    #[must_use]
    pub fn url_with(&self, other: &Self) -> String {
        let [one, two] = [self, other].map(|it| socket_host(it.directory.path()));
        format!(
            "postgres://test@{one},{two}/postgres?sslmode=disable&target_session_attrs=read-write&connect_timeout=2"
        )
    }
}
