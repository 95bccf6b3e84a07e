//! Who vouches for a value: its type says so.

use std::fmt;
use std::ops::Deref;

/// A value proved by a signature, or fetched by us from the platform over TLS.
///
/// Server-side gates take `Verified<License>` and nothing else. The verifiers of this crate make one;
/// whoever asks a License API without the client crate says so with [`Verified::fetched`], whoever reads
/// back what was stored with [`Verified::stored`].
///
/// ```
/// use app_license::{License, Verified};
/// let license = License::from_connect_api(br#"{"key":"a","license":{"active":true}}"#)?;
/// // this process itself fetched the body from the License API:
/// let license = Verified::fetched(license);
/// assert!(license.has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value of an answer that this very process fetched from the platform over TLS, such as from
    /// a License API. Nothing that a request brought: whoever sends it chooses what it says.
    ///
    /// ```
    /// use app_license::{License, Verified};
    /// let answer = br#"{"key":"a","license":{"active":true,"capabilitySet":"capabilityAdvanced"}}"#;
    /// let license = Verified::fetched(License::from_connect_api(answer)?);
    /// assert!(license.has_capability("capabilityAdvanced"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub const fn fetched(value: T) -> Self {
        Self(value)
    }

    /// The value read back from a store that only this app writes, and that keeps only what was verified
    /// or fetched.
    ///
    /// ```
    /// use app_license::{License, LicenseSource, Verified};
    /// // nothing was ever stated about this tenant
    /// let license = Verified::stored(License::absent(LicenseSource::ConnectLicenseApi));
    /// assert!(!license.has_capability("capabilityStandard"));
    /// ```
    #[must_use]
    pub const fn stored(value: T) -> Self {
        Self(value)
    }

    /// Vouches for a value by hand, in tests and where neither [`Verified::fetched`] nor
    /// [`Verified::stored`] says where it comes from.
    ///
    /// ```
    /// use app_license::{License, LicenseSource, Verified};
    /// let license = Verified::dangerous_assume(License::absent(LicenseSource::ForgeUiContext));
    /// assert_eq!(license.capability_set(), None);
    /// ```
    #[must_use]
    pub const fn dangerous_assume(value: T) -> Self {
        Self(value)
    }

    /// The value, no longer marked.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A part of a verified value is verified.
    pub(crate) fn map<U>(self, part: impl FnOnce(T) -> U) -> Verified<U> {
        Verified(part(self.0))
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.0).finish()
    }
}

/// A value read from the user's own browser, or from an unverified request: good for showing and
/// hiding, never for authorizing.
///
/// ```
/// use app_license::{Hint, License};
/// let hint = Hint::new(License::from_forge_ui_context(br#"{"license":{"active":true}}"#)?);
/// assert!(hint.has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Hint<T>(T);

impl<T> Hint<T> {
    /// Marks a value as a hint.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, no longer marked.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Hint<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Hint<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hint").field(&self.0).finish()
    }
}
