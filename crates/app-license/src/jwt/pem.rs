//! PEM text to the parts of a key, the same for every backend.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, ErrorKind};

/// The largest PEM text, in bytes: an 8192-bit key has about 1500.
const MAX_PEM: usize = 4096;

/// Modulus and exponent of one `PUBLIC KEY` block, and nothing beside it.
pub(super) fn public_components(pem: &str) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let pem = pem.trim_ascii();
    let body = pem
        .strip_prefix("-----BEGIN PUBLIC KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
        .filter(|body| pem.len() <= MAX_PEM && !body.contains('-'))
        .ok_or_else(|| malformed("it is not one PEM block of a public key"))?;
    if body.trim_ascii().is_empty() {
        return Err(malformed("it is empty"));
    }
    let unreadable = || malformed("it is not the PEM of an RSA public key");
    let text: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| unreadable())?;
    let (n, e) = subject_public_key(&der)
        .and_then(rsa_public_key)
        .ok_or_else(unreadable)?;
    Ok((n.to_vec(), e.to_vec()))
}

#[cold]
pub(super) fn malformed(reason: &'static str) -> Error {
    ErrorKind::KeyMalformed {
        what: "RSA public key",
        reason,
    }
    .into()
}

/// What a `SubjectPublicKeyInfo` of the algorithm `rsaEncryption` holds, nothing after it.
fn subject_public_key(der: &[u8]) -> Option<&[u8]> {
    const RSA_ENCRYPTION: [u8; 13] = [
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let (info, []) = tagged(der, 0x30)? else {
        return None;
    };
    let (algorithm, rest) = tagged(info, 0x30)?;
    let (bits, []) = tagged(rest, 0x03)? else {
        return None;
    };
    // a bit string begins with how many bits of its last byte are not used
    bits.strip_prefix(&[0])
        .filter(|_| algorithm == RSA_ENCRYPTION)
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, nothing after it.
fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, []) = tagged(der, 0x30)? else {
        return None;
    };
    let (n, rest) = tagged(sequence, 0x02)?;
    let (e, []) = tagged(rest, 0x02)? else {
        return None;
    };
    // a first bit set would be a negative number
    let positive = |number: &[u8]| number.first().is_some_and(|b| b & 0x80 == 0);
    (positive(n) && positive(e)).then_some((n, e))
}

/// The content of one element and what follows it.
fn tagged(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => {
            let (&[len], rest) = rest.split_first_chunk::<1>()?;
            (usize::from(len), rest)
        }
        0x82 => {
            let (len, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*len)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len)
}
