//! A report and installations of any bytes, compared: the first zero byte parts them. Each
//! case has evidence of a side.
#![no_main]

use app_license::UnixTime;
use app_license_marketplace::reconcile::{Options, Reconciler};
use app_license_marketplace::report::LicenseReader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let middle = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (report, installations) = bytes.split_at(middle);
    let installations = installations.strip_prefix(&[0]).unwrap_or_default();
    let Some(now) = UnixTime::from_seconds(1_795_305_600) else { return };
    for options in [Options::at(now), Options::at(now).app("com.example.app")] {
        let mut reconciler = Reconciler::new(options);
        if reconciler.read_report(LicenseReader::new(report)).is_err()
            || reconciler.read_ndjson(installations).is_err()
        {
            continue;
        }
        let Ok(comparison) = reconciler.finish() else { continue };
        for drift in comparison.drift() {
            assert!(drift.bought.is_some() || drift.runs.is_some());
            let _ = (drift.id.len(), drift.kind.code(), drift.cause.code());
        }
    }
});
