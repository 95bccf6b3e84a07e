//! What a reader of a language hands back.

use crate::fact::{Fact, Function};

/// In the order in which it was met.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) facts: Vec<Fact>,
    pub(crate) functions: Vec<Function>,
}
