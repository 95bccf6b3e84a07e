//! Reads the source code of an app by syntax tree: Rust by `syn`, TypeScript and JavaScript by
//! `oxc_parser`.
//!
//! Both languages come out as one list of [`Fact`]s (calls, comparisons, reads, conditions, texts,
//! elements, imports, definitions), so that a rule is written once. [`gates`] finds where an app
//! asks for a feature, [`capability_uses`] where it names a capability set beside the feature map.
//!
//! ```
//! use app_license_source::{Language, Source, gates};
//!
//! let source = Source::parse(
//!     Language::TypeScript,
//!     r#"if (features.check("bulk-export", license).allowed) { run(); }"#,
//! )?;
//! let gates = gates(&source);
//! assert_eq!(gates[0].name(), "bulk-export");
//! assert_eq!(source.position(gates[0].range().start).to_string(), "1:5");
//! # Ok::<(), app_license_source::Error>(())
//! ```
//!
//! Nothing is executed, and nothing is resolved across files: a constant is followed inside its
//! own file ([`Source::text_of`]).

mod capability_use;
mod collected;
mod ecmascript;
mod error;
mod fact;
mod folders;
mod gate;
mod language;
mod link;
mod locals;
mod nesting;
mod path;
mod position;
mod rust;
mod source;
mod tree;

pub use capability_use::{CapabilityText, CapabilityUse, CapabilityUseKind, capability_uses};
pub use error::Error;
pub use fact::{Comparison, Condition, Fact, FactKind, Function, Operand};
pub use folders::SKIPPED_FOLDERS;
pub use gate::{Gate, GateKind, gates, member_name};
pub use language::Language;
pub use link::Link;
pub use locals::Locals;
pub use path::Path;
pub use position::Position;
pub use source::Source;
pub use tree::{SourceFile, SourceTree, is_test_path};

/// The README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
