//! What an app holds lifecycle events to, and the order in which that is checked.

mod debug;

use std::borrow::Cow;

use super::canonical_request::PathForm;
use super::explain::Explanation;
use super::install_token::{InstallToken, UnverifiedInstallToken};
use super::key_host::KeyHosts;
use super::lifecycle::{LifecycleBody, LifecycleEvent, LifecycleKind};
use super::request_line::RequestLine;
use super::request_token::{RequestToken, UnverifiedRequestToken};
use super::tenant_keys::TenantKeys;
use super::token::Token;
use super::verifier_config::RequestVerifierConfig;
use crate::delivery::{Delivery, ReplayMark};
use crate::error::Error;
use crate::ids::{AppKey, ClientKey, KeyId};
use crate::jwt::RsaPublicKey;
use crate::time::UnixTime;
use crate::verified::Verified;

/// An app as its lifecycle events are held to it: its key, where it lives, and the cloud its sites are
/// of. Made once.
///
/// | step | `installed`, `uninstalled` | `enabled`, `disabled` |
/// |---|---|---|
/// | 1 | [`Verifier::installed`]: the token is parsed, which shows the platform's key | [`Verifier::enabled`]: the token is parsed, which shows the tenant |
/// | 2 | [`UnverifiedPlatformEvent::receive`]: all that takes no key, and the body is accepted | [`UnverifiedTenantEvent::verify`], with the tenant's keys; again, where they were replaced |
/// | 3 | [`UnverifiedReceivedEvent::verify`], with the platform's key; again, where it was replaced | [`EventSender::receive`]: the body is accepted |
/// | 4 | the [`ReceivedEvent`] is a [`Delivery`] | the same |
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>
///
/// ```
/// use app_license::connect::{
///     BaseUrl, CanonicalRequest, LifecycleKind, RequestLine, RequestVerifierConfig, TenantKeys,
///     TokenClaims, UnverifiedEvent, Verifier,
/// };
/// use app_license::{AppKey, ClientKey, HmacKey, SharedSecret, UnixTime};
///
/// let now = UnixTime::from_seconds(1_800_000_000).unwrap();
/// let config = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?);
/// let verifier = Verifier::new(AppKey::new("com.example.app")?, config);
/// # // what the host does
/// # let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// # let request = RequestLine::new("POST", "/enabled");
/// # let canonical = CanonicalRequest::new(&request, verifier.config().base_url())?;
/// # let token = TokenClaims::new("tenant-1", now).qsh(&canonical).sign(&key);
/// # let body = br#"{"eventType": "enabled", "key": "com.example.app", "clientKey": "tenant-1",
/// #     "baseUrl": "https://example.atlassian.net", "productType": "jira"}"#;
///
/// let delivery = match verifier.event(LifecycleKind::Enabled, &token)? {
///     UnverifiedEvent::OfTenant(event) => {
///         let keys = TenantKeys::new(event.issuer().clone(), key); // looked up by the issuer
///         let sender = event.verify(&keys, &request, now)?;
///         sender.receive(body)?.into_delivery()
///     }
///     UnverifiedEvent::OfPlatform(event) => {
///         let event = event.receive(body, &request, now)?;
///         # let pem = String::new();
///         let key = app_license::RsaPublicKey::from_pem(&pem)?; // fetched by `event.kid()`
///         event.verify(&key)?.into_delivery()
///     }
/// };
/// let outcome = delivery.apply(None, None, now)?;
/// assert_eq!(outcome.mark.unwrap().expires_at(), now.plus(180 + 30));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    app: AppKey,
    config: RequestVerifierConfig,
    hosts: KeyHosts,
}

impl Verifier {
    /// The app of this key, installed in the commercial cloud.
    #[must_use]
    pub fn new(app: AppKey, config: RequestVerifierConfig) -> Self {
        Self {
            app,
            config,
            hosts: KeyHosts::default(),
        }
    }

