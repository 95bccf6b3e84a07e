//! What is wrong with a manifest.

use std::fmt;

use crate::error::Error;
use crate::visibility::ConditionWarning;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It works, but perhaps not as meant.
    Warning,
    /// The platform refuses it, or it cannot work.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! findings {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ })? = $code:literal, $severity:ident;
    )+) => {
        /// One thing that is wrong with a manifest, or does something else than its author is likely
        /// to want.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Finding {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $type,)+ })?,)+
            /// A condition that the host reads in another way than is likely meant.
            Condition {
                /// Where in the manifest.
                location: String,
                /// What it does.
                warning: ConditionWarning,
            },
        }

        impl Finding {
            /// The stable code.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name $({ $($field: _,)+ })? => $code,)+
                    Self::Condition { warning, .. } => warning.code(),
                }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(&self) -> Severity {
                match self {
                    $(Self::$name $({ $($field: _,)+ })? => Severity::$severity,)+
                    Self::Condition { .. } => Severity::Warning,
                }
            }
        }
    };
}

findings! {
    /// `app.licensing` lacks `enabled`.
    EnabledMissing = "enabled_missing", Error;
    /// `editionsEnabled` without `enabled`.
    EditionsWithoutLicensing = "editions_without_licensing", Warning;
    /// `app.access.userAccess` without `app.licensing.enabled`.
    UserAccessWithoutLicensing = "user_access_without_licensing", Error;
    /// A mode that the platform does not know.
    UnknownMode {
        /// The mode.
        mode: String,
    } = "unknown_mode", Error;
    /// `app.licensing.modes`, where `app.access` is meant today.
    ModesSuperseded = "modes_superseded", Warning;
    /// A field that the platform refuses.
    UnknownField {
        /// Where in the manifest.
        location: String,
    } = "unknown_field", Error;
    /// A condition that the platform refuses.
    ConditionInvalid {
        /// Where in the manifest.
        location: String,
        /// What is wrong with it.
        error: Error,
    } = "condition_invalid", Error;
    /// A condition about the licence in an app without licensing.
    ConditionWithoutLicensing {
        /// Where in the manifest.
        location: String,
    } = "condition_without_licensing", Warning;
    /// A condition about the edition in an app without editions.
    EditionWithoutEditions {
        /// Where in the manifest.
        location: String,
    } = "edition_without_editions", Warning;
    /// A filter on a module that has none.
    FilterNotSupported {
        /// Where in the manifest.
        location: String,
    } = "filter_not_supported", Error;
    /// `appIsLicensed` of a filter is no boolean.
    FilterNotBoolean {
        /// Where in the manifest.
        location: String,
    } = "filter_not_boolean", Error;
    /// A filter on the licence in an app without licensing: never called.
    FilterWithoutLicensing {
        /// Where in the manifest.
        location: String,
    } = "filter_without_licensing", Warning;
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnabledMissing => f.write_str("app.licensing lacks `enabled`"),
            Self::EditionsWithoutLicensing => {
                f.write_str("app.licensing.editionsEnabled needs app.licensing.enabled")
            }
            Self::UserAccessWithoutLicensing => {
                f.write_str("app.access.userAccess needs app.licensing.enabled")
            }
            Self::UnknownMode { mode } => write!(f, "app.licensing.modes: unknown mode `{mode}`"),
            Self::ModesSuperseded => {
                f.write_str("app.licensing.modes is superseded by app.access.userAccess")
            }
            Self::UnknownField { location } => {
                write!(f, "{location}: the platform has no such field")
            }
            Self::ConditionInvalid { location, error } => write!(f, "{location}: {error}"),
            Self::ConditionWithoutLicensing { location } => write!(
                f,
                "{location}: asks for a licence, and app.licensing is not enabled"
            ),
            Self::EditionWithoutEditions { location } => write!(
                f,
                "{location}: asks for an edition, and app.licensing.editionsEnabled is not set"
            ),
            Self::FilterNotSupported { location } => {
                write!(
                    f,
                    "{location}: this kind of module has no filter on the licence"
                )
            }
            Self::FilterNotBoolean { location } => {
                write!(f, "{location}: `appIsLicensed` must be a boolean")
            }
            Self::FilterWithoutLicensing { location } => write!(
                f,
                "{location}: only called with a licence, and app.licensing is not enabled"
            ),
            Self::Condition { location, warning } => write!(f, "{location}: {warning}"),
        }
    }
}
