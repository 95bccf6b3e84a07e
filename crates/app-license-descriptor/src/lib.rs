//! What an Atlassian app says about itself: `atlassian-connect.json`, and Forge's `manifest.yml`.
//!
//! | document | type |
//! |---|---|
//! | a Connect descriptor | [`connect::Descriptor`] |
//! | the conditions of a Connect module | [`connect::Condition`], [`connect::InlineCondition`] |
//! | a Forge manifest | [`forge::Manifest`] |
//! | the display conditions of a Forge module | [`forge::DisplayCondition`] |
//!
//! Only tools and servers that hand out their descriptor need it: what a gate decides is in
//! [`app_license`]. Conditions are evaluated as the host does it, which is not always how the
//! gate decides; the differences are named.
//!
//! ```
//! use app_license_descriptor::{HostLicense, connect::Condition};
//!
//! let condition = Condition::parse(br#"{"condition": "addon_is_licensed"}"#)?;
//! assert_eq!(condition.evaluate(HostLicense::new(true, None), &|_, _| None), Some(true));
//! # Ok::<(), app_license::Error>(())
//! ```
//!
//! Errors are the core's [`Error`](app_license::Error), so that codes are one list.

pub mod connect;
pub mod forge;
pub mod rules;

mod diagnostic;
mod document;
mod spelling;
mod visibility;

pub use diagnostic::{Diagnostic, DocumentPath, Rule, Severity};
pub use spelling::{meant_capability, meant_capability_in_code};
pub use visibility::HostLicense;
