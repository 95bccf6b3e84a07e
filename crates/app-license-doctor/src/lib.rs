//! Finds the licensing mistakes in an Atlassian app: in its descriptor, its manifest, its packages
//! and its sources.
//!
//! ```
//! use app_license_doctor::{Options, Project};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("manifest.yml"), "\
//! app:
//!   id: ari:cloud:ecosystem::app/1
//!   runtime: {name: nodejs22.x}
//!   licensing: {}
//! ")?;
//! let project = Project::read(folder.path())?;
//! let findings = app_license_doctor::check(&project, &Options::default());
//! assert_eq!(findings[0].code(), "enabled_missing");
//! assert_eq!(findings[0].to_string(), "manifest.yml:4:3: app.licensing: `enabled` is missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is executed and nothing is fetched. Deprecations have dates, from a data file: with
//! [`Options::today`] they are compared, without it they are only warned about.

mod baseline;
mod check;
mod concern;
mod deprecation;
mod document;
mod error;
mod finding;
mod fix;
mod gates;
mod handler;
mod modules;
mod project;
mod report;
mod rules;
mod sarif;

pub use baseline::Baseline;
pub use check::{Options, app_identity, check};
pub use deprecation::{Deprecation, DeprecationKind, deprecations};
pub use document::{Document, Node, NodeValue, Position};
pub use error::Error;
pub use finding::{Edit, Finding};
pub use fix::{FixResult, apply_fixes};
pub use gates::gates_behind;
pub use modules::{Cell, Gate, Visibility, visibility};
pub use project::{Project, ProjectFile, ProjectFileKind};
pub use report::{Report, Summary};
pub use rules::all_rules;
pub use sarif::to_sarif;
