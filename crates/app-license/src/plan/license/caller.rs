//! Who sent a request, and whether what it brings is used to ask.

use crate::forge::InvocationToken;

/// Who sent the request that a license is asked about.
///
/// The Forge License API is asked with a token that comes with the request. A browser may write
/// what it likes into a header, and the API may be called once in five minutes: what a browser
/// brought is not used.
///
/// ```
/// use app_license::plan::license::Caller;
/// assert!(Caller::Platform.brings_system_token());
/// assert!(!Caller::Browser.brings_system_token());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an invocation token tells these two apart"
)]
pub enum Caller {
    /// The platform, or a function of the app.
    Platform,
    /// A user's browser.
    Browser,
}

impl Caller {
    /// Who made the call that an invocation token came with.
    #[must_use]
    pub const fn of(token: &InvocationToken) -> Self {
        if token.is_from_user_interface() {
            Self::Browser
        } else {
            Self::Platform
        }
    }

    /// Whether the app's system token is taken from the request.
    #[must_use]
    pub const fn brings_system_token(self) -> bool {
        matches!(self, Self::Platform)
    }
}
