//! The lab: the mock host platform with an app beside it, driven by hand or by a scenario.
//!
//! [`Lab`] holds the platform, the app and the journal of what the app received. A scenario, the
//! console and the command line's `trigger` all act through it, so that what one shows the others
//! do. Everything listens on loopback only.
//!
//! ```
//! use std::sync::Arc;
//! use app_license::{FeatureMap, Policy, UnixTime};
//! use app_license_lab::{DeliveredRequest, EDITIONS, Explainer, Rules, Scenario, run};
//! # #[tokio::main(flavor = "multi_thread")]
//! # async fn main() -> Result<(), app_license_lab::Error> {
//! let story = Scenario::parse(
//!     "title = \"a customer buys Advanced\"\n\
//!      [[step]]\nmove = \"install\"\n\
//!      [[step]]\nmove.buy = { edition = \"advanced\" }\nexpect.edition = \"advanced\"\n",
//! )?;
//! let rules = Rules::new(FeatureMap::from_toml(EDITIONS)?, Policy::new());
//! let explainer = Explainer::new(
//!     |_, _, request, _| DeliveredRequest::of(request),
//!     |_, _, _| Ok(serde_json::Value::Null),
//! );
//! assert!(run(&story, rules, None, None, explainer).await?.passed);
//! # Ok(())
//! # }
//! ```

mod access;
mod action;
pub mod console;
mod decisions;
mod deliver;
pub mod demo;
mod error;
mod explainer;
mod external_app;
mod forge;
mod journal;
pub mod keys;
mod lab;
mod licensing;
mod loopback;
mod pages;
pub mod persist;
mod scenario;
mod timeline;
mod user_access;
mod vendor;

pub use demo::Rules;
pub use error::Error;
pub use explainer::Explainer;
pub use external_app::ExternalApp;
pub use forge::{ForgeApp, ForgeConfig};
pub use journal::DeliveredRequest;
pub use lab::{AppKind, Lab, LabConfig, SavedLab, Start, listen};
pub use licensing::AppLicensing;
pub use scenario::{Check, EDITIONS, Scenario, ScenarioReport, run, run_forge};
