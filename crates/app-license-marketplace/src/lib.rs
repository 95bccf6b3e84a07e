//! The vendor's side of Atlassian Marketplace licensing: license reports, the drift between what
//! customers bought and what they run, and the programs around editions.

pub mod reconcile;
pub mod report;
