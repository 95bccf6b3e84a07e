//! A mock Atlassian host platform to test Marketplace apps against.
//!
//! An app of its own test suite needs what only the platform has: keys that sign, sites that
//! install, licenses that end. This crate is that platform, in the test's own process: it signs
//! lifecycle events, page URLs and invocation tokens, serves install keys, JWKS and both License
//! APIs on loopback, derives every answer from one model of who bought what, and owns the clock.
//! Nobody's account is needed, and no network.
//!
//! # Test your own app in ten lines
//!
//! ```no_run
//! use app_license_testkit::{App, Edition, MockHost};
//!
//! # async fn test() -> Result<(), app_license_testkit::Error> {
//! let host = MockHost::start().await?;
//! let app = App::connect("com.example.app", "http://127.0.0.1:3000")?; // your app, running
//! let acme = host.tenant(&app, "acme")?;                               // on acme.atlassian.net
//! for event in acme.install()? {
//!     assert!(host.deliver(&event).await?.is_success());
//! }
//! acme.start_trial(Edition::Advanced, 30)?;
//! assert_eq!(host.deliver(&acme.page("/export")?).await?.status(), 200);
//! host.clock().advance_days(31); // the trial really ends
//! assert_eq!(host.deliver(&acme.page("/export")?).await?.status(), 402);
//! # Ok(()) }
//! ```
//!
//! The app has to be told three things, as settings for its tests: where the keys are
//! ([`MockHost::install_keys_url`], [`MockHost::jwks_url`]), where the APIs are
//! ([`MockHost::sites_url`], [`MockHost::forge_api_url`]), and what time it is
//! ([`MockHost::clock`]). An app that cannot be given a clock gets tokens of the system's time
//! with [`TestClock::stamp_tokens_by_system`]. An app that can be called without a socket gets
//! [`SignedRequest::to_http`].
//!
//! # What it makes
//!
//! | license source | made by |
//! |---|---|
//! | lifecycle events | moves of [`Tenant`] and [`Site`]; [`Tenant::lifecycle_event`] |
//! | iframe URL, webhook | [`Tenant::page`], [`Tenant::webhook`] |
//! | Connect License API | served; [`Tenant::connect_license_api`] |
//! | context token, ACJS context, session token | [`Tenant::context_token`], [`Tenant::browser_context`], [`Tenant::session_token`] |
//! | Forge Invocation Token | [`Tenant::invoke`], [`Tenant::invocation_token`] |
//! | Forge contexts | [`Tenant::ui_context`], [`Tenant::function_context`], [`Tenant::app_context`] |
//! | Forge License API | served, with its limits; [`Tenant::forge_license_record`] |
//! | a user without access to the app | any of these by [`Tenant::user_access`] |
//!
//! [`Tenant::snapshot`] says what a correct reader makes of all of them.
//!
//! # What goes wrong
//!
//! Events are plain values: drop one (lost), deliver it twice, in another order ([`Mishap`]),
//! without a field ([`SignedRequest::without_field`]) or without its token. Services fail as told
//! by [`MockHost::set_fault`]. Tokens of any shape come from [`TokenSpec`]. [`probe`] runs the
//! attacks that security reviewers run against every route of the app.
//!
//! # What a vendor sees
//!
//! [`vendor`] makes license reports and installation stores of any size, with drift planted between
//! the two, in every spelling of the reporting API.
//!
//! # Where the platform is silent
//!
//! Nothing public says how a trial of Advanced beside a paid Standard reads: here it is active,
//! Advanced, `isEvaluation` true, with both end dates. What each `--license` override fills in is
//! not documented either: here it is the edition, if it names one, and `isEvaluation` for `trial`.
//! The edition is named from the first change of edition on, and stays named when the license
//! ends. No event tells of a change of edition, unless
//! [`MockHostBuilder::resend_installed_on_edition_change`] says so.
//!
//! # Not for production
//!
//! The ids of its keys begin with `test-`, and two private keys ship with the crate: refuse such
//! ids outside tests. The servers bind to loopback only.

mod app;
mod bytes;
mod clock;
mod connect;
mod deliver;
mod entitlement;
mod error;
mod fault;
mod forge;
mod host;
mod keys;
pub mod probe;
mod product;
mod qsh;
mod reports;
mod request;
mod serve;
mod site;
mod snapshot;
mod tenant;
mod token;
mod trust_tab;
pub mod vendor;
mod world;

pub use app_license::Edition;

pub use app::{App, Environment};
pub use clock::TestClock;
pub use deliver::{Delivery, Mishap};
pub use error::{Error, ErrorKind};
pub use fault::{InjectedFault, Service};
pub use forge::invocation::{Invocation, TriggerForm};
pub use forge::lifecycle::LifecycleForm;
pub use host::{MockHost, MockHostBuilder};
pub use keys::SigningKey;
pub use product::Product;
pub use qsh::query_hash;
pub use reports::{MockReports, ReportFault};
pub use request::SignedRequest;
pub use site::Site;
pub use snapshot::{AccessToken, Billing, LicenseSnapshot, Override, Stage};
pub use tenant::Tenant;
pub use token::TokenSpec;
pub use trust_tab::TrustTab;
pub use world::Spelling;
