//! RSA signature checks by the program that a WebAssembly module runs in.
//!
//! A module that carries RSA is twice as large as one that asks its host, which has a faster one.
//! The import is `host.rs256_verify`; whoever instantiates the module provides it, as it
//! provides all else that the module can do. Outside of WebAssembly there is no host: every
//! signature is refused.

#![no_std]

#[cfg(target_arch = "wasm32")]
mod host {
    #[link(wasm_import_module = "host")]
    #[expect(unsafe_code, reason = "an import of the module")]
    unsafe extern "C" {
        pub(super) fn rs256_verify(
            n: *const u8,
            n_len: usize,
            e: *const u8,
            e_len: usize,
            message: *const u8,
            message_len: usize,
            signature: *const u8,
            signature_len: usize,
        ) -> u32;
    }
}

/// Whether a signature is that of a message: RSASSA-PKCS1-v1_5 with SHA-256. `n` and `e` are the
/// public key's modulus and exponent, big-endian.
///
/// ```
/// assert!(!app_license_host_crypto::rs256_verify(&[], &[], b"message", b"signature"));
/// ```
#[must_use]
pub fn rs256_verify(n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool {
    #[cfg(target_arch = "wasm32")]
    {
        #[expect(unsafe_code, reason = "the import is foreign code")]
        // SAFETY: each pointer goes with its length, and the host only reads, during the call.
        let answer = unsafe {
            host::rs256_verify(
                n.as_ptr(),
                n.len(),
                e.as_ptr(),
                e.len(),
                message.as_ptr(),
                message.len(),
                signature.as_ptr(),
                signature.len(),
            )
        };
        answer == 1
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _nobody_to_ask = (n, e, message, signature);
        false
    }
}
