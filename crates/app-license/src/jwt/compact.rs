//! The compact form: three segments, decoded once into one buffer.

use std::ops::Range;

use super::header::read_header;
use super::segment::{decode, malformed};
use super::{Algorithm, Claims, HmacKey, RsaPublicKey};
use crate::error::{Error, ErrorKind, at_most};
use crate::find::split_once;
use crate::gate::json;

/// The largest token, in bytes: what a web server takes as a header line, and more.
const MAX_TOKEN: usize = 32 * 1024;

/// A compact token, decoded but **not verified**.
pub(crate) struct Compact<'t> {
    signing_input: &'t str,
    /// What was read of the header, the payload, and the signature.
    buffer: Vec<u8>,
    kid: Option<Range<usize>>,
    payload: Range<usize>,
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
        // three bytes of four characters
        let mut buffer = Vec::with_capacity(token.len().saturating_sub(token.len() / 4));
        let kid = read_header(header, algorithm, &mut buffer)?;
        let start = buffer.len();
        decode(payload, &mut buffer)?;
        let payload = start..buffer.len();
        decode(signature, &mut buffer)?;
        let signed = token
            .len()
            .saturating_sub(signature.len().saturating_add(1));
        Ok(Self {
            signing_input: token.get(..signed).unwrap_or_default(),
            buffer,
            kid,
            payload,
        })
    }

    /// The key the header names, which the sender chose.
    pub(crate) fn kid(&self) -> Option<&str> {
        let kid = self.buffer.get(self.kid.clone()?)?;
        str::from_utf8(kid).ok()
    }

    /// The claims as the sender wrote them: text, still to be read.
    pub(crate) fn claims(&self) -> Result<&str, Error> {
        let payload = self.buffer.get(self.payload.clone()).unwrap_or_default();
        json::checked(payload).map_err(Claims::fault)
    }

    fn signature(&self) -> &[u8] {
        self.buffer.get(self.payload.end..).unwrap_or_default()
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
