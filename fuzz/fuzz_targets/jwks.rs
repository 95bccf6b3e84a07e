//! Key sets.
#![no_main]

use app_license::Jwks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(keys) = Jwks::parse(bytes) {
        for kid in keys.kids() {
            assert!(keys.find(kid).count() > 0);
        }
    }
});
