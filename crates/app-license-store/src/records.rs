//! Records read beside the running app: read-only, streamed, without secrets.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use app_license::LicenseSource;
use app_license::plan::license::CachedLicense;

use crate::error::Error;
use crate::name::Name;
use crate::record::time;

#[cfg(feature = "postgres")]
pub use postgres::PostgresRecords;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteRecords;

/// The names of consumers. A name that no consumer can have is of the store's own: the last number of what
/// was erased.
const CONSUMERS: &str = "SELECT name FROM consumer WHERE name NOT LIKE ' %'
    UNION SELECT consumer FROM stopped ORDER BY 1";
/// The same before version 4 of the schema.
const CONSUMERS_3: &str = "SELECT name FROM consumer WHERE name NOT LIKE ' %' ORDER BY 1";

/// One installation as a store holds it, without its secrets.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("installations.db");
/// use std::ops::ControlFlow;
///
/// use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
/// use app_license::{AppKey, ClientKey, UnixTime};
/// use app_license_store::{Delivery, InstallationStore, SqliteRecords, SqliteStore};
///
/// let store = SqliteStore::open_plain_text(&path).await?;
/// # let body = br#"{"eventType":"installed","key":"com.example.app","clientKey":"tenant-1",
/// #     "sharedSecret":"a-secret-key-not-to-be-lost","baseUrl":"https://example.atlassian.net",
/// #     "productType":"jira"}"#;
/// # let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// # let event = LifecycleBody::parse(body)?
/// #     .accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
/// store.apply(Delivery::connect(event), UnixTime::EPOCH).await?;
///
/// SqliteRecords::open(&path)?.for_each(|record| {
///     assert_eq!(record.tenant, "connect:tenant-1");
///     assert!(record.record.contains(r#""status":"installed""#));
///     assert!(!record.record.contains("a-secret-key"));
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct StoredRecord<'a> {
    /// `connect:` and the client key, or `forge:` and the installation's ARI; unique.
    pub tenant: &'a str,
    /// The [`InstallationRecord`](app_license::InstallationRecord) as JSON text, as it was written:
    /// perhaps by another version of this crate, or by the npm package.
    pub record: &'a str,
    /// The newest answer of a License API, where the store keeps one for this installation.
    pub license: Option<CachedLicense>,
}

/// What events hold that a site was renamed in.
const RENAME: &str = r#"%"site_renamed"%"#;

/// The name of a consumer from its column. Nobody asks for names that are none here: what the npm package
/// takes besides, and those under which runners of hooks keep whom they are calling for.
fn consumer(name: String) -> Option<Name> {
    Name::new(name).ok()
}

/// An answer of a License API from its columns; `None` where there is none or it ended, or where a
/// later version wrote one of an API that this version does not know.
fn license(
    source: Option<&str>,
    document: Option<String>,
    fetched_at: Option<i64>,
) -> Result<Option<CachedLicense>, Error> {
    let (Some(code), Some(at)) = (source, fetched_at) else {
        return Ok(None);
    };
    if document.as_deref() == Some("") {
        return Ok(None); // what was said before counts no more
    }
    let Some(source) = LicenseSource::from_code(code) else {
        return Ok(None);
    };
    Ok(Some(CachedLicense::from_parts(source, document, time(at)?)))
}
