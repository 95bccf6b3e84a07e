//! The level of a Marketplace partner: which one the sales of a year reach.
//!
//! Sales are the lines of transactions, from 1 July to 30 June; refunds are taken off. Thresholds
//! are data: [`PartnerProgram`] is a file, shipped with the crate and replaceable. What no report
//! answers (escalation times, bug bounty, approvals) is shown as unknown, never as met.

mod money;
mod program;
mod sale;
mod tier;
mod transactions;

pub use money::Money;
pub use program::{MonthDay, PaperRequirement, PartnerProgram, SalesThreshold, Tier};
pub use sale::{Payment, Sale, SaleHosting};
pub use tier::{Missing, NextTier, RowState, TierReport, TierResult, TierRow, YearSales};
pub use transactions::read_sales;
