//! What `initdb` makes is the same for every cluster: made once, copied for all others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::programs::run;

impl Cluster {
    /// The files of a new cluster.
    pub(crate) fn make_data(&self) -> Result<(), Failure> {
        let (data, template) = (self.data(), self.template()?);
        if let Some(template) = template.as_deref().filter(|it| it.is_dir()) {
            copy(template, &data)?;
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
            if let Some(template) = &template {
                let _ = keep(&data, template);
            }
        }
        Ok(())
    }

    /// One for each version of each PostgreSQL, which may be replaced by another in its place, and for
    /// each user that may own its files. None where no folder is found to keep it in.
    pub(crate) fn template(&self) -> Result<Option<PathBuf>, Failure> {
        let Some(folder) = target_folder() else {
            return Ok(None);
        };
        let plain = |text: &str| -> String {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            text.chars().map(plain).collect()
        };
        let version = run(self.program("postgres").arg("--version"))?;
        let (version, bin) = (plain(version.trim()), plain(&self.bin.to_string_lossy()));
        let user = self.user.unwrap_or("own");
        Ok(Some(folder.join(format!("tmp/pg-{user}{bin}-{version}"))))
    }
}

/// Cargo's target folder, which this program was built into: cargo marks it.
fn target_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let is_target = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    program.ancestors().find(is_target).map(Path::to_owned)
}

/// Keeps a copy. Of several processes that do the same, the first one's is kept.
fn keep(data: &Path, template: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure(format!("no template: {e}"));
    if let Some(folder) = template.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
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
