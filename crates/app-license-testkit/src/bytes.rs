//! Small encoders: base64url, hexadecimal, digests, ids derived from a seed.

use std::fmt::Write;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

pub(crate) fn hmac_sha256(secret: &[u8], bytes: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, bytes).as_ref().to_vec()
}

/// Ids that are the same in every run: digests of a seed, a counter and a label.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Ids {
    seed: u64,
    made: u64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, made: 0 }
    }

    /// 64 hexadecimal digits.
    pub(crate) fn hex(&mut self, label: &str) -> String {
        self.made = self.made.saturating_add(1);
        hex(&sha256(
            format!("{}/{}/{label}", self.seed, self.made).as_bytes(),
        ))
    }

    /// Something of the shape of a random UUID.
    pub(crate) fn uuid(&mut self, label: &str) -> String {
        self.hex(label)
            .chars()
            .take(32)
            .enumerate()
            .fold(String::new(), |mut id, (at, digit)| {
                if matches!(at, 8 | 12 | 16 | 20) {
                    id.push('-');
                }
                id.push(match at {
                    12 => '4',
                    16 => '8',
                    _ => digit,
                });
                id
            })
    }
}
