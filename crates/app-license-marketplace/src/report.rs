//! License reports: what customers bought.
//!
//! A [`Reader`] reads reports of any size in one pass and in a bounded window of memory: the JSON
//! array of an export, a page of the list (or several, one after the other), one record a line,
//! CSV, and each of them compressed with gzip. What the file is is found out by its first bytes.
//!
//! ```
//! use app_license_marketplace::report::{Completeness, LicenseReader, Status};
//!
//! let export = br#"[{"appEntitlementNumber":"E-1","appEdition":"Advanced","status":"active"},
//!                   {"appEntitlementNumber":"E-2","status":},
//!                   {"appEntitlementNumber":"E-3","status":"cancelled"}]"#;
//! let mut reader = LicenseReader::new(&export[..]);
//! let (mut active, mut errors) = (0, Vec::new());
//! while let Some(next) = reader.next() {
//!     match next {
//!         Ok(license) if license.status() == Some(Status::Active) => active += 1,
//!         Ok(_) => {}
//!         Err(error) => errors.push(error.to_string()), // located; reading goes on
//!     }
//! }
//! assert_eq!(active, 1);
//! assert_eq!(errors, ["expected a value, found `}` (line 2, record 2, byte 132)"]);
//! assert_eq!(reader.completeness(), Completeness::WithoutBadRecords(1));
//! ```
//!
//! Every field of a record is optional, unknown fields are kept ([`Record::unknown`]), and values
//! of the platform are read in any case. Nothing in a report may gate a feature: it is not in real
//! time. It is for audits of what the gates do.
//!
//! The fields follow the [reporting API](https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/).

mod amount;
mod churn;
mod clean;
#[cfg(feature = "client")]
pub mod client;
mod conversions;
mod distinct;
mod error;
mod free_tier;
mod kind;
mod license;
mod owned;
mod reader;
mod record;
mod stage;
mod summary;
mod timeline;
mod transaction;
mod vocabulary;

pub use amount::Amount;
pub use churn::{Churn, ChurnCohort};
pub use conversions::{ConversionCohort, Conversions, TrialKind};
pub use error::{Error, ErrorKind, FoundByte, Position};
pub use free_tier::{FreeReason, FreeTier, FreeTierList};
pub use kind::{FieldSpec, Kind};
pub use license::{LicenseField, Licenses};
pub use owned::OwnedRecord;
pub use reader::{Completeness, Format, MAX_RECORD, Progress, Reader};
pub(crate) use reader::{foreign, scan};
pub use record::{Record, Value};
pub(crate) use record::{Shape, unescape};
pub use stage::Stage;
pub use summary::{Count, Dimension, Summary};
pub use timeline::{Change, Period, StoredEvent, Timeline, estimate_proration};
pub use transaction::{TransactionField, Transactions};
pub use vocabulary::{
    FromText, Hosting, Insight, LicenseType, SaleType, Status, Tier, Values, YesNo,
};

/// A record of the license report, borrowed from the reader.
pub type LicenseRecord<'r> = Record<'r, Licenses>;
/// A record of the transactions report, borrowed from the reader.
pub type TransactionRecord<'r> = Record<'r, Transactions>;
/// A reader of license reports.
pub type LicenseReader<R> = Reader<Licenses, R>;
/// A reader of transaction reports.
pub type TransactionReader<R> = Reader<Transactions, R>;
