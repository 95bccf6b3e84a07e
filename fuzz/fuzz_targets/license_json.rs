//! License objects and the documents that carry them: read, print, read again, compare.
#![no_main]

use app_license::connect::LicenseApiResponse;
use app_license::forge::{self, UiContext};
use app_license::{AppKey, License, LicenseSource};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for read in [
        License::from_connect_api,
        License::from_connect_context,
        License::from_forge_ui_context,
        License::from_forge_function_context,
        License::from_forge_app_context,
    ] {
        let _ = read(bytes);
    }
    let _ = UiContext::parse(bytes);
    let _ = forge::LicenseApiResponse::read(200, None, bytes);
    let app = AppKey::new("com.example.app").unwrap();
    for status in [200, 404, 500] {
        let _ = LicenseApiResponse::read_for(&app, Some(status), bytes);
    }
    let Ok(license) = License::from_object(bytes, LicenseSource::ForgeUiContext) else { return };
    // whatever our scanner takes, serde_json takes; raw, for it refuses numbers it cannot hold
    assert!(serde_json::from_slice::<&serde_json::value::RawValue>(bytes).is_ok());
    assert!(serde_json::to_string(&license).is_ok());
    if let Some(raw) = license.raw() {
        let again = License::from_object(raw.as_bytes(), LicenseSource::ForgeUiContext);
        assert_eq!(again.as_ref(), Ok(&license));
    }
});
