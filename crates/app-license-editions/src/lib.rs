//! `editions.toml` as a vendor publishes it: the file that is reviewed **is** the gate.
//!
//! [`FeatureMap`](app_license::FeatureMap) reads what gates need of it. [`Editions`] reads all of
//! it: names and order for the listing, where a feature is gated, capabilities of editions to come,
//! prices. [`check()`] holds it to the platform's rules, [`check_sources`] to the code of the app,
//! [`Generator`] writes what follows from it, [`compare`] holds the prices of Advanced above those
//! of Standard at every user count.
//!
//! ```
//! use app_license_editions::{Editions, check};
//!
//! let editions = Editions::from_toml(
//!     "editions.toml",
//!     r#"
//! [features]
//! export = { requires = "standard", name = "Export", description = "One page as CSV" }
//! bulk-export = { requires = "advanced", name = "Bulk export", description = "All of a project" }
//! "#,
//! )?;
//! assert!(check(&editions).is_empty());
//! # Ok::<(), app_license_editions::Error>(())
//! ```
//!
//! Platform pages: <https://developer.atlassian.com/platform/marketplace/app-editions-overview/>,
//! <https://developer.atlassian.com/platform/marketplace/marketplace-app-pricing-api>.

mod check;
mod diagnostic;
mod document;
mod editions;
mod error;
mod generate;
mod identity;
mod pricing;
mod read;
mod sources;

pub use check::check;
pub use diagnostic::{Diagnostic, Location, Severity};
pub use document::schema;
pub use editions::{App, Editions, Gating, ListedFeature};
pub use error::Error;
pub use generate::{Generator, update_manifest};
pub use identity::{AppIdentity, app_unread, check_app, check_sold};
pub use pricing::{
    Comparison, Cycle, Money, Offering, Plan, PlanError, Row, Tier, TiersMode, compare,
    from_commerce,
};
pub use sources::{check_sources, misspelled_capability};

/// The README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
