//! Makes the contract files: tokens are signed here, with the test keys of the testkit, so that
//! nothing but the file is needed to run a case.

// The cases are tables: one exchange a line.
#[rustfmt::skip]
mod connect_context;
#[rustfmt::skip]
mod connect_gates;
mod connect_held_back;
mod connect_install;
#[rustfmt::skip]
mod connect_install_forms;
mod connect_install_refused;
mod connect_tenant_events;
#[rustfmt::skip]
mod connect_keys;
#[rustfmt::skip]
mod connect_license;
#[rustfmt::skip]
mod connect_license_kit;
#[rustfmt::skip]
mod connect_license_news;
mod connect_replay;
#[rustfmt::skip]
mod connect_requests;
mod connect_secrets;
#[rustfmt::skip]
mod forge_customers;
#[rustfmt::skip]
mod forge_invocations;
#[rustfmt::skip]
mod forge_keys;
#[rustfmt::skip]
mod forge_kit;
#[rustfmt::skip]
mod forge_license;
#[rustfmt::skip]
mod forge_lifecycle;
mod install_kit;
mod kit;
#[rustfmt::skip]
mod misconfiguration;
#[rustfmt::skip]
mod store_faults;
mod write;

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::file::File;

/// Every file, by its name without `.json`.
fn files() -> Result<Vec<(&'static str, File)>> {
    kit::read_keys()?;
    Ok(vec![
        ("connect-context", connect_context::file()?),
        ("connect-gates", connect_gates::file()?),
        ("connect-install", connect_install::file()?),
        ("connect-keys", connect_keys::file()?),
        ("connect-license", connect_license::file()?),
        ("connect-replay", connect_replay::file()?),
        ("connect-requests", connect_requests::file()?),
        ("connect-secrets", connect_secrets::file()?),
        ("forge-customers", forge_customers::file()?),
        ("forge-invocations", forge_invocations::file()?),
        ("forge-keys", forge_keys::file()?),
        ("forge-license", forge_license::file()?),
        ("forge-lifecycle", forge_lifecycle::file()?),
        ("misconfiguration", misconfiguration::file()?),
        ("store-faults", store_faults::file()?),
    ])
}

/// Writes the files, or looks whether they are as they would be written.
pub(crate) fn generate(folder: &Path, check: bool) -> Result<bool> {
    let mut current = true;
    for (name, file) in files()? {
        let path = folder.join(format!("{name}.json"));
        let text = write::text(&serde_json::to_value(&file)?);
        if !check {
            std::fs::write(&path, text).with_context(|| path.display().to_string())?;
            continue;
        }
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            println!(
                "{} is not current: cargo xtask contract --generate",
                path.display()
            );
            current = false;
        }
    }
    Ok(current)
}
