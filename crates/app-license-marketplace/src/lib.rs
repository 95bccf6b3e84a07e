//! The vendor's side of Atlassian Marketplace licensing: license reports, the drift between what
//! customers bought and what they run, and the programs around editions.

pub mod fortified;
mod input;
pub mod partner;
mod percent;
pub mod reconcile;
pub mod report;
pub mod trust;

pub use input::{InputError, InputErrorKind};
pub use percent::Percent;
