//! Random parts: not for secrets. The hasher is keyed by the system's random numbers, so no two
//! processes are alike.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use app_license_store::Name;

/// A name that tells this process from its replicas.
pub(crate) fn replica_name() -> Name {
    let random = RandomState::new();
    let holder = format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1));
    Name::of("replica", &holder)
}

/// So long at the most.
pub(crate) fn part_of(most: Duration) -> Duration {
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random().checked_rem(millis.saturating_add(1)).unwrap_or(0))
}

/// Any number.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
