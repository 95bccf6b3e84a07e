//! Key hosts that cannot be asked, or answer nonsense.

use crate::common::{HTML, Host, KID, OTHER_KID, Say, kid, pem};
use crate::install_keys::{at, could_not_check, two};
use app_license_client::ErrorClass;

#[tokio::test]
async fn install_key_server_500() {
    let t = two().await;
    t.primary.says_always(Say::status(500));
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    let asked = t.fallback.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].target,
        at(KID),
        "the fallback is asked with the same kid"
    );

    // the fallback does not know it, and the primary cannot say: nothing is refused
    could_not_check(&t.refusal(OTHER_KID).await, "status");
    t.fallback.says_always(Say::status(500));
    t.clock.pass(5);
    could_not_check(&t.refusal(OTHER_KID).await, "status");
}

#[tokio::test]
async fn install_key_server_500_is_not_a_refusal_for_long() {
    let t = two().await;
    t.primary.says_always(Say::status(503));
    could_not_check(&t.refusal(KID).await, "status");
    could_not_check(&t.refusal(KID).await, "status");
    assert_eq!(t.counts(), (1, 1), "left alone for the back-off");
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.clock.pass(5);
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_server_times_out() {
    let t = two().await;
    t.primary.says_always(Say::ok("").slow(3000));
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    t.fallback.says(&at(OTHER_KID), Say::ok(pem(OTHER_KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
    assert!(t.keys.get(&kid(OTHER_KID)).await.is_ok());
    assert_eq!(t.counts(), (1, 2), "the slow host is left alone");
}

#[tokio::test]
async fn install_key_server_down_and_back() {
    let mut t = two().await;
    t.primary.stop().await;
    t.fallback.stop().await;
    could_not_check(&t.refusal(KID).await, "unreachable");
    let error = t.refusal(OTHER_KID).await;
    could_not_check(&error, "unreachable");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(
        t.keys.stats().fetches,
        2,
        "a host that is down is not asked for every kid"
    );
    t.primary.start().await;
    t.primary.says(&at(KID), Say::ok(pem(KID)));
    t.clock.pass(5);
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_html_200() {
    let t = two().await;
    t.primary.says_always(Say::ok(HTML));
    t.fallback.says_always(Say::ok(HTML));
    could_not_check(&t.refusal(KID).await, "unreadable");
    t.fallback.says(&at(OTHER_KID), Say::ok(pem(OTHER_KID)));
    assert!(t.keys.get(&kid(OTHER_KID)).await.is_ok());
    for garbage in [
        "",
        "\u{0}",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "{}",
    ] {
        t.primary.says_always(Say::ok(garbage));
        t.clock.pass(5);
        could_not_check(&t.refusal(KID).await, "unreadable");
    }
}

#[tokio::test]
async fn install_key_redirect() {
    let (t, elsewhere) = (two().await, Host::up().await);
    elsewhere.says_always(Say::ok(pem(KID)));
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}{}", elsewhere.url(), at(KID));
        t.primary.says_always(Say::redirect(status, to));
        could_not_check(&t.refusal(KID).await, "redirected");
        t.clock.pass(5);
    }
    assert_eq!(elsewhere.count(), 0);
    t.fallback.says(&at(KID), Say::ok(pem(KID)));
    assert!(t.keys.get(&kid(KID)).await.is_ok());
}

#[tokio::test]
async fn install_key_huge() {
    let t = two().await;
    t.primary.says_always(Say::Endless);
    t.fallback.says_always(Say::Announced);
    // not read to the time limit, which has a code of its own
    could_not_check(&t.refusal(KID).await, "answer_too_large");
    let full = format!("{}{}", pem(KID), " ".repeat(16 * 1024));
    t.primary.says_always(Say::ok(full));
    t.fallback.says_always(Say::status(404));
    t.clock.pass(5);
    could_not_check(&t.refusal(KID).await, "answer_too_large");
}

/// Every row of `key-server-failure`: status codes count, the fallback has the kid, an outage is
/// no refusal.
#[tokio::test]
async fn key_server_failure() {
    for status in [
        201_u16, 204, 400, 401, 403, 410, 418, 429, 500, 502, 503, 504,
    ] {
        let t = two().await;
        let body = if status < 300 {
            HTML.to_owned()
        } else {
            pem(KID)
        };
        t.primary.says_always(Say::Answer(status, Vec::new(), body));
        t.fallback.says_always(Say::HangUp);
        let error = t.refusal(KID).await;
        assert_eq!(
            error.class(),
            ErrorClass::CouldNotCheck,
            "{status}: {error}"
        );
        assert_eq!(error.class().http_status(), 503);
        assert_eq!(t.fallback.asked()[0].target, at(KID));
    }
}
