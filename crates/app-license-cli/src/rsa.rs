//! RSA keys of tests: signing tokens of any header, and keys made on the spot.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::error::CliError;

/// A private key.
pub(crate) struct RsaSigner(KeyPair);

impl RsaSigner {
    /// Makes a key of 2048 bits.
    pub(crate) fn generate() -> Result<Self, CliError> {
        KeyPair::generate(KeySize::Rsa2048)
            .map(Self)
            .map_err(|_| CliError::Option("no RSA key could be made".to_owned()))
    }

    /// Reads a private key in PEM, PKCS#8 or PKCS#1.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, CliError> {
        let wrong = || CliError::Option("the private key is no RSA key in PEM".to_owned());
        let pkcs8 = pem.contains("-----BEGIN PRIVATE KEY-----");
        let pkcs1 = pem.contains("-----BEGIN RSA PRIVATE KEY-----");
        let base64: String = pem
            .lines()
            .map(str::trim)
            .skip_while(|line| !line.starts_with("-----BEGIN "))
            .skip(1)
            .take_while(|line| !line.starts_with("-----END "))
            .collect();
        let der = BASE64_STANDARD.decode(base64).map_err(|_| wrong())?;
        let key = match (pkcs8, pkcs1) {
            (true, _) => KeyPair::from_pkcs8(&der),
            (_, true) => KeyPair::from_der(&der),
            _ => return Err(wrong()),
        };
        key.map(Self).map_err(|_| wrong())
    }

    /// A compact RS256 token of these bytes.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> Result<String, CliError> {
        let failed = || CliError::Option("the key does not sign".to_owned());
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                input.as_bytes(),
                &mut signature,
            )
            .map_err(|_| failed())?;
        Ok(format!(
            "{input}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        ))
    }

    /// A key set with the public key alone.
    pub(crate) fn key_set(&self, kid: &str) -> Value {
        let public = self.0.public_key();
        let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": kid,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        }]})
    }
}
