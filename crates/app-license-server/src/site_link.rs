//! One customer on Connect and on Forge: the links by which a Forge installation is found to be the
//! customer's. What is linked is for the core to say ([`InstallationRecord::links`]).
//!
//! [`InstallationRecord::links`]: app_license::InstallationRecord::links

use app_license::{Change, Event, Installation, InstallationKey, UnixTime};
use app_license_store::{Delivery, Error, HistoryEntry, InstallationStore, MAX_PAGE, Sequence};

/// What becomes of a link that another customer has, who names the same installation or site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contested {
    /// It is the customer's, who named it just now.
    Take,
    /// It stays with the other, unless the app is in use at this customer's alone.
    Leave,
}

/// Writes the links to a customer that are not there, and takes over what was known before under a key
/// that becomes one. Answers how many it wrote.
pub(crate) async fn link(
    store: &dyn InstallationStore,
    customer: &Installation,
    contested: Contested,
    now: UnixTime,
) -> Result<usize, Error> {
    let InstallationKey::Connect(tenant) = customer.key() else {
        return Ok(0);
    };
    let mut written = 0_usize;
    for key in customer.links() {
        let known = store.get(&key).await?;
        if known
            .as_ref()
            .is_some_and(|known| known.tenant() == Some(tenant))
        {
            continue;
        }
        if let Some(known) = &known
            && contested == Contested::Leave
            && is_of_another(store, customer, known).await?
        {
            continue;
        }
        let of_its_own = |known: &Installation| known.tenant().is_none();
        // taken over before it becomes a link: a crash between the two loses nothing
        let joined = known.filter(of_its_own);
        if let Some(known) = &joined {
            join(store, customer.key(), known, now).await?;
        }
        let linked = Event::Linked {
            tenant: tenant.clone(),
        };
        let applied = store.apply(Delivery::new(key, linked), now).await?;
        // an event of Forge may have been quicker
        if let Some(known) = applied.before.filter(of_its_own)
            && joined.is_none_or(|joined| joined.record() != known.record())
        {
            join(store, customer.key(), &known, now).await?;
        }
        written = written.saturating_add(1);
    }
    Ok(written)
}

/// Whether a link stays another customer's.
async fn is_of_another(
    store: &dyn InstallationStore,
    customer: &Installation,
    link: &Installation,
) -> Result<bool, Error> {
    let Some(tenant) = link.tenant() else {
        return Ok(false);
    };
    let other = store.get(&InstallationKey::Connect(tenant.clone())).await?;
    Ok(other.is_some_and(|other| other.keeps_link(link.key(), customer.record())))
}

async fn join(
    store: &dyn InstallationStore,
    customer: &InstallationKey,
    known: &Installation,
    now: UnixTime,
) -> Result<(), Error> {
    let joined = Event::Joined(Box::new(known.record().clone()));
    store
        .apply(Delivery::new(customer.clone(), joined), now)
        .await?;
    Ok(())
}

/// What happened to one customer, oldest first, on Connect and on Forge, whichever of the two keys is
/// asked for: also what happened under a Forge installation before it was known to be the customer's.
/// At most `limit` entries, the first ones.
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore, customer_history};
/// # use app_license::{ClientKey, InstallationKey};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// let key = InstallationKey::Connect(ClientKey::new("tenant-1")?);
/// assert!(customer_history(&store, &key, 100).await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// What the store answers.
pub async fn customer_history(
    store: &dyn InstallationStore,
    key: &InstallationKey,
    limit: usize,
) -> Result<Vec<HistoryEntry>, Error> {
    let record = store.get(key).await?;
    let tenant = record.and_then(|record| record.tenant().cloned());
    let customer = tenant.map_or_else(|| key.clone(), InstallationKey::Connect);
    let mut joined = Vec::new();
    // what was taken over may be said behind the limit
    let mut entries = entries_of(store, &customer, limit, Some(&mut joined)).await?;
    joined.sort();
    joined.dedup();
    for key in joined {
        entries.extend(entries_of(store, &key, limit, None).await?);
    }
    entries.sort_by_key(|entry| entry.sequence);
    entries.truncate(limit);
    Ok(entries)
}

/// The first entries of one key, page by page; all of them are looked at where it is asked for what
/// was taken over.
async fn entries_of(
    store: &dyn InstallationStore,
    key: &InstallationKey,
    limit: usize,
    mut joined: Option<&mut Vec<InstallationKey>>,
) -> Result<Vec<HistoryEntry>, Error> {
    let mut entries: Vec<HistoryEntry> = Vec::new();
    let mut after = Sequence::START;
    loop {
        let left = limit.saturating_sub(entries.len());
        let wanted = if joined.is_some() { MAX_PAGE } else { left };
        if wanted == 0 {
            return Ok(entries);
        }
        let page = store.history(key, after, wanted).await?;
        let Some(last) = page.last() else {
            return Ok(entries);
        };
        after = last.sequence;
        if let Some(joined) = joined.as_deref_mut() {
            let changes = page.iter().flat_map(|entry| &entry.changes);
            joined.extend(changes.filter_map(|change| match change {
                Change::Joined { from } => Some(InstallationKey::Forge(from.clone())),
                _ => None,
            }));
        }
        entries.extend(page.into_iter().take(left));
    }
}
