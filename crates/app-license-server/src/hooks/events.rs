//! What happened after an entry, of a store that may be an app's own.

use app_license_store::{HistoryEntry, Sequence, Store};

use super::attempts::Failure;

/// The entries after one. A store that answers what was before would be asked for ever.
pub(super) async fn after(
    store: &dyn Store,
    at: Sequence,
    limit: usize,
) -> Result<Vec<HistoryEntry>, Failure> {
    let entries = store.events_after(at, limit).await?;
    let mut last = at;
    for entry in &entries {
        if entry.sequence <= last {
            return Err(
                "`events_after` of the store must answer the entries after the one that it is given, oldest first"
                    .into(),
            );
        }
        last = entry.sequence;
    }
    Ok(entries)
}
