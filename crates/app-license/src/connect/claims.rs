//! What the kinds of Connect tokens have in common.

use std::sync::Arc;

use crate::gate::json::Str;

use crate::document::name_of;
use crate::error::{Error, ErrorKind};
use crate::ids::ClientKey;
use crate::jwt::{Claims, Validity};
use crate::shared_text::shared;

/// The query hash a token claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claimed {
    /// None at all.
    Nothing,
    /// The literal of context tokens.
    Context,
    /// Something as long as the hash of a request.
    Hash([u8; 64]),
    /// Something else.
    Other(String),
}

/// The claims of a token from the host, **not verified**.
pub(super) struct HostClaims {
    pub(super) issuer: ClientKey,
    pub(super) subject: Option<Arc<str>>,
    pub(super) validity: Validity,
    pub(super) qsh: Claimed,
}

impl HostClaims {
    pub(super) fn of(claims: &Claims<'_>) -> Result<Self, Error> {
        Ok(Self {
            issuer: client_key("iss", &name_of(claims.iss()?))?,
            subject: claims.sub().map(shared),
            validity: claims.validity()?,
            qsh: Claimed::of(claims),
        })
    }
}

impl Claimed {
    pub(super) fn of(claims: &Claims<'_>) -> Self {
        match claims.qsh() {
            None => Self::Nothing,
            Some(qsh) if qsh == Str::from(super::Qsh::CONTEXT) => Self::Context,
            Some(qsh) => match qsh.plain().and_then(|q| q.as_bytes().try_into().ok()) {
                Some(hash) => Self::Hash(hash),
                None => Self::Other(qsh.to_string()),
            },
        }
    }

    /// The hash of a request, and nothing that stands in its place.
    pub(super) fn of_a_request(&self) -> Result<&str, Error> {
        match self {
            Self::Hash(hash) => Ok(str::from_utf8(hash).unwrap_or_default()),
            Self::Other(other) => Ok(other),
            Self::Context => Err(ErrorKind::ContextToken.into()),
            Self::Nothing => Err(ErrorKind::ClaimMissing { claim: "qsh" }.into()),
        }
    }
}

/// A claim that names a tenant.
pub(super) fn client_key(claim: &'static str, text: &str) -> Result<ClientKey, Error> {
    ClientKey::new(text).map_err(|_| {
        ErrorKind::ClaimType {
            claim,
            expected: "the key of a client",
        }
        .into()
    })
}
