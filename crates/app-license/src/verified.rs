//! Who vouches for a value: its type says so.

use std::fmt;
use std::ops::Deref;

/// A value proved by a signature, or fetched by us from the platform over TLS.
///
/// Server-side gates take `Verified<License>` and nothing else. Only the verifiers of this crate
/// make one; the way round is called [`Verified::dangerous_assume`] and says what it means.
///
/// ```
/// use app_license::{License, Verified};
/// let license = License::from_connect_api(br#"{"key":"a","license":{"active":true}}"#)?;
/// // this process itself fetched the body from the License API:
/// let license = Verified::dangerous_assume(license);
/// assert!(license.has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// Vouches for a value by hand: right only for what this very process fetched from the
    /// platform over TLS, or read back from a store that holds only verified values.
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
