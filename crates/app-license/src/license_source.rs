//! The places where the platform hands over the license.

use std::fmt;

use crate::find::named;

/// A place where the platform hands over the license.
///
/// ```
/// use app_license::LicenseSource;
/// assert_eq!(LicenseSource::ForgeInvocationToken.to_string(), "Forge invocation token");
/// assert_eq!(LicenseSource::ForgeInvocationToken.code(), "forge_invocation_token");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LicenseSource {
    /// The body of the Connect `installed` event.
    ConnectLifecycle,
    /// `lic` and `capSet` of a Connect iframe URL.
    ConnectIframeQuery,
    /// `GET …/rest/atlassian-connect/1/addons/{appKey}`.
    ConnectLicenseApi,
    /// `AP.context.getContext()` in the browser.
    ConnectContext,
    /// The same object inside a Connect context token.
    ConnectContextToken,
    /// `app.license` of a Forge Invocation Token.
    ForgeInvocationToken,
    /// `view.getContext()` or `useProductContext()` in the browser.
    ForgeUiContext,
    /// The context of a Forge function: its second argument, or `getAppContext()`.
    ForgeFunctionContext,
    /// `GET /forge/app/v1/license`.
    ForgeLicenseApi,
}

impl LicenseSource {
    /// Every license source.
    ///
    /// ```
    /// # use app_license::LicenseSource;
    /// assert_eq!(LicenseSource::ALL.len(), 9);
    /// ```
    pub const ALL: [Self; 9] = [
        Self::ConnectLifecycle,
        Self::ConnectIframeQuery,
        Self::ConnectLicenseApi,
        Self::ConnectContext,
        Self::ConnectContextToken,
        Self::ForgeInvocationToken,
        Self::ForgeUiContext,
        Self::ForgeFunctionContext,
        Self::ForgeLicenseApi,
    ];

    /// The stable code, the same in every language.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConnectLifecycle => "connect_lifecycle",
            Self::ConnectIframeQuery => "connect_iframe_query",
            Self::ConnectLicenseApi => "connect_license_api",
            Self::ConnectContext => "connect_context",
            Self::ConnectContextToken => "connect_context_token",
            Self::ForgeInvocationToken => "forge_invocation_token",
            Self::ForgeUiContext => "forge_ui_context",
            Self::ForgeFunctionContext => "forge_function_context",
            Self::ForgeLicenseApi => "forge_license_api",
        }
    }

    /// The license source with this code.
    ///
    /// ```
    /// # use app_license::LicenseSource;
    /// let found = LicenseSource::from_code("connect_license_api");
    /// assert_eq!(found, Some(LicenseSource::ConnectLicenseApi));
    /// ```
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        named(&Self::ALL, Self::code, code)
    }

    /// Whether it belongs to Connect, which has no environments.
    #[must_use]
    pub const fn is_connect(self) -> bool {
        matches!(
            self,
            Self::ConnectLifecycle
                | Self::ConnectIframeQuery
                | Self::ConnectLicenseApi
                | Self::ConnectContext
                | Self::ConnectContextToken
        )
    }

    /// Whether it is an answer of a License API: a statement of the platform itself, asked by us.
    #[must_use]
    pub const fn is_license_api(self) -> bool {
        matches!(self, Self::ConnectLicenseApi | Self::ForgeLicenseApi)
    }
}

impl fmt::Display for LicenseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectLifecycle => "Connect lifecycle event",
            Self::ConnectIframeQuery => "Connect iframe query",
            Self::ConnectLicenseApi => "Connect License API",
            Self::ConnectContext => "Connect browser context",
            Self::ConnectContextToken => "Connect context token",
            Self::ForgeInvocationToken => "Forge invocation token",
            Self::ForgeUiContext => "Forge UI context",
            Self::ForgeFunctionContext => "Forge function context",
            Self::ForgeLicenseApi => "Forge License API",
        })
    }
}

impl serde::Serialize for LicenseSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for LicenseSource {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("unknown source"))
    }
}
