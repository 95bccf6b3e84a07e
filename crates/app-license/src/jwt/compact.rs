//! The compact form: three segments, decoded once into one buffer.

use super::header::Header;
use super::segment::{decode, malformed};
use super::{Algorithm, HmacKey, RsaPublicKey};
use crate::error::{Error, ErrorKind, at_most};
use crate::find::split_once;

/// The largest token, in bytes: what a web server takes as a header line, and more.
const MAX_TOKEN: usize = 32 * 1024;

/// A compact token, decoded but **not verified**.
pub(crate) struct Compact<'t> {
    signing_input: &'t str,
    /// The payload, then the signature.
    buffer: Vec<u8>,
    payload: usize,
    kid: Option<String>,
}

impl<'t> Compact<'t> {
    /// Takes a token apart. Refuses every algorithm but `algorithm`.
    pub(crate) fn parse(token: &'t str, algorithm: Algorithm) -> Result<Self, Error> {
        at_most("token", token.len(), MAX_TOKEN)?;
        let (header, rest) = split_once(token, b'.').ok_or_else(segments)?;
        let (payload, signature) = split_once(rest, b'.').ok_or_else(segments)?;
        if split_once(signature, b'.').is_some() {
            return Err(segments());
        }
        let kid = Header::read(header, algorithm)?.kid;
        let mut buffer = Vec::with_capacity(rest.len());
        decode(payload, &mut buffer)?;
        let payload = buffer.len();
        decode(signature, &mut buffer)?;
        let signed = token
            .len()
            .saturating_sub(signature.len().saturating_add(1));
        Ok(Self {
            signing_input: token.get(..signed).unwrap_or_default(),
            buffer,
            payload,
            kid,
        })
    }

    /// The key the header names, which the sender chose.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The claims as the sender wrote them: JSON text, still to be read.
    pub(crate) fn payload(&self) -> &[u8] {
        self.buffer.get(..self.payload).unwrap_or_default()
    }

    fn signature(&self) -> &[u8] {
        self.buffer.get(self.payload..).unwrap_or_default()
    }

    /// Checks an HS256 signature over the exact bytes of the token.
    pub(crate) fn verify_hs256(&self, key: &HmacKey) -> Result<(), Error> {
        matched(key.verify(self.signing_input.as_bytes(), self.signature()))
    }

    /// Checks an RS256 signature over the exact bytes of the token.
    pub(crate) fn verify_rs256(&self, key: &RsaPublicKey) -> Result<(), Error> {
        matched(key.verify(self.signing_input.as_bytes(), self.signature()))
    }
}

#[cold]
fn segments() -> Error {
    malformed("it does not have exactly three segments")
}

fn matched(yes: bool) -> Result<(), Error> {
    if yes {
        Ok(())
    } else {
        Err(ErrorKind::Signature.into())
    }
}
