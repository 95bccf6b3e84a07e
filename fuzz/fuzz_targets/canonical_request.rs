//! Canonical requests: the order of parameters on the wire never matters, and the text is stable
//! under its own making.
#![no_main]

use app_license::connect::{BaseUrl, CanonicalRequest, RequestLine};

libfuzzer_sys::fuzz_target!(|target: &str| {
    let base = BaseUrl::new("https://app.example.com/base").unwrap();
    let Ok(canonical) = CanonicalRequest::new(&RequestLine::new("GET", target), &base) else { return };
    let text = canonical.as_str();
    assert!(text.starts_with("GET&/"));
    assert_eq!(text.matches('&').count() >= 2, true);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if !query.contains('#') && !path.contains('#') {
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.reverse();
        let reversed = format!("{path}?{}", pairs.join("&"));
        let other = CanonicalRequest::new(&RequestLine::new("GET", &reversed), &base).unwrap();
        assert_eq!(other.as_str(), text);
    }
});
