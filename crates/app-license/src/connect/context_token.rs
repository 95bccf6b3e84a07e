//! Tokens of `AP.context.getToken()`: from the app's own front end, bound to no URL.

use crate::gate::json::{self, Kind, Scanner, Str};
use crate::gate::user_access::UserAccess;

use super::claims::{Claimed, HostClaims};
use super::tenant_keys::{SignedWith, TenantKeys};
use super::token::Token;
use super::verifier_config::RequestVerifierConfig;
use crate::error::{Error, ErrorKind};
use crate::ids::ClientKey;
use crate::jwt::{Algorithm, Claims, Compact};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::Verified;

/// A context token, **not verified**: good for finding the tenant's keys.
///
/// It proves a user of a tenant, and nothing about the request it came with. Take it only on
/// routes that are made for it.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
/// use app_license::connect::{BaseUrl, RequestVerifierConfig, TenantKeys, TokenClaims};
/// use app_license::connect::UnverifiedContextToken;
/// use app_license::{ClientKey, HmacKey, SharedSecret, UnixTime};
///
/// let now = UnixTime::from_seconds(1_800_000_000).unwrap();
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef")?);
/// let token = TokenClaims::new("tenant-1", now)
///     .context_qsh()
///     .claim("context", r#"{"license":{"active":true}}"#)?
///     .sign(&key);
///
/// let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?);
/// let keys = TenantKeys::new(ClientKey::new("tenant-1")?, key);
/// let token = UnverifiedContextToken::parse(&token)?.verify(&keys, &expected, now)?;
/// assert!(token.license().has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
pub struct UnverifiedContextToken<'t> {
    compact: Compact<'t>,
    claims: HostClaims,
    context: Option<String>,
    license: License,
}

/// A verified context token: of the tenant whose user it is, and of that user.
pub type ContextToken = Token<ContextClaims>;

/// What a verified context token says besides what every [`Token`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextClaims {
    signed_with: SignedWith,
    context: Option<String>,
    license: License,
}

impl<'t> UnverifiedContextToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `token_malformed`, `too_large`, `algorithm` when it is not HS256, `critical_header`,
    /// `claim_missing` or `claim_type`.
    pub fn parse(token: &'t str) -> Result<Self, Error> {
        let compact = Compact::parse(token, Algorithm::Hs256)?;
        let mut context = None;
        let mut said = Said::default();
        let claims = Claims::read_with(compact.claims()?, |s, key| {
            if key != Str::from("context") {
                return s.value().map(drop).map_err(Claims::fault);
            }
            let text = s.span(|s| read_context(s, &mut said));
            context = Some(text.map_err(|fault| fault.0)?.to_owned());
            Ok(())
        })?;
        let claims = HostClaims::of(&claims)?;
        let license = said
            .license
            .unwrap_or_else(|| License::absent(LicenseSource::ConnectContextToken))
            .with_user_access(said.user_access);
        Ok(Self {
            compact,
            claims,
            context,
            license,
        })
    }

    /// Who says to have signed it: whose keys to verify with.
    #[must_use]
    pub const fn issuer(&self) -> &ClientKey {
        &self.claims.issuer
    }

    /// Checks the token against the tenant's keys.
    ///
    /// # Errors
    /// In this order: `issuer` when the keys are another tenant's, `signature`, `expired` or
    /// `not_yet_valid`, `not_context_token` when its query hash is anything but `context-qsh`.
    pub fn verify(
        &self,
        keys: &TenantKeys,
        expected: &RequestVerifierConfig,
        now: UnixTime,
    ) -> Result<Verified<ContextToken>, Error> {
        let claims = &self.claims;
        let tenant = keys.belong_to(&claims.issuer)?;
        let signed_with = keys.verify(&self.compact)?;
        claims.validity.check(now, expected.allowed_leeway())?;
        if claims.qsh != Claimed::Context {
            return Err(ErrorKind::NotContextToken.into());
        }
        Ok(Token::verified(
            tenant,
            claims.subject.clone(),
            claims.validity,
            expected.allowed_leeway(),
            ContextClaims {
                signed_with,
                context: self.context.clone(),
                license: self.license.clone().at(claims.validity.iat),
            },
        ))
    }
}

