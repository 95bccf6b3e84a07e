//! The rules of `app-license`: from the facts of a license to a decision.
//!
//! `no_std`, no allocation, borrowed strings. Most people use the crate `app-license`, which re-exports what is
//! here and adds reading, verifying and errors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`json`] | a strict scanner: no duplicate keys, no trailing bytes, linear work |
//! | [`capability`] | the ranking Free < Standard < Advanced and the loose comparison |
//! | [`facts`] | what a license object says, in all its spellings |
//! | [`document`] | the documents that carry it |
//! | [`query`] | what the query of a Connect iframe URL says |
//! | [`date`] | dates in the platform's spellings |
//! | [`user_access`] | whether this user has access, where apps are billed by users |
//! | [`policy`] | the decision table |
//!
//! ```
//! use app_license_gate::{facts::Facts, capability::RequiredCapability};
//!
//! let facts = Facts::from_json(br#"{"active":true,"capabilitySet":"capabilityStandard"}"#)?;
//! assert!(facts.grants().includes(RequiredCapability::STANDARD));
//! assert!(!facts.grants().includes(RequiredCapability::ADVANCED));
//! # Ok::<(), app_license_gate::json::Error>(())
//! ```
#![no_std]

#[cfg(test)]
extern crate std;

pub mod capability;
pub mod date;
pub mod document;
pub mod facts;
pub mod json;
pub mod policy;
pub mod query;
pub mod user_access;
#[doc(hidden)]
pub mod work;
