//! The report's side, and what an earlier run has shown.

use std::collections::BTreeSet;
use std::path::Path;

use app_license_marketplace::reconcile::{Reconciler, ReportRead};
use app_license_marketplace::report::LicenseReader;
use serde::Deserialize;

use super::super::api::ApiArgs;
use super::super::progress;
use super::super::source::open;
use crate::error::CliError;
use crate::io::Io;

/// The largest file of an earlier run, in bytes.
const MAX_KNOWN: usize = 256 << 20;

/// Reads the report's side.
pub(super) fn report(
    io: &mut Io<'_>,
    path: &Path,
    api: &ApiArgs,
    reconciler: &mut Reconciler,
) -> Result<ReportRead, CliError> {
    // the folder of a download is removed when it has been read
    let (path, _folder) = if path.as_os_str() == "api" {
        api.download(io.progress)?
    } else {
        (path.to_owned(), None)
    };
    let bar = progress::reading(io.progress, "report", &path);
    let reader = LicenseReader::new(bar.wrap_read(open(&mut io.stdin, &path)?));
    let read = reconciler.read_report(reader).map_err(reconcile_fault);
    bar.finish_and_clear();
    read
}

/// What an earlier run has shown.
pub(super) fn known(io: &mut Io<'_>, path: &Path) -> Result<BTreeSet<String>, CliError> {
    #[derive(Deserialize)]
    struct Earlier {
        drift: Vec<Case>,
        #[serde(default)]
        lasting: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Case {
        id: String,
    }
    let text = io.read(path, MAX_KNOWN)?;
    let earlier: Earlier = serde_json::from_slice(&text).map_err(|error| {
        CliError::Option(format!(
            "`{}` is not the JSON of an earlier run: {error}",
            path.display()
        ))
    })?;
    let shown = earlier.drift.into_iter().map(|case| case.id);
    Ok(shown.chain(earlier.lasting).collect())
}

pub(super) fn reconcile_fault(error: app_license_marketplace::reconcile::Error) -> CliError {
    CliError::Reconcile(error.into())
}
