//! The rules: from the facts of a license to a decision. No allocation, borrowed strings.
//!
//! | module | what it holds |
//! |---|---|
//! | [`json`] | a strict scanner: no duplicate keys, no trailing bytes, linear work |
//! | [`capability`] | the ranking Free < Standard < Advanced and the loose comparison |
//! | [`facts`] | what a license object says, in all its spellings |
//! | [`document`] | the documents that carry it |
//! | [`date`] | dates in the platform's spellings |
//! | [`user_access`] | whether this user has access, where apps are billed by users |
//! | [`policy`] | the decision table |

pub mod capability;
pub(crate) mod date;
pub(crate) mod document;
pub(crate) mod facts;
pub mod json;
pub(crate) mod policy;
pub(crate) mod user_access;
#[cfg(not(feature = "work-count"))]
pub(crate) mod work;
#[cfg(feature = "work-count")]
#[doc(hidden)]
pub mod work;
