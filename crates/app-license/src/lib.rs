//! Reads, verifies and decides Atlassian Marketplace licences.

pub mod error;
pub use app_license_gate::capability::{self as ranking, Edition, Needs};
pub use app_license_gate::facts::State;
pub use app_license_gate::json;
pub use app_license_gate::policy::{Deployment, Policy, Reason, WhenAbsent};

pub mod connect;
pub mod forge;

mod capability;
mod document;
mod feature;
mod ids;
mod installation;
#[cfg(feature = "_crypto")]
mod jwt;
mod license;
mod open_text;
mod policy;
mod remark;
mod secret;
mod time;
mod touchpoint;
mod verified;
mod visibility;

pub use capability::Capability;
pub use error::{Error, ErrorClass, ErrorKind};
pub use feature::{FeatureMap, Limit};
pub use ids::{AppKey, ClientKey, CloudId, ForgeAppId, InstallationAri, KeyId};
pub use installation::{
    Change, Entitlement, Event, Installation, InstallationKey, InstallationRecord,
    InstallationSecrets, InstallationStatus, KnownLicense,
};
#[cfg(feature = "_crypto")]
pub use jwt::{HmacKey, Jwks, Leeway, RsaPublicKey, RsaSigningKey};
pub use license::License;
pub use open_text::{BillingPeriod, EnvironmentType, LicenseKind, LicenseMode};
pub use policy::{Decision, Trust};
pub use remark::Remark;
pub use secret::SharedSecret;
pub use time::UnixTime;
pub use touchpoint::Touchpoint;
pub use verified::{Hint, Verified};
pub use visibility::{ConditionWarning, HostLicense};
