//! Tokens an app makes itself for its own front end.

use std::sync::Arc;

use super::claims::{Claimed, client_key};
use super::tenant_keys::{SignedWith, TenantKeys};
use super::token::Token;
use super::verifier_config::RequestVerifierConfig;
use crate::error::{Error, ErrorKind, shown};
use crate::ids::{AppKey, ClientKey};
use crate::jwt::{Algorithm, Claims, Compact, Validity};
use crate::shared_text::shared;
use crate::time::UnixTime;
use crate::verified::Verified;

/// A session token, **not verified**: good for finding the tenant's keys.
///
/// The app itself signs it with a tenant's secret: `iss` is the app's key, `aud` holds the tenant
/// and nobody else, and it is bound to no URL. Take it only on routes that are made for it.
///
/// ```
/// use app_license::connect::{BaseUrl, RequestVerifierConfig, TenantKeys, TokenClaims};
/// use app_license::connect::UnverifiedSessionToken;
/// use app_license::{AppKey, ClientKey, HmacKey, SharedSecret, UnixTime};
///
/// let now = UnixTime::from_seconds(1_800_000_000).unwrap();
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// let token = TokenClaims::new("com.example.app", now).audience("tenant-1").sign(&key);
///
/// let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?);
/// let keys = TenantKeys::new(ClientKey::new("tenant-1")?, key);
/// let app = AppKey::new("com.example.app")?;
/// let token = UnverifiedSessionToken::parse(&token)?.verify(&keys, &app, &expected, now)?;
/// assert_eq!(token.tenant().as_str(), "tenant-1");
/// # Ok::<(), app_license::Error>(())
/// ```
pub struct UnverifiedSessionToken<'t> {
    compact: Compact<'t>,
    issuer: Arc<str>,
    tenant: ClientKey,
    subject: Option<Arc<str>>,
    validity: Validity,
    qsh: Claimed,
}

/// A verified session token: of the tenant that it is for, and of the user, if the app put one in.
pub type SessionToken = Token<SessionClaims>;

/// What a verified session token says besides what every [`Token`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClaims {
    signed_with: SignedWith,
}

impl<'t> UnverifiedSessionToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `token_malformed`, `too_large`, `algorithm` when it is not HS256, `critical_header`,
    /// `claim_missing` or `claim_type`, also when `aud` does not hold exactly one tenant.
    pub fn parse(token: &'t str) -> Result<Self, Error> {
        let compact = Compact::parse(token, Algorithm::Hs256)?;
        let claims = Claims::read(compact.claims()?)?;
        let audience = claims
            .audience()
            .ok_or(ErrorKind::ClaimMissing { claim: "aud" })?;
        let only = audience.only().ok_or(ErrorKind::ClaimType {
            claim: "aud",
            expected: "exactly one tenant",
        })?;
        Ok(Self {
            issuer: shared(claims.iss()?),
            tenant: client_key("aud", only)?,
            subject: claims.sub().map(shared),
            validity: claims.validity()?,
            qsh: Claimed::of(&claims),
            compact,
        })
    }

    /// The tenant it says to be for: whose keys to verify with.
    #[must_use]
    pub const fn tenant(&self) -> &ClientKey {
        &self.tenant
    }

    /// Checks the token against the tenant's keys and the app's own key.
    ///
    /// # Errors
    /// In this order: `issuer` when the keys are another tenant's, `signature`, `expired` or
    /// `not_yet_valid`, `issuer` when it is not from this app, `not_context_token` when it has the
    /// query hash of a request.
    pub fn verify(
        &self,
        keys: &TenantKeys,
        app: &AppKey,
        expected: &RequestVerifierConfig,
        now: UnixTime,
    ) -> Result<Verified<SessionToken>, Error> {
        // signer and tenant must be the same record
        let tenant = keys.belong_to(&self.tenant)?;
        let signed_with = keys.verify(&self.compact)?;
        self.validity.check(now, expected.allowed_leeway())?;
        if *self.issuer != *app.as_str() {
            return Err(ErrorKind::Issuer {
                expected: app.to_string(),
                found: shown(&self.issuer),
            }
            .into());
        }
        if !matches!(self.qsh, Claimed::Nothing | Claimed::Context) {
            return Err(ErrorKind::NotContextToken.into());
        }
        Ok(Token::verified(
            tenant,
            self.subject.clone(),
            self.validity,
            expected.allowed_leeway(),
            SessionClaims { signed_with },
        ))
    }
}

impl SessionToken {
    /// Which of the tenant's secrets signed it.
    #[must_use]
    pub const fn signed_with(&self) -> SignedWith {
        self.claims.signed_with
    }
}

impl std::fmt::Debug for UnverifiedSessionToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedSessionToken")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
