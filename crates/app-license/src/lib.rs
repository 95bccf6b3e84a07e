//! Reads, verifies and decides Atlassian Marketplace licenses.
//!
//! One question: **may this customer use this feature, now, and why?** The platform answers it in
//! nine places, in half a dozen spellings, with three levels of trust. This crate reads all of
//! them, proves who sent them, and answers the same way everywhere.
//!
//! It does no input or output, has no clock and cannot panic on what it is given: bytes, keys and
//! `now` go in, values come out. What fetches and stores is in other crates.
//!
//! # Where the license comes from
//!
//! | license source | read it with | what proves it |
//! |---|---|---|
//! | Connect `installed` event | [`connect::LifecycleBody`] | [`connect::Verifier::installed`] |
//! | Connect iframe URL, `lic` and `capSet` | [`connect::IframeQuery`] | [`connect::UnverifiedRequestToken`] |
//! | Connect License API | [`License::from_connect_api`] | you fetched it |
//! | Connect browser context | [`License::from_connect_context`] | nothing: a [`Hint`] |
//! | Connect context token | [`connect::ContextToken`] | [`connect::UnverifiedContextToken`] |
//! | Forge invocation token | [`forge::InvocationToken`] | [`forge::UnverifiedInvocationToken`] |
//! | Forge UI context | [`License::from_forge_ui_context`] | nothing: a [`Hint`] |
//! | Forge function context | [`License::from_forge_function_context`], [`License::from_forge_app_context`] | the platform fills it in |
//! | Forge License API | [`forge::LicenseApiResponse`] | you fetched it |
//!
//! # Reading
//!
//! A [`License`] has three states, never two: active, inactive, and *absent* when the license source
//! says nothing, as in development environments and for free apps.
//!
//! ```
//! use app_license::{License, State};
//!
//! let license = License::from_forge_ui_context(
//!     br#"{"environmentType":"PRODUCTION",
//!         "license":{"active":true,"capabilitySet":"capabilityStandard"}}"#,
//! )?;
//! assert_eq!(license.state(), State::Active);
//! assert!(license.has_capability("capabilityStandard"));
//! assert!(!license.has_capability("capabilityAdvanced"));
//! # Ok::<(), app_license::Error>(())
//! ```
//!
//! # Proving
//!
//! A server decides on a [`Verified`]`<License>` and nothing else. One type a kind of token, its
//! algorithm fixed by the type: see [`connect`] and [`forge`]. The caller brings the key.
//!
//! ```
//! # #[cfg(feature = "aws-lc-rs")] {
//! use app_license::connect::{
//!     BaseUrl, CanonicalRequest, RequestLine, RequestVerifierConfig, TenantKeys, TokenClaims,
//!     UnverifiedRequestToken,
//! };
//! use app_license::{ClientKey, HmacKey, Policy, SharedSecret, UnixTime};
//!
//! let base = BaseUrl::new("https://app.example.com")?;
//! let request = RequestLine::new("GET", "/panel?lic=active&capSet=capabilityAdvanced");
//! let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
//! let now = UnixTime::from_seconds(1_800_000_000).unwrap();
//! # // the host signs it
//! # let canonical = CanonicalRequest::new(&request, &base)?;
//! # let token = TokenClaims::new("tenant-1", now).qsh(&canonical).sign(&key);
//!
//! let token = UnverifiedRequestToken::parse(&token)?;
//! let keys = TenantKeys::new(token.issuer().clone(), key); // looked up by the issuer
//! let verified = token.verify(&keys, &request, &RequestVerifierConfig::new(base), now)?;
//! let decision = verified.license().decide(&Policy::new(), "capabilityAdvanced", now);
//! assert!(decision.is_allowed());
//! # }
//! # Ok::<(), app_license::Error>(())
//! ```
//!
//! # Deciding
//!
//! A [`Decision`] says allowed or not, why, which license source spoke, and how old its statement is. A
//! [`Policy`] states what an absent license means, how old a statement may be, and whether only
//! production or only a confirmed license counts; the whole table is on
//! [its page](Policy#method.decide). A [`FeatureMap`] turns the names of features into editions.
//!
//! # Storing
//!
//! What a verified lifecycle event makes of a stored [`Installation`], and whether its token was
//! used before, is decided in [`delivery`]; a store loads, asks and writes.
//!
//! # Fetching
//!
//! When a License API is asked, and what stands in for it, is decided in [`plan`]; a client fetches.
//!
//! # Crate features
//!
//! - `aws-lc-rs` (default): signatures by aws-lc-rs, the fastest on servers.
//! - `rust-crypto`: signatures in pure Rust, for wasm32. When both are on, aws-lc-rs is used;
//!   nothing else changes.
//! - `host-crypto`: RS256 by the host of a WebAssembly module, where neither of the two is on.
//!
//! A library that verifies nothing leaves them all off, so that the program chooses. Where none is
//! on in the end, tokens with a shared secret are verified all the same, and every RS256 signature
//! is refused.

pub mod error;
pub use gate::capability::{self as edition, Edition, RequiredCapability};
pub use gate::facts::State;
pub use gate::json;
pub use gate::policy::{Deployment, Evidence, Policy, Reason, WhenAbsent};
#[cfg(feature = "work-count")]
#[doc(hidden)]
pub use gate::work;

pub mod answer;
pub mod connect;
pub mod current_license;
pub mod delivery;
pub mod forge;
pub mod plan;

mod capability;
mod decision;
mod diagnostic;
mod document;
mod feature;
mod find;
mod gate;
mod ids;
mod installation;
mod jwt;
mod license;
mod license_source;
mod open_text;
mod secret;
mod shared_text;
mod time;
mod verified;

pub use capability::Capability;
pub use decision::{Decision, Trust};
pub use diagnostic::{LicenseDiagnostic, Severity};
pub use error::{Error, ErrorClass, ErrorKind};
pub use feature::{FeatureMap, Limit};
pub use ids::{AppKey, ClientKey, CloudId, ForgeAppId, InstallationAri, KeyId};
pub use installation::{
    Admission, Change, ConnectCall, Entitlement, Event, ForgeCall, ForgeHalf, ForgeLookup,
    InstallTimes, Installation, InstallationKey, InstallationRecord, InstallationSecrets,
    InstallationStatus, KnownLicense, Learning, LookupStage, LookupStep,
};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use jwt::RsaSigningKey;
pub use jwt::{HmacKey, Jwks, Leeway, RsaPublicKey};
pub use license::License;
pub use license_source::LicenseSource;
pub use open_text::{BillingPeriod, EnvironmentType, LicenseKind, LicenseMode};
pub use secret::SharedSecret;
pub use time::{UnixTime, whole_seconds};
pub use verified::{Hint, Verified};

/// The README's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
