//! How much is done.

/// How much of each proof, and from which chance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) quick: bool,
    pub(crate) seed: u64,
}

impl Scale {
    pub(crate) const fn of<T: Copy>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
