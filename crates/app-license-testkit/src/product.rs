//! The products that a site may run.

use serde::{Deserialize, Serialize};

/// The product a site runs.
///
/// ```
/// use app_license_testkit::Product;
/// assert_eq!(Product::Confluence.context_path(), "/wiki");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Product {
    /// Jira.
    Jira,
    /// Confluence; its base URL ends in `/wiki`.
    Confluence,
}

impl Product {
    /// The name in lifecycle bodies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Confluence => "confluence",
        }
    }

    /// The context path: `cp` of iframe URLs.
    #[must_use]
    pub const fn context_path(self) -> &'static str {
        match self {
            Self::Jira => "",
            Self::Confluence => "/wiki",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::Confluence => "Confluence",
        }
    }
}
