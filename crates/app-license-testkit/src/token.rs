//! Compact tokens of any content, honest or not.

use serde_json::{Map, Value};

use crate::bytes::{base64url, hmac_sha256};
use crate::keys::SigningKey;

/// A token before it is signed: any header, any claims. What the host makes starts here, and so
/// does what an attacker makes.
///
/// ```
/// use app_license_testkit::TokenSpec;
/// let token = TokenSpec::new()
///     .claim("iss", "tenant-1")
///     .header("crit", serde_json::json!(["b64"]))
///     .hs256(b"0123456789abcdef");
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TokenSpec {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl TokenSpec {
    /// A token without claims, of type `JWT`.
    #[must_use]
    pub fn new() -> Self {
        Self::default().header("typ", "JWT")
    }

    /// Sets a field of the header. Signing sets `alg`, unless it is set here.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a claim out.
    ///
    /// ```
    /// use app_license_testkit::TokenSpec;
    /// let spec = TokenSpec::new().claim("qsh", "context-qsh").without_claim("qsh");
    /// assert_eq!(spec.unsigned(), TokenSpec::new().unsigned());
    /// ```
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The value of a claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Signs with HMAC-SHA-256.
    #[must_use]
    pub fn hs256(&self, secret: &[u8]) -> String {
        let body = self.body("HS256");
        let signature = hmac_sha256(secret, body.as_bytes());
        format!("{body}.{}", base64url(&signature))
    }

    /// Signs with RSA; the key's id becomes `kid`, unless the header has one.
    ///
    /// ```
    /// use app_license_testkit::{SigningKey, TokenSpec};
    /// let token = TokenSpec::new().claim("iss", "x").rs256(&SigningKey::shipped_first()?);
    /// assert_eq!(token.split('.').count(), 3);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn rs256(&self, key: &SigningKey) -> String {
        let body = if self.header.contains_key("kid") {
            self.body("RS256")
        } else {
            self.clone().header("kid", key.id()).body("RS256")
        };
        format!("{body}.{}", base64url(&key.sign(body.as_bytes())))
    }

    /// Does not sign: `alg` is `none` and the signature is empty.
    ///
    /// ```
    /// use app_license_testkit::TokenSpec;
    /// assert!(TokenSpec::new().unsigned().ends_with('.'));
    /// ```
    #[must_use]
    pub fn unsigned(&self) -> String {
        format!("{}.", self.body("none"))
    }

    fn body(&self, alg: &str) -> String {
        let mut header = self.header.clone();
        header.entry("alg").or_insert_with(|| alg.into());
        let header = Value::Object(header).to_string();
        let claims = Value::Object(self.claims.clone()).to_string();
        format!(
            "{}.{}",
            base64url(header.as_bytes()),
            base64url(claims.as_bytes())
        )
    }
}
