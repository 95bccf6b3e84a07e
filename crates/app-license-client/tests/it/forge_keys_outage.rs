//! Key sets that cannot be fetched.

use std::time::Duration;

use crate::common::{HTML, K1, K2, Say, jwks, until};
use crate::forge_keys::{is, platform, platform_with};
use app_license_client::ErrorClass;

#[tokio::test]
async fn fit_jwks_down_cached() {
    let mut p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.host.stop().await;
    p.clock.pass(1000);
    assert!(p.accepts(K1).await, "old keys are kept through an outage");
    assert!(p.accepts(K1).await);
    assert_eq!(p.keys.stats().fetches, 2, "and nobody waits for it again");
    assert_eq!(p.keys.stats().stale_served, 2);
    is(
        &p.refusal(K2).await,
        ErrorClass::CouldNotCheck,
        "unreachable",
    );
    assert_eq!(p.keys.stats().fetches, 2);
    p.clock.pass(60);
    assert!(p.accepts(K1).await);
    until("tried again once a minute", || p.keys.stats().fetches == 3).await;
    p.clock.pass(86_400);
    is(
        &p.refusal(K1).await,
        ErrorClass::CouldNotCheck,
        "unreachable",
    );
    p.host.start().await;
    p.clock.pass(60);
    assert!(p.accepts(K1).await);
}

#[tokio::test]
async fn fit_jwks_down_cached_for_never_when_set_so() {
    let mut p = platform_with(|b| b.keep_through_outage(Duration::ZERO)).await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    p.host.stop().await;
    p.clock.pass(900);
    is(
        &p.refusal(K1).await,
        ErrorClass::CouldNotCheck,
        "unreachable",
    );
}

#[tokio::test]
async fn fit_jwks_down_cold() {
    let mut p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    p.host.stop().await;
    let error = p.refusal(K1).await;
    is(&error, ErrorClass::CouldNotCheck, "unreachable");
    assert_eq!(error.class().http_status(), 503);
    p.host.start().await;
    is(
        &p.refusal(K1).await,
        ErrorClass::CouldNotCheck,
        "unreachable",
    );
    assert_eq!(p.keys.stats().fetches, 1, "left alone for the back-off");
    p.clock.pass(5);
    assert!(p.accepts(K1).await);
}

/// Rubbish never replaces a set and never refuses anybody.
#[tokio::test]
async fn key_server_failure() {
    let rubbish = [
        Say::ok(HTML),
        Say::ok(""),
        Say::ok("{}"),
        Say::ok(r#"{"keys":{}}"#),
        Say::ok(format!(r#"{{"keys":[],"keys":{}}}"#, jwks(&[K1]))),
        Say::ok(format!("{}{}", jwks(&[K1]), " ".repeat(256 * 1024))),
        Say::Answer(404, Vec::new(), jwks(&[K1])),
        Say::Answer(500, Vec::new(), jwks(&[K1])),
        Say::Answer(401, Vec::new(), jwks(&[K1])),
        Say::redirect(302, "/elsewhere"),
        Say::Endless,
        Say::Announced,
        Say::HangUp,
        Say::ok(jwks(&[K1])).slow(2000),
    ];
    for say in rubbish {
        let p = platform().await;
        p.host.says("/elsewhere", Say::ok(jwks(&[K1])));
        p.host.says_always(say.clone());
        let error = p.refusal(K1).await;
        assert_eq!(error.class(), ErrorClass::CouldNotCheck, "{say:?}: {error}");

        let p = platform().await;
        p.host.says_always(Say::ok(jwks(&[K1])));
        assert!(p.accepts(K1).await);
        p.host.says_always(say.clone());
        p.clock.pass(900);
        assert!(p.accepts(K1).await, "{say:?}");
        assert_eq!(
            p.refusal(K2).await.class(),
            ErrorClass::CouldNotCheck,
            "{say:?}"
        );
    }
}