    /// The cloud whose sites may install the app, and its key hosts.
    #[must_use]
    pub fn key_hosts(mut self, hosts: KeyHosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// The app's key.
    #[must_use]
    pub const fn app_key(&self) -> &AppKey {
        &self.app
    }

    /// What every request is held to.
    #[must_use]
    pub const fn config(&self) -> &RequestVerifierConfig {
        &self.config
    }

    /// The cloud: where a key is fetched by its id, and what is a site.
    #[must_use]
    pub const fn hosts(&self) -> &KeyHosts {
        &self.hosts
    }

    /// Takes the token of an event apart (without its scheme) that came to this endpoint.
    ///
    /// # Errors
    /// Those of [`Self::installed`], or of [`Self::enabled`].
    pub fn event<'t>(
        &'t self,
        endpoint: LifecycleKind,
        token: &'t str,
    ) -> Result<UnverifiedEvent<'t>, Error> {
        Ok(match endpoint {
            LifecycleKind::Installed => UnverifiedEvent::OfPlatform(self.installed(token)?),
            LifecycleKind::Uninstalled => UnverifiedEvent::OfPlatform(self.uninstalled(token)?),
            LifecycleKind::Enabled => UnverifiedEvent::OfTenant(self.enabled(token)?),
            LifecycleKind::Disabled => UnverifiedEvent::OfTenant(self.disabled(token)?),
        })
    }

    /// Takes the token of an `installed` apart.
    ///
    /// # Errors
    /// Those of [`UnverifiedInstallToken::parse`].
    pub fn installed<'t>(&'t self, token: &'t str) -> Result<UnverifiedPlatformEvent<'t>, Error> {
        self.platform_event(LifecycleKind::Installed, token)
    }

    /// Takes the token of an `uninstalled` apart.
    ///
    /// # Errors
    /// Those of [`UnverifiedInstallToken::parse`].
    pub fn uninstalled<'t>(&'t self, token: &'t str) -> Result<UnverifiedPlatformEvent<'t>, Error> {
        self.platform_event(LifecycleKind::Uninstalled, token)
    }

    /// Takes the token of an `enabled` apart.
    ///
    /// # Errors
    /// Those of [`UnverifiedRequestToken::parse`].
    pub fn enabled<'t>(&'t self, token: &'t str) -> Result<UnverifiedTenantEvent<'t>, Error> {
        self.tenant_event(LifecycleKind::Enabled, token)
    }

    /// Takes the token of a `disabled` apart.
    ///
    /// # Errors
    /// Those of [`UnverifiedRequestToken::parse`].
    pub fn disabled<'t>(&'t self, token: &'t str) -> Result<UnverifiedTenantEvent<'t>, Error> {
        self.tenant_event(LifecycleKind::Disabled, token)
    }

    fn platform_event<'t>(
        &'t self,
        endpoint: LifecycleKind,
        token: &'t str,
    ) -> Result<UnverifiedPlatformEvent<'t>, Error> {
        Ok(UnverifiedPlatformEvent {
            verifier: self,
            endpoint,
            token: UnverifiedInstallToken::parse(token)?,
        })
    }

    fn tenant_event<'t>(
        &'t self,
        endpoint: LifecycleKind,
        token: &'t str,
    ) -> Result<UnverifiedTenantEvent<'t>, Error> {
        Ok(UnverifiedTenantEvent {
            verifier: self,
            endpoint,
            text: token,
            token: UnverifiedRequestToken::parse(token)?,
        })
    }

    /// Reads a body and compares it with what the token says.
    fn accept(
        &self,
        endpoint: LifecycleKind,
        body: LifecycleBody,
        issuer: &ClientKey,
    ) -> Result<LifecycleEvent, Error> {
        body.accept(endpoint, &self.app, issuer, &self.hosts)
    }
}

/// A lifecycle event whose token was parsed, **not verified**: who signed it says whose key to find.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the platform signs it or a tenant")]
pub enum UnverifiedEvent<'t> {
    /// `installed` or `uninstalled`: signed with a key of the platform.
    OfPlatform(UnverifiedPlatformEvent<'t>),
    /// `enabled` or `disabled`: signed with a secret of the tenant.
    OfTenant(UnverifiedTenantEvent<'t>),
}

/// An `installed` or `uninstalled`, **not verified**: its body is still to be read.
pub struct UnverifiedPlatformEvent<'t> {
    verifier: &'t Verifier,
    endpoint: LifecycleKind,
    token: UnverifiedInstallToken<'t>,
}

impl<'t> UnverifiedPlatformEvent<'t> {
    /// Which of the platform's keys says to have signed it.
    #[must_use]
    pub const fn kid(&self) -> &KeyId {
        self.token.kid()
    }

    /// Whose event it says to be.
    #[must_use]
    pub const fn issuer(&self) -> &ClientKey {
        self.token.issuer()
    }

    /// Says what request the token's query hash is of, as far as that can be found out.
    #[must_use]
    pub fn explain(&self, request: &RequestLine<'_>) -> Explanation {
        self.token.explain(request, &self.verifier.config)
    }

    /// Checks all that takes no key, so that what cannot be right costs no fetch of one, and accepts the
    /// body. **Proves nothing**: anybody can write what it looks at.
    ///
    /// # Errors
    /// In this order: those of [`LifecycleBody::parse`]; those of [`UnverifiedInstallToken::verify`]
    /// but `signature`; those of [`LifecycleBody::accept`].
    pub fn receive(
        self,
        body: &'t [u8],
        request: &RequestLine<'_>,
        now: UnixTime,
    ) -> Result<UnverifiedReceivedEvent<'t>, Error> {
        let Self {
            verifier,
            endpoint,
            token,
        } = self;
        let read = LifecycleBody::parse(body)?;
        let path_form = token.check_unproved(request, read.client_key(), &verifier.config, now)?;
        let event = verifier.accept(endpoint, read, token.issuer())?;
        Ok(UnverifiedReceivedEvent {
            verifier,
            token,
            path_form,
            event,
            body,
        })
    }
}

