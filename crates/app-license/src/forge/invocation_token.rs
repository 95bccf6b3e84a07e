//! The Forge Invocation Token (FIT): what a remote gets with every call of the platform.

mod read;
mod tenant;
mod token;

use std::sync::Arc;

use crate::error::{Error, ErrorKind, shown};
use crate::forge::IsolatedCloud;
use crate::ids::ForgeAppId;
use crate::jwt::{Algorithm, Claims, Compact, Jwks, Leeway};
use crate::shared_text::SharedJson;
use crate::time::UnixTime;
use crate::verified::Verified;

pub use token::{InvocationToken, ProductContext};

/// What every invocation token says it is from.
const ISSUER: &str = "forge/invocation-token";
/// Another kind of token, which functions are handed: opaque, never proof.
const CONTEXT_TOKEN: &str = "forge/context-token";

/// An app as invocation tokens are held to it: which app they are for, how far clocks may differ, and
/// which Isolated Cloud they are from. Made once.
///
/// ```
/// use app_license::{ForgeAppId, Leeway, forge::Verifier};
/// let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
/// let expected = Verifier::new(app).leeway(Leeway::NONE);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    app: Arc<ForgeAppId>,
    others: Vec<Arc<ForgeAppId>>,
    leeway: Leeway,
    isolated_cloud: Option<IsolatedCloud>,
}

impl Verifier {
    /// Tokens for this app, from no Isolated Cloud, with the default leeway.
    #[must_use]
    pub fn new(app: ForgeAppId) -> Self {
        Self {
            app: Arc::new(app),
            others: Vec::new(),
            leeway: Leeway::default(),
            isolated_cloud: None,
        }
    }

    /// Tokens for this app as well, where one backend serves several. A verified token says which
    /// of them it is for: [`InvocationToken::app_id`].
    ///
    /// ```
    /// use app_license::{ForgeAppId, forge::Verifier};
    /// let expected = Verifier::new(ForgeAppId::new("8db33809")?)
    ///     .accept_app(ForgeAppId::new("11111111")?);
    /// assert_eq!(expected.apps().count(), 2);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn accept_app(mut self, app: ForgeAppId) -> Self {
        if !self.apps().any(|known| *known == app) {
            self.others.push(Arc::new(app));
        }
        self
    }

    /// How far clocks may differ.
    #[must_use]
    pub const fn leeway(mut self, leeway: Leeway) -> Self {
        self.leeway = leeway;
        self
    }

    /// Tokens from this Isolated Cloud only.
    #[must_use]
    pub fn isolated_cloud(mut self, label: IsolatedCloud) -> Self {
        self.isolated_cloud = Some(label);
        self
    }

    /// The app; the first one where there are several.
    #[must_use]
    pub fn app(&self) -> &ForgeAppId {
        &self.app
    }

    /// Every app, in the order they were named.
    pub fn apps(&self) -> impl Iterator<Item = &ForgeAppId> {
        self.shared_apps().map(|app| &**app)
    }

    fn shared_apps(&self) -> impl Iterator<Item = &Arc<ForgeAppId>> {
        std::iter::once(&self.app).chain(&self.others)
    }

    /// Every app, for errors.
    fn shown(&self) -> String {
        let apps: Vec<_> = self.apps().map(ForgeAppId::as_str).collect();
        apps.join(" or ")
    }
}

/// An invocation token, **not verified**: good for finding the platform's key.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```no_run
/// # fn keys() -> app_license::Jwks { app_license::Jwks::default() }
/// use app_license::forge::{Verifier, UnverifiedInvocationToken, bearer_token};
/// use app_license::{ForgeAppId, UnixTime};
///
/// # fn handle(authorization: &str, now: UnixTime) -> Result<(), app_license::Error> {
/// let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
/// let expected = Verifier::new(app);
/// let token = UnverifiedInvocationToken::parse(bearer_token([authorization])?)?;
/// let token = token.verify(&keys(), &expected, now)?;
/// if token.license().has_capability("capabilityAdvanced") {
///     // …
/// }
/// # Ok(())
/// # }
/// ```
pub struct UnverifiedInvocationToken<'t> {
    compact: Compact<'t>,
}

