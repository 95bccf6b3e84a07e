//! Iframe queries: the order of two halves never changes the license, nor does an unknown name.
#![no_main]

use app_license::connect::IframeQuery;

libfuzzer_sys::fuzz_target!(|query: &str| {
    let license = IframeQuery::parse(query).license();
    if let Some((before, after)) = query.split_once('&') {
        let swapped = format!("{after}&{before}");
        let other = IframeQuery::parse(&swapped).license();
        assert_eq!((license.state(), license.edition()), (other.state(), other.edition()));
    }
    let more = format!("{query}&x-unknown=capabilityAdvanced");
    let other = IframeQuery::parse(&more).license();
    assert_eq!((license.state(), license.edition()), (other.state(), other.edition()));
});
