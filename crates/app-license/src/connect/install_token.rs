//! Tokens of the lifecycle events `installed` and `uninstalled`.

use std::sync::Arc;

use super::base_url::BaseUrl;
use super::canonical_request::PathForm;
use super::claims::HostClaims;
use super::explain::Explanation;
use super::request_line::RequestLine;
use super::token::Token;
use super::verifier_config::RequestVerifierConfig;
use crate::delivery::{ReplayMark, TokenHash};
use crate::error::{Error, ErrorKind, shown};
use crate::ids::{ClientKey, KeyId};
use crate::jwt::{Algorithm, Audience, Claims, Compact, RsaPublicKey};
use crate::shared_text::shared;
use crate::time::UnixTime;
use crate::verified::Verified;

/// A lifecycle token, **not verified**: good for fetching the platform's public key.
///
/// The platform signs `installed` and `uninstalled` with it, also the first time: RS256, the key
/// published under its id on a host that configuration names, see [`super::KeyHosts`].
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```no_run
/// # fn fetch(kid: &app_license::KeyId) -> String { String::new() }
/// use app_license::connect::{BaseUrl, RequestLine, RequestVerifierConfig, UnverifiedInstallToken};
/// use app_license::{ClientKey, RsaPublicKey, UnixTime};
///
/// # fn handle(token: &str, body_client_key: &str, now: UnixTime) -> Result<(), app_license::Error> {
/// let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?);
/// let token = UnverifiedInstallToken::parse(token)?;
/// let key = RsaPublicKey::from_pem(&fetch(token.kid()))?;
/// let request = RequestLine::new("POST", "/installed");
/// let client_key = ClientKey::new(body_client_key)?;
/// let token = token.verify(&key, &request, &client_key, &expected, now)?;
/// assert_eq!(token.tenant(), &client_key);
/// # Ok(())
/// # }
/// ```
pub struct UnverifiedInstallToken<'t> {
    compact: Compact<'t>,
    kid: KeyId,
    claims: HostClaims,
    jti: Option<Arc<str>>,
    audience: Option<Audience>,
    hash: TokenHash,
}

/// A verified lifecycle token: of the tenant that is installed or uninstalled, by the user who did it.
pub type InstallToken = Token<InstallClaims>;

/// What a verified lifecycle token says besides what every [`Token`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallClaims {
    kid: KeyId,
    path_form: PathForm,
    jti: Option<Arc<str>>,
    hash: TokenHash,
}

