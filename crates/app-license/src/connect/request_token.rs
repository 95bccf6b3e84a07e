//! Tokens of iframe URLs, webhooks and everything else that is bound to one URL.

use std::sync::OnceLock;

use super::canonical_request::PathForm;
use super::claims::HostClaims;
use super::explain::Explanation;
use super::iframe_query::{IframeQuery, QueryParameters};
use super::request_line::RequestLine;
use super::tenant_keys::{SignedWith, TenantKeys};
use super::token::Token;
use super::verifier_config::RequestVerifierConfig;
use crate::error::Error;
use crate::ids::ClientKey;
use crate::jwt::{Algorithm, Claims, Compact};
use crate::license::License;
use crate::time::UnixTime;
use crate::verified::Verified;

/// A token bound to one request, **not verified**: good for finding the tenant's keys.
///
/// The host signs iframe URLs, webhooks, and the events `enabled` and `disabled` with it: HS256
/// with the installation's shared secret, over a query hash of the request.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
/// use app_license::connect::{
///     BaseUrl, CanonicalRequest, RequestLine, RequestVerifierConfig, TenantKeys, TokenClaims,
///     UnverifiedRequestToken,
/// };
/// use app_license::{ClientKey, HmacKey, SharedSecret, UnixTime};
///
/// let now = UnixTime::from_seconds(1_800_000_000).unwrap();
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?);
/// let request = RequestLine::new("GET", "/panel?lic=active&capSet=capabilityAdvanced");
/// // what the host does
/// let canonical = CanonicalRequest::new(&request, expected.base_url())?;
/// let token = TokenClaims::new("tenant-1", now).qsh(&canonical).sign(&key);
///
/// let token = UnverifiedRequestToken::parse(&token)?;
/// let keys = TenantKeys::new(ClientKey::new("tenant-1")?, key); // found by token.issuer()
/// let token = token.verify(&keys, &request, &expected, now)?;
/// assert!(token.license().has_capability("capabilityAdvanced"));
/// # Ok::<(), app_license::Error>(())
/// ```
pub struct UnverifiedRequestToken<'t> {
    compact: Compact<'t>,
    claims: HostClaims,
}

/// A verified request token: of the tenant whose request it is, and of its user.
pub type RequestToken = Token<RequestClaims>;

/// What a verified request token says besides what every [`Token`] does, and the query it proves.
#[derive(Clone)]
pub struct RequestClaims {
    path_form: PathForm,
    signed_with: SignedWith,
    query: Box<str>,
    /// Read when it is first asked for: a webhook has nothing in it.
    parameters: OnceLock<QueryParameters>,
}

impl<'t> UnverifiedRequestToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `token_malformed`, `too_large`, `algorithm` when it is not HS256, `critical_header`,
    /// `claim_missing` or `claim_type`.
    pub fn parse(token: &'t str) -> Result<Self, Error> {
        // steps 1 and 2: form and algorithm, before any key is thought of
        let compact = Compact::parse(token, Algorithm::Hs256)?;
        let claims = HostClaims::of(&Claims::read(compact.claims()?)?)?;
        Ok(Self { compact, claims })
    }

    /// Who says to have signed it: whose keys to verify with.
    #[must_use]
    pub const fn issuer(&self) -> &ClientKey {
        &self.claims.issuer
    }

    /// Checks the token against the tenant's keys and the request it came with; again, where the keys may
    /// have been replaced meanwhile.
    ///
    /// # Errors
    /// In this order: `issuer` when the keys are another tenant's, `signature`, `expired` or
    /// `not_yet_valid`, `claim_missing` or `context_token` when it has no query hash of a request,
    /// `outside_base_url` when the request is not below the app's base URL, `qsh_mismatch` when it
    /// has another's; see [`Self::explain`].
    pub fn verify(
        &self,
        keys: &TenantKeys,
        request: &RequestLine<'_>,
        expected: &RequestVerifierConfig,
        now: UnixTime,
    ) -> Result<Verified<RequestToken>, Error> {
        let claims = &self.claims;
        // step 9, for HS256: the issuer picked the record, so the record must be the issuer's
        let tenant = keys.belong_to(&claims.issuer)?;
        // step 5
        let signed_with = keys.verify(&self.compact)?;
        // step 6
        claims.validity.check(now, expected.allowed_leeway())?;
        // step 8
        let path_form = expected.check_qsh(claims.qsh.of_a_request()?, request)?;
        Ok(Token::verified(
            tenant,
            claims.subject.clone(),
            claims.validity,
            expected.allowed_leeway(),
            RequestClaims {
                path_form,
                signed_with,
                query: request.query().into(),
                parameters: OnceLock::new(),
            },
        ))
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

impl RequestToken {
    /// Whether the host hashed the path as written or decoded.
    #[must_use]
    pub const fn path_form(&self) -> PathForm {
        self.claims.path_form
    }

    /// Which of the tenant's secrets signed it.
    #[must_use]
    pub const fn signed_with(&self) -> SignedWith {
        self.claims.signed_with
    }

    /// The query that was verified.
    #[must_use]
    pub fn query(&self) -> IframeQuery<'_> {
        self.claims.query()
    }
}

impl Verified<RequestToken> {
    /// The license that the verified query states, as of the token's `iat`.
    #[must_use]
    pub fn license(&self) -> Verified<License> {
        Verified::new(self.query().license().at(self.issued_at()))
    }
}

impl RequestClaims {
    fn query(&self) -> IframeQuery<'_> {
        let parameters = self
            .parameters
            .get_or_init(|| QueryParameters::in_query(&self.query));
        IframeQuery::of(&self.query, *parameters)
    }
}

impl Eq for RequestClaims {}

impl PartialEq for RequestClaims {
    fn eq(&self, other: &Self) -> bool {
        let rest = |it: &Self| (it.path_form, it.signed_with);
        rest(self) == rest(other) && self.query == other.query
    }
}

/// The token that may be in the query is not shown.
impl std::fmt::Debug for RequestClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestClaims")
            .field("path_form", &self.path_form)
            .field("signed_with", &self.signed_with)
            .field("query", &self.query())
            .finish()
    }
}

impl std::fmt::Debug for UnverifiedRequestToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedRequestToken")
            .field("issuer", &self.claims.issuer)
            .finish_non_exhaustive()
    }
}
