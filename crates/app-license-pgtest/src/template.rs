//! What `initdb` makes is the same for every cluster: made once, copied for all others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Cluster, Failure, run};

/// Where it is kept, in cargo's folder.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tmp");

impl Cluster {
    /// The files of a new cluster.
    pub(crate) fn make_data(&self) -> Result<(), Failure> {
        let (data, template) = (self.data(), self.template()?);
        if template.is_dir() {
            copy(&template, &data)?;
        } else {
            run(self
                .program("initdb")
                .args([
                    "--username=test",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                ])
                .arg("--no-sync")
                .arg("-D")
                .arg(&data))?;
            // a cluster is as good without it: the next one makes its own
            let _ = keep(&data, &template);
        }
        Ok(())
    }

    /// One for each version of each PostgreSQL, which may be replaced by another in its place, and for
    /// each user that may own its files.
    pub(crate) fn template(&self) -> Result<PathBuf, Failure> {
        let plain = |text: &str| -> String {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            text.chars().map(plain).collect()
        };
        let version = run(self.program("postgres").arg("--version"))?;
        let (version, bin) = (plain(version.trim()), plain(&self.bin.to_string_lossy()));
        let user = self.user.unwrap_or("own");
        Ok(Path::new(FOLDER).join(format!("pg-{user}{bin}-{version}")))
    }
}

/// Keeps a copy. Of several processes that do the same, the first one's is kept.
fn keep(data: &Path, template: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure(format!("no template: {e}"));
    fs::create_dir_all(FOLDER).map_err(failed)?;
    let own = template.with_extension(std::process::id().to_string());
    let kept = copy(data, &own).and_then(|()| fs::rename(&own, template).map_err(failed));
    if kept.is_err() {
        let _ = fs::remove_dir_all(&own);
    }
    kept
}

/// With owners and permissions.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    run(Command::new("cp").arg("-a").arg("--").args([from, to])).map(drop)
}
