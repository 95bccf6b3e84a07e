//! The key of an installation as one text: unique, and the order in which they are listed.

use app_license::InstallationKey;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use app_license::{ClientKey, InstallationAri};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::error::Error;

const CONNECT: &str = "connect:";
const FORGE: &str = "forge:";

/// The key as text: unique, and the order in which installations are listed.
pub(crate) fn tenant(key: &InstallationKey) -> String {
    match key {
        InstallationKey::Connect(id) => format!("{CONNECT}{id}"),
        InstallationKey::Forge(id) => format!("{FORGE}{id}"),
        // a platform that this version does not know cannot be stored twice under one text
        other => format!("other:{other}"),
    }
}

/// The identifier in what [`tenant`] wrote.
pub(crate) fn id(tenant: &str) -> &str {
    tenant.split_once(':').map_or(tenant, |(_, id)| id)
}

/// The key that [`tenant`] wrote.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn key(tenant: &str) -> Result<InstallationKey, Error> {
    let read = if let Some(id) = tenant.strip_prefix(CONNECT) {
        ClientKey::new(id).map(InstallationKey::Connect)
    } else if let Some(id) = tenant.strip_prefix(FORGE) {
        InstallationAri::new(id).map(InstallationKey::Forge)
    } else {
        return Err(Error::corrupt("tenant", "it has no platform"));
    };
    read.map_err(|e| Error::corrupt("tenant", e))
}
