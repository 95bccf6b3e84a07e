//! Feature maps: read, print as JSON, read again, compare.
#![no_main]

use app_license::FeatureMap;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = FeatureMap::from_json(text.as_bytes());
    let Ok(map) = FeatureMap::from_toml(text) else { return };
    let json = map.to_json();
    assert_eq!(FeatureMap::from_json(json.as_bytes()).unwrap().to_json(), json);
});
