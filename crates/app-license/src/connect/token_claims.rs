//! Making tokens: for calls to the host, for the app's own front end, and for tests.

use std::time::Duration;

use crate::gate::json::Scanner;

use super::Qsh;
use super::base_url::BaseUrl;
use super::canonical_request::CanonicalRequest;
use super::request_line::RequestLine;
use crate::error::{Error, in_json};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
use crate::ids::KeyId;
use crate::ids::{AppKey, ClientKey};
use crate::jwt::{HmacKey, hs256_token};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
use crate::jwt::{RsaSigningKey, rs256_token};
use crate::time::UnixTime;

/// How long a token lives unless it is said otherwise: what the platform recommends to apps for their
/// own. Of the host's tokens, Confluence's live as long, and Jira's 900 s.
const LIFETIME: Duration = Duration::from_secs(180);

/// The claims of a token to be signed.
///
/// ```
/// use app_license::connect::TokenClaims;
/// use app_license::UnixTime;
/// let claims = TokenClaims::new("tenant-1", UnixTime::from_seconds(1_800_000_000).unwrap())
///     .subject("5b10a2844c20165700ede21g")
///     .context_qsh();
/// assert_eq!(
///     claims.to_json(),
///     r#"{"iss":"tenant-1","iat":1800000000,"exp":1800000180,"sub":"5b10a2844c20165700ede21g","qsh":"context-qsh"}"#,
/// );
/// ```
#[derive(Debug, Clone)]
pub struct TokenClaims {
    issuer: String,
    issued_at: UnixTime,
    lifetime: Duration,
    subject: Option<String>,
    audience: Vec<String>,
    qsh: Option<String>,
    /// Further members, each beginning with a comma.
    more: String,
}

impl TokenClaims {
    /// Claims of this issuer that begin now and hold for 180 seconds.
    #[must_use]
    pub fn new(issuer: impl Into<String>, now: UnixTime) -> Self {
        Self {
            issuer: issuer.into(),
            issued_at: now,
            lifetime: LIFETIME,
            subject: None,
            audience: Vec::new(),
            qsh: None,
            more: String::new(),
        }
    }

    /// How long the token holds, in whole seconds.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::connect::TokenClaims;
    /// use std::time::Duration;
    /// let claims = TokenClaims::new("tenant-1", UnixTime::EPOCH).lifetime(Duration::from_secs(900));
    /// assert_eq!(claims.to_json(), r#"{"iss":"tenant-1","iat":0,"exp":900}"#);
    /// ```
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The user.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// One more recipient.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Binds the token to one request.
    #[must_use]
    pub fn qsh(mut self, canonical: &CanonicalRequest) -> Self {
        self.qsh = Some(canonical.qsh().to_string());
        self
    }

    /// Says that the token is bound to no request, as context tokens do.
    #[must_use]
    pub fn context_qsh(mut self) -> Self {
        self.qsh = Some(Qsh::CONTEXT.to_owned());
        self
    }

    /// One more claim, its value JSON text. A name that is there already makes a token that every
    /// verifier of this crate refuses.
    ///
    /// # Errors
    /// `json_…` when the value is not JSON.
    pub fn claim(mut self, name: &str, json: &str) -> Result<Self, Error> {
        const WHAT: &str = "claim";
        let mut scanner = Scanner::<128>::from_text(json);
        scanner.value().map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        self.more.push(',');
        push_text(name, &mut self.more);
        self.more.push(':');
        self.more.push_str(json);
        Ok(self)
    }

    /// The claims as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(256);
        json.push_str(r#"{"iss":"#);
        push_text(&self.issuer, &mut json);
        let expires = self.issued_at.plus(self.lifetime.as_secs()).as_seconds();
        json.push_str(&format!(
            r#","iat":{},"exp":{expires}"#,
            self.issued_at.as_seconds()
        ));
        if let Some(subject) = &self.subject {
            json.push_str(r#","sub":"#);
            push_text(subject, &mut json);
        }
        if !self.audience.is_empty() {
            json.push_str(r#","aud":["#);
            for (index, one) in self.audience.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_text(one, &mut json);
            }
            json.push(']');
        }
        if let Some(qsh) = &self.qsh {
            json.push_str(r#","qsh":"#);
            push_text(qsh, &mut json);
        }
        json.push_str(&self.more);
        json.push('}');
        json
    }

    /// Signs with a tenant's secret: HS256.
    #[must_use]
    pub fn sign(&self, key: &HmacKey) -> String {
        hs256_token(&self.to_json(), key)
    }

    /// Signs as the platform signs lifecycle events: RS256.
    ///
    /// # Errors
    /// `key_malformed` when the key does not sign.
    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
    pub fn sign_rs256(&self, key: &RsaSigningKey, kid: &KeyId) -> Result<String, Error> {
        rs256_token(&self.to_json(), kid.as_str(), key)
    }
}

/// Signs a call of the app to a site's REST API: the value after `JWT ` in `Authorization`.
///
/// The query hash is taken below the site's base URL (which has a path on Confluence), so the
/// target may be the absolute URL that is called. Avoid escapes in its path: hosts differ on them.
///
/// ```
/// use app_license::connect::{BaseUrl, RequestLine, sign_request};
/// use app_license::{AppKey, ClientKey, HmacKey, SharedSecret, UnixTime};
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// let site = BaseUrl::new("https://example.atlassian.net/wiki")?;
/// let call = RequestLine::new("GET", "https://example.atlassian.net/wiki/rest/api/space?limit=1");
/// let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// let token = sign_request(&call, &site, &app, &tenant, &key, UnixTime::EPOCH)?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// # Errors
/// `too_large` or `field_value` when the request cannot be one.
pub fn sign_request(
    request: &RequestLine<'_>,
    site: &BaseUrl,
    app: &AppKey,
    tenant: &ClientKey,
    key: &HmacKey,
    now: UnixTime,
) -> Result<String, Error> {
    let canonical = CanonicalRequest::new(request, site)?;
    Ok(TokenClaims::new(app.as_str(), now)
        .audience(tenant.as_str())
        .qsh(&canonical)
        .sign(key))
}

fn push_text(text: &str, json: &mut String) {
    // a text has no value that JSON could not hold
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}
