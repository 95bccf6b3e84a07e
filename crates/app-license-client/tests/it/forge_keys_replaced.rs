//! A key that is replaced under its id, and who may have it asked for again.

use crate::common::{HTML, K1, K2, Say, jwks};
use crate::forge_keys::{Platform, is, platform};
use app_license::forge::{UnverifiedInvocationToken, Verifier, bearer_token};
use app_license::{ForgeAppId, UnixTime};
use app_license_client::ErrorClass;

/// A set with the key of the second id behind the first one.
fn swapped() -> String {
    let mut set: serde_json::Value = serde_json::from_str(&jwks(&[K2])).unwrap();
    set["keys"][0]["kid"] = K1.into();
    set.to_string()
}

/// Verifies a token that the first key signed with what the keys answer; asks again where told.
async fn verifies(p: &Platform, again: bool) -> bool {
    let file = crate::common::vectors("forge-invocation-requests.json");
    let cases = file["cases"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|case| case["expect"] == "accept" && case["jwks"] == "alg")
        .unwrap();
    let text = bearer_token(case["authorization"].as_str()).unwrap();
    let token = UnverifiedInvocationToken::parse(text).unwrap();
    assert_eq!(token.kid(), K1);
    let keys = match again {
        false => p.keys.set_with(K1).await.unwrap(),
        true => p.keys.refresh(K1).await.unwrap(),
    };
    let app = ForgeAppId::new(case["app_id"].as_str().unwrap()).unwrap();
    let now = UnixTime::from_seconds(case["now"].as_u64().unwrap()).unwrap();
    match token.verify(&keys, &Verifier::new(app), now) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), "signature");
            false
        }
    }
}

#[tokio::test]
async fn a_key_replaced_under_its_id_is_healed_by_a_refresh() {
    let p = platform().await;
    p.host.says_always(Say::ok(swapped()));
    assert!(!verifies(&p, false).await);
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(!verifies(&p, false).await, "nobody said that it is wrong");
    assert!(verifies(&p, true).await);
    assert!(verifies(&p, false).await);
    assert_eq!(p.host.count(), 2);
}

#[tokio::test]
async fn a_flood_of_signatures_that_do_not_match_asks_once_a_minute() {
    let p = platform().await;
    p.host.says_always(Say::ok(swapped()));
    for _ in 0..100 {
        assert!(!verifies(&p, true).await);
    }
    assert_eq!(
        p.host.count(),
        2,
        "the first fetch, and one because of them"
    );
    p.host.says_always(Say::ok(jwks(&[K1])));
    p.clock.pass(59);
    assert!(!verifies(&p, true).await);
    assert_eq!(p.host.count(), 2);
    p.clock.pass(1);
    assert!(verifies(&p, true).await);
    assert_eq!(p.host.count(), 3);
}

#[tokio::test]
async fn unknown_ids_and_signatures_that_do_not_match_share_their_turn() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    is(
        &p.refusal("made-up").await,
        ErrorClass::Refused,
        "unknown_key",
    );
    assert!(p.keys.refresh(K1).await.is_ok());
    assert_eq!(p.host.count(), 2, "the unknown id had the turn");
    p.clock.pass(60);
    assert!(p.keys.refresh(K1).await.is_ok());
    is(
        &p.refusal("made-up").await,
        ErrorClass::Refused,
        "unknown_key",
    );
    assert_eq!(p.host.count(), 3, "the signature had the turn");
    // an id that is not known is no other question than it was
    let error = p.keys.refresh("made-up").await.unwrap_err();
    is(&error, ErrorClass::Refused, "unknown_key");
    assert_eq!(p.host.count(), 3);
}

#[tokio::test]
async fn a_refresh_in_vain_takes_no_key_away() {
    let p = platform().await;
    p.host.says_always(Say::ok(jwks(&[K1])));
    assert!(p.accepts(K1).await);
    for say in [Say::ok(HTML), Say::ok(r#"{"keys":[]}"#), Say::status(500)] {
        p.clock.pass(60);
        p.host.says_always(say);
        assert!(verifies(&p, true).await);
        assert!(verifies(&p, true).await);
        assert!(p.accepts(K1).await);
    }
    assert_eq!(p.host.count(), 4);
    assert_eq!(p.keys.stats().stale_served, 0, "the set is not too old");
    p.clock.pass(60);
    p.host.says_always(Say::ok(jwks(&[K2])));
    let error = p.keys.refresh(K1).await.unwrap_err();
    is(&error, ErrorClass::Refused, "unknown_key");
}

#[tokio::test]
async fn a_refresh_shares_one_fetch() {
    let p = platform().await;
    p.host.says_always(Say::ok(swapped()));
    assert!(p.accepts(K1).await);
    p.host.says_always(Say::ok(jwks(&[K1])).slow(100));
    let ask = |_| {
        let keys = p.keys.clone();
        tokio::spawn(async move { keys.refresh(K1).await.is_ok() })
    };
    for asked in (0..50).map(ask).collect::<Vec<_>>() {
        assert!(asked.await.unwrap());
    }
    assert_eq!(p.host.count(), 2);
    assert!(verifies(&p, false).await);
}