/// An `installed` or `uninstalled` of which everything holds but the signature, **not verified**.
pub struct UnverifiedReceivedEvent<'t> {
    verifier: &'t Verifier,
    token: UnverifiedInstallToken<'t>,
    path_form: PathForm,
    event: LifecycleEvent,
    body: &'t [u8],
}

impl UnverifiedReceivedEvent<'_> {
    /// Which of the platform's keys says to have signed it.
    #[must_use]
    pub const fn kid(&self) -> &KeyId {
        self.token.kid()
    }

    /// Whose event it says to be, in the token as in the body.
    #[must_use]
    pub const fn issuer(&self) -> &ClientKey {
        self.token.issuer()
    }

    /// Checks the signature; again, where the platform may have replaced the key under its id.
    ///
    /// # Errors
    /// `signature`.
    pub fn verify(
        &self,
        key: &RsaPublicKey,
    ) -> Result<Verified<ReceivedEvent<'_, InstallToken>>, Error> {
        let config = &self.verifier.config;
        let token = self.token.verify_signature(key, self.path_form, config)?;
        let mark = token.replay_mark(self.body);
        let event = Cow::Borrowed(&self.event);
        Ok(ReceivedEvent::verified(event, token, mark))
    }
}

/// An `enabled` or `disabled`, **not verified**: good for finding the tenant's keys.
pub struct UnverifiedTenantEvent<'t> {
    verifier: &'t Verifier,
    endpoint: LifecycleKind,
    text: &'t str,
    token: UnverifiedRequestToken<'t>,
}

impl<'t> UnverifiedTenantEvent<'t> {
    /// Which event it is.
    #[must_use]
    pub const fn kind(&self) -> LifecycleKind {
        self.endpoint
    }

    /// Who says to have signed it: whose keys to verify with.
    #[must_use]
    pub const fn issuer(&self) -> &ClientKey {
        self.token.issuer()
    }

    /// Checks the token; again, where the keys may have been replaced meanwhile. The body may be read
    /// then: before, anybody could send one.
    ///
    /// # Errors
    /// Those of [`UnverifiedRequestToken::verify`].
    pub fn verify(
        &self,
        keys: &TenantKeys,
        request: &RequestLine<'_>,
        now: UnixTime,
    ) -> Result<EventSender<'t>, Error> {
        let config = &self.verifier.config;
        Ok(EventSender {
            verifier: self.verifier,
            endpoint: self.endpoint,
            text: self.text,
            token: self.token.verify(keys, request, config, now)?,
        })
    }
}

/// Who sent an `enabled` or `disabled`: verified; its body is still to be read.
pub struct EventSender<'t> {
    verifier: &'t Verifier,
    endpoint: LifecycleKind,
    text: &'t str,
    token: Verified<RequestToken>,
}

impl EventSender<'_> {
    /// Reads the body and accepts it.
    ///
    /// # Errors
    /// Those of [`LifecycleBody::parse`], then those of [`LifecycleBody::accept`].
    pub fn receive(
        self,
        body: &[u8],
    ) -> Result<Verified<ReceivedEvent<'static, RequestToken>>, Error> {
        let token = self.token;
        let read = LifecycleBody::parse(body)?;
        let event = self.verifier.accept(self.endpoint, read, token.tenant())?;
        let mark = ReplayMark::new(self.text, body, token.proves_until());
        Ok(ReceivedEvent::verified(Cow::Owned(event), token, mark))
    }
}

/// A lifecycle event of which everything holds, with its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent<'e, T> {
    event: Cow<'e, LifecycleEvent>,
    token: T,
    mark: ReplayMark,
}

impl<'e, T> ReceivedEvent<'e, T> {
    fn verified(
        event: Cow<'e, LifecycleEvent>,
        token: Verified<T>,
        mark: ReplayMark,
    ) -> Verified<Self> {
        let token = token.into_inner();
        Verified::new(Self { event, token, mark })
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &LifecycleEvent {
        &self.event
    }

    /// The token that proves it.
    #[must_use]
    pub const fn token(&self) -> &T {
        &self.token
    }

    /// Holds the token to this body for as long as it verifies.
    #[must_use]
    pub const fn mark(&self) -> &ReplayMark {
        &self.mark
    }
}

impl<K> Verified<ReceivedEvent<'_, Token<K>>> {
    /// What a store applies: the event, its mark, and when its token was issued.
    #[must_use]
    pub fn into_delivery(self) -> Delivery {
        let ReceivedEvent { event, token, mark } = self.into_inner();
        Delivery::connect(event.into_owned())
            .marked(mark)
            .issued(token.issued_at())
    }
}

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod tests;
