//! One segment of a compact token: strict base64url.

use super::base64url;
use crate::error::{Error, ErrorKind};

pub(super) fn decode(segment: &str, into: &mut Vec<u8>) -> Result<(), Error> {
    base64url::decode(segment, into).ok_or_else(|| malformed("a segment is not strict base64url"))
}

#[cold]
pub(super) fn malformed(reason: &'static str) -> Error {
    ErrorKind::TokenMalformed { reason }.into()
}
