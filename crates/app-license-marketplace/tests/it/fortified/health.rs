//! The checker's rules.

use std::time::Duration;

use app_license_marketplace::fortified::{HealthResponse, health_url};

use super::program;

#[test]
fn the_checker_takes_200_within_three_seconds_and_no_redirect() {
    let rules = program().probe.clone();
    let codes = |answer: HealthResponse| -> Vec<&'static str> {
        rules.check(&answer).iter().map(|it| it.code()).collect()
    };
    let answer = |status, ms| HealthResponse::new(status, Duration::from_millis(ms));
    assert!(codes(answer(200, 0)).is_empty());
    assert!(codes(answer(200, 3_000)).is_empty());
    assert_eq!(codes(answer(200, 3_100)), ["slow"]);
    assert_eq!(codes(answer(204, 1)), ["status"]);
    assert_eq!(codes(answer(301, 1)), ["redirect"]);
    assert_eq!(codes(answer(503, 3_100)), ["status", "slow"]);
    let late = HealthResponse::new(200, Duration::from_micros(3_000_001));
    assert_eq!(codes(late), ["slow"], "3.000001 s is over 3 s");
    assert_eq!(
        codes(HealthResponse::none(Duration::ZERO, "dns")),
        ["no_answer"]
    );
}

#[test]
fn a_path_is_relative_to_the_base_url() {
    let base = "https://app.example.com/connect/";
    assert_eq!(
        health_url(base, "health").unwrap(),
        "https://app.example.com/connect/health"
    );
    for path in [
        "/health",
        "//elsewhere.example.com/health",
        "https://elsewhere.example.com/health",
        "../health",
        "a/../../health",
        "%2e%2e/health",
        "a\\..\\health",
        "health#x",
        "he alth",
        "health\0",
    ] {
        assert_eq!(
            health_url(base, path).unwrap_err().code(),
            "value",
            "{path:?}"
        );
    }
    for base in [
        "http://app.example.com",
        "ftp://app.example.com",
        "app.example.com",
        "https://user:pass@app.example.com",
        "https://app.example.com?x=1",
        "",
    ] {
        let error = health_url(base, "health").unwrap_err();
        assert_eq!(error.code(), "value", "{base}");
        assert!(!error.to_string().contains("pass"), "{error}");
    }
}

#[test]
fn no_error_shows_the_credentials_of_a_base_url() {
    for base in [
        "http://user:secret@app.example.com",
        "https://user:secret@app.example.com",
        "https://user:secret@app.example.com:99999",
        "https:user:secret@app.example.com",
    ] {
        let error = health_url(base, "health").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
