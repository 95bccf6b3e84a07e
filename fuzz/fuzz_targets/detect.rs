//! What people paste: whatever it is told to be, the same text with white space around it is that
//! too, and what is cut short is never read.
#![no_main]
#![allow(dead_code, reason = "the command line uses more of these files")]

#[path = "../../crates/app-license-cli/src"]
mod cli {
    pub(crate) mod detect;
    pub(crate) mod input_error;
    pub(crate) mod raw;
    pub(crate) mod reading;
    pub(crate) mod token;
    pub(crate) mod yaml;
}
use cli::{detect, input_error, raw, reading, token, yaml};

use app_license::{LicenseSource, UnixTime};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let now = UnixTime::from_seconds(1_800_000_000).unwrap();
    let look = |source| detect::Look { now, source };
    let read = detect::detect(bytes, look(None));
    for source in LicenseSource::ALL {
        if let Ok(reading) = detect::detect(bytes, look(Some(source))) {
            assert!(reading.licenses.iter().all(|n| n.license.source() == source));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(reading) = read
        && !text.starts_with('\u{feff}')
    {
        let again = detect::detect(format!("\n {text} \n").as_bytes(), look(None)).unwrap();
        assert_eq!(again.what, reading.what);
        let states = |r: &reading::Reading| {
            r.licenses.iter().map(|n| n.license.state()).collect::<Vec<_>>()
        };
        assert_eq!(states(&again), states(&reading));
    }
});