impl<'t> UnverifiedInstallToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `token_malformed`, `too_large`, `algorithm` when it is not RS256, `critical_header`,
    /// `key_id_missing`, `key_id_invalid` when the key's id is no plain identifier, `claim_missing` or
    /// `claim_type`.
    pub fn parse(token: &'t str) -> Result<Self, Error> {
        // step 1: three segments and a JSON header; step 2: the algorithm, fixed by this type
        let compact = Compact::parse(token, Algorithm::Rs256)?;
        // step 3: the key's id goes into a URL and is the sender's choice
        let kid = compact.kid().ok_or(ErrorKind::KeyIdMissing)?;
        let found = || shown(kid);
        let kid = KeyId::new(kid).map_err(|_| ErrorKind::KeyIdInvalid { found: found() })?;
        let claims = Claims::read(compact.claims()?)?;
        Ok(Self {
            claims: HostClaims::of(&claims)?,
            kid,
            jti: claims.jti().map(shared),
            audience: claims.audience(),
            hash: TokenHash::of(token),
            compact,
        })
    }

    /// Which of the platform's keys says to have signed it.
    #[must_use]
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// Who says to be installed or uninstalled. **Proves nothing**.
    pub(super) const fn issuer(&self) -> &ClientKey {
        &self.claims.issuer
    }

    /// Checks the token against the request it came with, the `clientKey` of the body, and the
    /// platform's key, which is step 4, the caller's: fetched by [`Self::kid`] from a configured
    /// host. A backend has all this and more done by [`super::Verifier::installed`], which says what
    /// cannot be right before a key is fetched.
    ///
    /// # Errors
    /// In this order: `expired` or `not_yet_valid`, `claim_missing` or `audience` when it is not for
    /// this app, `claim_missing` or `context_token` when it has no query hash of a request,
    /// `outside_base_url` when the request is not below that base URL, `qsh_mismatch` when it has
    /// another's, `tenant_mismatch` when the body names another tenant, `signature`.
    pub fn verify(
        &self,
        key: &RsaPublicKey,
        request: &RequestLine<'_>,
        body_client_key: &ClientKey,
        expected: &RequestVerifierConfig,
        now: UnixTime,
    ) -> Result<Verified<InstallToken>, Error> {
        let path_form = self.check_unproved(request, body_client_key, expected, now)?;
        self.verify_signature(key, path_form, expected)
    }

    /// Step 5, of a token that [`Self::check_unproved`] took.
    pub(super) fn verify_signature(
        &self,
        key: &RsaPublicKey,
        path_form: PathForm,
        expected: &RequestVerifierConfig,
    ) -> Result<Verified<InstallToken>, Error> {
        self.compact.verify_rs256(key)?;
        let claims = &self.claims;
        Ok(Token::verified(
            Arc::new(claims.issuer.clone()),
            claims.subject.clone(),
            claims.validity,
            expected.allowed_leeway(),
            InstallClaims {
                kid: self.kid.clone(),
                path_form,
                jti: self.jti.clone(),
                hash: self.hash,
            },
        ))
    }

    /// Checks all that can be checked without the platform's key, so that a token which cannot be
    /// right costs no fetch. **Proves nothing**: anybody can write what it looks at.
    pub(super) fn check_unproved(
        &self,
        request: &RequestLine<'_>,
        body_client_key: &ClientKey,
        expected: &RequestVerifierConfig,
        now: UnixTime,
    ) -> Result<PathForm, Error> {
        let claims = &self.claims;
        // step 6
        claims.validity.check(now, expected.allowed_leeway())?;
        // step 7
        let base = base_url_meant(self.audience.as_ref(), expected)?;
        // step 8
        let claimed = claims.qsh.of_a_request()?;
        let path_form = expected.check_qsh_below(claimed, request, base)?;
        // step 9: eventType is the body reader's
        if claims.issuer != *body_client_key {
            return Err(ErrorKind::TenantMismatch {
                field: "clientKey",
                expected: claims.issuer.to_string(),
                found: shown(body_client_key.as_str()),
            }
            .into());
        }
        Ok(path_form)
    }

    /// Says what request the token's query hash is of, as far as that can be found out: for logs
    /// and support, whatever the signature is.
    #[must_use]
    pub fn explain(
        &self,
        request: &RequestLine<'_>,
        expected: &RequestVerifierConfig,
    ) -> Explanation {
        Explanation::of_claim(&self.claims.qsh, request, expected.base_url())
    }
}

/// The accepted base URL that the audience names.
fn base_url_meant<'e>(
    audience: Option<&Audience>,
    expected: &'e RequestVerifierConfig,
) -> Result<&'e BaseUrl, Error> {
    let audience = audience.ok_or(ErrorKind::ClaimMissing { claim: "aud" })?;
    expected
        .base_urls()
        .find(|base| audience.any(|one| base.is(one)))
        .ok_or_else(|| {
            ErrorKind::Audience {
                expected: all_base_urls(expected),
                found: audience.shown(),
            }
            .into()
        })
}

/// Every accepted base URL, for a message.
fn all_base_urls(expected: &RequestVerifierConfig) -> String {
    let all: Vec<_> = expected.base_urls().map(ToString::to_string).collect();
    all.join("` or `")
}

impl InstallToken {
    /// The platform's key that signed it.
    #[must_use]
    pub const fn kid(&self) -> &KeyId {
        &self.claims.kid
    }

    /// Whether the host hashed the path as written or decoded.
    #[must_use]
    pub const fn path_form(&self) -> PathForm {
        self.claims.path_form
    }

    /// The token's own id, if it has one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.claims.jti.as_deref()
    }

    /// Names this very token, for refusing it with another body: see [`crate::delivery`].
    #[must_use]
    pub const fn hash(&self) -> TokenHash {
        self.claims.hash
    }

    /// A mark that holds the token to this body for as long as it verifies.
    #[must_use]
    pub fn replay_mark(&self, body: &[u8]) -> ReplayMark {
        ReplayMark::from_hash(self.claims.hash, body, self.proves_until())
    }
}

impl std::fmt::Debug for UnverifiedInstallToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedInstallToken")
            .field("kid", &self.kid)
            .field("issuer", &self.claims.issuer)
            .finish_non_exhaustive()
    }
}
