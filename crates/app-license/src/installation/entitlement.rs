//! What the customer bought.

use std::fmt;

/// The ids of what the customer bought. They may repeat across installations.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) support_number: Option<String>,
}

impl Entitlement {
    /// The entitlement's id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The entitlement's number, `E-…`.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// The support entitlement number, `SEN-…`, deprecated by the platform.
    #[must_use]
    pub fn support_number(&self) -> Option<&str> {
        self.support_number.as_deref()
    }
}

impl fmt::Display for Entitlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = [&self.number, &self.id, &self.support_number];
        let shown = ids.into_iter().flatten().next();
        f.write_str(shown.map_or("none", String::as_str))
    }
}
