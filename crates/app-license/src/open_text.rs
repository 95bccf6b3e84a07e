//! Vocabularies of the host platform: known values are constants, unknown ones survive and print.

use std::sync::Arc;

/// A value; a clone of it is no copy.
#[derive(Debug, Clone)]
enum Text {
    Known(&'static str),
    Other(Arc<str>),
}

macro_rules! open_text {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$value_doc:meta])* $constant:ident = $value:literal),+ $(,)? }
    ) => {
        $(#[$doc])*
        ///
        /// Compares without ASCII case; prints as the platform wrote it.
        #[derive(Debug, Clone)]
        pub struct $name(Text);

        impl $name {
            $(
                $(#[$value_doc])*
                pub const $constant: Self = Self(Text::Known($value));
            )+

            /// Takes any value.
            #[must_use]
            #[inline(never)]
            pub fn new(text: &str) -> Self {
                $(
                    if text == $value {
                        return Self::$constant;
                    }
                )+
                Self(Text::Other(crate::shared_text::arc(text)))
            }

            /// The value as the platform wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match &self.0 {
                    Text::Known(text) => text,
                    Text::Other(text) => text,
                }
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str().eq_ignore_ascii_case(other.as_str())
            }
        }

        impl Eq for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

open_text! {
    /// What kind of license it is. Open-ended.
    ///
    /// ```
    /// use app_license::LicenseKind;
    /// assert_eq!(LicenseKind::new("commercial"), LicenseKind::COMMERCIAL);
    /// assert_eq!(LicenseKind::new("SOMETHING_NEW").to_string(), "SOMETHING_NEW");
    /// ```
    LicenseKind {
        /// A paid license.
        COMMERCIAL = "COMMERCIAL",
        /// For non-profit organizations.
        COMMUNITY = "COMMUNITY",
        /// For schools and universities.
        ACADEMIC = "ACADEMIC",
        /// For development and testing; access tokens of private listings read so too.
        DEVELOPER = "DEVELOPER",
    }
}

open_text! {
    /// How often the customer is billed. Open-ended.
    ///
    /// ```
    /// use app_license::BillingPeriod;
    /// assert_eq!(BillingPeriod::new("annual"), BillingPeriod::ANNUAL);
    /// ```
    BillingPeriod {
        /// Every month.
        MONTHLY = "MONTHLY",
        /// Every year.
        ANNUAL = "ANNUAL",
    }
}

open_text! {
    /// A mode of a license. Open-ended.
    ///
    /// ```
    /// use app_license::LicenseMode;
    /// assert_eq!(LicenseMode::new("USER_ACCESS"), LicenseMode::USER_ACCESS);
    /// ```
    LicenseMode {
        /// Billed by the users that have access.
        USER_ACCESS = "USER_ACCESS",
    }
}

open_text! {
    /// The type of the Forge environment an app is installed from. Open-ended.
    ///
    /// ```
    /// use app_license::EnvironmentType;
    /// assert_eq!(EnvironmentType::new("PRODUCTION"), EnvironmentType::PRODUCTION);
    /// ```
    EnvironmentType {
        /// What customers install.
        PRODUCTION = "PRODUCTION",
        /// Licenses can be overridden here.
        STAGING = "STAGING",
        /// Licenses can be overridden here.
        DEVELOPMENT = "DEVELOPMENT",
    }
}
