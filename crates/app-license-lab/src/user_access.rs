//! Whether a user may use the app, where the customer pays by user.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whether a user may use the app.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/adopt-user-based-billing/>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserAccess {
    /// Not billed by user: nothing is said.
    #[default]
    Unsaid,
    Granted,
    Denied,
}

impl UserAccess {
    /// `userAccess` of contexts and tokens.
    pub(crate) fn said(self) -> Option<Value> {
        match self {
            Self::Unsaid => None,
            Self::Granted => Some(json!({"enabled": true, "hasAccess": true})),
            Self::Denied => Some(json!({"enabled": true, "hasAccess": false})),
        }
    }
}