impl<'t> UnverifiedInvocationToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `token_malformed`, `too_large`, `algorithm` when it is not RS256, `critical_header`,
    /// `key_id_missing`, `forge_context_token` when it names a key of another kind of token.
    pub fn parse(token: &'t str) -> Result<Self, Error> {
        // step 1: the algorithm, fixed by this type, before any key is looked up
        let compact = Compact::parse(token, Algorithm::Rs256)?;
        // step 2: a key by name; without one there is no guessing
        let kid = compact.kid().ok_or(ErrorKind::KeyIdMissing)?;
        let context = kid.strip_prefix(CONTEXT_TOKEN);
        if context.is_some_and(|rest| rest.starts_with('/')) {
            return Err(ErrorKind::ForgeContextToken.into());
        }
        Ok(Self { compact })
    }

    /// Which of the platform's keys says to have signed it. The sender's choice.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.compact.kid().unwrap_or_default()
    }

    /// Checks the token against the platform's keys and what is expected of it.
    ///
    /// # Errors
    /// In this order: `unknown_key` when the set lacks its key (fetch the set again, once),
    /// `signature`, `token_malformed`, `claim_missing` or `claim_type`, `forge_context_token` or
    /// `issuer`, `audience`, `expired` or `not_yet_valid`, `claims_contradict` when two claims name
    /// different apps, installations or sites, `isolated_cloud`.
    pub fn verify(
        &self,
        keys: &Jwks,
        expected: &Verifier,
        now: UnixTime,
    ) -> Result<Verified<InvocationToken>, Error> {
        // step 3: the signature, by every key of that very name
        self.check_signature(keys)?;
        let mut read = read::Read::default();
        let text = self.compact.claims()?;
        let claims = Claims::read_with(text, |s, key| read.claim(s, key))?;
        // step 4: the issuer
        let issuer = claims.iss()?;
        if issuer != ISSUER.into() {
            if issuer == CONTEXT_TOKEN.into() {
                return Err(ErrorKind::ForgeContextToken.into());
            }
            return Err(ErrorKind::Issuer {
                expected: ISSUER.to_owned(),
                found: shown(&issuer.to_string()),
            }
            .into());
        }
        // step 5: the audience is the app's whole ARI, never a bare id
        let mut meant = expected
            .shared_apps()
            .filter(|app| claims.is_for(app.as_str()));
        let Some(first) = meant.next() else {
            let audience = claims.audience();
            let audience = audience.ok_or(ErrorKind::ClaimMissing { claim: "aud" })?;
            return Err(ErrorKind::Audience {
                expected: expected.shown(),
                found: audience.shown(),
            }
            .into());
        };
        // of several the one that the token says to be from
        let app = meant.find(|app| read.is_from(app)).unwrap_or(first);
        // step 6: the times
        let validity = claims.validity()?;
        validity.check(now, expected.leeway)?;
        // step 7: app, installation and site agree wherever they are named
        read.check_tenant(app)?;
        // step 8: an Isolated Cloud only by configuration
        read.check_isolated_cloud(expected.isolated_cloud.as_ref())?;
        let kept = SharedJson::new(text);
        read.into_token(
            Arc::clone(app),
            validity,
            expected.leeway,
            claims.jti(),
            &kept,
        )
        .map(Verified::new)
    }

    fn check_signature(&self, keys: &Jwks) -> Result<(), Error> {
        let mut tried = None;
        for key in keys.find(self.kid()) {
            match self.compact.verify_rs256(key) {
                Ok(()) => return Ok(()),
                Err(error) => tried = Some(error),
            }
        }
        Err(tried.unwrap_or_else(|| {
            ErrorKind::UnknownKey {
                kid: shown(self.kid()),
            }
            .into()
        }))
    }
}

impl std::fmt::Debug for UnverifiedInvocationToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedInvocationToken")
            .field("kid", &shown(self.kid()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