impl ContextToken {
    /// Which of the tenant's secrets signed it.
    #[must_use]
    pub const fn signed_with(&self) -> SignedWith {
        self.claims.signed_with
    }

    /// The product context, JSON text as the host wrote it.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        self.claims.context.as_deref()
    }
}

impl Verified<ContextToken> {
    /// The license in the product context, as of the token's `iat`; absent when it has none.
    #[must_use]
    pub fn license(&self) -> Verified<License> {
        Verified::new(self.claims.license.clone())
    }
}

impl std::fmt::Debug for UnverifiedContextToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedContextToken")
            .field("issuer", &self.claims.issuer)
            .finish_non_exhaustive()
    }
}

/// What the product context says of the license and of the user.
#[derive(Default)]
struct Said {
    license: Option<License>,
    user_access: Option<UserAccess>,
}

/// Reads `context`, an object or null.
fn read_context<const KEYS: usize>(
    scanner: &mut Scanner<'_, KEYS>,
    said: &mut Said,
) -> Result<(), ClaimError> {
    match scanner.peek()? {
        Kind::Object => {}
        Kind::Null => return Ok(scanner.value().map(drop)?),
        _ => return Err(ClaimError(wrong("context", "an object"))),
    }
    scanner.object::<ClaimError>(|s, key| {
        if key == Str::from("userAccess") {
            said.user_access = UserAccess::of(s.value()?);
            return Ok(());
        }
        if key != Str::from("license") {
            s.value()?;
            return Ok(());
        }
        match s.peek()? {
            Kind::Object | Kind::Null => {
                said.license = Some(License::read(s, LicenseSource::ConnectContextToken)?);
                Ok(())
            }
            _ => Err(ClaimError(wrong("context.license", "an object"))),
        }
    })
}

#[cold]
fn wrong(claim: &'static str, expected: &'static str) -> Error {
    ErrorKind::ClaimType { claim, expected }.into()
}

struct ClaimError(Error);

impl From<json::Error> for ClaimError {
    fn from(error: json::Error) -> Self {
        Self(Claims::fault(error))
    }
}

#[cfg(test)]
mod tests {
    use super::UnverifiedContextToken;
    use crate::connect::{BaseUrl, RequestVerifierConfig, TenantKeys, TokenClaims};
    use crate::{ClientKey, HmacKey, Policy, SharedSecret, UnixTime};

    #[test]
    fn user_access_of_a_context_token_denies() {
        let now = UnixTime::from_seconds(1_800_000_000).unwrap();
        let secret = SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap();
        let key = HmacKey::new(&secret);
        let keys = TenantKeys::new(ClientKey::new("tenant-1").unwrap(), key.clone());
        let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com").unwrap());
        for (access, want) in [
            ("", "granted"),
            (r#""userAccess":null,"#, "granted"),
            (
                r#""userAccess":{"enabled":true,"hasAccess":true},"#,
                "granted",
            ),
            (
                r#""userAccess":{"enabled":false,"hasAccess":false},"#,
                "granted",
            ),
            (
                r#""userAccess":{"enabled":true,"hasAccess":false},"#,
                "no_user_access",
            ),
            (r#""userAccess":{"enabled":true},"#, "no_user_access"),
            (r#""userAccess":"true","#, "no_user_access"),
        ] {
            let context = format!(r#"{{{access}"license":{{"active":true}}}}"#);
            let token = TokenClaims::new("tenant-1", now)
                .context_qsh()
                .claim("context", &context)
                .unwrap()
                .sign(&key);
            let token = UnverifiedContextToken::parse(&token).unwrap();
            let token = token.verify(&keys, &expected, now).unwrap();
            let decision = token
                .license()
                .decide(&Policy::new(), "capabilityStandard", now);
            assert_eq!(decision.code(), want, "{access}");
        }
    }
}
