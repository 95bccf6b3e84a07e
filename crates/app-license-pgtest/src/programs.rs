//! PostgreSQL's programs, and who runs them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::failure::Failure;

/// The user to run as, when this process is root.
pub(crate) fn other_user() -> Result<Option<&'static str>, Failure> {
    if run(Command::new("id").arg("-u"))?.trim() != "0" {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .into_iter()
        .find(|user| run(Command::new("id").arg("-u").arg(user)).is_ok())
        .map(Some)
        .ok_or_else(|| Failure("PostgreSQL does not run as root, and there is nobody else".into()))
}

pub(crate) fn find_programs() -> Result<PathBuf, Failure> {
    let mut places = Vec::new();
    places.extend(std::env::var_os("APP_LICENSE_PG_BIN").map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    for parent in [
        "/usr/lib/postgresql",
        "/usr/local/lib/postgresql",
        "/opt/homebrew/opt",
    ] {
        let mut versions: Vec<_> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        versions.sort();
        places.extend(versions.into_iter().rev());
    }
    let complete = |place: &Path| {
        ["initdb", "postgres", "pg_isready", "psql"]
            .iter()
            .all(|program| place.join(program).is_file())
    };
    places.into_iter().find(|p| complete(p)).ok_or_else(|| {
        Failure(
            "PostgreSQL is not on this machine: install it (`apt-get install postgresql`), or say \
             where its programs are in APP_LICENSE_PG_BIN"
                .into(),
        )
    })
}

pub(crate) fn run(command: &mut Command) -> Result<String, Failure> {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_else(|| OsStr::new("?"))
        .to_string_lossy()
        .into_owned();
    let failed = |what: &dyn std::fmt::Display| Failure(format!("{name} failed: {what}"));
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e: io::Error| failed(&e))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
