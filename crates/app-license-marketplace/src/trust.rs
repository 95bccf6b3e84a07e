//! The Privacy & Security tab of a listing: what it says, what is wrong with it, what a customer
//! with given needs finds.
//!
//! The tab has an API; its document is read here from any source, with answers as booleans, as
//! text of any case, and as `NOT_APPLICABLE`. The fields are data: [`TrustFields`] is a file,
//! shipped with the crate and replaceable. Nothing here writes to the platform.
//!
//! Platform page: <https://developer.atlassian.com/platform/marketplace/rest/v4/>

mod country;
mod diff;
mod explain;
mod fields;
mod lint;
mod listing;
mod markdown;
mod need;
mod pairs;
mod paths;

pub use diff::FieldChange;
pub use explain::{ElementFindings, Explanation, NeedResult, NeedState};
pub use fields::{Element, Field, FieldKind, TrustFields};
pub use lint::{TrustDiagnostic, TrustSeverity};
pub use listing::{FieldValue, Listing, Party, TriState};
pub use need::Need;
