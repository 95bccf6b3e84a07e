//! What happened to customers: honest stories that are easily taken for drift, and drift.

mod change;
mod drift;
mod honest;

pub(super) use drift::drift;
pub(super) use honest::honest;
