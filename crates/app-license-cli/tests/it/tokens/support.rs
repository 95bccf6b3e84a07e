//! What the tests have in common.

use crate::common::{Ran, file, run};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

pub(crate) const NOW: &str = "1800000000";
pub(crate) const SECRET: &str = "0123456789abcdef-the-shared-secret";
pub(crate) const BASE: &str = "https://app.example.com/connect";

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A key pair of the moment: files of the private key, the public key, and a key set.
pub(crate) struct Keys {
    pub(crate) private: String,
    pub(crate) public: String,
    pub(crate) set: String,
}

pub(crate) fn keys(test: &str) -> Keys {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let set = json!({"keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "test-1",
        "n": number(pair.public_key().modulus().big_endian_without_leading_zero()),
        "e": number(pair.public_key().exponent().big_endian_without_leading_zero()),
    }]});
    Keys {
        private: file(
            &format!("{test}/private.pem"),
            pem("PRIVATE KEY", private.as_ref()),
        ),
        public: file(
            &format!("{test}/public.pem"),
            pem("PUBLIC KEY", public.as_ref()),
        ),
        set: file(&format!("{test}/jwks.json"), set.to_string()),
    }
}

pub(crate) fn secret(test: &str) -> String {
    // with the line end that editors add
    file(&format!("{test}/t.secret"), format!("{SECRET}\n"))
}

pub(crate) fn sign(args: &[&str]) -> String {
    let ran = run(&[&["sign"], args, &["--now", NOW]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out.trim().to_owned()
}

pub(crate) fn verify(args: &[&str]) -> Ran {
    let ran = run(&[&["verify"], args, &["--now", NOW]].concat());
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET));
    ran
}
