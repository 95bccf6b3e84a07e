//! A folder with files, checked.

use std::fs;
use std::path::{Path, PathBuf};

use app_license_doctor::{Finding, Options, Project, check};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A day after which everything of the data file that has a date of the past is gone.
pub(crate) fn options() -> Options {
    Options::default().today("2026-11-28".parse().unwrap())
}

/// The findings, which are the same when the syntax of every source is read.
pub(crate) fn findings(folder: &Path) -> Vec<Finding> {
    let found = check(&Project::read(folder).unwrap(), &options());
    let whole = Project::read_where(folder, |_| true).unwrap();
    assert_eq!(found, check(&whole, &options()), "{}", folder.display());
    found
}

pub(crate) fn folder<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Copies a folder; what is installed or built stays behind.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let skipped = ["node_modules", "target", "dist", "screenshots"];
        if skipped.iter().any(|s| name == *s) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
