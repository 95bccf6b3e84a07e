//! A cluster that speaks TLS, with a certificate of an authority of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::programs::run;

/// A running cluster on a TCP port, with a certificate for `localhost` alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct TlsCluster {
    /// Stopped when dropped.
    pub cluster: Cluster,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The certificate (PEM) of the authority that signed the server's.
    pub authority: PathBuf,
}

impl TlsCluster {
    /// Makes the authority and the certificate with `openssl`, and starts the cluster.
    ///
    /// # Errors
    /// A [`Failure`] when a program is missing, or does not run.
    pub fn start() -> Result<Self, Failure> {
        let mut cluster = Cluster::start_unsynced()?;
        let data = cluster.data();
        let openssl = |arguments: &str| {
            let mut command = cluster.run_as_user(Path::new("openssl"));
            run(command.current_dir(&data).args(arguments.split(' ')))
        };
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout ca.key -out ca.crt -subj /CN=pgtest-authority",
        )?;
        openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        )?;
        let extensions = cluster.directory.path().join("extensions");
        fs::write(&extensions, "subjectAltName=DNS:localhost\n")
            .map_err(|e| Failure(format!("no file of extensions: {e}")))?;
        openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt -extfile ../extensions",
        )?;
        // where everybody may read it: the folder of the cluster's data is its user's alone
        let authority = tempfile::Builder::new().suffix(".pem").tempfile();
        let authority = authority
            .and_then(|file| file.keep().map_err(Into::into))
            .map_err(|e| Failure(format!("no file for the authority: {e}")))?
            .1;
        let certificate = run(cluster
            .run_as_user(Path::new("cat"))
            .arg(data.join("ca.crt")))?;
        fs::write(&authority, certificate)
            .map_err(|e| Failure(format!("no file for the authority: {e}")))?;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|e| Failure(format!("no free port: {e}")))?
            .port();
        for setting in [
            "ssl = 'on'".to_owned(),
            "listen_addresses = '127.0.0.1'".to_owned(),
            format!("port = {port}"),
        ] {
            cluster.sql(&format!("ALTER SYSTEM SET {setting}"))?;
        }
        cluster.kill();
        cluster.listens = Some(port);
        cluster.restart()?;
        Ok(Self {
            cluster,
            port,
            authority,
        })
    }
}

impl Drop for TlsCluster {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.authority);
    }
}
