//! Public keys in PEM, and private ones.
#![no_main]

use app_license::{RsaPublicKey, RsaSigningKey};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = RsaPublicKey::from_pem(text);
    let _ = RsaSigningKey::from_pem(text);
});
