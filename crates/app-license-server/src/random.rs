//! Random parts: not for secrets. The hasher is keyed by the system's random numbers, so no two
//! processes are alike.

use std::hash::{BuildHasher, RandomState};

use app_license_store::Name;

/// A name that tells this process from its replicas.
pub(crate) fn replica_name() -> Name {
    let random = RandomState::new();
    let holder = format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1));
    Name::of("replica", &holder)
}

/// Any number.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
