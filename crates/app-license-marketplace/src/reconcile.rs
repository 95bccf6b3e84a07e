//! Drift: what customers bought, from the license report, against what they run, from the
//! installation store.
//!
//! No webhook tells that a tenant runs Advanced and pays for Standard, or pays for Advanced and is
//! locked out. The report knows what was bought, the store knows what runs. Both sides are joined
//! on the entitlement, the cloud id and the host name of the site; each case of drift is found
//! once, with the evidence of both sides and a likely cause.
//!
//! ```
//! use app_license::UnixTime;
//! use app_license_marketplace::reconcile::{
//!     Cause, DriftKind, InstallationRow, Options, Reconciler, ReportRow,
//! };
//!
//! let now = UnixTime::parse("2026-11-22T12:00:00Z").unwrap();
//! let mut reconciler = Reconciler::new(Options::at(now));
//!
//! let mut bought = ReportRow::default();
//! bought.app_key = Some("com.example.app");
//! bought.cloud_id = Some("5e176cc2-0000-4abc-8def-0123456789ab");
//! bought.host_name = Some("acme.atlassian.net");
//! bought.edition = Some("Advanced");
//! bought.license_type = Some("COMMERCIAL");
//! bought.status = Some("active");
//! bought.last_updated = Some("2026-11-20");
//! reconciler.report_row(&bought)?;
//!
//! // the change of edition never reached the app
//! reconciler.installation(&InstallationRow::from_json(
//!     r#"{"key":{"connect":"tenant-1"},"status":"enabled","appKey":"com.example.app",
//!     "baseUrl":"https://acme.atlassian.net","capabilitySet":"capabilityStandard",
//!     "installedAt":"2026-01-07T00:00:00Z","updatedAt":"2026-01-07T00:00:00Z"}"#,
//! )?)?;
//!
//! let comparison = reconciler.finish()?;
//! let drift: Vec<_> = comparison.drift().collect();
//! assert_eq!(drift.len(), 1);
//! assert_eq!(drift[0].kind, DriftKind::RunsBelowBought);
//! assert_eq!(drift[0].cause, Cause::EventLost);
//! # Ok::<(), app_license_marketplace::reconcile::Error>(())
//! ```
//!
//! # What is no drift
//!
//! - Several sites on one multi-instance entitlement, and a site that has none of its own.
//! - Installations outside production: other Forge environments, the platform's test clouds,
//!   licenses of type `DEVELOPER`, by what either side states.
//! - A trial of a higher edition while it runs; a cancelled subscription until its last day.
//! - An installation that was told that its license ended, and one that was never told that it is
//!   active: the app denies there.
//! - An older installation beside a newer one of the same license: a deleted site sends no
//!   `uninstalled`.
//! - What is free: the platform says nothing about it at run time.
//!
//! Reports are not in real time, so drift is a reason to look, never to lock a customer out.

mod compare;
mod comparison;
mod day;
mod drift;
mod error;
mod index;
mod installation_row;
mod installations;
mod join;
mod key;
mod lines;
mod list;
mod members;
mod options;
mod purchase;
mod purchases;
mod reconciler;
mod report;
mod report_row;
mod sought;
mod summary;
mod symbols;
mod texts;

pub use comparison::Comparison;
pub use drift::{Bought, Cause, Drift, DriftKind, JoinedBy, Runs};
pub use error::{Error, ErrorKind};
pub use installation_row::{InstallationRow, Statement};
pub use installations::{ReadError, Unreadable};
pub use options::Options;
pub use reconciler::Reconciler;
pub use report::ReportRead;
pub use report_row::ReportRow;
pub use summary::Summary;
