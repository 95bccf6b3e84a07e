//! How an event went.

use serde::{Deserialize, Serialize};

/// Whether it went well.
///
/// ```
/// use app_license_marketplace::fortified::Outcome;
/// assert_eq!(serde_json::to_string(&Outcome::Good).unwrap(), "\"good\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// As it should be.
    Good,
    /// Not.
    Bad,
    /// It counts neither way: the platform's own fault, a declared instance.
    Excluded,
}
