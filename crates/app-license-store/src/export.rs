//! All that a store holds of one tenant, for whoever asks for it.

use app_license::{Change, InstallationKey, InstallationRecord, LicenseSource, UnixTime};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::history::{MAX_PAGE, Sequence};
use crate::store::Store;

/// All that a store holds of one tenant, as JSON. Secrets are left out: that they are there is said.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::{ClientKey, InstallationKey};
/// use app_license_store::{MemoryStore, TenantExport};
/// let nobody = InstallationKey::Connect(ClientKey::new("tenant-1")?);
/// let export = TenantExport::of(&MemoryStore::new(), &nobody).await?;
/// assert!(export.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TenantExport {
    /// What identifies the installation.
    pub key: InstallationKey,
    /// What is known of it.
    pub record: Option<InstallationRecord>,
    /// How many shared secrets are kept: 0 to 2.
    pub secrets: u8,
    /// What happened, oldest first.
    pub history: Vec<ExportedEvent>,
    /// What License APIs answered last.
    pub licenses: Vec<ExportedLicense>,
}

/// One event of an export.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExportedEvent {
    /// Its number.
    pub sequence: u64,
    /// When it was applied (UTC).
    pub at: UnixTime,
    /// What the platform calls it.
    pub event: String,
    /// What it changed.
    pub changes: Vec<Change>,
    /// The body it came with, without secrets.
    pub body: Option<Box<RawValue>>,
}

/// One answer of a License API in an export.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExportedLicense {
    /// Which License API.
    pub source: LicenseSource,
    /// When it was asked (UTC).
    pub fetched_at: UnixTime,
    /// What it answered; nothing where it answered that there is none.
    pub document: Option<Box<RawValue>>,
}

impl TenantExport {
    /// Reads it; `None` when the store holds nothing of the tenant.
    ///
    /// # Errors
    /// Those of the store's methods.
    pub async fn of(store: &dyn Store, key: &InstallationKey) -> Result<Option<Self>, Error> {
        let installation = store.get(key).await?;
        let mut history = Vec::new();
        let mut after = Sequence::START;
        loop {
            let page = store.history(key, after, MAX_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for entry in page {
                let body = store.payload(entry.sequence).await?;
                history.push(ExportedEvent {
                    sequence: entry.sequence.get(),
                    at: entry.at,
                    event: entry.event,
                    changes: entry.changes,
                    body: json("body", body)?,
                });
            }
        }
        let mut licenses = Vec::new();
        let apis = LicenseSource::ALL
            .into_iter()
            .filter(|it| it.is_license_api());
        for source in apis {
            if let Some(kept) = store.license(key, source).await? {
                let document = kept.document().filter(|text| !text.is_empty());
                licenses.push(ExportedLicense {
                    source,
                    fetched_at: kept.fetched_at(),
                    document: json("license", document.map(str::to_owned))?,
                });
            }
        }
        if installation.is_none() && history.is_empty() && licenses.is_empty() {
            return Ok(None);
        }
        let secrets = installation.as_ref().map_or(0, |it| {
            let secrets = it.stored_secrets();
            u8::from(secrets.current().is_some())
                .saturating_add(u8::from(secrets.previous().is_some()))
        });
        Ok(Some(Self {
            key: key.clone(),
            record: installation.map(|it| it.into_parts().0),
            secrets,
            history,
            licenses,
        }))
    }
}

fn json(what: &'static str, text: Option<String>) -> Result<Option<Box<RawValue>>, Error> {
    text.map(RawValue::from_string)
        .transpose()
        .map_err(|e| Error::corrupt(what, e))
}
