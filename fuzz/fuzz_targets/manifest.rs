//! Manifests: YAML read as JSON reads again as itself, and every diagnostic can be shown.
#![no_main]
#![allow(dead_code, reason = "the command line uses more of these files")]

#[path = "../../crates/app-license-cli/src"]
mod cli {
    pub(crate) mod input_error;
    pub(crate) mod yaml;
}
use cli::input_error;

use app_license_descriptor::forge::Manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let json = match cli::yaml::to_json(text) {
        Ok(value) => value.to_string(),
        Err(error) => {
            let _ = error.to_string();
            text.to_owned()
        }
    };
    let Ok(manifest) = Manifest::parse(json.as_bytes()) else { return };
    for diagnostic in manifest.diagnostics(None) {
        let _ = (diagnostic.to_string(), diagnostic.fix().len(), diagnostic.path().pointer());
    }
    for (path, condition) in manifest.connect_conditions() {
        let _ = (path.to_string(), condition.is_ok());
    }
});
