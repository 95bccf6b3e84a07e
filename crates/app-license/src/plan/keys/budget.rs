//! Who may ask a key host next, when many ask for keys that nobody has.

use crate::ids::ClientKey;
use crate::plan::Bounded;
use crate::time::UnixTime;

/// How many callers, and how many tenants, are remembered for what was asked.
const CALLERS: usize = 8192;
/// For how long what was asked counts, in seconds.
const MINUTE: u64 = 60;

/// Which part of the fetches a question takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a shell has a queue for each of them"
)]
pub enum Lane {
    /// For callers who have asked for few unknown ids.
    Reserved,
    /// For all others, where the request names a tenant that few unknown ids came with.
    Named,
    /// For the rest.
    Shared,
}

/// How many fetches of each lane run at once, and how many questions wait for their turn. A lane
/// without a part of its own takes that of the one before it. Who may go ahead takes what is free in
/// the part of all.
///
/// ```
/// use app_license::plan::keys::LaneSizes;
/// let sizes = LaneSizes::of(16, 384);
/// assert_eq!((sizes.reserved, sizes.named, sizes.shared), (8, 4, 4));
/// assert_eq!((sizes.waiting_reserved, sizes.waiting_others), (384, 96));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneSizes {
    /// Of callers who have asked for few unknown ids: half of all.
    pub reserved: usize,
    /// Of tenants that few unknown ids came with: a quarter.
    pub named: usize,
    /// Of all.
    pub shared: usize,
    /// How many wait in the reserved lane.
    pub waiting_reserved: usize,
    /// How many wait in each of the other two: who waits there for long is served too late.
    pub waiting_others: usize,
}

impl LaneSizes {
    /// So many fetches at once in all lanes together, and so many questions waiting in the reserved
    /// one.
    #[must_use]
    pub fn of(running: usize, waiting: usize) -> Self {
        let running = running.max(1);
        let reserved = running.div_ceil(2);
        let rest = running.saturating_sub(reserved);
        let named = rest.checked_div(2).unwrap_or_default();
        Self {
            reserved,
            named,
            shared: rest.saturating_sub(named),
            waiting_reserved: waiting.max(1),
            waiting_others: waiting.div_ceil(4).max(1),
        }
    }
}

/// Counts the unknown ids of the last minute, by caller `C` (an address, as a rule) and by what
/// requests say of their tenant. That proves nothing: it orders those from callers who have spent
/// their own.
///
/// ```
/// use app_license::UnixTime;
/// use app_license::plan::keys::{Lane, UnknownKeyBudget};
/// let mut budget = UnknownKeyBudget::new(1);
/// let now = UnixTime::EPOCH;
/// assert_eq!(budget.lane("192.0.2.1", None, now), Lane::Reserved);
/// assert_eq!(budget.lane("192.0.2.1", None, now), Lane::Shared);
/// assert_eq!(budget.lane("192.0.2.2", None, now), Lane::Reserved);
/// ```
#[derive(Debug)]
pub struct UnknownKeyBudget<C> {
    callers: Bounded<C, Count>,
    tenants: Bounded<ClientKey, Count>,
    per_caller: u32,
}

/// Since when, and how many unknown ids were asked for since.
type Count = (UnixTime, u32);

impl<C: Ord + Clone> UnknownKeyBudget<C> {
    /// So many unknown ids a minute for each caller and each tenant.
    #[must_use]
    pub const fn new(per_caller: u32) -> Self {
        Self {
            callers: Bounded::new(CALLERS),
            tenants: Bounded::new(CALLERS),
            per_caller,
        }
    }

    /// The lane of a question by this caller, in a request that names this tenant. It counts as one
    /// for an unknown id until [`UnknownKeyBudget::refund`] says otherwise.
    pub fn lane(&mut self, caller: C, tenant: Option<&ClientKey>, now: UnixTime) -> Lane {
        let limit = self.per_caller;
        let by_tenant = tenant.is_some_and(|tenant| {
            let tenants = &mut self.tenants;
            counts(tenants, tenant.clone(), now, limit)
        });
        if counts(&mut self.callers, caller, now, limit) {
            Lane::Reserved
        } else if by_tenant {
            Lane::Named
        } else {
            Lane::Shared
        }
    }

    /// Who asked for what there is has spent nothing.
    pub fn refund(&mut self, caller: &C, tenant: Option<&ClientKey>) {
        counts_not(&mut self.callers, caller);
        if let Some(tenant) = tenant {
            counts_not(&mut self.tenants, tenant);
        }
    }
}

/// Counts one more of these, if there are fewer than `limit` in this minute.
fn counts<K: Ord + Clone>(
    spent: &mut Bounded<K, Count>,
    key: K,
    now: UnixTime,
    limit: u32,
) -> bool {
    let (since, count) = match spent.get(&key) {
        Some(&mut (since, count)) if !now.passed(since, MINUTE) => (since, count),
        _ => (now, 0),
    };
    if count >= limit {
        return false;
    }
    spent.insert(key, (since, count.saturating_add(1)));
    true
}

fn counts_not<K: Ord + Clone>(spent: &mut Bounded<K, Count>, key: &K) {
    if let Some((_, count)) = spent.get(key) {
        *count = count.saturating_sub(1);
    }
}
